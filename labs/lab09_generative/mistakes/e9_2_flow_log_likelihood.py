"""Wrong answers to exercise 9.2 that students write, and what to tell them."""

from __future__ import annotations

import math

from course_dl.lab import mistake

from .shared import log_normal


def through(x, layers):
    log_dets = []
    for layer in layers:
        x, log_det = layer(x)
        log_dets.append(log_det)
    return x, log_dets


@mistake("9.2", "The constant is left out: each column costs log(2 pi) / 2 more.")
def flow_log_likelihood__no_constant(x, layers):
    z, log_dets = through(x, layers)
    return -0.5 * z.square().sum(dim=1) + sum(log_dets)


@mistake("9.2", "log(2 pi) / 2 is counted once: it counts for each of the D columns.")
def flow_log_likelihood__constant_once(x, layers):
    z, log_dets = through(x, layers)
    return -0.5 * z.square().sum(dim=1) - 0.5 * math.log(2 * math.pi) + sum(log_dets)


@mistake("9.2", "log(2 pi) counts half for each column: a normal density has a root in it.")
def flow_log_likelihood__constant_twice(x, layers):
    z, log_dets = through(x, layers)
    return (-0.5 * z.square() - math.log(2 * math.pi)).sum(dim=1) + sum(log_dets)


@mistake(
    "9.2",
    "log_det is subtracted: where the layers stretch, the density of x grows, so it is added.",
)
def flow_log_likelihood__sign(x, layers):
    z, log_dets = through(x, layers)
    return log_normal(z) - sum(log_dets)


@mistake("9.2", "The layers are gone through from the wrong end: the first one gets x.")
def flow_log_likelihood__wrong_end(x, layers):
    z, log_dets = through(x, list(reversed(layers)))
    return log_normal(z) + sum(log_dets)


@mistake("9.2", "Only the last layer's log_det is counted: add up those of all layers.")
def flow_log_likelihood__last_log_det(x, layers):
    z, log_dets = through(x, layers)
    return log_normal(z) + log_dets[-1]


@mistake("9.2", "The log_det of the layers is left out: log p(x) = log N(z) + sum of log_det.")
def flow_log_likelihood__no_log_det(x, layers):
    z, log_dets = through(x, layers)
    return log_normal(z)


@mistake("9.2", "log_det is a mean over the layers: add them up.")
def flow_log_likelihood__mean_of_log_dets(x, layers):
    z, log_dets = through(x, layers)
    return log_normal(z) + sum(log_dets) / len(log_dets)


@mistake("9.2", "You returned one number for the whole batch: each sample has its log-likelihood.")
def flow_log_likelihood__mean(x, layers):
    z, log_dets = through(x, layers)
    return (log_normal(z) + sum(log_dets)).mean()


@mistake("9.2", "Each layer got x itself: it gets what the layer before it has made.")
def flow_log_likelihood__always_x(x, layers):
    total = 0
    for layer in layers:
        z, log_det = layer(x)
        total = total + log_det
    return log_normal(z) + total


@mistake(
    "9.2", "You evaluated the normal density at x: it is that of z, which the layers make of x."
)
def flow_log_likelihood__density_of_x(x, layers):
    z, log_dets = through(x, layers)
    return log_normal(x) + sum(log_dets)


@mistake("9.2", "The square of z counts half: log N is -z^2 / 2 - log(2 pi) / 2.")
def flow_log_likelihood__no_half(x, layers):
    z, log_dets = through(x, layers)
    return (-z.square() - 0.5 * math.log(2 * math.pi)).sum(dim=1) + sum(log_dets)


@mistake("9.2", "You returned the likelihood, not its logarithm.")
def flow_log_likelihood__no_logarithm(x, layers):
    z, log_dets = through(x, layers)
    return (log_normal(z) + sum(log_dets)).exp()


@mistake(
    "9.2", "This is a mean over the columns: the logarithm of a product of densities is a sum."
)
def flow_log_likelihood__mean_of_columns(x, layers):
    z, log_dets = through(x, layers)
    return log_normal(z) / x.shape[1] + sum(log_dets)


@mistake("9.2", "The whole is divided by D: a log-likelihood is no mean over the columns.")
def flow_log_likelihood__per_column(x, layers):
    z, log_dets = through(x, layers)
    return (log_normal(z) + sum(log_dets)) / x.shape[1]


@mistake("9.2", "The norm of z is not squared: log N is -|z|^2 / 2 - D log(2 pi) / 2.")
def flow_log_likelihood__norm_not_squared(x, layers):
    z, log_dets = through(x, layers)
    return sum(log_dets) - 0.5 * (z.norm(dim=1) + z.shape[1] * math.log(2 * math.pi))

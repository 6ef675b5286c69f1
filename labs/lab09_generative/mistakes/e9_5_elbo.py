"""Wrong answers to exercise 9.5 that students write, and what to tell them."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from course_dl.lab import mistake

from .shared import kl, log_bernoulli


def pixels(x, logits):
    return log_bernoulli(x, logits).flatten(1).sum(dim=1)


@mistake(
    "9.5",
    "The log-probability is a mean over pixels: it is a sum. With the mean the divergence weighs "
    "too much, and the codes are not used.",
)
def elbo__mean_over_pixels(x, logits, mu, log_var):
    return log_bernoulli(x, logits).flatten(1).mean(dim=1) - kl(mu, log_var)


@mistake("9.5", "The divergence is added: it is subtracted from the log-probability.")
def elbo__plus_kl(x, logits, mu, log_var):
    return pixels(x, logits) + kl(mu, log_var)


@mistake("9.5", "The log-probability has the wrong sign: this is not -BCE, but BCE.")
def elbo__bce_sign(x, logits, mu, log_var):
    return -pixels(x, logits) - kl(mu, log_var)


@mistake("9.5", "This is the loss, the negative bound: the bound itself is to be returned.")
def elbo__negative(x, logits, mu, log_var):
    return kl(mu, log_var) - pixels(x, logits)


@mistake("9.5", "The sigmoid is applied twice: the logits are what goes into it.")
def elbo__sigmoid_twice(x, logits, mu, log_var):
    return pixels(x, torch.sigmoid(logits)) - kl(mu, log_var)


@mistake(
    "9.5",
    "The log of a sigmoid becomes minus infinity for large logits, and 0 times it NaN: use "
    "F.logsigmoid(logits) and F.logsigmoid(-logits).",
)
def elbo__log_of_sigmoid(x, logits, mu, log_var):
    p = torch.sigmoid(logits)
    log_p = x * p.log() + (1 - x) * (1 - p).log()
    return log_p.flatten(1).sum(dim=1) - kl(mu, log_var)


@mistake(
    "9.5",
    "An epsilon or a clamp inside the logarithm cuts large logits off: use F.logsigmoid, which is "
    "right for all of them.",
)
def elbo__clamped(x, logits, mu, log_var):
    p = torch.sigmoid(logits).clamp(1e-7, 1 - 1e-7)
    log_p = x * p.log() + (1 - x) * (1 - p).log()
    return log_p.flatten(1).sum(dim=1) - kl(mu, log_var)


@mistake(
    "9.5", "This is a square error: the log-probability of a pixel is x log p + (1 - x) log(1 - p)."
)
def elbo__square_error(x, logits, mu, log_var):
    return -(x - torch.sigmoid(logits)).square().flatten(1).sum(dim=1) - kl(mu, log_var)


@mistake("9.5", "The divergence is weighted: in the bound it counts once.")
def elbo__kl_weighted(x, logits, mu, log_var):
    return pixels(x, logits) - 0.1 * kl(mu, log_var)


@mistake("9.5", "The divergence is left out.")
def elbo__no_kl(x, logits, mu, log_var):
    return pixels(x, logits)


@mistake("9.5", "You returned one number for the batch: each image has a bound of its own.")
def elbo__mean_over_batch(x, logits, mu, log_var):
    return (pixels(x, logits) - kl(mu, log_var)).mean()


@mistake("9.5", "You summed over the batch too: each image has a bound of its own.")
def elbo__sum_of_all(x, logits, mu, log_var):
    return log_bernoulli(x, logits).sum() - kl(mu, log_var)


@mistake("9.5", "Only white pixels count: (1 - x) log(1 - p) is left out.")
def elbo__white_pixels_alone(x, logits, mu, log_var):
    return (x * F.logsigmoid(logits)).flatten(1).sum(dim=1) - kl(mu, log_var)


@mistake("9.5", "x and 1 - x are exchanged: x log p + (1 - x) log(1 - p).")
def elbo__exchanged(x, logits, mu, log_var):
    return pixels(1 - x, logits) - kl(mu, log_var)


@mistake("9.5", "The divergence is a mean over latents: it is a sum, as in exercise 9.4.")
def elbo__mean_over_latents(x, logits, mu, log_var):
    return pixels(x, logits) - kl(mu, log_var) / mu.shape[1]


@mistake("9.5", "The divergence is a mean over the batch: each image has its own.")
def elbo__mean_divergence(x, logits, mu, log_var):
    return pixels(x, logits) - kl(mu, log_var).mean()


@mistake(
    "9.5",
    "The probabilities are kept away from 0 and 1, so that large logits cost too little: "
    "F.logsigmoid(logits) and F.logsigmoid(-logits) need no such thing.",
)
def elbo__clamped_probabilities(x, logits, mu, log_var):
    p = torch.sigmoid(logits).clamp(1e-6, 1 - 1e-6)
    log_p = x * p.log() + (1 - x) * (1 - p).log()
    return log_p.flatten(1).sum(dim=1) - kl(mu, log_var)


@mistake("9.5", "A little number is added inside the logarithm: large logits cost too little then.")
def elbo__added_number(x, logits, mu, log_var):
    p = torch.sigmoid(logits)
    log_p = x * (p + 1e-8).log() + (1 - x) * (1 - p + 1e-8).log()
    return log_p.flatten(1).sum(dim=1) - kl(mu, log_var)

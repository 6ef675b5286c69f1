"""Wrong answers to exercise 10.4 that students write, and what to tell them."""

from __future__ import annotations

import torch

from course_dl.lab import mistake


def normalized(x, eps, dims=-1, correction=0):
    var, mean = torch.var_mean(x, dims, correction=correction, keepdim=True)
    return (x - mean) / torch.sqrt(var + eps)


@mistake("10.4", "Mean and variance are those of the batch: take them over the last axis, dim=-1.")
def layer_norm__over_the_batch(x, gamma, beta, eps=1e-5):
    return gamma * normalized(x, eps, 0) + beta


@mistake(
    "10.4",
    "Mean and variance go over all axes but the first: each token is normalized by itself, over "
    "the last axis alone.",
)
def layer_norm__all_but_the_first(x, gamma, beta, eps=1e-5):
    return gamma * normalized(x, eps, tuple(range(1, x.dim()))) + beta


@mistake(
    "10.4", "Mean and variance go over dim=1, which is the last axis of two-axis tensors alone."
)
def layer_norm__dim_1(x, gamma, beta, eps=1e-5):
    return gamma * normalized(x, eps, 1) + beta


@mistake(
    "10.4", "Mean and variance go over everything: each token has its own, over the last axis."
)
def layer_norm__over_all(x, gamma, beta, eps=1e-5):
    return gamma * normalized(x, eps, tuple(range(x.dim()))) + beta


@mistake("10.4", "The variance is the unbiased one (by D - 1): it is the mean of the squares.")
def layer_norm__unbiased(x, gamma, beta, eps=1e-5):
    return gamma * normalized(x, eps, correction=1) + beta


EPS = "eps stands outside the root: sqrt(var + eps)."


@mistake("10.4", EPS)
def layer_norm__eps_outside(x, gamma, beta, eps=1e-5):
    std = x.var(-1, correction=0, keepdim=True).sqrt()
    return gamma * (x - x.mean(-1, keepdim=True)) / (std + eps) + beta


@mistake(
    "10.4", "The variance is the unbiased one, and eps stands outside the root: x.std is both."
)
def layer_norm__std(x, gamma, beta, eps=1e-5):
    return gamma * (x - x.mean(-1, keepdim=True)) / (x.std(-1, keepdim=True) + eps) + beta


@mistake("10.4", "You divided by the variance: divide by its root.")
def layer_norm__by_variance(x, gamma, beta, eps=1e-5):
    var, mean = torch.var_mean(x, -1, correction=0, keepdim=True)
    return gamma * (x - mean) / (var + eps) + beta


@mistake("10.4", "eps is left out: sqrt(var + eps).")
def layer_norm__no_eps(x, gamma, beta, eps=1e-5):
    return gamma * normalized(x, 0.0) + beta


@mistake("10.4", "gamma and beta play no part: gamma * x_hat + beta.")
def layer_norm__bare(x, gamma, beta, eps=1e-5):
    return normalized(x, eps)


@mistake("10.4", "beta is left out: gamma * x_hat + beta.")
def layer_norm__no_beta(x, gamma, beta, eps=1e-5):
    return gamma * normalized(x, eps)


@mistake("10.4", "The mean is not subtracted: (x - mean) / sqrt(var + eps).")
def layer_norm__no_mean(x, gamma, beta, eps=1e-5):
    return gamma * x / torch.sqrt(x.var(-1, correction=0, keepdim=True) + eps) + beta

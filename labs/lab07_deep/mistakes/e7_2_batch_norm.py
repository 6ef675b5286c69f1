"""Wrong answers to exercise 7.2 that students write, and what to tell them."""

from __future__ import annotations

import torch

from course_dl.lab import mistake

from .shared import AXES, each, normalized


@mistake(
    "7.2",
    "The variance is the unbiased one, with n - 1 below: normalize by the mean of the squares, "
    "x.var(..., correction=0).",
)
def batch_norm__unbiased(x, gamma, beta, eps=1e-5):
    return each(gamma) * normalized(x, eps, correction=1) + each(beta)


@mistake("7.2", "eps is added to the root; it belongs under it: sqrt(var + eps).")
def batch_norm__eps_outside(x, gamma, beta, eps=1e-5):
    var, mean = torch.var_mean(x, AXES, correction=0, keepdim=True)
    return each(gamma) * (x - mean) / (var.sqrt() + eps) + each(beta)


@mistake("7.2", "You divided by the variance; divide by its root, sqrt(var + eps).")
def batch_norm__no_root(x, gamma, beta, eps=1e-5):
    var, mean = torch.var_mean(x, AXES, correction=0, keepdim=True)
    return each(gamma) * (x - mean) / (var + eps) + each(beta)


@mistake(
    "7.2",
    "Each image is normalized by itself, over dim=(2, 3): that is instance norm. Take mean and "
    "variance over the batch as well, dim=(0, 2, 3).",
)
def batch_norm__instance_norm(x, gamma, beta, eps=1e-5):
    return each(gamma) * normalized(x, eps, axes=(2, 3)) + each(beta)


@mistake(
    "7.2",
    "Each image is normalized over all its channels, dim=(1, 2, 3): that is layer norm. Each "
    "channel has a mean of its own, over dim=(0, 2, 3).",
)
def batch_norm__layer_norm(x, gamma, beta, eps=1e-5):
    return each(gamma) * normalized(x, eps, axes=(1, 2, 3)) + each(beta)


@mistake(
    "7.2",
    "Mean and variance are taken over the batch alone, one for each place: all places of a "
    "channel belong together, dim=(0, 2, 3).",
)
def batch_norm__batch_alone(x, gamma, beta, eps=1e-5):
    return each(gamma) * normalized(x, eps, axes=0) + each(beta)


@mistake("7.2", "There is one mean and one variance for everything: each channel has its own.")
def batch_norm__all_together(x, gamma, beta, eps=1e-5):
    return each(gamma) * normalized(x, eps, axes=(0, 1, 2, 3)) + each(beta)


@mistake(
    "7.2",
    "gamma and beta stand along W, the last axis: they belong to the channels, "
    "gamma[:, None, None].",
)
def batch_norm__along_w(x, gamma, beta, eps=1e-5):
    return gamma * normalized(x, eps) + beta


@mistake("7.2", "gamma and beta play no part: scale by gamma, and add beta.")
def batch_norm__no_scale(x, gamma, beta, eps=1e-5):
    return normalized(x, eps)


@mistake("7.2", "beta plays no part: add it, beta[:, None, None].")
def batch_norm__no_beta(x, gamma, beta, eps=1e-5):
    return each(gamma) * normalized(x, eps)


@mistake("7.2", "gamma plays no part: multiply x_hat by gamma[:, None, None].")
def batch_norm__no_gamma(x, gamma, beta, eps=1e-5):
    return normalized(x, eps) + each(beta)


@mistake("7.2", "eps is left out: where a channel is constant, you divide 0 by 0.")
def batch_norm__no_eps(x, gamma, beta, eps=1e-5):
    return each(gamma) * normalized(x, 0.0) + each(beta)


@mistake("7.2", "The mean is not subtracted: x_hat = (x - mean) / sqrt(var + eps).")
def batch_norm__mean_kept(x, gamma, beta, eps=1e-5):
    var = x.var(AXES, correction=0, keepdim=True)
    return each(gamma) * x / (var + eps).sqrt() + each(beta)


@mistake("7.2", "beta is added before gamma is multiplied: gamma * x_hat + beta.")
def batch_norm__beta_inside(x, gamma, beta, eps=1e-5):
    return each(gamma) * (normalized(x, eps) + each(beta))


@mistake("7.2", "The eps that is given is not used: 1e-5 is written into your function.")
def batch_norm__fixed_eps(x, gamma, beta, eps=1e-5):
    return each(gamma) * normalized(x) + each(beta)


@mistake("7.2", "gamma and beta have changed places: gamma multiplies, beta is added.")
def batch_norm__swapped(x, gamma, beta, eps=1e-5):
    return each(beta) * normalized(x, eps) + each(gamma)


@mistake(
    "7.2",
    "The mean of the squares of x is no variance: subtract the mean first, (x - mean) squared.",
)
def batch_norm__mean_square(x, gamma, beta, eps=1e-5):
    mean, square = x.mean(AXES, keepdim=True), x.square().mean(AXES, keepdim=True)
    return each(gamma) * (x - mean) / (square + eps).sqrt() + each(beta)


ALONG_W = (
    "Mean and variance stand along W, the last axis: they belong to the channels. keepdim=True, or "
    "mean[:, None, None]."
)


@mistake("7.2", ALONG_W)
def batch_norm__moments_along_w(x, gamma, beta, eps=1e-5):
    var, mean = torch.var_mean(x, AXES, correction=0)
    return each(gamma) * (x - mean) / torch.sqrt(var + eps) + each(beta)


@mistake("7.2", ALONG_W)
def batch_norm__moments_along_w_unbiased(x, gamma, beta, eps=1e-5):
    return each(gamma) * (x - x.mean(AXES)) / torch.sqrt(x.var(AXES) + eps) + each(beta)


@mistake("7.2", ALONG_W)
def batch_norm__everything_along_w(x, gamma, beta, eps=1e-5):
    var, mean = torch.var_mean(x, AXES, correction=0)
    return gamma * (x - mean) / torch.sqrt(var + eps) + beta

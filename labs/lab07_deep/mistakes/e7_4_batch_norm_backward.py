"""Wrong answers to exercise 7.4 that students write, and what to tell them."""

from __future__ import annotations

import torch

from course_dl.lab import mistake

from .shared import AXES, each, normalized


def scale(x, eps):
    return torch.sqrt(x.var(AXES, correction=0, keepdim=True) + eps)


def mean(t, axes=AXES):
    return t.mean(axes, keepdim=True)


def go_back(grad_out, x, gamma, eps=1e-5):
    """Backwards, rightly."""
    x_hat = normalized(x, eps)
    inner = grad_out - mean(grad_out) - x_hat * mean(grad_out * x_hat)
    return each(gamma) / scale(x, eps) * inner, (grad_out * x_hat).sum(AXES), grad_out.sum(AXES)


@mistake(
    "7.4",
    "Mean and variance are taken for constants in grad_x: both depend on x, and their two parts "
    "of the gradient are missing.",
)
def batch_norm_backward__constants(grad_out, x, gamma, eps=1e-5):
    _, grad_gamma, grad_beta = go_back(grad_out, x, gamma, eps)
    return each(gamma) * grad_out / scale(x, eps), grad_gamma, grad_beta


@mistake(
    "7.4", "In grad_x the way back through the variance is missing: - x_hat * m(grad_out * x_hat)."
)
def batch_norm_backward__mean_alone(grad_out, x, gamma, eps=1e-5):
    _, grad_gamma, grad_beta = go_back(grad_out, x, gamma, eps)
    return each(gamma) * (grad_out - mean(grad_out)) / scale(x, eps), grad_gamma, grad_beta


@mistake("7.4", "In grad_x the way back through the mean is missing: - m(grad_out).")
def batch_norm_backward__variance_alone(grad_out, x, gamma, eps=1e-5):
    _, grad_gamma, grad_beta = go_back(grad_out, x, gamma, eps)
    x_hat = normalized(x, eps)
    grad_x = each(gamma) / scale(x, eps) * (grad_out - x_hat * mean(grad_out * x_hat))
    return grad_x, grad_gamma, grad_beta


@mistake("7.4", "gamma is missing in grad_x: what comes back to x_hat is gamma * grad_out.")
def batch_norm_backward__no_gamma(grad_out, x, gamma, eps=1e-5):
    return go_back(grad_out, x, torch.ones_like(gamma), eps)


@mistake(
    "7.4",
    "The means in grad_x are sums divided by N alone: a channel has N H W entries.",
)
def batch_norm_backward__batch_size(grad_out, x, gamma, eps=1e-5):
    _, grad_gamma, grad_beta = go_back(grad_out, x, gamma, eps)
    x_hat, n = normalized(x, eps), len(x)
    through = grad_out.sum(AXES, keepdim=True), (grad_out * x_hat).sum(AXES, keepdim=True)
    inner = grad_out - through[0] / n - x_hat * through[1] / n
    return each(gamma) / scale(x, eps) * inner, grad_gamma, grad_beta


@mistake(
    "7.4",
    "In grad_x there are sums where means belong: each entry has a share of 1 / (N H W) in the "
    "mean and in the variance.",
)
def batch_norm_backward__sums(grad_out, x, gamma, eps=1e-5):
    _, grad_gamma, grad_beta = go_back(grad_out, x, gamma, eps)
    x_hat = normalized(x, eps)
    through = grad_out.sum(AXES, keepdim=True), (grad_out * x_hat).sum(AXES, keepdim=True)
    inner = grad_out - through[0] - x_hat * through[1]
    return each(gamma) / scale(x, eps) * inner, grad_gamma, grad_beta


@mistake("7.4", "grad_gamma is computed from x: gamma multiplies x_hat, so use that one.")
def batch_norm_backward__gamma_from_x(grad_out, x, gamma, eps=1e-5):
    grad_x, _, grad_beta = go_back(grad_out, x, gamma, eps)
    return grad_x, (grad_out * x).sum(AXES), grad_beta


@mistake(
    "7.4",
    "The means are over (2, 3) alone, for each image: batch norm's are over the batch too, "
    "dim=(0, 2, 3).",
)
def batch_norm_backward__instance_norm(grad_out, x, gamma, eps=1e-5):
    _, grad_gamma, grad_beta = go_back(grad_out, x, gamma, eps)
    x_hat = normalized(x, eps)
    inner = grad_out - mean(grad_out, (2, 3)) - x_hat * mean(grad_out * x_hat, (2, 3))
    return each(gamma) / scale(x, eps) * inner, grad_gamma, grad_beta


@mistake(
    "7.4",
    "grad_gamma and grad_beta are summed over the batch alone: sum over the places as well, "
    "dim=(0, 2, 3).",
)
def batch_norm_backward__places_not_summed(grad_out, x, gamma, eps=1e-5):
    grad_x = go_back(grad_out, x, gamma, eps)[0]
    return grad_x, (grad_out * normalized(x, eps)).sum(0), grad_out.sum(0)


@mistake("7.4", "grad_gamma and grad_beta are means; the parts of all entries are added up: sum.")
def batch_norm_backward__means(grad_out, x, gamma, eps=1e-5):
    grad_x, grad_gamma, grad_beta = go_back(grad_out, x, gamma, eps)
    n = x[:, 0].numel()
    return grad_x, grad_gamma / n, grad_beta / n


@mistake("7.4", "eps is left out: it is under the root on the way back too.")
def batch_norm_backward__no_eps(grad_out, x, gamma, eps=1e-5):
    return go_back(grad_out, x, gamma, 0.0)


@mistake("7.4", "The eps that is given is not used: 1e-5 is written into your function.")
def batch_norm_backward__fixed_eps(grad_out, x, gamma, eps=1e-5):
    return go_back(grad_out, x, gamma)


@mistake("7.4", "grad_x is divided by the variance: divide by its root, sqrt(var + eps).")
def batch_norm_backward__no_root(grad_out, x, gamma, eps=1e-5):
    grad_x, grad_gamma, grad_beta = go_back(grad_out, x, gamma, eps)
    return grad_x / scale(x, eps), grad_gamma, grad_beta


@mistake("7.4", "grad_x is not divided by sqrt(var + eps), which every x is on the way forward.")
def batch_norm_backward__not_divided(grad_out, x, gamma, eps=1e-5):
    grad_x, grad_gamma, grad_beta = go_back(grad_out, x, gamma, eps)
    return grad_x * scale(x, eps), grad_gamma, grad_beta


@mistake("7.4", "gamma stands along W, the last axis, in grad_x: gamma[:, None, None].")
def batch_norm_backward__gamma_along_w(grad_out, x, gamma, eps=1e-5):
    grad_x, grad_gamma, grad_beta = go_back(grad_out, x, torch.ones_like(gamma), eps)
    return gamma * grad_x, grad_gamma, grad_beta


@mistake(
    "7.4", "grad_gamma and grad_beta are swapped: the result is (grad_x, grad_gamma, grad_beta)."
)
def batch_norm_backward__swapped(grad_out, x, gamma, eps=1e-5):
    grad_x, grad_gamma, grad_beta = go_back(grad_out, x, gamma, eps)
    return grad_x, grad_beta, grad_gamma


@mistake("7.4", "grad_gamma has gamma in it: out is gamma * x_hat + beta, linear in gamma.")
def batch_norm_backward__gamma_in_its_gradient(grad_out, x, gamma, eps=1e-5):
    grad_x, grad_gamma, grad_beta = go_back(grad_out, x, gamma, eps)
    return grad_x, gamma * grad_gamma, grad_beta


@mistake(
    "7.4",
    "The signs in grad_x are wrong: what comes back through mean and variance is taken off.",
)
def batch_norm_backward__signs(grad_out, x, gamma, eps=1e-5):
    _, grad_gamma, grad_beta = go_back(grad_out, x, gamma, eps)
    x_hat = normalized(x, eps)
    inner = grad_out + mean(grad_out) + x_hat * mean(grad_out * x_hat)
    return each(gamma) / scale(x, eps) * inner, grad_gamma, grad_beta


@mistake(
    "7.4",
    "The variance is the unbiased one, with n - 1 below: batch norm divides by the root of the "
    "biased one, x.var(..., correction=0).",
)
def batch_norm_backward__unbiased(grad_out, x, gamma, eps=1e-5):
    var, middle = torch.var_mean(x, AXES, keepdim=True)
    std = torch.sqrt(var + eps)
    x_hat = (x - middle) / std
    inner = grad_out - mean(grad_out) - x_hat * mean(grad_out * x_hat)
    return each(gamma) / std * inner, (grad_out * x_hat).sum(AXES), grad_out.sum(AXES)

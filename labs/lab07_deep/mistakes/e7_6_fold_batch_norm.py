"""Wrong answers to exercise 7.6 that students write, and what to tell them."""

from __future__ import annotations

from course_dl.lab import mistake


def filters(s):
    return s[:, None, None, None]


@mistake(
    "7.6",
    "The factor goes along the input channels: it belongs to the filters, the first axis of w, "
    "s[:, None, None, None].",
)
def fold_batch_norm__input_channels(w, b, gamma, beta, mean, var, eps=1e-5):
    s = gamma / (var + eps).sqrt()
    return w * s[: w.shape[1], None, None], s * (b - mean) + beta


@mistake(
    "7.6",
    "s stands along the columns of the filters, the last axis of w: s[:, None, None, None].",
)
def fold_batch_norm__along_columns(w, b, gamma, beta, mean, var, eps=1e-5):
    s = gamma / (var + eps).sqrt()
    return w * s, s * (b - mean) + beta


@mistake("7.6", "b is not scaled: the norm scales it with the rest, s * (b - mean) + beta.")
def fold_batch_norm__bias_not_scaled(w, b, gamma, beta, mean, var, eps=1e-5):
    s = gamma / (var + eps).sqrt()
    return filters(s) * w, b - s * mean + beta


@mistake("7.6", "The old bias b is lost: s * (b - mean) + beta.")
def fold_batch_norm__no_old_bias(w, b, gamma, beta, mean, var, eps=1e-5):
    s = gamma / (var + eps).sqrt()
    return filters(s) * w, beta - s * mean


@mistake("7.6", "The mean is not taken off: s * (b - mean) + beta.")
def fold_batch_norm__mean_kept(w, b, gamma, beta, mean, var, eps=1e-5):
    s = gamma / (var + eps).sqrt()
    return filters(s) * w, s * b + beta


@mistake("7.6", "The mean is taken off without its factor: s * (b - mean) + beta.")
def fold_batch_norm__mean_not_scaled(w, b, gamma, beta, mean, var, eps=1e-5):
    s = gamma / (var + eps).sqrt()
    return filters(s) * w, s * b - mean + beta


@mistake("7.6", "beta is not added: s * (b - mean) + beta.")
def fold_batch_norm__no_beta(w, b, gamma, beta, mean, var, eps=1e-5):
    s = gamma / (var + eps).sqrt()
    return filters(s) * w, s * (b - mean)


@mistake("7.6", "beta is scaled too: the norm adds it at the end, after the factor.")
def fold_batch_norm__beta_scaled(w, b, gamma, beta, mean, var, eps=1e-5):
    s = gamma / (var + eps).sqrt()
    return filters(s) * w, s * (b - mean + beta)


@mistake("7.6", "eps is left out: s = gamma / sqrt(var + eps).")
def fold_batch_norm__no_eps(w, b, gamma, beta, mean, var, eps=1e-5):
    s = gamma / var.sqrt()
    return filters(s) * w, s * (b - mean) + beta


@mistake("7.6", "eps is added to the root; it belongs under it: sqrt(var + eps).")
def fold_batch_norm__eps_outside(w, b, gamma, beta, mean, var, eps=1e-5):
    s = gamma / (var.sqrt() + eps)
    return filters(s) * w, s * (b - mean) + beta


@mistake("7.6", "The eps that is given is not used: 1e-5 is written into your function.")
def fold_batch_norm__fixed_eps(w, b, gamma, beta, mean, var, eps=1e-5):
    s = gamma / (var + 1e-5).sqrt()
    return filters(s) * w, s * (b - mean) + beta


@mistake("7.6", "You divided by the variance: divide by its root, sqrt(var + eps).")
def fold_batch_norm__no_root(w, b, gamma, beta, mean, var, eps=1e-5):
    s = gamma / (var + eps)
    return filters(s) * w, s * (b - mean) + beta


@mistake("7.6", "gamma is left out: s = gamma / sqrt(var + eps).")
def fold_batch_norm__no_gamma(w, b, gamma, beta, mean, var, eps=1e-5):
    s = 1 / (var + eps).sqrt()
    return filters(s) * w, s * (b - mean) + beta


@mistake("7.6", "w and b are overwritten: make new tensors, and leave those of the network alone.")
def fold_batch_norm__in_place(w, b, gamma, beta, mean, var, eps=1e-5):
    s = gamma / (var + eps).sqrt()
    w *= filters(s)
    return w, s * (b - mean) + beta


@mistake("7.6", "The filters are returned as they were: multiply each one by its s.")
def fold_batch_norm__filters_kept(w, b, gamma, beta, mean, var, eps=1e-5):
    s = gamma / (var + eps).sqrt()
    return w.clone(), s * (b - mean) + beta


@mistake("7.6", "The mean is added: the norm takes it off, s * (b - mean) + beta.")
def fold_batch_norm__mean_added(w, b, gamma, beta, mean, var, eps=1e-5):
    s = gamma / (var + eps).sqrt()
    return filters(s) * w, s * (b + mean) + beta

"""Wrong answers to exercise 9.4 that students write, and what to tell them."""

from __future__ import annotations

from course_dl.lab import mistake


def terms(mu, log_var):
    return mu.square() + log_var.exp() - 1 - log_var


@mistake("9.4", "This is a mean over the latents: the divergence is their sum.")
def kl_to_normal__mean_over_latents(mu, log_var):
    return 0.5 * terms(mu, log_var).mean(dim=1)


@mistake(
    "9.4", "You summed over the batch too: each image has a divergence of its own, sum(dim=1)."
)
def kl_to_normal__sum_of_all(mu, log_var):
    return 0.5 * terms(mu, log_var).sum()


@mistake(
    "9.4", "You returned one number, a mean over the batch: each image has a divergence of its own."
)
def kl_to_normal__mean_over_batch(mu, log_var):
    return 0.5 * terms(mu, log_var).sum(dim=1).mean()


@mistake("9.4", "You summed over the batch and kept the latents: sum over dim=1.")
def kl_to_normal__wrong_axis(mu, log_var):
    return 0.5 * terms(mu, log_var).sum(dim=0)


@mistake("9.4", "The sign is turned round: a divergence is never negative.")
def kl_to_normal__sign(mu, log_var):
    return -0.5 * terms(mu, log_var).sum(dim=1)


@mistake("9.4", "The factor 1/2 is left out.")
def kl_to_normal__no_half(mu, log_var):
    return terms(mu, log_var).sum(dim=1)


@mistake(
    "9.4",
    "log_var is the logarithm of the variance: you took it for that of the standard deviation.",
)
def kl_to_normal__log_sigma(mu, log_var):
    return 0.5 * (mu.square() + (2 * log_var).exp() - 1 - 2 * log_var).sum(dim=1)


@mistake(
    "9.4", "This is the divergence of the other direction, from N(0, I) to N(mu, exp(log_var))."
)
def kl_to_normal__other_direction(mu, log_var):
    return 0.5 * ((1 + mu.square()) * (-log_var).exp() - 1 + log_var).sum(dim=1)


@mistake("9.4", "The -1 of each latent is left out: at mu = 0 and log_var = 0 the divergence is 0.")
def kl_to_normal__no_one(mu, log_var):
    return 0.5 * (mu.square() + log_var.exp() - log_var).sum(dim=1)


@mistake("9.4", "The 1 is subtracted once: it is in the sum, once for each latent.")
def kl_to_normal__one_once(mu, log_var):
    return 0.5 * ((mu.square() + log_var.exp() - log_var).sum(dim=1) - 1)


@mistake("9.4", "mu is not squared.")
def kl_to_normal__mu_not_squared(mu, log_var):
    return 0.5 * (mu + log_var.exp() - 1 - log_var).sum(dim=1)


@mistake("9.4", "The variance in the sum is exp(log_var), not log_var.")
def kl_to_normal__variance_is_log_var(mu, log_var):
    return 0.5 * (mu.square() + log_var - 1 - log_var.abs().log()).sum(dim=1)


@mistake("9.4", "The last term is left out: minus log_var.")
def kl_to_normal__no_log_var(mu, log_var):
    return 0.5 * (mu.square() + log_var.exp() - 1).sum(dim=1)


@mistake("9.4", "The last term has the wrong sign: minus log_var.")
def kl_to_normal__plus_log_var(mu, log_var):
    return 0.5 * (mu.square() + log_var.exp() - 1 + log_var).sum(dim=1)


@mistake("9.4", "exp(log_var / 2) is the standard deviation: the formula has the variance.")
def kl_to_normal__standard_deviation(mu, log_var):
    return 0.5 * (mu.square() + (log_var / 2).exp() - 1 - log_var).sum(dim=1)

"""Wrong answers to exercise 9.3 that students write, and what to tell them."""

from __future__ import annotations

import torch

from course_dl.lab import mistake


@mistake("9.3", "You multiplied by the variance, exp(log_var): noise is scaled by its root.")
def reparametrize__variance(mu, log_var, eps):
    return mu + log_var.exp() * eps


@mistake("9.3", "You multiplied by log_var itself: the standard deviation is exp(log_var / 2).")
def reparametrize__log_var_itself(mu, log_var, eps):
    return mu + log_var * eps


@mistake(
    "9.3",
    "The root is of the wrong thing: the variance is exp(log_var), its root exp(log_var / 2).",
)
def reparametrize__root_of_log_var(mu, log_var, eps):
    return mu + log_var.sqrt() * eps


@mistake("9.3", "You drew noise of your own: use eps, which is given.")
def reparametrize__own_noise(mu, log_var, eps):
    return mu + torch.exp(log_var / 2) * torch.randn_like(mu)


@mistake(
    "9.3", "All latents of a sample share one number of noise: each has its own, eps as it is."
)
def reparametrize__shared_noise(mu, log_var, eps):
    return mu + torch.exp(log_var / 2) * eps[:, :1]


@mistake("9.3", "A detach or no_grad cuts the graph: gradients must reach mu and log_var.")
def reparametrize__detached(mu, log_var, eps):
    return (mu + torch.exp(log_var / 2) * eps).detach()


@mistake(
    "9.3", "The gradient of log_var is cut: it learns how much noise there is, do not detach it."
)
def reparametrize__log_var_detached(mu, log_var, eps):
    return mu + torch.exp(log_var / 2).detach() * eps


@mistake("9.3", "The mean is left out: mu is added.")
def reparametrize__no_mean(mu, log_var, eps):
    return torch.exp(log_var / 2) * eps


@mistake(
    "9.3",
    "You doubled log_var in place of halving it: exp(log_var / 2) is the root of exp(log_var).",
)
def reparametrize__doubled(mu, log_var, eps):
    return mu + torch.exp(2 * log_var) * eps


@mistake("9.3", "mu is scaled too: only the noise is, mu + std * eps.")
def reparametrize__mean_scaled(mu, log_var, eps):
    return (mu + eps) * torch.exp(log_var / 2)


@mistake(
    "9.3", "The spread has the wrong sign in its exponent: exp(log_var / 2), not exp(-log_var / 2)."
)
def reparametrize__precision(mu, log_var, eps):
    return mu + torch.exp(-log_var / 2) * eps

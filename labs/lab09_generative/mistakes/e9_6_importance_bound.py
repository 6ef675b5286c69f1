"""Wrong answers to exercise 9.6 that students write, and what to tell them."""

from __future__ import annotations

import math

import torch

from course_dl.lab import mistake


@mistake(
    "9.6", "This is the mean of the logarithms, the ELBO again: take the logarithm of the mean."
)
def importance_bound__mean_of_logs(log_joint, log_q):
    return (log_joint - log_q).mean(dim=0)


@mistake("9.6", "log K is forgotten: the weights' mean is wanted, this is their sum.")
def importance_bound__sum(log_joint, log_q):
    return torch.logsumexp(log_joint - log_q, dim=0)


@mistake("9.6", "The sum is divided by K after the logarithm: subtract log K.")
def importance_bound__divided_after(log_joint, log_q):
    return torch.logsumexp(log_joint - log_q, dim=0) / len(log_q)


@mistake("9.6", "K itself is subtracted: its logarithm is to be.")
def importance_bound__minus_k(log_joint, log_q):
    return torch.logsumexp(log_joint - log_q, dim=0) - len(log_q)


@mistake("9.6", "log K is added: a sum is divided by K, so it is subtracted.")
def importance_bound__plus_log_k(log_joint, log_q):
    return torch.logsumexp(log_joint - log_q, dim=0) + math.log(len(log_q))


@mistake("9.6", "exp overflows for large weights: use torch.logsumexp.")
def importance_bound__overflow(log_joint, log_q):
    return (log_joint - log_q).exp().mean(dim=0).log()


@mistake("9.6", "log_q has the wrong sign: a weight is the joint density divided by q.")
def importance_bound__plus_log_q(log_joint, log_q):
    return torch.logsumexp(log_joint + log_q, dim=0) - math.log(len(log_q))


@mistake("9.6", "The mean is over the images: it is over the K draws, dim=0.")
def importance_bound__over_images(log_joint, log_q):
    return torch.logsumexp(log_joint - log_q, dim=1) - math.log(log_q.shape[1])


@mistake("9.6", "log_q is left out: a weight is the joint density divided by q.")
def importance_bound__no_log_q(log_joint, log_q):
    return torch.logsumexp(log_joint, dim=0) - math.log(len(log_q))


@mistake("9.6", "You divided by the number of images: it is the number of draws, K.")
def importance_bound__log_n(log_joint, log_q):
    return torch.logsumexp(log_joint - log_q, dim=0) - math.log(log_q.shape[1])


@mistake("9.6", "You returned one number for all images: each has a bound of its own.")
def importance_bound__mean_over_images(log_joint, log_q):
    return (torch.logsumexp(log_joint - log_q, dim=0) - math.log(len(log_q))).mean()


@mistake("9.6", "You took the largest weight alone: the bound is the logarithm of the mean of all.")
def importance_bound__largest(log_joint, log_q):
    return (log_joint - log_q).amax(dim=0)


@mistake(
    "9.6",
    "The mean of the joint densities is divided by that of q: each draw has a weight, and the mean "
    "is of the weights.",
)
def importance_bound__two_means(log_joint, log_q):
    return torch.logsumexp(log_joint, dim=0) - torch.logsumexp(log_q, dim=0)


@mistake(
    "9.6", "The largest weight is that of all images: each image has a largest one of its own."
)
def importance_bound__one_largest(log_joint, log_q):
    weights = log_joint - log_q
    largest = weights.max()
    return largest + (weights - largest).exp().mean(dim=0).log()


@mistake("9.6", "The largest weight was taken out before exp, and is not added afterwards.")
def importance_bound__largest_lost(log_joint, log_q):
    weights = log_joint - log_q
    return (weights - weights.amax(dim=0)).exp().mean(dim=0).log()


@mistake(
    "9.6", "This is a mean of the log weights by a softmax: the logarithm of their mean is wanted."
)
def importance_bound__softmax_mean(log_joint, log_q):
    weights = log_joint - log_q
    return (weights.softmax(dim=0) * weights).sum(dim=0)

"""Wrong answers to exercise 1.3 that students write, and what to tell them."""

from __future__ import annotations

import torch

from course_dl.lab import mistake


@mistake("1.3", "You took the mean over the samples; the course's loss is their sum.")
def perceptron_loss__mean(w, X, d):
    return (-d * (X @ w)).clamp(min=0).mean()


@mistake("1.3", "A minus is missing: d <w, x> is positive where the sample is on its RIGHT side.")
def perceptron_loss__no_minus(w, X, d):
    return (d * (X @ w)).clamp(min=0).sum()


@mistake("1.3", "This is the hinge loss, max(1 - d <w, x>, 0); the perceptron's has no 1 in it.")
def perceptron_loss__hinge(w, X, d):
    return (1 - d * (X @ w)).clamp(min=0).sum()


COUNTED = "You counted the mistakes; the loss adds how far each one is on the wrong side."


@mistake("1.3", COUNTED)
def perceptron_loss__count(w, X, d):
    return (d * (X @ w) < 0).to(X.dtype).sum()


@mistake(
    "1.3", "Samples on their right side must not make up for others: max(..., 0) for each first."
)
def perceptron_loss__no_max(w, X, d):
    return (-d * (X @ w)).sum()


@mistake("1.3", "The max is outside of your sum; it belongs to each sample, before they are added.")
def perceptron_loss__max_of_sum(w, X, d):
    return (-d * (X @ w)).sum().clamp(min=0)


@mistake(
    "1.3", "You took the worst sample; max(..., 0) compares each sample with 0, then sum them."
)
def perceptron_loss__worst(w, X, d):
    return (-d * (X @ w)).clamp(min=0).max()


@mistake("1.3", "You returned one loss a sample; the loss of the set is their sum.")
def perceptron_loss__per_sample(w, X, d):
    return (-d * (X @ w)).clamp(min=0)


@mistake("1.3", "You left out the bias: it is weight 0 and meets the ones in column 0.")
def perceptron_loss__no_bias(w, X, d):
    return (-d * (X[:, 1:] @ w[1:])).clamp(min=0).sum()


@mistake("1.3", "The labels d do not enter: which side is right depends on them.")
def perceptron_loss__no_labels(w, X, d):
    return (-(X @ w)).clamp(min=0).sum()


@mistake("1.3", COUNTED)
def perceptron_loss__count_of_integers(w, X, d):
    return (torch.where(X @ w >= 0, 1.0, -1.0).to(d.dtype) != d).sum()


@mistake("1.3", "You kept the negative terms: it is max(-d s, 0), not min.")
def perceptron_loss__minimum(w, X, d):
    return (-d * (X @ w)).clamp(max=0).sum()


@mistake(
    "1.3",
    "d as a column times the scores as a row is an (N, N) matrix: keep both one-dimensional, (N,).",
)
def perceptron_loss__all_pairs(w, X, d):
    return (-d[:, None] * (X @ w)).clamp(min=0).sum()


@mistake("1.3", COUNTED)
def perceptron_loss__count_with_ties(w, X, d):
    return (d * (X @ w) <= 0).to(X.dtype).sum()


@mistake("1.3", "You took the share of wrong samples; the loss adds how far each one is astray.")
def perceptron_loss__share(w, X, d):
    return (d * (X @ w) < 0).to(X.dtype).mean()


@mistake("1.3", "Your loop keeps the loss of the last sample alone; the losses are to be added up.")
def perceptron_loss__last_sample(w, X, d):
    for x_i, d_i in zip(X, d):
        loss = (-d_i * (x_i @ w)).clamp(min=0)
    return loss


@mistake("1.3", "You leave the loop with the first sample: the return belongs after the loop.")
def perceptron_loss__first_sample(w, X, d):
    return (-d[0] * (X[0] @ w)).clamp(min=0)


@mistake("1.3", "There are no squares in the perceptron's loss.")
def perceptron_loss__squares(w, X, d):
    return (-d * (X @ w)).clamp(min=0).square().sum()


@mistake("1.3", "You added |<w, x>| of all samples; one on its right side costs nothing.")
def perceptron_loss__absolute(w, X, d):
    return (X @ w).abs().sum()


@mistake(
    "1.3", "Where the prediction y is wrong, y - d is 2 or -2: so your loss is twice too large."
)
def perceptron_loss__twice(w, X, d):
    return 2 * (-d * (X @ w)).clamp(min=0).sum()


@mistake("1.3", "There is no factor 1/2 in the perceptron's loss.")
def perceptron_loss__half(w, X, d):
    return (-d * (X @ w)).clamp(min=0).sum() / 2


@mistake(
    "1.3", "You divided by the length of w; the perceptron's loss has scores in it, as they are."
)
def perceptron_loss__distances(w, X, d):
    return (-d * (X @ w)).clamp(min=0).sum() / w[1:].norm()

"""Wrong answers to exercise 4.2 that students write, and what to tell them."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from course_dl.lab import mistake


@mistake("4.2", "The sign is the other way: it is prediction less desired output.")
def output_gradient__sign(y, d, loss):
    if loss == "square":
        return d - y
    return F.one_hot(d, len(y)) - torch.softmax(y, 0)


@mistake("4.2", "The factor 1/2 of the square error cancels the 2 of its derivative: y - d.")
def output_gradient__factor_two(y, d, loss):
    if loss == "square":
        return 2 * (y - d)
    return torch.softmax(y, 0) - F.one_hot(d, len(y))


@mistake("4.2", "You took the mean over the outputs; the course's square error is a sum over them.")
def output_gradient__mean(y, d, loss):
    if loss == "square":
        return (y - d) / len(y)
    return torch.softmax(y, 0) - F.one_hot(d, len(y))


@mistake("4.2", "This is softmax(y) alone; 1 has to be taken off at the desired class.")
def output_gradient__softmax_alone(y, d, loss):
    if loss == "square":
        return y - d
    return torch.softmax(y, 0)


@mistake("4.2", "You compared the scores with the one-hot vector; they go through softmax first.")
def output_gradient__no_softmax(y, d, loss):
    if loss == "square":
        return y - d
    return y - F.one_hot(d, len(y))


@mistake(
    "4.2",
    "exp overflows for large scores: take the largest score off all of them first, or use "
    "torch.softmax.",
)
def output_gradient__overflow(y, d, loss):
    if loss == "square":
        return y - d
    return torch.exp(y) / torch.exp(y).sum() - F.one_hot(d, len(y))


@mistake(
    "4.2", "This is the loss itself; asked for is its gradient, with one entry for each output."
)
def output_gradient__loss(y, d, loss):
    if loss == "square":
        return (y - d).square().sum() / 2
    return F.cross_entropy(y, d)


@mistake("4.2", "You counted the classes from 1; they are 0, ..., K-1.")
def output_gradient__classes_from_one(y, d, loss):
    if loss == "square":
        return y - d
    grad = torch.softmax(y, 0)
    grad[d - 1] -= 1
    return grad


@mistake(
    "4.2", "You subtracted the number of the class from all scores; 1 is taken off at d alone."
)
def output_gradient__class_number(y, d, loss):
    if loss == "square":
        return y - d
    return torch.softmax(y, dim=0) - d


@mistake(
    "4.2",
    'For loss = "cross_entropy", spelled so, your result is that of the square loss; it should be '
    "softmax(y) less a one-hot vector.",
)
def output_gradient__always_square(y, d, loss):
    return y - d


@mistake("4.2", "You took the sigmoid of each score; the probabilities are softmax(y).")
def output_gradient__sigmoid(y, d, loss):
    if loss == "square":
        return y - d
    return torch.sigmoid(y) - F.one_hot(d, len(y))


def _scores(of_scores):
    """An answer that is right for the square loss, and this for the cross-entropy."""
    return lambda y, d, loss: y - d if loss == "square" else of_scores(y, d)


@mistake("4.2", "You took log-probabilities; what 1 is taken off at d are the probabilities.")
def output_gradient__log_softmax_for_softmax(y, d, loss):
    return _scores(lambda y, d: torch.log_softmax(y, 0) - F.one_hot(d, len(y)))(y, d, loss)


@mistake(
    "4.2", "This is the gradient with respect to the probabilities: go on through softmax, to y."
)
def output_gradient__of_probabilities(y, d, loss):
    return _scores(lambda y, d: -F.one_hot(d, len(y)) / torch.softmax(y, 0))(y, d, loss)


@mistake(
    "4.2",
    "Only the entry of the desired class is there; the other scores stand in log sum_k exp(y_k) "
    "too, so that they have a gradient.",
)
def output_gradient__desired_class_alone(y, d, loss):
    return _scores(lambda y, d: (torch.softmax(y, 0) - 1) * F.one_hot(d, len(y)))(y, d, loss)


@mistake("4.2", "y is one sample, (K,): its only dimension is dim=0.")
def output_gradient__dimension_of_a_batch(y, d, loss):
    return _scores(lambda y, d: torch.softmax(y, dim=1) - F.one_hot(d, len(y)))(y, d, loss)


@mistake("4.2", "Without a number of classes, F.one_hot makes d + 1 entries: F.one_hot(d, len(y)).")
def output_gradient__one_hot_by_itself(y, d, loss):
    return _scores(lambda y, d: torch.softmax(y, 0) - F.one_hot(d))(y, d, loss)


@mistake("4.2", 'For loss = "cross_entropy", spelled so, your function returns nothing.')
def output_gradient__no_such_loss(y, d, loss):
    return _scores(lambda y, d: None)(y, d, loss)

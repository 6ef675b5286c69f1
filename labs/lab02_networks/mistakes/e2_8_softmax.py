"""Wrong answers to exercise 2.8 that students write, and what to tell them."""

from __future__ import annotations

import torch

from course_dl.lab import mistake


@mistake(
    "2.8",
    "exp(1e4) is infinite, and infinity / infinity is NaN: subtract the largest score of each row "
    "from it first, which changes nothing else.",
)
def softmax__naive(Y):
    E = torch.exp(Y)
    return E / E.sum(dim=1, keepdim=True)


@mistake(
    "2.8",
    "You subtracted the largest score of the whole batch; a row far below it becomes 0 / 0. Every "
    "row has a largest score of its own: dim=1.",
)
def softmax__one_maximum(Y):
    E = torch.exp(Y - Y.max())
    return E / E.sum(dim=1, keepdim=True)


@mistake("2.8", "You went down the samples (dim=0); the classes of a sample lie in a row, dim=1.")
def softmax__other_axis(Y):
    E = torch.exp(Y - Y.amax(dim=0, keepdim=True))
    return E / E.sum(dim=0, keepdim=True)


@mistake("2.8", "You divided by the sum over the whole batch; every row is to have the sum 1.")
def softmax__one_sum(Y):
    E = torch.exp(Y - Y.amax(dim=1, keepdim=True))
    return E / E.sum()


@mistake(
    "2.8",
    "Without keepdim=True the sums lie in a row, and divide other entries than their own.",
)
def softmax__no_keepdim(Y):
    E = torch.exp(Y - Y.amax(dim=1, keepdim=True))
    return E / E.sum(dim=1)


@mistake(
    "2.8",
    "Without keepdim=True the largest scores lie in a row, and are taken from other scores than "
    "they should.",
)
def softmax__maximum_without_keepdim(Y):
    E = torch.exp(Y - Y.amax(dim=1))
    return E / E.sum(dim=1, keepdim=True)


@mistake("2.8", "You divided the scores by their sum; divide their exponentials by theirs.")
def softmax__no_exp(Y):
    return Y / Y.sum(dim=1, keepdim=True)


@mistake("2.8", "These are sigmoids, each score by itself; the classes share the probability 1.")
def softmax__sigmoids(Y):
    return torch.sigmoid(Y)


@mistake("2.8", "You returned the logarithms of the probabilities; put exp around them.")
def softmax__logarithms(Y):
    return Y - torch.logsumexp(Y, dim=1, keepdim=True)


@mistake("2.8", "A minus too many: your most probable class is the one with the smallest score.")
def softmax__minus(Y):
    E = torch.exp(-Y + Y.amin(dim=1, keepdim=True))
    return E / E.sum(dim=1, keepdim=True)


@mistake(
    "2.8",
    "You subtracted the mean of the row, and a score far above it overflows: subtract the largest.",
)
def softmax__mean(Y):
    E = torch.exp(Y - Y.mean(dim=1, keepdim=True))
    return E / E.sum(dim=1, keepdim=True)


@mistake(
    "2.8",
    "Cutting scores off with clamp makes large ones equal, whose difference is all that matters.",
)
def softmax__clamped(Y):
    E = torch.exp(Y.clamp(-50, 50))
    return E / E.sum(dim=1, keepdim=True)


@mistake("2.8", "This gives 1 to the largest score and 0 to the others: an argmax, not a softmax.")
def softmax__hard(Y):
    return torch.nn.functional.one_hot(Y.argmax(dim=1), Y.shape[1]).to(Y.dtype)


@mistake("2.8", "Y -= ... writes into the caller's scores; make a new tensor: Y = Y - ...")
def softmax__in_place(Y):
    Y -= Y.amax(dim=1, keepdim=True)
    E = torch.exp(Y)
    return E / E.sum(dim=1, keepdim=True)


@mistake(
    "2.8",
    "1 / sum_j exp(y_j - y_k) has the right value, as 1 / infinity is 0, but its gradient is NaN: "
    "the chain rule multiplies 0 by infinity. Subtract the largest score of each row instead.",
)
def softmax__differences(Y):
    return 1 / torch.exp(Y[:, None, :] - Y[:, :, None]).sum(dim=2)


@mistake("2.8", "The sum in the denominator needs no small number added: it is at least 1.")
def softmax__epsilon(Y):
    E = torch.exp(Y - Y.amax(dim=1, keepdim=True))
    return E / (E.sum(dim=1, keepdim=True) + 1e-8)


@mistake(
    "2.8", "You subtracted the largest absolute value: in a row of -1e4 all becomes exp(-2e4)."
)
def softmax__largest_absolute(Y):
    E = torch.exp(Y - Y.abs().amax(dim=1, keepdim=True))
    return E / E.sum(dim=1, keepdim=True)


@mistake("2.8", "detach() and numpy cut the graph of autograd; compute with torch, on Y itself.")
def softmax__detached(Y):
    Y = Y.detach()
    E = torch.exp(Y - Y.amax(dim=1, keepdim=True))
    return E / E.sum(dim=1, keepdim=True)


NO_KEEPDIM = (
    "Without keepdim=True what you take over dim=1 lies in a row, and meets other entries than its "
    "own: both times, for the largest scores and for the sums."
)


@mistake("2.8", NO_KEEPDIM)
def softmax__no_keepdim_at_all(Y):
    E = torch.exp(Y - Y.amax(dim=1))
    return E / E.sum(dim=1)


@mistake(
    "2.8",
    "Without keepdim=True the sums lie in a row, and divide other entries than their own.",
)
def softmax__naive_and_no_keepdim(Y):
    E = torch.exp(Y)
    return E / E.sum(dim=1)


@mistake("2.8", "You subtracted the largest score above the line alone; below it belongs too.")
def softmax__subtracted_above_alone(Y):
    return torch.exp(Y - Y.amax(dim=1, keepdim=True)) / torch.exp(Y).sum(dim=1, keepdim=True)


@mistake("2.8", "You divided sigmoids by their sum; softmax divides exponentials by theirs.")
def softmax__sigmoids_over_their_sum(Y):
    S = torch.sigmoid(Y)
    return S / S.sum(dim=1, keepdim=True)

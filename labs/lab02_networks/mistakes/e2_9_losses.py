"""Wrong answers to exercise 2.9 that students write, and what to tell them."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from course_dl.lab import mistake


@mistake("2.9", "The half is missing: the course's square error is 1/2 ||y - d||^2.")
def square_error__no_half(y, d):
    return ((y - d) ** 2).sum()


@mistake("2.9", "You took the mean over the samples; the course's loss is their sum.")
def square_error__mean(y, d):
    return ((y - d) ** 2).sum() / 2 / len(y)


@mistake("2.9", "You took the mean over all entries; the course's loss is half of their sum.")
def square_error__mean_of_all(y, d):
    return ((y - d) ** 2).mean()


@mistake("2.9", "You took the mean over all entries; the course's loss is half of their sum.")
def square_error__half_mean_of_all(y, d):
    return ((y - d) ** 2).mean() / 2


@mistake("2.9", "You took a root: the loss is the squared length of y - d, not the length.")
def square_error__root(y, d):
    return (y - d).norm() / 2


@mistake("2.9", "These are absolute values; the square error has the squares of y - d.")
def square_error__absolute(y, d):
    return (y - d).abs().sum() / 2


@mistake("2.9", "You squared the sum of the differences; square each, then add up.")
def square_error__square_of_sum(y, d):
    return (y - d).sum() ** 2 / 2


@mistake("2.9", "You returned one loss a sample; the loss of the batch is their sum.")
def square_error__per_sample(y, d):
    return ((y - d) ** 2).sum(dim=1) / 2


@mistake("2.9", ".item() makes a Python number of the loss, and the graph is lost: leave it out.")
def square_error__item(y, d):
    return (((y - d) ** 2).sum() / 2).item()


@mistake("2.9", "You took the mean over the samples; the course's loss is their sum.")
def cross_entropy__mean(y, d):
    return (torch.logsumexp(y, dim=1) - y.gather(1, d[:, None])[:, 0]).mean()


@mistake("2.9", "Only the scores of the right classes are in it; log sum_k exp(y_k) is missing.")
def cross_entropy__no_normalisation(y, d):
    return -y.gather(1, d[:, None]).sum()


@mistake("2.9", "A sign is wrong: the score of the right class is subtracted.")
def cross_entropy__plus(y, d):
    return (torch.logsumexp(y, dim=1) + y.gather(1, d[:, None])[:, 0]).sum()


@mistake("2.9", "The sign is the other way: this is the log-probability, the loss is minus that.")
def cross_entropy__negative(y, d):
    return (y.gather(1, d[:, None])[:, 0] - torch.logsumexp(y, dim=1)).sum()


@mistake(
    "2.9",
    "exp(1e4) is infinite: take the largest score of each row out of log sum_k exp(y_k), or let "
    "torch.logsumexp do it.",
)
def cross_entropy__naive(y, d):
    return (torch.log(torch.exp(y).sum(dim=1)) - y.gather(1, d[:, None])[:, 0]).sum()


@mistake(
    "2.9",
    "exp(1e4) is infinite: take the largest score of each row out of log sum_k exp(y_k), or let "
    "torch.logsumexp do it.",
)
def cross_entropy__log_of_naive_softmax(y, d):
    p = torch.exp(y) / torch.exp(y).sum(dim=1, keepdim=True)
    return -torch.log(p.gather(1, d[:, None])).sum()


@mistake(
    "2.9",
    "A probability may be rounded to 0, and its logarithm is infinite: compute the logarithm "
    "directly, y_d - log sum_k exp(y_k), and not from the softmax.",
)
def cross_entropy__log_of_softmax(y, d):
    return -torch.log(torch.softmax(y, dim=1).gather(1, d[:, None])).sum()


@mistake(
    "2.9",
    "A probability may be rounded to 0, and 0 times its logarithm, which is infinite, is NaN: "
    "compute the logarithm directly, y_d - log sum_k exp(y_k), and not from the softmax.",
)
def cross_entropy__zero_times_log(y, d):
    return -(F.one_hot(d, y.shape[1]) * torch.softmax(y, dim=1).log()).sum()


@mistake(
    "2.9",
    "The small number that you add before the logarithm makes every large loss the same, and "
    "changes the others.",
)
def cross_entropy__epsilon(y, d):
    return -torch.log(torch.softmax(y, dim=1).gather(1, d[:, None]) + 1e-8).sum()


@mistake("2.9", "You went down the samples (dim=0); the scores of a sample lie in a row, dim=1.")
def cross_entropy__other_axis(y, d):
    return -torch.log_softmax(y, dim=0).gather(1, d[:, None]).sum()


@mistake(
    "2.9",
    "y[:, d] takes N columns from every row; one score a row is y[torch.arange(len(y)), d].",
)
def cross_entropy__all_pairs(y, d):
    return -torch.log_softmax(y, dim=1)[:, d].sum()


@mistake("2.9", "You added up the losses of all classes; only the right class d_i counts.")
def cross_entropy__all_classes(y, d):
    return -torch.log_softmax(y, dim=1).sum()


@mistake("2.9", "You put a softmax before the cross-entropy, which has one in it: y are scores.")
def cross_entropy__softmax_twice(y, d):
    return -torch.log_softmax(torch.softmax(y, dim=1), dim=1).gather(1, d[:, None]).sum()


@mistake(
    "2.9", "You took y for probabilities; y are scores, and softmax makes probabilities of them."
)
def cross_entropy__of_probabilities(y, d):
    return -torch.log(y.gather(1, d[:, None])).sum()


@mistake("2.9", "There is no half in the cross-entropy.")
def cross_entropy__half(y, d):
    return (torch.logsumexp(y, dim=1) - y.gather(1, d[:, None])[:, 0]).sum() / 2


@mistake("2.9", "You returned one loss a sample; the loss of the batch is their sum.")
def cross_entropy__per_sample(y, d):
    return torch.logsumexp(y, dim=1) - y.gather(1, d[:, None])[:, 0]


@mistake("2.9", ".item() makes a Python number of the loss, and the graph is lost: leave it out.")
def cross_entropy__item(y, d):
    return (torch.logsumexp(y, dim=1) - y.gather(1, d[:, None])[:, 0]).sum().item()


@mistake("2.9", "detach() and numpy cut the graph of autograd; compute with torch, on y itself.")
def square_error__detached(y, d):
    return ((y.detach() - d) ** 2).sum() / 2


@mistake(
    "2.9",
    "You took the largest score of the whole batch out; a row far below it becomes log 0. Every "
    "row has a largest score of its own.",
)
def cross_entropy__one_maximum(y, d):
    c = y.max()
    score = y.gather(1, d[:, None])[:, 0]
    return (c + torch.log(torch.exp(y - c).sum(dim=1)) - score).sum()


@mistake("2.9", "You counted the classes from 1; they are 0, ..., K-1.")
def cross_entropy__classes_from_one(y, d):
    return (torch.logsumexp(y, dim=1) - y[torch.arange(len(y)), d - 1]).sum()


@mistake(
    "2.9", "Without a number of classes, F.one_hot makes as many columns as it happens to meet."
)
def cross_entropy__one_hot_by_itself(y, d):
    return -(torch.nn.functional.one_hot(d) * torch.log_softmax(y, dim=1)).sum()


@mistake("2.9", "This is the norm of the differences: without the root, and with 1/2.")
def square_error__norm(y, d):
    return (y - d).norm()


@mistake(
    "2.9",
    "Probabilities that are cut off, at 1e-9 say, give wrong losses where they are smaller: "
    "compute the logarithm directly, y_d - log sum_k exp(y_k).",
)
def cross_entropy__probabilities_cut_off(y, d):
    p = torch.softmax(y, dim=1).clamp(min=1e-9)
    return -torch.log(p.gather(1, d[:, None])).sum()


@mistake("2.9", "This is the binary cross-entropy of every class; only -log p_d counts.")
def cross_entropy__binary(y, d):
    p, t = torch.softmax(y, dim=1), F.one_hot(d, y.shape[1])
    return -(t * torch.log(p) + (1 - t) * torch.log(1 - p)).sum()


@mistake("2.9", "You took the mean over all N K entries; the loss is the sum over the N samples.")
def cross_entropy__mean_of_all(y, d):
    return (torch.logsumexp(y, dim=1) - y.gather(1, d[:, None])[:, 0]).sum() / y.numel()


ITEM = ".item() makes a Python number, and torch.tensor a tensor without a graph: leave both out."


@mistake("2.9", ITEM)
def cross_entropy__item_and_tensor(y, d):
    loss = (torch.logsumexp(y, dim=1) - y.gather(1, d[:, None])[:, 0]).sum()
    return torch.tensor(loss.item(), dtype=y.dtype)


@mistake("2.9", ITEM)
def cross_entropy__item_and_float32(y, d):
    return torch.tensor((torch.logsumexp(y, dim=1) - y.gather(1, d[:, None])[:, 0]).sum().item())


@mistake("2.9", ITEM)
def square_error__item_and_float32(y, d):
    return torch.tensor((((y - d) ** 2).sum() / 2).item())


CUT_OFF = (
    "Probabilities that are cut off, or to which a small number is added, give wrong losses where "
    "they are smaller than that: compute the logarithm directly, y_d - log sum_k exp(y_k)."
)


def _log_of(probability):
    def loss(y, d):
        return -torch.log(probability(torch.softmax(y, dim=1).gather(1, d[:, None]))).sum()

    return loss


@mistake("2.9", CUT_OFF)
def cross_entropy__cut_off_at_12_digits(y, d):
    return _log_of(lambda p: p.clamp(min=1e-12))(y, d)


@mistake("2.9", CUT_OFF)
def cross_entropy__cut_off_at_15_digits(y, d):
    return _log_of(lambda p: p.clamp(min=1e-15))(y, d)


@mistake("2.9", CUT_OFF)
def cross_entropy__cut_off_at_both_ends(y, d):
    return _log_of(lambda p: p.clamp(1e-15, 1 - 1e-15))(y, d)


@mistake("2.9", CUT_OFF)
def cross_entropy__cut_off_at_7_digits(y, d):
    return _log_of(lambda p: p.clamp(1e-7, 1 - 1e-7))(y, d)


@mistake("2.9", CUT_OFF)
def cross_entropy__small_number_of_12_digits(y, d):
    return _log_of(lambda p: p + 1e-12)(y, d)


@mistake("2.9", "This is the binary cross-entropy of every class; only -log p_d counts.")
def cross_entropy__binary_of_sigmoids(y, d):
    return F.binary_cross_entropy_with_logits(y, F.one_hot(d, y.shape[1]).to(y), reduction="sum")


@mistake("2.9", "You divided by the number of classes; the loss is the sum over the samples.")
def cross_entropy__over_classes(y, d):
    return (torch.logsumexp(y, dim=1) - y.gather(1, d[:, None])[:, 0]).sum() / y.shape[1]


@mistake(
    "2.9", "The largest score, which you took out of log sum_k exp(y_k), has to be added again."
)
def cross_entropy__maximum_not_added(y, d):
    c = y.amax(dim=1, keepdim=True)
    return (torch.logsumexp(y - c, dim=1) - y.gather(1, d[:, None])[:, 0]).sum()


@mistake("2.9", "These are lengths: the square error adds squares, without a root.")
def square_error__lengths(y, d):
    return (y - d).norm(dim=1).sum()


@mistake("2.9", "These are lengths: the square error adds squares, without a root.")
def square_error__half_of_lengths(y, d):
    return (y - d).norm(dim=1).sum() / 2


@mistake("2.9", "You added y and d; the error is their difference, y - d.")
def square_error__plus(y, d):
    return ((y + d) ** 2).sum() / 2

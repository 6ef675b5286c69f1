"""Wrong answers to exercise 3.5 that students write, and what to tell them."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from course_dl.lab import mistake

A_BATCH = (
    "Your cross_entropy_grad takes a batch, and X[i] is a sample without the dimension of the "
    "samples: X[i:i+1] and d[i:i+1] keep it."
)


def _grad(Y, d):
    return torch.softmax(Y, dim=1) - F.one_hot(d, Y.shape[1])


@mistake("3.5", "You divided by the size of the batch; the course's gradients are summed.")
def minibatch_gradient__mean(W, X, d, batch):
    X, d = X[batch], d[batch]
    return _grad(X @ W.T, d).T @ X / len(batch)


@mistake("3.5", "This is the gradient over all samples; only those of the batch count.")
def minibatch_gradient__all_samples(W, X, d, batch):
    return _grad(X @ W.T, d).T @ X


@mistake("3.5", "You took the first samples of X; those of the batch are X[batch] and d[batch].")
def minibatch_gradient__first_samples(W, X, d, batch):
    X, d = X[: len(batch)], d[: len(batch)]
    return _grad(X @ W.T, d).T @ X


@mistake("3.5", "The samples are those of the batch, their labels are not: d[batch].")
def minibatch_gradient__labels_not_chosen(W, X, d, batch):
    X = X[batch]
    return _grad(X @ W.T, d[: len(batch)]).T @ X


@mistake("3.5", "d holds the labels of all samples: those of the batch are d[batch].")
def minibatch_gradient__all_labels(W, X, d, batch):
    X = X[batch]
    return _grad(X @ W.T, d).T @ X


@mistake("3.5", A_BATCH)
def minibatch_gradient__a_sample_is_no_batch(W, X, d, batch):
    return sum(torch.outer(_grad(X[i] @ W.T, d[i]), X[i]) for i in batch)


@mistake("3.5", A_BATCH)
def minibatch_gradient__a_sample_has_no_second_size(W, X, d, batch):
    return sum(torch.outer((X[i] @ W.T).new_zeros((X[i] @ W.T).shape[1]), X[i]) for i in batch)


@mistake("3.5", "A sample that stands in the batch twice counts twice; you counted it once.")
def minibatch_gradient__once(W, X, d, batch):
    batch = batch.unique()
    return _grad(X[batch] @ W.T, d[batch]).T @ X[batch]


@mistake("3.5", "Your gradient is (D+1, K), the transpose of W's shape: a row belongs to a class.")
def minibatch_gradient__transposed(W, X, d, batch):
    X, d = X[batch], d[batch]
    return X.T @ _grad(X @ W.T, d)


@mistake("3.5", "The sign is the other way: softmax(y) - onehot(d) is what x is multiplied by.")
def minibatch_gradient__sign(W, X, d, batch):
    X, d = X[batch], d[batch]
    return -_grad(X @ W.T, d).T @ X


@mistake(
    "3.5",
    "You scaled the batch's gradient up to that of all samples, by |T| / |S|; here it is the plain "
    "sum over the batch.",
)
def minibatch_gradient__scaled_up(W, X, d, batch):
    X_b, d_b = X[batch], d[batch]
    return _grad(X_b @ W.T, d_b).T @ X_b * len(X) / len(batch)


@mistake("3.5", "This is the gradient of the square error; the scores go through softmax first.")
def minibatch_gradient__no_softmax(W, X, d, batch):
    X, d = X[batch], d[batch]
    return (X @ W.T - F.one_hot(d, len(W))).T @ X


@mistake("3.5", "Your softmax runs over the samples of the batch; it runs over the classes, dim=1.")
def minibatch_gradient__other_axis(W, X, d, batch):
    X, d = X[batch], d[batch]
    return (torch.softmax(X @ W.T, dim=0) - F.one_hot(d, len(W))).T @ X


@mistake("3.5", "The desired classes play no part: take onehot(d) off the softmax.")
def minibatch_gradient__no_labels(W, X, d, batch):
    X = X[batch]
    return torch.softmax(X @ W.T, dim=1).T @ X


@mistake(
    "3.5",
    "F.one_hot(d) makes as many columns as the batch happens to have classes: tell it K, "
    "F.one_hot(d, len(W)).",
)
def minibatch_gradient__one_hot_by_itself(W, X, d, batch):
    X, d = X[batch], d[batch]
    return (torch.softmax(X @ W.T, dim=1) - F.one_hot(d)).T @ X


@mistake("3.5", "exp overflows for large scores: use torch.softmax, or your cross_entropy_grad.")
def minibatch_gradient__overflow(W, X, d, batch):
    X, d = X[batch], d[batch]
    p = torch.exp(X @ W.T)
    return (p / p.sum(dim=1, keepdim=True) - F.one_hot(d, len(W))).T @ X


@mistake("3.5", "X has its ones in column 0 already: no second column of ones is needed.")
def minibatch_gradient__bias_twice(W, X, d, batch):
    X, d = X[batch], d[batch]
    X = torch.cat([X.new_ones(len(X), 1), X], dim=1)
    return _grad(X @ W.T, d).T @ X


@mistake("3.5", "The biases, column 0 of W, learn as well: their gradient is not 0.")
def minibatch_gradient__biases_stay(W, X, d, batch):
    X, d = X[batch], d[batch]
    grad = _grad(X @ W.T, d).T @ X
    grad[:, 0] = 0
    return grad


@mistake(
    "3.5",
    "W.requires_grad_() switches autograd on for the weights of your caller; ask for gradients of "
    "a copy, W.detach().clone().requires_grad_().",
)
def minibatch_gradient__requires_grad(W, X, d, batch):
    W.requires_grad_()
    F.cross_entropy(X[batch] @ W.T, d[batch], reduction="sum").backward()
    return W.grad


def _of_sample(W, X, d, i):
    return _grad(X[i][None] @ W.T, d[i][None]).T @ X[i][None]


@mistake("3.5", "Your loop keeps the gradient of the last sample alone: add them up.")
def minibatch_gradient__last_sample(W, X, d, batch):
    return _of_sample(W, X, d, batch[-1])


@mistake("3.5", "You leave the loop with the first sample: the return belongs after the loop.")
def minibatch_gradient__first_sample(W, X, d, batch):
    return _of_sample(W, X, d, batch[0])


@mistake("3.5", "You make the step, in W itself; asked for is the gradient, and W stays as it is.")
def minibatch_gradient__step_in_place(W, X, d, batch):
    W -= 0.1 * _grad(X[batch] @ W.T, d[batch]).T @ X[batch]
    return W

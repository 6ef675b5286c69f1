"""Wrong answers to exercise 7.8 that students write, and what to tell them."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from course_dl.lab import mistake


def parts(Z, d, n_classes):
    """Features with a column of ones, targets, and the matrix that spares the bias."""
    features = torch.cat([torch.ones_like(Z[:, :1]), Z], 1)
    spared = torch.eye(features.shape[1], dtype=Z.dtype)
    spared[0, 0] = 0
    return features, F.one_hot(d, n_classes).to(Z.dtype), spared


def solved(features, targets, ridge):
    return torch.linalg.solve(features.T @ features + ridge, features.T @ targets).T


@mistake(
    "7.8",
    "The bias is punished as well: strength belongs to the weights alone; put a 0 in place of the "
    "first 1 of the identity.",
)
def ridge_classifier__bias_punished(Z, d, n_classes, strength):
    A, T, _ = parts(Z, d, n_classes)
    return solved(A, T, strength * torch.eye(A.shape[1], dtype=Z.dtype))


@mistake(
    "7.8",
    "The product is A A^T, (N, N): the system of equations is for D+1 unknowns, so it is A^T A, "
    "(D+1, D+1), with the features of a sample in each row of A.",
)
def ridge_classifier__outer(Z, d, n_classes, strength):
    A, T, J = parts(Z, d, n_classes)
    return torch.linalg.solve(A @ A.T + strength * J, A @ T).T


@mistake(
    "7.8",
    "strength is multiplied by N, or the squares are averaged: the error is a sum over the "
    "samples, and strength stands beside it as it is.",
)
def ridge_classifier__mean_of_squares(Z, d, n_classes, strength):
    A, T, J = parts(Z, d, n_classes)
    return solved(A, T, len(Z) * strength * J)


@mistake("7.8", "strength is divided by N: the error is a sum, and strength stands as it is.")
def ridge_classifier__divided(Z, d, n_classes, strength):
    A, T, J = parts(Z, d, n_classes)
    return solved(A, T, strength / len(Z) * J)


@mistake(
    "7.8",
    "The classes are taken as numbers, as if class 2 were twice class 1: the targets are one-hot, "
    "F.one_hot(d, n_classes).",
)
def ridge_classifier__labels_as_numbers(Z, d, n_classes, strength):
    A, _, J = parts(Z, d, n_classes)
    return solved(A, d.to(Z.dtype)[:, None], strength * J)


@mistake("7.8", "W is transposed: a row for each class, a column for each feature.")
def ridge_classifier__transposed(Z, d, n_classes, strength):
    A, T, J = parts(Z, d, n_classes)
    return solved(A, T, strength * J).T


@mistake("7.8", "The bias is the last column; it belongs into column 0.")
def ridge_classifier__bias_last(Z, d, n_classes, strength):
    A, T, J = parts(Z, d, n_classes)
    return solved(A, T, strength * J).roll(-1, 1)


@mistake("7.8", "There is no bias: put a column of ones in front of the features.")
def ridge_classifier__no_bias(Z, d, n_classes, strength):
    T = F.one_hot(d, n_classes).to(Z.dtype)
    return solved(Z, T, strength * torch.eye(Z.shape[1], dtype=Z.dtype))


@mistake("7.8", "strength plays no part: add strength * J to A^T A.")
def ridge_classifier__no_ridge(Z, d, n_classes, strength):
    A, T, _ = parts(Z, d, n_classes)
    return torch.linalg.pinv(A).matmul(T).T


@mistake("7.8", "strength is squared: |W|^2 is multiplied by strength itself.")
def ridge_classifier__strength_squared(Z, d, n_classes, strength):
    A, T, J = parts(Z, d, n_classes)
    return solved(A, T, strength**2 * J)


@mistake("7.8", "strength is halved or doubled: no factor 2 stays where both gradients have one.")
def ridge_classifier__half(Z, d, n_classes, strength):
    A, T, J = parts(Z, d, n_classes)
    return solved(A, T, strength / 2 * J)


@mistake(
    "7.8",
    "The targets are -1 and 1; the square error here is to the one-hot vectors, of 0 and 1.",
)
def ridge_classifier__signs(Z, d, n_classes, strength):
    A, T, J = parts(Z, d, n_classes)
    return solved(A, 2 * T - 1, strength * J)


@mistake(
    "7.8",
    "The number of classes is taken from d: a class may have no sample; use n_classes.",
)
def ridge_classifier__classes_of_d(Z, d, n_classes, strength):
    A, T, J = parts(Z, d, int(d.max()) + 1)
    return solved(A, T, strength * J)


@mistake("7.8", "Your matrices are float32 whatever comes in: make them with dtype=Z.dtype.")
def ridge_classifier__float32(Z, d, n_classes, strength):
    A, T, J = parts(Z.float(), d, n_classes)
    return solved(A, T, strength * J)


@mistake(
    "7.8",
    "The bias is spared in the wrong place: column 0 of the features is the one of ones, so the "
    "first entry of the identity becomes 0.",
)
def ridge_classifier__last_spared(Z, d, n_classes, strength):
    A, T, _ = parts(Z, d, n_classes)
    ridge = torch.eye(A.shape[1], dtype=Z.dtype)
    ridge[-1, -1] = 0
    return solved(A, T, strength * ridge)

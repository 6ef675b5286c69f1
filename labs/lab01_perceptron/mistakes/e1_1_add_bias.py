"""Wrong answers to exercise 1.1 that students write, and what to tell them."""

from __future__ import annotations

import numpy as np
import torch

from course_dl.lab import mistake


@mistake("1.1", "Your ones stand at the end; the bias is weight 0, so they belong in column 0.")
def add_bias__at_the_end(X):
    return torch.cat([X, X.new_ones(len(X), 1)], dim=1)


@mistake("1.1", "You added a row of ones; every sample needs a 1 of its own: add a column (dim=1).")
def add_bias__row(X):
    return torch.cat([X.new_ones(1, X.shape[1]), X], dim=0)


@mistake(
    "1.1", "Your new column holds zeros: the bias would be multiplied by 0 and have no effect."
)
def add_bias__zeros(X):
    return torch.cat([X.new_zeros(len(X), 1), X], dim=1)


@mistake("1.1", "You wrote the ones over the first feature; they need a column of their own.")
def add_bias__overwrites(X):
    X = X.clone()
    X[:, 0] = 1
    return X


@mistake("1.1", "np.ones is float64, and so became your result: keep the dtype of X.")
def add_bias__float64(X):
    return torch.from_numpy(np.hstack([np.ones((len(X), 1)), X.numpy()]))


@mistake("1.1", "You added 1 to every entry; put a column of ones in front of X instead.")
def add_bias__plus_one(X):
    return X + 1


ONE_DIMENSION = "torch.ones(len(X)) has one dimension; a column has two, (N, 1)."


@mistake("1.1", ONE_DIMENSION)
def add_bias__one_dimension(X):
    return torch.cat([torch.ones(len(X), dtype=X.dtype), X], dim=1)


@mistake("1.1", ONE_DIMENSION)
def add_bias__one_dimension_hstack(X):
    return torch.hstack([torch.ones(len(X), dtype=X.dtype), X])


@mistake("1.1", "torch.ones is float32 unless it is told otherwise: keep the dtype of X.")
def add_bias__float32(X):
    return torch.cat([torch.ones(len(X), 1), X.float()], dim=1)

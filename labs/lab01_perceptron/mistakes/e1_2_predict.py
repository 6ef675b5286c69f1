"""Wrong answers to exercise 1.2 that students write, and what to tell them."""

from __future__ import annotations

import torch

from course_dl.lab import mistake


@mistake("1.2", "You returned the scores; the prediction is their sign, -1 or +1.")
def predict__scores(w, X):
    return X @ w


@mistake("1.2", "torch.sign(0) is 0, which is no class; in the course sign(0) = +1.")
def predict__sign(w, X):
    return torch.sign(X @ w)


@mistake("1.2", "You ask for a score > 0, so that 0 gives -1; in the course sign(0) = +1.")
def predict__strict(w, X):
    return torch.where(X @ w > 0, 1, -1).to(X.dtype)


@mistake("1.2", "You predict 0 and 1; the perceptron's classes are -1 and +1.")
def predict__zero_one(w, X):
    return (X @ w >= 0).to(X.dtype)


@mistake("1.2", "Your two classes are swapped: a score >= 0 is +1.")
def predict__swapped(w, X):
    return torch.where(X @ w >= 0, -1, 1).to(X.dtype)


@mistake("1.2", "You left out the bias: it is weight 0 and meets the ones in column 0.")
def predict__no_bias(w, X):
    return torch.where(X[:, 1:] @ w[1:] >= 0, 1, -1).to(X.dtype)


@mistake("1.2", "Your predictions are integers (int64); they should have the dtype of X.")
def predict__integers(w, X):
    return torch.where(X @ w >= 0, 1, -1)


@mistake("1.2", "Your predictions are float32 whatever X is; they should have the dtype of X.")
def predict__float32(w, X):
    return torch.where(X @ w >= 0, 1.0, -1.0)


@mistake("1.2", "You drop the dimension of the batch where it holds one sample: squeeze() does so.")
def predict__squeezed(w, X):
    return torch.where(X @ w[:, None] >= 0, 1, -1).to(X.dtype).squeeze()


@mistake("1.2", "The small number that you add to a score of 0 also tips scores that are below 0.")
def predict__nudged(w, X):
    return torch.sign(X @ w + 1e-9)


@mistake("1.2", "Your predictions are a column (N, 1): multiply by w itself, not by w[:, None].")
def predict__column(w, X):
    return torch.where(X @ w[:, None] >= 0, 1, -1).to(X.dtype)


@mistake("1.2", "A comparison gives True and False; the classes are the numbers +1 and -1.")
def predict__booleans(w, X):
    return X @ w >= 0


@mistake("1.2", "if asks for a single number, and X @ w has one for each sample: try torch.where.")
def predict__if(w, X):
    return 1 if X @ w >= 0 else -1

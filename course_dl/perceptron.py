"""Rosenblatt's perceptron: a linear classifier that learns from its mistakes, one at a time."""

from __future__ import annotations

from typing import Self

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from course_dl.activations import sign
from course_dl.validate import check_count, check_finite, check_positive, check_signs

__all__ = ["Perceptron"]


class Perceptron:
    """Classifier ``y = sign(<w, x>)``, the bias being weight 0: ``x = (1, x_1, ..., x_D)``.

    Parameters
    ----------
    lr : length of an update, above 0.
    max_epochs : number of passes over the samples after which `fit` gives up.

    Attributes
    ----------
    weights_ : (D+1,) float64, the bias first.
    mistakes_ : number of mistakes in each epoch run; the last is 0 when it converged.
    converged_ : whether an epoch went by without a mistake.
    path_ : (T+1, D+1), the weights at the start and after each of the T updates;
        None without ``keep_path=True``.
    """

    weights_: Tensor
    mistakes_: list[int]
    converged_: bool
    path_: Tensor | None

    def __init__(self, lr: float = 1.0, max_epochs: int = 100) -> None:
        check_positive(lr, "lr")
        self.lr = lr
        self.max_epochs = check_count(max_epochs, "max_epochs")

    def fit(
        self,
        X: Tensor | ArrayLike,
        d: Tensor | ArrayLike,
        w0: Tensor | ArrayLike | None = None,
        keep_path: bool = False,
    ) -> Self:
        """Visit the samples in order, one epoch after another; at each mistake ``w += lr d x``.

        Parameters
        ----------
        X : (N, D) or images (N, ...), of any dtype; the rule runs in float64.
        d : (N,) labels -1 and +1.
        w0 : (D+1,) weights to start from, zeros by default.
        keep_path : keep the weights after every update in `path_`.

        Rosenblatt (1958). A score of 0 predicts +1, so it is a mistake for ``d = -1`` alone.
        """
        X = _with_ones(X)
        d = torch.as_tensor(d)
        if d.shape != (len(X),):
            raise ValueError(
                f"d must hold one label a sample, shape ({len(X)},); got {tuple(d.shape)}"
            )
        check_signs(d.double())
        w = _start(w0, X.shape[1]).numpy()
        rows, labels = X.numpy(), d.double().tolist()
        path = [w.copy()]

        self.weights_ = torch.from_numpy(w)  # Shares its memory with w, which learns in place.
        self.mistakes_ = []
        self.converged_ = False
        while not self.converged_ and len(self.mistakes_) < self.max_epochs:
            mistakes = 0
            for x, label in zip(rows, labels, strict=True):
                predicted = 1.0 if w @ x >= 0 else -1.0
                if predicted != label:
                    w += self.lr * label * x
                    mistakes += 1
                    if keep_path:
                        path.append(w.copy())
            self.mistakes_.append(mistakes)
            self.converged_ = mistakes == 0

        self.path_ = torch.from_numpy(np.stack(path)) if keep_path else None
        return self

    def decision_function(self, X: Tensor | ArrayLike) -> Tensor:
        """Scores ``<w, x>``, (N,) float64."""
        if not hasattr(self, "weights_"):
            raise RuntimeError("this Perceptron has no weights yet: call fit(X, d) first")
        X = _with_ones(X)
        if X.shape[1] != len(self.weights_):
            raise ValueError(
                f"X must have {len(self.weights_) - 1} numbers a sample, as in fit;"
                f" got {X.shape[1] - 1}"
            )
        return X @ self.weights_

    def predict(self, X: Tensor | ArrayLike) -> Tensor:
        """Labels ``sign(<w, x>)``, (N,) float64 of -1 and +1; a score of 0 gives +1."""
        return sign(self.decision_function(X))

    def __repr__(self) -> str:
        return f"Perceptron(lr={self.lr}, max_epochs={self.max_epochs})"


def _with_ones(X: Tensor | ArrayLike) -> Tensor:
    """``x = (1, x_1, ..., x_D)`` for every sample: (N, D+1) float64, checked, on the CPU."""
    X = torch.as_tensor(X)
    if X.dim() < 2 or X.numel() == 0:
        raise ValueError(
            f"X must be a non-empty batch of shape (N, D), one sample a row; got {tuple(X.shape)}"
        )
    X = X.detach().cpu().double().flatten(1)
    check_finite(X, "X")
    return torch.cat([torch.ones(len(X), 1, dtype=torch.float64), X], dim=1)


def _start(w0: Tensor | ArrayLike | None, size: int) -> Tensor:
    if w0 is None:
        return torch.zeros(size, dtype=torch.float64)
    w = torch.as_tensor(w0).detach().cpu().double().clone()
    if w.shape != (size,):
        raise ValueError(
            f"w0 must hold the bias and one weight a feature, shape ({size},); got {tuple(w.shape)}"
        )
    check_finite(w, "w0")
    return w

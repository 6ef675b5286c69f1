"""Rosenblatt's perceptron: a linear classifier that learns from its mistakes, one at a time."""

from __future__ import annotations

from typing import Self

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from course_dl._arguments import check_count, check_finite, check_positive, check_signs
from course_dl._fast.rosenblatt import fast_rule
from course_dl.activations import sign

__all__ = ["Perceptron", "rosenblatt_rule"]

Floats = NDArray[np.float64]


def rosenblatt_rule(
    X: NDArray[np.generic],
    d: Floats,
    w: Floats,
    lr: float,
    max_epochs: int,
    path: list[Floats] | None = None,
) -> list[int]:
    """Visit the samples in order, again and again; at each mistake ``w <- w + lr d x``.

    A sample is a mistake if ``sign(<w, x>) != d``. Learning stops after the first epoch without a
    mistake.

    Parameters
    ----------
    X : (N, D), without a column of ones: ``x = (1, x_1, ..., x_D)`` is made here.
    d : (N,) labels -1 and +1.
    w : (D+1,) weights, the bias first; changed in place.
    lr : learning rate.
    max_epochs : largest number of epochs.
    path : a list; the weights after each update are appended to it.

    Returns
    -------
    The number of mistakes of each epoch.
    """
    x = np.ones(len(w))
    mistakes = []
    for _ in range(max_epochs):
        made = 0
        for features, label in zip(X, d.tolist(), strict=True):
            x[1:] = features
            predicted = 1.0 if w @ x >= 0 else -1.0
            if predicted != label:
                w += lr * label * x
                made += 1
                if path is not None:
                    path.append(w.copy())
        mistakes.append(made)
        if made == 0:
            break
    return mistakes


class Perceptron:
    """Classifier ``y = sign(<w, x>)``, the bias being weight 0: ``x = (1, x_1, ..., x_D)``.

    Parameters
    ----------
    lr : learning rate, above 0.
    max_epochs : largest number of passes over the samples.

    Attributes
    ----------
    weights_ : (D+1,) float64, the bias first.
    mistakes_ : number of mistakes of each epoch; the last one is 0 if the rule converged.
    converged_ : whether the last epoch was without a mistake.
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
        """Learn by Rosenblatt's rule (1958): see `rosenblatt_rule`.

        A score of 0 predicts +1, so it is a mistake only if ``d = -1``.

        Parameters
        ----------
        X : (N, D) or images (N, ...), of any dtype; the rule runs in float64.
        d : (N,) labels -1 and +1.
        w0 : (D+1,) weights to start from, zeros by default.
        keep_path : keep the weights after every update in `path_`.
        """
        samples = _samples(X)
        d = torch.as_tensor(d)
        if d.shape != (len(samples),):
            raise ValueError(
                f"d must hold one label a sample, shape ({len(samples)},); got {tuple(d.shape)}"
            )
        labels = d.detach().cpu().double()
        check_signs(labels)
        w = _start(w0, samples.shape[1] + 1).numpy()
        run = samples.numpy(), labels.numpy(), w, self.lr, self.max_epochs
        self.weights_ = torch.from_numpy(w)  # Shares its memory with w, which learns in place.
        self.path_ = None
        if keep_path:
            path = [w.copy()]
            self.mistakes_ = rosenblatt_rule(*run, path)
            self.path_ = torch.from_numpy(np.stack(path))
        else:
            self.mistakes_ = fast_rule(*run)  # the same mistakes and weights in less time
        self.converged_ = self.mistakes_[-1] == 0
        return self

    def decision_function(self, X: Tensor | ArrayLike) -> Tensor:
        """Scores ``<w, x>``, (N,) float64."""
        if not hasattr(self, "weights_"):
            raise RuntimeError("this Perceptron has no weights yet: call fit(X, d) first")
        samples = _samples(X)
        b, w = self.weights_[0], self.weights_[1:]
        if samples.shape[1] != len(w):
            raise ValueError(
                f"X must have {len(w)} numbers a sample, as in fit; got {samples.shape[1]}"
            )
        return samples.double() @ w + b

    def predict(self, X: Tensor | ArrayLike) -> Tensor:
        """Labels ``sign(<w, x>)``, (N,) float64 of -1 and +1; a score of 0 gives +1."""
        return sign(self.decision_function(X))

    def __repr__(self) -> str:
        return f"Perceptron(lr={self.lr}, max_epochs={self.max_epochs})"


def _samples(X: Tensor | ArrayLike) -> Tensor:
    """One sample a row, (N, D), checked, on the CPU, in a dtype that numpy has."""
    X = torch.as_tensor(X)
    if X.dim() < 2 or X.numel() == 0:
        raise ValueError(
            f"X must be a non-empty batch of shape (N, D), one sample a row; got {tuple(X.shape)}"
        )
    X = X.detach().cpu().flatten(1)
    if X.dtype == torch.bfloat16:
        X = X.float()
    if X.is_floating_point():
        check_finite(X, "X")
    return X


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

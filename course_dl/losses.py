"""Losses of the course, ``E = sum_i L(y_i; d_i)``, each with its gradient beside it.

``y`` are the outputs (scores) of a network, one sample a row, ``d`` the desired outputs.
``reduction="sum"`` is the course's training loss, ``"mean"`` divides it by the number N of samples.
Values are 0-d tensors that autograd can differentiate; gradients are with respect to ``y`` and have
its shape and dtype. All are exact for scores of 1e4 as well.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from course_dl._arguments import (
    check_classes,
    check_same_shape,
    check_scores,
    check_signs,
    describe,
    lookup,
)
from course_dl.activations import drelu, relu, sigmoid, softplus

__all__ = [
    "LOSSES",
    "Loss",
    "binary_cross_entropy",
    "binary_cross_entropy_grad",
    "cross_entropy",
    "cross_entropy_grad",
    "get_loss",
    "perceptron_loss",
    "perceptron_loss_grad",
    "square_error",
    "square_error_grad",
]

Reduction = Literal["sum", "mean"]


def square_error(y: Tensor, d: Tensor, reduction: Reduction = "sum") -> Tensor:
    """``L = 1/2 ||y - d||^2`` for ``y`` and ``d`` of the same shape, (N, K) or (N,)"""
    d = _like(y, d)
    return _reduce(0.5 * ((y - d) ** 2).sum(), y, reduction)


def square_error_grad(y: Tensor, d: Tensor, reduction: Reduction = "sum") -> Tensor:
    """``grad_y L = y - d``"""
    d = _like(y, d)
    return _reduce(y - d, y, reduction)


def cross_entropy(y: Tensor, d: Tensor, reduction: Reduction = "sum") -> Tensor:
    """``L = -y_d + log sum_k exp(y_k) = log(1 + sum_{k != d} exp(y_k - y_d))``

    ``y`` (N, K) are scores, the softmax being part of the loss; ``d`` (N,) int64 the classes.
    The last form, a softplus, loses no digits where ``y_d`` is much the largest.
    """
    _check_classification(y, d)
    d = d[:, None]
    others = (y - y.gather(1, d)).scatter(1, d, -torch.inf)
    return _reduce(softplus(others.logsumexp(1)).sum(), y, reduction)


def cross_entropy_grad(y: Tensor, d: Tensor, reduction: Reduction = "sum") -> Tensor:
    """``grad_y L = softmax(y) - onehot(d)``, entry ``d`` as ``-sum_{k != d} softmax(y)_k``"""
    _check_classification(y, d)
    d = d[:, None]
    others = torch.softmax(y, 1).scatter(1, d, 0)
    return _reduce(others.scatter(1, d, -others.sum(1, keepdim=True)), y, reduction)


def binary_cross_entropy(y: Tensor, d: Tensor, reduction: Reduction = "sum") -> Tensor:
    """``L = -d log g(y) - (1 - d) log(1 - g(y)) = d softplus(-y) + (1 - d) softplus(y)``

    ``y`` are scores, the sigmoid ``g`` being part of the loss; ``d`` in [0, 1] the probabilities of
    the positive class, of the same shape, (N,) or (N, 1).
    """
    d = _probabilities(y, d)
    return _reduce((d * softplus(-y) + (1 - d) * softplus(y)).sum(), y, reduction)


def binary_cross_entropy_grad(y: Tensor, d: Tensor, reduction: Reduction = "sum") -> Tensor:
    """``grad_y L = g(y) - d = -d g(-y) + (1 - d) g(y)``, of which the last loses no digits"""
    d = _probabilities(y, d)
    return _reduce(-d * sigmoid(-y) + (1 - d) * sigmoid(y), y, reduction)


def perceptron_loss(y: Tensor, d: Tensor, reduction: Reduction = "sum") -> Tensor:
    """``L = max(-d y, 0)``

    ``y`` are scores, ``d`` the labels -1 and +1, of the same shape, (N,) or (N, 1).
    """
    d = _signs(y, d)
    return _reduce(relu(-d * y).sum(), y, reduction)


def perceptron_loss_grad(y: Tensor, d: Tensor, reduction: Reduction = "sum") -> Tensor:
    """``grad_y L = -d`` if ``d y < 0``, else ``0``"""
    d = _signs(y, d)
    return _reduce(-d * drelu(-d * y), y, reduction)


@dataclass(frozen=True)
class Loss:
    """A loss with its gradient with respect to the scores; calling it gives the value."""

    name: str
    value: Callable[..., Tensor]
    grad: Callable[..., Tensor]

    def __call__(self, y: Tensor, d: Tensor, reduction: Reduction = "sum") -> Tensor:
        return self.value(y, d, reduction)


LOSSES: dict[str, Loss] = {
    loss.name: loss
    for loss in (
        Loss("square_error", square_error, square_error_grad),
        Loss("cross_entropy", cross_entropy, cross_entropy_grad),
        Loss("binary_cross_entropy", binary_cross_entropy, binary_cross_entropy_grad),
        Loss("perceptron_loss", perceptron_loss, perceptron_loss_grad),
    )
}

_BY_FUNCTION: dict[object, Loss] = {loss.value: loss for loss in LOSSES.values()}


def get_loss(loss: str | Loss | Callable[..., Tensor]) -> Loss:
    """The `Loss` of a name or of a function of this file; a `Loss` is returned as it is.

    Raises ValueError for an unknown name, TypeError for anything whose gradient is not known here.
    """
    if isinstance(loss, Loss):
        return loss
    if isinstance(loss, str):
        return lookup(LOSSES, loss, "loss")
    try:
        return _BY_FUNCTION[loss]
    except (KeyError, TypeError):
        raise TypeError(
            f"no gradient is known for {loss!r}: name one of {', '.join(LOSSES)},"
            " or make your own Loss(name, value, grad)"
        ) from None


def _reduce(total: Tensor, y: Tensor, reduction: str) -> Tensor:
    if reduction == "sum":
        return total
    if reduction == "mean":
        return total / len(y)
    raise ValueError(f"reduction must be 'sum' or 'mean', got {reduction!r}")


def _like(y: Tensor, d: Tensor) -> Tensor:
    """``d`` in the dtype of ``y``; raises if their shapes differ."""
    check_scores(y)
    check_same_shape(y, d)
    return d.to(y.dtype)


def _probabilities(y: Tensor, d: Tensor) -> Tensor:
    d = _like(y, d)
    if not bool(((d >= 0) & (d <= 1)).all()):
        low, high = d.aminmax()
        raise ValueError(
            "d must hold probabilities of the positive class, from 0 to 1;"
            f" got values from {low.item():g} to {high.item():g}: turn -1, +1 into (d + 1) / 2"
        )
    return d


def _signs(y: Tensor, d: Tensor) -> Tensor:
    d = _like(y, d)
    check_signs(d)
    return d


def _check_classification(y: Tensor, d: Tensor) -> None:
    check_scores(y)
    if y.dim() != 2:
        raise ValueError(f"y must hold scores of shape (N, K), got a {describe(y)}")
    check_classes(d, *y.shape)

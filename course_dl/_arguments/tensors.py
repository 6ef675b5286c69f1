"""Checks of tensors: type, dtype, shape, values."""

from __future__ import annotations

import math

import torch
from torch import Tensor

__all__ = [
    "check_batch",
    "check_classes",
    "check_finite",
    "check_floating",
    "check_same_shape",
    "check_scores",
    "check_signs",
    "check_tensor",
    "describe",
]


def describe(x: object) -> str:
    """``float32 tensor of shape (3, 2)`` for a tensor, the type's name for anything else."""
    if isinstance(x, Tensor):
        return f"{str(x.dtype).removeprefix('torch.')} tensor of shape {tuple(x.shape)}"
    return type(x).__name__


def check_tensor(x: object, name: str) -> None:
    """Raise TypeError unless ``x`` is a tensor."""
    if not isinstance(x, Tensor):
        raise TypeError(f"{name} must be a torch.Tensor, got {describe(x)}: try torch.as_tensor")


def check_floating(x: Tensor, name: str) -> None:
    """Raise TypeError unless ``x`` is a tensor of floating-point numbers."""
    check_tensor(x, name)
    if not x.is_floating_point():
        raise TypeError(f"{name} must hold floating-point numbers, got {describe(x)}: try .float()")


def check_finite(x: Tensor, name: str) -> None:
    """Raise ValueError if ``x`` holds a NaN or an infinity."""
    finite = torch.isfinite(x)
    if not finite.all():
        where = tuple((~finite).nonzero()[0].tolist())
        raise ValueError(
            f"{name} must be finite, got {x[where].item()} at index {where}"
            f" ({int((~finite).sum())} such entries in all): remove or replace these"
        )


def check_batch(X: Tensor, width: int, name: str = "X") -> None:
    """Raise unless ``X`` is a floating-point batch (N, ...) of ``width`` numbers a sample."""
    check_floating(X, name)
    if X.dim() < 2 or math.prod(X.shape[1:]) != width:
        raise ValueError(
            f"{name} must be a batch of shape (N, {width}), one sample a row,"
            f" or (N, ...) with {width} numbers a sample; got shape {tuple(X.shape)}"
        )


def check_scores(y: Tensor) -> None:
    """Raise unless ``y`` is a non-empty floating-point batch of scores."""
    check_floating(y, "y")
    if y.dim() == 0 or y.numel() == 0:
        raise ValueError(f"y must hold at least one sample and one score, got a {describe(y)}")


def check_same_shape(y: Tensor, d: Tensor) -> None:
    """Raise unless ``d`` is a tensor of the shape of ``y`` (no silent broadcasting)."""
    check_tensor(d, "d")
    if y.shape != d.shape:
        raise ValueError(
            f"d must have the shape of y, {tuple(y.shape)}, got {tuple(d.shape)}:"
            " reshape one to the other, e.g. d.reshape(y.shape)"
        )


def check_classes(d: Tensor, n: int, n_classes: int) -> None:
    """Raise unless ``d`` is an int64 tensor (n,) of classes ``0..n_classes-1``."""
    check_tensor(d, "d")
    if d.dtype != torch.int64:
        raise TypeError(f"d must hold classes as int64, got {describe(d)}: try d.long()")
    if d.shape != (n,):
        raise ValueError(
            f"d must hold one class a sample, shape ({n},) as y has {n} rows; got {tuple(d.shape)}"
        )
    low, high = (int(bound) for bound in d.aminmax())
    if low < 0 or high >= n_classes:
        raise ValueError(
            f"classes must lie in 0..{n_classes - 1} as y has {n_classes} columns;"
            f" got {low if low < 0 else high}"
        )


def check_signs(d: Tensor) -> None:
    """Raise ValueError unless every label is -1 or +1."""
    wrong = d[d.abs() != 1]
    if wrong.numel():
        raise ValueError(
            f"labels must be -1 or +1, got {wrong[0].item():g}: turn 0 and 1 into 2 * d - 1"
        )

"""Whether the inputs of a batch are such that a network can take them."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from course_dl._arguments import check_finite, describe

__all__ = ["check_all_finite", "check_inputs"]


def check_inputs(batch: Any, model: Any, name: str, *, handed_on: bool) -> None:
    """Raise TypeError if the first part of a batch has a type or dtype that no layer takes.

    Any dtype is taken where the model is not ``handed_on`` the batch itself, but a step is.
    """
    x = batch[0] if isinstance(batch, (tuple, list)) and len(batch) else batch
    pieces = batch if isinstance(batch, (tuple, list)) else (batch,)
    for piece, letter in zip(pieces, "Xd", strict=False):
        if isinstance(piece, (np.ndarray, np.generic)):
            raise TypeError(
                f"{name} {letter} must be a torch.Tensor, got a NumPy array: try torch.as_tensor"
            )
    if _is_of_numbers(x):
        raise TypeError(
            f"{name} X must be a torch.Tensor, got {describe(x)}: try torch.as_tensor, or a "
            "collate_fn that returns tensors"
        )
    if not isinstance(x, Tensor) or not handed_on:
        return
    weight = next(iter(model.parameters()), x)
    if x.dtype in (torch.uint8, torch.bool):
        raise TypeError(f"{name} X holds {x.dtype}: scale it to floats, as with X.float() / 255")
    if x.is_floating_point() and x.dtype != weight.dtype:
        raise TypeError(
            f"{name} X must have the dtype of the weights, {weight.dtype}, got {describe(x)}: "
            f"try X.to({weight.dtype})"
        )


def check_all_finite(batch: Any, name: str) -> None:
    """Raise ValueError if a tensor of a batch holds NaN or infinity."""
    pieces = batch if isinstance(batch, (tuple, list)) else (batch,)
    for piece, letter in zip(pieces, "Xdabcef", strict=False):
        # One fast pass; the wrong entry is looked for only if there is one.
        if isinstance(piece, Tensor) and piece.is_floating_point() and not piece.sum().isfinite():
            check_finite(piece, f"{name} {letter}")


def _is_of_numbers(value: Any) -> bool:
    """Whether a value is a number, or a list of numbers; strings or tensors may be meant so."""
    if isinstance(value, list):
        return bool(value) and _is_of_numbers(value[0])
    return isinstance(value, (int, float))

"""Along which axis of the scores the classes lie: (N, K), (N, K, H, W), (N, V, T) or (N, T, V)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

__all__ = ["candidates", "probed_axis"]


def candidates(y: Tensor, d: Tensor) -> list[int]:
    """The axes, 1 or the last, without which ``y`` has the shape of the classes ``d``."""
    if y.ndim != d.ndim + 1:
        return []
    found = []
    if y.ndim > 1 and y.shape[:1] + y.shape[2:] == d.shape:
        found.append(1)
    if y.ndim > 2 and y.shape[:-1] == d.shape:
        found.append(y.ndim - 1)
    return found


@torch.no_grad()
def probed_axis(loss: Callable[[Any, Any], Any], y: Tensor, d: Tensor) -> int | None:
    """The class axis that a loss uses, found by asking it; None if it does not show.

    Losses over classes compare the scores of a sample with each other. So they do not change where
    the same number is added to all scores along the class axis; along another axis they do.
    """
    value = loss(y, d)
    unmoved = []
    for axis in candidates(y, d):
        along = y.select(axis, 0).unsqueeze(axis)
        steps = torch.arange(along.numel(), device=y.device).view_as(along) % 7
        if torch.allclose(loss(y + steps.to(y.dtype), d), value, rtol=1e-3, atol=1e-4):
            unmoved.append(axis)
    return unmoved[0] if len(unmoved) == 1 else None

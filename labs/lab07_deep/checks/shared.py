"""Maps, numbers for each channel, and what is told of a call, for the exercises of lab 7."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from course_dl.lab import Inputs

FLOAT32, FLOAT64 = torch.float32, torch.float64
NORMS = (
    "batch_norm",
    "native_batch_norm",
    "native_batch_norm_legit",
    "native_batch_norm_legit_no_stats",
    "batch_norm_impl_index",
    "cudnn_batch_norm",
    "instance_norm",
    "group_norm",
    "native_group_norm",
    "layer_norm",
    "native_layer_norm",
)
Shape = tuple[int, int, int, int]  # N, C, H, W


def maps(rng: Inputs, shape: Sequence[int], dtype: torch.dtype = FLOAT64) -> Tensor:
    """Maps whose channels have other means and sizes, so that no channel looks like another."""
    x = rng.normal(*shape, dtype=dtype)
    size = torch.arange(1, shape[1] + 1, dtype=dtype)[:, None, None]
    return size * x + size


def vectors(rng: Inputs, n: int, channels: int, dtype: torch.dtype = FLOAT64) -> list[Tensor]:
    """So many vectors with a number for each channel."""
    return [rng.normal(channels, dtype=dtype) for _ in range(n)]


def sized(rng: Inputs, shape: Shape) -> Shape:
    """The shape itself; in a simple case fewer samples, channels and places."""
    N, C, H, W = rng.sizes(*shape)
    return N, C, H, W

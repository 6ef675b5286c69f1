"""Shapes and label maps for the exercises of lab 8."""

from __future__ import annotations

import torch
from torch import Tensor

from course_dl.lab import Inputs

FLOAT32, FLOAT64 = torch.float32, torch.float64
DTYPES = (FLOAT64, FLOAT32)
Shape = tuple[int, int, int, int]  # N, K (or C), H, W


def sized(rng: Inputs, shape: Shape, least: int = 1) -> Shape:
    """The shape itself; in a simple case fewer of all, but at least so many classes."""
    (N, H, W), (K,) = rng.sizes(shape[0], *shape[2:]), rng.sizes(shape[1], at_least=least)
    return N, K, H, W


def label_map(rng: Inputs, N: int, H: int, W: int, n_classes: int) -> Tensor:
    """(N, H, W) int64; each class is there, where there are pixels enough."""
    return rng.classes(N * H * W, n_classes).view(N, H, W)

"""Samples at known distances from a known separator, and numbers, for the exercises of lab 1."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from course_dl.lab import Inputs, number, shaped

DTYPES = (torch.float32, torch.float64)
TOLERANCE = {torch.float32: 1e-4, torch.float64: 1e-9}


def separator(rng: Inputs, D: int) -> Tensor:
    """Weights (D+1,) whose bias is well away from 0."""
    w = rng.normal(D + 1)
    w[0] = 1.5 * rng.signs(1)[0]
    w[1:] += 0.5 * w[1:].sign()
    return w


def placed(rng: Inputs, w: Tensor, distances: Tensor) -> Tensor:
    """Samples (N, D+1) at these signed distances from the separator of w, ones in column 0."""
    length = w[1:].norm()
    unit = w[1:] / length
    along = rng.normal(len(distances), len(unit))
    along -= torch.outer(along @ unit, unit)
    X = torch.ones(len(distances), len(w), dtype=w.dtype)
    X[:, 1:] = (distances - w[0] / length)[:, None] * unit + along
    return X


def apart(rng: Inputs, n: int, low: float = 0.2, high: float = 2.0) -> Tensor:
    """``n`` distances on both sides, none near 0."""
    return rng.signs(n) * rng.uniform(n, low=low, high=high)


def integers(rng: Inputs, n: int, D: int) -> Tensor:
    """Samples (n, D+1) of small integers, ones in column 0: whatever is computed is exact."""
    X = rng.integers(-4, 5, n, D + 1, dtype=torch.float64)
    X[:, 0] = 1
    return X


def check_number(got: Any, truth: float | Tensor, what: str, dtype: torch.dtype) -> None:
    """A number, or a 0-d tensor of this dtype."""
    number(got, truth, what, tolerance=TOLERANCE[dtype], at_least=1.0)
    if isinstance(got, Tensor):
        shaped(got, (), dtype, what)

"""Copies of what a student calls with, and random matrices, for the exercises of lab 3."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from course_dl.lab import Inputs, summary

DTYPES = (torch.float64, torch.float32)


def taken(value: Any, shape: Sequence[int], name: str) -> Tensor:
    """A copy of the tensor that a function of the check was called with."""
    if not isinstance(value, Tensor) or tuple(value.shape) != tuple(shape):
        raise TypeError(f"{name} should be of shape {tuple(shape)}, it was {summary(value)}")
    return value.detach().clone()


def positive_definite(rng: Inputs, eigenvalues: Sequence[float], dtype: torch.dtype) -> Tensor:
    """A symmetric matrix with these eigenvalues, in random directions, or diagonal where simple."""
    D = len(eigenvalues)
    Q = torch.linalg.qr(rng.normal(D, D)).Q
    Q = rng.simpler(Q, torch.eye(D, dtype=Q.dtype))
    A = Q @ torch.diag(torch.tensor(eigenvalues, dtype=torch.float64)) @ Q.T
    return ((A + A.T) / 2).to(dtype)

"""Sequences, layers and what is told of a network, for the exercises of lab 10."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from course_dl.lab import Inputs

FLOAT32, FLOAT64 = torch.float32, torch.float64
DTYPES = (FLOAT64, FLOAT32)
ANSWERS = ["course_dl.attention"]
Layer = list[Tensor]  # weight (n_out, n_in) and bias (n_out,)


def layer(rng: Inputs, n_out: int, n_in: int, dtype: torch.dtype = FLOAT64) -> Layer:
    """Weights such that the outputs are as large as the inputs, and biases."""
    return [rng.normal(n_out, n_in, dtype=dtype) / math.sqrt(n_in), rng.normal(n_out, dtype=dtype)]


def tokens(rng: Inputs, N: int, T: int, dim: int, dtype: torch.dtype = FLOAT64) -> Tensor:
    """Sequences in which no token is like another one."""
    return rng.normal(N, T, dim, dtype=dtype) + torch.arange(T, dtype=dtype)[:, None] / 3


def some_mask(rng: Inputs, T: int, S: int) -> Tensor:
    """Booleans at random, some keys hidden from each query and one at least not."""
    mask = rng.uniform(T, S) < 0.6
    mask[torch.arange(T), torch.arange(T) % S] = True
    if S > 1:
        mask[torch.arange(T), (torch.arange(T) + 1) % S] = False
    return mask

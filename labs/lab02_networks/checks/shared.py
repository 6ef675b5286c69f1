"""Random networks, their true output, and activations to hand in, for the exercises of lab 2."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from course_dl.lab import Inputs

Unit = Callable[[Tensor], Tensor]
Network = tuple[list[Tensor], list[Tensor]]
DTYPES = (torch.float64, torch.float32)


# Activations to hand in. They are called with whatever a student gives them.


def step(a: Any) -> Tensor:
    """Heaviside's step, the activation of McCulloch and Pitts."""
    a = torch.as_tensor(a)
    return (a >= 0).to(a.dtype)


def identity(a: Any) -> Any:
    return a


def bump(a: Any) -> Any:
    """An activation of no name, neither odd nor even nor monotone."""
    return (a + 1) / (1 + a * a)


def network(rng: Inputs, sizes: Sequence[int], dtype: torch.dtype = torch.float64) -> Network:
    """Random weights and biases of layers of these sizes."""
    weights = [rng.normal(m, n, dtype=dtype) for n, m in pairwise(sizes)]
    return weights, [rng.normal(m, dtype=dtype) for m in sizes[1:]]


def output(
    X: Tensor, weights: Sequence[Tensor], biases: Sequence[Tensor], activations: Sequence[Unit]
) -> Tensor:
    for W, b, g in zip(weights, biases, activations, strict=True):
        X = g(F.linear(X, W, b))
    return X

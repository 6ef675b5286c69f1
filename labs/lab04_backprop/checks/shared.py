"""Random networks, and their true outputs and gradients, for the exercises of lab 4."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from course_dl.lab import Inputs, close_all, unpack

Unit = Callable[[Tensor], Tensor]
Network = tuple[list[Tensor], list[Tensor]]
DTYPES = (torch.float64, torch.float32)  # of the cases of a test, and of its cases in ``single``


def network(rng: Inputs, sizes: Sequence[int], dtype: torch.dtype = torch.float64) -> Network:
    """Random weights and biases of layers of these sizes."""
    weights = [rng.normal(m, n, dtype=dtype) for n, m in pairwise(sizes)]
    return weights, [rng.normal(m, dtype=dtype) for m in sizes[1:]]


def forward(x: Tensor, weights: list[Tensor], biases: list[Tensor], g: Unit) -> Network:
    """``a`` and ``h`` of a sample (N_0,) or of a batch (N, N_0)."""
    a, h = [], [x]
    for W, b in zip(weights, biases, strict=True):
        a.append(F.linear(h[-1], W, b))
        h.append(g(a[-1]))
    return a, [*h[:-1], a[-1]]


def gradients(
    grad_y: Tensor, a: list[Tensor], h: list[Tensor], weights: list[Tensor], dg: Unit
) -> Network:
    """Autograd's gradients of ``<grad_y, y>``, ``h_k`` having the slope ``dg(a_k)`` at ``a_k``."""
    W = [w.clone().requires_grad_() for w in weights]
    b = [w.new_zeros(len(w), requires_grad=True) for w in weights]
    H = h[0]
    for k in range(len(W)):
        A = F.linear(H, W[k], b[k])
        H = h[k + 1] + dg(a[k]) * (A - A.detach())
    found = torch.autograd.grad((grad_y * A).sum(), W + b)
    return list(found[: len(W)]), list(found[len(W) :])


def loss_value(y: Tensor, d: Tensor, loss: str) -> Tensor:
    """The loss of one sample."""
    if loss == "square":
        return F.mse_loss(y, d, reduction="sum") / 2
    return F.cross_entropy(y, d)


def loss_gradients(
    weights: list[Tensor], biases: list[Tensor], g: Unit, x: Tensor, d: Tensor, loss: str
) -> Network:
    """Autograd's gradients of the loss of one sample with respect to all weights and biases."""
    W = [w.detach().clone().requires_grad_() for w in weights]
    b = [w.detach().clone().requires_grad_() for w in biases]
    E = loss_value(forward(x, W, b, g)[1][-1], d, loss)
    found = torch.autograd.grad(E, W + b)
    return list(found[: len(W)]), list(found[len(W) :])


def check_gradients(got: Any, expected: Network) -> None:
    grad_weights, grad_biases = unpack(got, "grad_weights, grad_biases")
    close_all(grad_weights, expected[0], "grad_W")
    close_all(grad_biases, expected[1], "grad_b")

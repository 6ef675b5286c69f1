"""What is run beside a student's network, in one call for several steps.

A function is sent as text to where the network is. It uses PyTorch and its arguments alone.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


def jacobians(net: Any, x: Tensor) -> list[Tensor]:
    """For each sample the derivatives of the first value that the network gives, (D, D)."""

    def one(row: Tensor) -> Tensor:
        y: Tensor = net(row[None])[0][0]
        return y

    return [torch.autograd.functional.jacobian(one, row) for row in x]


def gradients(net: Any, x: Tensor, grad_y: Tensor, grad_log_det: Tensor) -> list[Tensor]:
    """Gradients through a coupling: of x, then of the parameters."""
    x = x.clone().requires_grad_()
    y, log_det = net(x)
    total = (grad_y * y).sum() + (grad_log_det * log_det).sum()
    leaves = [x, *net.parameters()]
    return list(torch.autograd.grad(total, leaves, materialize_grads=True))


def affine_layer(_: Any, A: Tensor, b: Tensor) -> Any:
    """``y = A x + b``, for a flow."""

    class Affine(torch.nn.Module):
        def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
            return x @ A.T + b, torch.linalg.slogdet(A).logabsdet.expand(len(x))

    return Affine()


def curved_layer(_: Any, a: Tensor) -> Any:
    """``y_j = x_j + a_j tanh(x_j)``, for a flow; a is not negative."""

    class Curved(torch.nn.Module):
        def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
            slope = 1 + a * (1 - torch.tanh(x).square())
            return x + a * torch.tanh(x), slope.log().sum(dim=1)

    return Curved()


def leave_gradients(net: Any, value: float) -> None:
    """Leave a gradient in each parameter, as of a step before."""
    for p in net.parameters():
        p.grad = torch.full_like(p, value)

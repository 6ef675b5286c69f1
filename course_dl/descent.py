"""Gradient descent: its path, its largest step, its stochastic form, and a gradient by hand."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from course_dl._arguments import (
    check_count,
    check_finite,
    check_floating,
    check_positive,
    check_tensor,
    describe,
)

__all__ = ["gradient_descent", "largest_step", "numerical_gradient", "sgd"]


def gradient_descent(grad: Callable[[Tensor], Tensor], x0: Tensor, step: float, n: int) -> Tensor:
    """The trajectory ``x_{t+1} = x_t - step * grad(x_t)``: (n+1, D), ``x0`` (D,) first."""
    check_floating(x0, "x0")
    check_positive(step, "step")
    path = [x0.detach()]
    for _ in range(check_count(n, "n", least=0)):
        x = path[-1]
        path.append(x - step * _checked(grad(x), x, "grad(x)"))
    return torch.stack(path)


def largest_step(A: Tensor) -> float:
    """``2 / L``: descent on ``1/2 x^T A x - b^T x`` converges for steps below it alone.

    ``L`` is the largest eigenvalue of ``A`` (D, D), symmetric positive definite: along its
    eigenvector each step multiplies the error by ``1 - step * L``.
    """
    check_floating(A, "A")
    if A.dim() != 2 or A.shape[0] != A.shape[1]:
        raise ValueError(f"A must be a square matrix, got a {describe(A)}")
    check_finite(A, "A")
    if not torch.allclose(A, A.T):
        raise ValueError("A must be symmetric, as every Hessian is: try (A + A.T) / 2")
    eigenvalues = torch.linalg.eigvalsh(A)
    if eigenvalues[0] <= 0:
        raise ValueError(
            "A must be positive definite, for the function to have one minimum;"
            f" its smallest eigenvalue is {eigenvalues[0].item():.3g}"
        )
    return 2 / float(eigenvalues[-1])


def numerical_gradient(
    f: Callable[[Tensor], Tensor | float], x: Tensor, eps: float = 1e-5
) -> Tensor:
    """Central differences ``(f(x + eps e_i) - f(x - eps e_i)) / (2 eps)`` at ``x`` (D,) float64."""
    check_tensor(x, "x")
    if x.dtype != torch.float64 or x.dim() != 1:
        raise TypeError(
            f"x must be a float64 vector, got a {describe(x)}: try x.double().flatten()"
            " (float32 keeps too few digits for a difference)"
        )
    check_positive(eps, "eps")
    x = x.detach()
    steps = eps * torch.eye(len(x), dtype=x.dtype, device=x.device)
    slopes = [(float(f(x + e)) - float(f(x - e))) / (2 * eps) for e in steps]
    return torch.tensor(slopes, dtype=x.dtype, device=x.device)


def sgd(
    grad_batch: Callable[[Tensor, Tensor], Tensor],
    W0: Tensor,
    n_samples: int,
    batch_size: int,
    lr: float,
    epochs: int,
    generator: torch.Generator | None,
) -> Tensor:
    """Stochastic gradient descent: ``W <- W - lr * grad_batch(W, batch)``; returns the trained W.

    ``batch`` holds int64 indices of samples. Each epoch visits every sample once, in a fresh random
    order drawn from ``generator``; the last batch may be smaller.
    """
    check_floating(W0, "W0")
    check_count(n_samples, "n_samples")
    check_count(batch_size, "batch_size")
    check_positive(lr, "lr")
    W = W0.detach().clone()
    for _ in range(check_count(epochs, "epochs", least=0)):
        order = torch.randperm(n_samples, generator=generator)
        for batch in torch.split(order, batch_size):
            W = W - lr * _checked(grad_batch(W, batch), W, "grad_batch(W, batch)")
    return W


def _checked(gradient: Tensor, x: Tensor, name: str) -> Tensor:
    """The gradient; raises if it has not the shape of ``x`` (no silent broadcasting)."""
    check_tensor(gradient, name)
    if gradient.shape != x.shape:
        raise ValueError(
            f"{name} must have the shape of its argument, {tuple(x.shape)};"
            f" got {tuple(gradient.shape)}"
        )
    return gradient.detach()

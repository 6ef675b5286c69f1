"""Schedules, noisy pictures and a Gaussian of which all is known, for the exercises of lab 11."""

from __future__ import annotations

import torch
from torch import Tensor

from course_dl.lab import Inputs

FLOAT32, FLOAT64 = torch.float32, torch.float64
DTYPES = (FLOAT64, FLOAT32)
ANSWERS = ["course_dl.diffusion"]
# What a float64 result may be off by: torch.tensor(0.3) is a constant of float32's digits, and what
# it multiplies may cancel.
CONSTANTS = {FLOAT64: 1e-5}
POINTS, PICTURES = (3, 2), (3, 1, 3, 3)  # a table whose first and last sizes agree is asked too
SQUARE = (3, 3)


def some_betas(rng: Inputs, T: int, dtype: torch.dtype = FLOAT64) -> Tensor:
    """A schedule in no order, large enough for float32; of short numbers in a simple case."""
    return rng.simpler(rng.uniform(T, low=0.05, high=0.6), rng.uniform(T)).to(dtype)


def linear_betas(T: int) -> Tensor:
    """Ho et al., 2020, for a thousand steps; as much noise in all for fewer."""
    return torch.linspace(0.1 / T, 20 / T, T, dtype=FLOAT64)


def cumulated(betas: Tensor) -> Tensor:
    """``abar``, factor by factor, in double precision."""
    products, left = [], 1.0
    for beta in betas.tolist():
        left *= 1 - beta
        products.append(left)
    return torch.tensor(products, dtype=FLOAT64)


def some_levels(rng: Inputs, dtype: torch.dtype = FLOAT64) -> Tensor:
    """``abar`` of a few steps; in a simple case such that all roots are short numbers."""
    drawn = cumulated(some_betas(rng, 5))
    return rng.simpler(drawn, torch.tensor([0.9216, 0.64, 0.36, 0.0784], dtype=FLOAT64)).to(dtype)


def each_with_its_own(numbers: Tensor, like: Tensor) -> Tensor:
    """A number for each sample, as large as the sample."""
    rows = [torch.full_like(x, float(n)) for x, n in zip(like, numbers, strict=True)]
    return torch.stack(rows)


def noisy(x0: Tensor, level: Tensor, eps: Tensor) -> Tensor:
    """``x_t`` of samples whose ``abar_t`` are given: variances of both parts that sum to 1."""
    kept = each_with_its_own(level, x0)
    return kept**0.5 * x0 + (1 - kept) ** 0.5 * eps


def step_back(x0: Tensor, x_t: Tensor, t: int, betas: Tensor) -> tuple[Tensor, float]:
    """Mean and variance of ``x_{t-1}``, t above 0, from the joint Gaussian of both given x0.

    The means of ``x_{t-1}`` and ``x_t`` are multiples of x0; the covariance is a matrix 2 x 2.
    """
    beta, before = float(betas[t]), float(cumulated(betas)[t - 1])
    means = before**0.5 * x0, ((1 - beta) * before) ** 0.5 * x0
    own, both = 1 - before, (1 - beta) ** 0.5 * (1 - before)
    other = (1 - beta) * own + beta
    return means[0] + both / other * (x_t - means[1]), own - both**2 / other


def eps_of_gaussian(x: Tensor, abar: Tensor, m: float, spread: float) -> Tensor:
    """``E[eps | x_t = x]`` for data N(m, spread^2): the best that a network could say."""
    return (1 - abar) ** 0.5 * (x - abar**0.5 * m) / (abar * spread**2 + 1 - abar)

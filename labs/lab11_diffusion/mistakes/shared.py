"""Right parts, which wrong answers of several exercises build on."""

from __future__ import annotations

import math

import torch


def for_each(numbers, like):
    """A number for each sample, (N,), in a shape that multiplies whole samples."""
    return numbers.reshape(-1, *[1] * (like.dim() - 1))


def bars(betas):
    return torch.cumprod(1 - betas, 0)


def cosine_f(T, s=0.008):
    """f(u) at u = 0, ..., T."""
    u = torch.arange(T + 1, dtype=torch.float64)
    return torch.cos((u / T + s) / (1 + s) * math.pi / 2) ** 2


def betas_of(f, largest=0.999):
    return (1 - f[1:] / f[:-1]).clamp(max=largest)


def picture(x_t, eps, abar_t):
    return (x_t - (1 - abar_t) ** 0.5 * eps) / abar_t**0.5


def at_level(x0, eps, abar):
    return abar**0.5 * x0 + (1 - abar) ** 0.5 * eps

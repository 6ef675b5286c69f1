"""What tests in double precision share: seeded numbers, and how near they have to be."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["FLOAT64", "close", "drawn", "seeded"]

FLOAT64 = torch.float64


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def drawn(*shape: int, seed: int = 0) -> Tensor:
    """Standard normal numbers, others for other shapes and seeds."""
    return torch.randn(shape, generator=seeded(seed + sum(shape)), dtype=FLOAT64)


def close(a: Tensor, b: Tensor, tolerance: float = 1e-10) -> None:
    torch.testing.assert_close(a, b, rtol=tolerance, atol=tolerance)

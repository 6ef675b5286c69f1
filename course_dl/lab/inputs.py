"""Random inputs for checks: seeded, so that a check asks the same questions each time."""

from __future__ import annotations

import torch

__all__ = ["Inputs"]


class Inputs:
    """Draws tensors from a generator of its own; the global random state is left alone."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._generator = torch.Generator().manual_seed(seed)

    def normal(self, *shape: int, dtype: torch.dtype = torch.float64) -> torch.Tensor:
        """Standard normal entries. Drawn in float64, so that both dtypes get the same numbers."""
        drawn = torch.randn(shape, generator=self._generator, dtype=torch.float64)
        return drawn.to(dtype)

    def uniform(
        self, *shape: int, low: float = 0.0, high: float = 1.0, dtype: torch.dtype = torch.float64
    ) -> torch.Tensor:
        """Entries uniform in [low, high)."""
        drawn = torch.rand(shape, generator=self._generator, dtype=torch.float64)
        return (low + (high - low) * drawn).to(dtype)

    def integers(
        self, low: int, high: int, *shape: int, dtype: torch.dtype = torch.int64
    ) -> torch.Tensor:
        """Integers in [low, high)."""
        return torch.randint(low, high, shape, generator=self._generator).to(dtype)

    def signs(self, n: int, dtype: torch.dtype = torch.float64) -> torch.Tensor:
        """``n`` labels -1 and +1, both present if ``n > 1``, in random order."""
        signs = 1 - 2 * (torch.arange(n) % 2)
        return signs[self.permutation(n)].to(dtype)

    def classes(self, n: int, k: int) -> torch.Tensor:
        """``n`` labels in ``0..k-1`` (int64), all of them there if ``n >= k``, in random order."""
        return (torch.arange(n) % k)[self.permutation(n)]

    def permutation(self, n: int) -> torch.Tensor:
        """The numbers ``0..n-1`` in random order."""
        return torch.randperm(n, generator=self._generator)

    def generator(self) -> torch.Generator:
        """A new generator, to be handed to a student's function."""
        return torch.Generator().manual_seed(int(self.integers(0, 2**31, 1)))

"""Random inputs for checks: seeded, so that a check asks the same questions each time.

`Inputs` draws what decides right and wrong. `SimpleInputs` serves the same test with small whole
numbers and few samples, units and layers: what a student can compute by hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import NamedTuple, TypeVar

import torch

__all__ = ["Inputs", "Level", "Seed", "SimpleInputs"]

Value = TypeVar("Value")


class Inputs:
    """Draws tensors from a generator of its own; the global random state is left alone.

    Attributes
    ----------
    free
        What the test has left free: ``"sizes"``, ``"layers"``, ``"values"``. Only a test that has
        left something free is run with simple inputs.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.free: set[str] = set()
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

    # What a test is free to have otherwise, where something simpler shows a failure too.

    def sizes(self, *sizes: int, at_least: int = 1) -> tuple[int, ...]:
        """The sizes themselves; in a simple case smaller ones, none below ``at_least``."""
        self.free.add("sizes")
        return sizes

    def layers(self, sizes: Sequence[int]) -> list[int]:
        """The sizes of a network's layers; in a simple case fewer and smaller ones."""
        self.free.update(("sizes", "layers"))
        return list(sizes)

    def simpler(self, usual: Value, simple: Value) -> Value:
        """``usual``, say an activation; in a simple case ``simple``, as good a question."""
        self.free.add("values")
        return usual


class Level(NamedTuple):
    """How simple a case is: at most so many layers, and units (samples, pixels); None for all.

    ``draw`` tells apart cases of the same sizes.
    """

    layers: int | None
    size: int | None
    draw: int = 0


Seed = int | Level  # what the inputs of a test follow from

# No 0: it hides too much.
NUMBERS = (1.0, 2.0, -1.0, 3.0, -2.0)
PARTS = (0.5, 0.25, 0.75)


class SimpleInputs(Inputs):
    """Small whole numbers, and sizes no larger than the level says."""

    def __init__(self, level: Level) -> None:
        super().__init__(level.draw)
        self.level = level

    def normal(self, *shape: int, dtype: torch.dtype = torch.float64) -> torch.Tensor:
        return self._from(NUMBERS, shape).to(dtype)

    def uniform(
        self, *shape: int, low: float = 0.0, high: float = 1.0, dtype: torch.dtype = torch.float64
    ) -> torch.Tensor:
        return (low + (high - low) * self._from(PARTS, shape)).to(dtype)

    def sizes(self, *sizes: int, at_least: int = 1) -> tuple[int, ...]:
        super().sizes(*sizes)
        most = self.level.size
        return sizes if most is None else tuple(min(n, max(most, at_least)) for n in sizes)

    def layers(self, sizes: Sequence[int]) -> list[int]:
        super().layers(sizes)
        most = self.level.layers
        kept = [*sizes[:most], sizes[-1]] if most and most < len(sizes) else sizes
        return list(self.sizes(*kept))

    def simpler(self, usual: Value, simple: Value) -> Value:
        super().simpler(usual, simple)
        return simple

    def _from(self, numbers: Sequence[float], shape: Sequence[int]) -> torch.Tensor:
        """The numbers in random order, again and again, until the tensor is full."""
        n = prod(shape)
        rounds = [self.permutation(len(numbers)) for _ in range(-(-n // len(numbers)))]
        order = torch.cat(rounds)[:n] if rounds else torch.zeros(0, dtype=torch.int64)
        return torch.tensor(numbers, dtype=torch.float64)[order].view(tuple(shape))

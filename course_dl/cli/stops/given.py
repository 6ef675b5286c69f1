"""What each stop of the tour is given, and what it gives back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import torch

from course_dl.data import ImageSet
from course_dl.mlp import MLP

if TYPE_CHECKING:
    from matplotlib.figure import SubFigure

__all__ = ["Given", "Row", "Stop", "percent"]


@dataclass(frozen=True)
class Row:
    """A line of the closing table."""

    what: str
    result: str


@dataclass
class Given:
    """Digits, a seed, how much time there is; and the network that a later stop looks at.

    Attributes
    ----------
    digits, test : what is learnt from, what is tested on.
    root : a directory that holds ``MNIST/raw``, or None for the ladder of `course_dl.data.mnist`.
    quick : whether trainings are to be as short as they can be.
    """

    digits: ImageSet
    test: ImageSet
    root: str | Path | None = None
    seed: int = 0
    quick: bool = False
    trained: dict[str, MLP] = field(default_factory=dict)

    def generator(self) -> torch.Generator:
        """A new generator from the seed."""
        return torch.Generator().manual_seed(self.seed)

    def some(self, n: int, few: int) -> ImageSet:
        """``n`` of the digits, or ``few`` if it must be quick; all where there are not so many."""
        n = min(few if self.quick else n, len(self.digits))
        return self.digits.subset(n, generator=self.generator())


Stop: TypeAlias = Callable[[Given, "SubFigure"], list[Row]]


def percent(right: torch.Tensor) -> str:
    """The share of True, as in 98.65%."""
    return f"{right.double().mean().item():.2%}"

"""What diffusion and flow matching share: a network that is told time and class, and a way back.

Both make of a picture x0 and of noise eps the state ``x_t = signal x0 + noise eps``, with more and
more noise as the time t goes from 0 to 1, and lead a state from 1 back to 0. In pictures [-1, 1]
stands for black and white. Nothing is clamped.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from course_dl._arguments import check_classes, check_count, check_floating, describe
from course_dl.diffusion.steps import guided

__all__ = ["Model", "normal"]


class Model(nn.Module, ABC):
    """A network ``net(x: (N, ...), t: (N,) in [0, 1], d: (N,) int64 or None) -> (N, ...)``.

    The classes d are those of the data, 0 .. n_classes - 1, or ``net.n_classes``, which says "no
    class told", as None does for all of them.
    """

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def loss(
        self,
        x0: Tensor,
        d: Tensor | None = None,
        *,
        generator: torch.Generator | None = None,
        drop: float = 0.1,
    ) -> Tensor:
        """The mean square error of what the network says, at times and with noise newly drawn.

        Parameters
        ----------
        x0 : (N, ...) samples.
        d : (N,) int64, their classes; None for a network that is told none.
        generator : draws times, noise and whom no class is told; the global one by default.
        drop : share of the samples whose class is not told, so that the network learns both.

        Returns
        -------
        A scalar.
        """
        check_floating(x0, "x0")
        if x0.dim() < 2 or x0.numel() == 0:
            raise ValueError(f"x0 must be a batch (N, ...), got a {describe(x0)}")
        if d is not None:
            d = self._some_not_told(d, len(x0), generator, drop)
        return self._loss(x0, d, generator)

    @torch.no_grad()
    def sample(self, start: Tensor | Sequence[int], d: Tensor | None = None, **how: Any) -> Tensor:
        """Samples (N, ...) made of noise: the last state of `path`, whose arguments these are."""
        *_, x = self.path(start, d, **how)
        return x

    @torch.no_grad()
    def path(
        self,
        start: Tensor | Sequence[int],
        d: Tensor | None = None,
        *,
        steps: int = 20,
        guidance: float = 1.0,
        generator: torch.Generator | None = None,
    ) -> Iterator[Tensor]:
        """The states (N, ...) from the noise to the samples, ``steps + 1`` of them.

        Parameters
        ----------
        start : the noise to begin with, (N, ...); or its shape, and it is drawn.
        d : (N,) int64, the classes asked for.
        steps : how often the network is asked; with guidance twice as often.
        guidance : how many times the class is obeyed, as in `guided`.
        generator : draws the noise; the global one by default.
        """
        x = self._started(start, generator)
        yield x
        for t, s in pairwise(self.times(steps)):
            x = self.step(x, t, s, d, guidance)
            yield x

    def predict(
        self, x: Tensor, t: float | Tensor, d: Tensor | None = None, guidance: float = 1.0
    ) -> Tensor:
        """What the network says of states x (N, ...) at the time t, guided towards the classes."""
        t = torch.as_tensor(t, dtype=x.dtype, device=x.device).expand(len(x))
        if d is None or guidance == 1:
            return self.net(x, t, d)
        return guided(self.net(x, t, d), self.net(x, t, None), guidance)

    @abstractmethod
    def times(self, steps: int) -> list[float]:
        """``steps + 1`` times from 1 to 0, for so many steps."""

    @abstractmethod
    def level(self, t: float) -> tuple[float, float]:
        """``(signal, noise)`` of the states ``signal x0 + noise eps`` at the time t."""

    @abstractmethod
    def step(
        self, x: Tensor, t: float, s: float, d: Tensor | None = None, guidance: float = 1.0
    ) -> Tensor:
        """The state at s of the state x (N, ...) at t, ``s < t``."""

    @abstractmethod
    def picture(
        self, x: Tensor, t: float, d: Tensor | None = None, guidance: float = 1.0
    ) -> Tensor:
        """The x0 (N, ...) that the network believes to be in the states x at the time t."""

    @abstractmethod
    def _loss(self, x0: Tensor, d: Tensor | None, generator: torch.Generator | None) -> Tensor:
        """`loss`, with those classes that are told."""

    def _some_not_told(
        self, d: Tensor, n: int, generator: torch.Generator | None, drop: float
    ) -> Tensor:
        n_classes = getattr(self.net, "n_classes", 0)
        if not n_classes:
            raise ValueError("classes d were given, and net has no n_classes, or 0: it takes none")
        check_classes(d, n, n_classes + 1)
        if not 0 <= drop <= 1:
            raise ValueError(f"drop must be a share, 0 to 1, got {drop!r}")
        device = d.device if generator is None else generator.device
        dropped = torch.rand(n, generator=generator, device=device) < drop
        return d.masked_fill(dropped.to(d.device), n_classes)

    def _started(self, start: Tensor | Sequence[int], generator: torch.Generator | None) -> Tensor:
        if isinstance(start, Tensor):
            check_floating(start, "start")
            return start
        like = next(self.parameters(), torch.zeros(()))
        return normal([check_count(n, "start") for n in start], like, generator)


def normal(shape: Sequence[int], like: Tensor, generator: torch.Generator | None) -> Tensor:
    """Standard normal numbers with the dtype and device of ``like``."""
    device = like.device if generator is None else generator.device
    return torch.randn(*shape, dtype=like.dtype, device=device, generator=generator).to(like.device)

"""Diffusion: a network that finds the noise at each of T steps, and samplers that take it off."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_dl._arguments import check_count, lookup
from course_dl.diffusion.model import Model, normal
from course_dl.diffusion.noising import alpha_bars, by_sample, diffuse
from course_dl.diffusion.steps import ddim_step, ddpm_step

__all__ = ["Diffusion"]


class Diffusion(Model):
    """``x_t = sqrt(abar_t) x0 + sqrt(1 - abar_t) eps``, with a network for eps or for the velocity.

    The velocity is ``sqrt(abar_t) eps - sqrt(1 - abar_t) x0`` (Salimans and Ho, "Progressive
    distillation for fast sampling of diffusion models", 2022): nearly the noise where there is
    little of it, nearly the picture where there is much. A network for eps has to copy its input
    there, and its error comes back ``sqrt((1 - abar) / abar)`` times as large in the picture.

    The network's time is ``(t + 1) / T``; 0 is the picture itself.

    Parameters
    ----------
    net : as in `Model`.
    betas : (T,), of `cosine_betas`, say.
    predicts : "noise" or "velocity".
    """

    betas: Tensor
    abar: Tensor

    def __init__(self, net: nn.Module, betas: Tensor, predicts: str = "noise") -> None:
        super().__init__(net)
        self.predicts = lookup({"noise": "noise", "velocity": "velocity"}, predicts, "prediction")
        self.register_buffer("betas", betas)
        self.register_buffer("abar", alpha_bars(betas.double()), persistent=False)

    @torch.no_grad()
    def path(
        self,
        start: Tensor | Sequence[int],
        d: Tensor | None = None,
        *,
        steps: int = 20,
        guidance: float = 1.0,
        generator: torch.Generator | None = None,
        stochastic: bool = False,
    ) -> Iterator[Tensor]:
        """The states (N, ...) from the noise to the samples, ``steps + 1`` of them.

        By `ddim_step`; or, ``stochastic``, by `ddpm_step` in a chain of so many steps, each of
        which adds the noise of those that it stands for. Arguments as in `Model.path`; ``steps``
        is at most T.
        """
        if not stochastic:
            yield from super().path(start, d, steps=steps, guidance=guidance, generator=generator)
            return
        x = self._started(start, generator)
        yield x
        times = self.times(steps)
        betas = self._chain(times)
        for k, t in zip(reversed(range(steps)), times, strict=False):
            noise = normal(x.shape, x, generator) if k else x  # the last step adds none
            x = ddpm_step(x, k, self.noise(x, t, d, guidance), betas, noise)
            yield x

    def times(self, steps: int) -> list[float]:
        """Times ``k / T``, k whole, evenly spread from 1 to 0."""
        T = len(self.abar)
        if check_count(steps, "steps") > T:
            raise ValueError(f"steps must be at most {T}, as there are betas, got {steps}")
        return [round(T - i * T / steps) / T for i in range(steps)] + [0.0]

    def level(self, t: float) -> tuple[float, float]:
        """``sqrt(abar), sqrt(1 - abar)``"""
        abar = self._abar(t)
        return math.sqrt(abar), math.sqrt(1 - abar)

    def step(
        self, x: Tensor, t: float, s: float, d: Tensor | None = None, guidance: float = 1.0
    ) -> Tensor:
        """`ddim_step` from t to s."""
        return ddim_step(x, self.noise(x, t, d, guidance), self._abar(t), self._abar(s))

    def noise(self, x: Tensor, t: float, d: Tensor | None = None, guidance: float = 1.0) -> Tensor:
        """The eps (N, ...) that the network believes to be in the states x at the time t."""
        said = self.predict(x, t, d, guidance)
        if self.predicts == "noise":
            return said
        signal, noise = self.level(t)
        return noise * x + signal * said

    def picture(
        self, x: Tensor, t: float, d: Tensor | None = None, guidance: float = 1.0
    ) -> Tensor:
        """The x0 (N, ...) that the network believes to be in the states x at the time t."""
        said = self.predict(x, t, d, guidance)
        signal, noise = self.level(t)
        if self.predicts == "noise":
            return (x - noise * said) / signal
        return signal * x - noise * said

    def _loss(self, x0: Tensor, d: Tensor | None, generator: torch.Generator | None) -> Tensor:
        device = x0.device if generator is None else generator.device
        T = len(self.abar)
        t = torch.randint(T, (len(x0),), generator=generator, device=device).to(x0.device)
        eps = normal(x0.shape, x0, generator)
        target = eps
        if self.predicts == "velocity":  # it is made as x_t is, of eps and -x0
            abar = by_sample(self.abar[t], x0)
            target = abar.sqrt() * eps - (1 - abar).sqrt() * x0
        said = self.net(diffuse(x0, t, eps, self.abar), (t + 1).to(x0.dtype) / T, d)
        return F.mse_loss(said, target)

    def _abar(self, t: float) -> float:
        k = round(t * len(self.abar))
        return float(self.abar[k - 1]) if k else 1.0

    def _chain(self, times: list[float]) -> Tensor:
        """The betas (steps,) of the chain that goes through these times alone."""
        abar = torch.tensor([self._abar(t) for t in reversed(times)], dtype=torch.float64)
        return 1 - abar[1:] / abar[:-1]

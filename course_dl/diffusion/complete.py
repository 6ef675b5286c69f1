"""Inverse problems: a prior that was learnt once completes what is known of a picture."""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import Tensor

from course_dl._arguments import check_count, check_floating, describe
from course_dl.diffusion.model import Model, normal
from course_dl.diffusion.noising import check_pair
from course_dl.diffusion.steps import check_share

__all__ = ["complete", "keep_known"]


def keep_known(x_s: Tensor, y: Tensor, mask: Tensor, abar_s: float, noise: Tensor) -> Tensor:
    """``sqrt(abar_s) y + sqrt(1 - abar_s) noise`` where the mask is 1, ``x_s`` where it is 0.

    What is known goes in at the noise level of x_s, so that the network finds a state of a kind
    that it has learnt (after Lugmayr et al., "RePaint", 2022).

    Parameters
    ----------
    x_s : (N, ...), the state.
    y : as x_s, the picture, as far as it is known.
    mask : as x_s, 1 where y is known and 0 elsewhere.
    abar_s : share of the picture in the variance of x_s; 1 if there is no noise left.
    noise : as x_s, standard normal.

    Returns
    -------
    (N, ...)
    """
    for t, name in ((y, "y"), (mask, "mask"), (noise, "noise")):
        check_pair(x_s, "x_s", t, name)
    share = check_share(abar_s, "abar_s")
    known = math.sqrt(share) * y + math.sqrt(1 - share) * noise
    return torch.where(mask.bool(), known, x_s)


@torch.no_grad()
def complete(
    model: Model,
    y: Tensor,
    mask: Tensor,
    d: Tensor | None = None,
    *,
    steps: int = 20,
    passes: int = 3,
    guidance: float = 1.0,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Samples (N, ...) that are y where the mask is 1, and elsewhere drawn to fit.

    At each level the known part is put in by `keep_known`. The rest was drawn before it saw that;
    so noise is put back on, and the step taken again, for both to come to terms. It is only nearly
    the conditional distribution: for Gaussians with correlations its mean is missed.

    Parameters
    ----------
    model : a `Diffusion` or a `FlowMatching`.
    y, mask : (N, ...), as in `keep_known`.
    d, steps, guidance : as in `Model.path`.
    passes : how often each step is taken; 1 is without noise put back.
    generator : draws all noise; the global one by default.
    """
    check_floating(y, "y")
    if not bool(((mask == 0) | (mask == 1)).all()):
        raise ValueError(f"mask must hold 0 and 1, got another number in a {describe(mask)}")
    check_count(passes, "passes")
    x = normal(y.shape, y, generator)
    for t, s in pairwise(model.times(steps)):
        for left in reversed(range(passes if s else 1)):
            x = model.step(x, t, s, d, guidance)
            size, abar = _size_and_share(model, s)
            x = size * keep_known(x / size, y, mask, abar, normal(y.shape, y, generator))
            if left:
                x = _back_up(model, x, s, t, normal(y.shape, y, generator))
    return x


def _size_and_share(model: Model, t: float) -> tuple[float, float]:
    """The state at t is ``size (sqrt(abar) x0 + sqrt(1 - abar) eps)``; size is 1 in diffusion."""
    signal, noise = model.level(t)
    size = math.hypot(signal, noise)
    return size, (signal / size) ** 2


def _back_up(model: Model, x: Tensor, s: float, t: float, noise: Tensor) -> Tensor:
    """The state at t, noisier, of the state x at s, by the noise of the steps between."""
    (size_s, abar_s), (size_t, abar_t) = _size_and_share(model, s), _size_and_share(model, t)
    share = abar_t / abar_s
    return size_t * (math.sqrt(share) * x / size_s + math.sqrt(1 - share) * noise)

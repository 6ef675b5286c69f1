"""Noise, put on in one step, and what can be said of a noisy picture in three ways.

In T steps, ``t = 0 .. T-1``, a sample x0 becomes noise: ``x = sqrt(1 - beta) x + sqrt(beta) noise``
at each (Ho et al., "Denoising diffusion probabilistic models", 2020). Gaussians stay Gaussians, so
all steps up to t are one: ``x_t = sqrt(abar_t) x0 + sqrt(1 - abar_t) eps``. Whoever knows x_t and
one of picture, noise and score knows the others.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from course_dl._arguments import check_count, check_floating, check_positive, check_tensor, describe

__all__ = [
    "alpha_bars",
    "cosine_betas",
    "diffuse",
    "eps_from_x0",
    "score_from_eps",
    "x0_from_eps",
]


def alpha_bars(betas: Tensor) -> Tensor:
    """``abar[t] = prod_{s <= t} (1 - beta[s])`` (T,), the share of the picture in the variance.

    ``betas`` (T,), each in [0, 1): the variance of the noise that each step adds.
    """
    check_betas(betas)
    return (1 - betas).cumprod(0)


def cosine_betas(T: int, s: float = 0.008, largest: float = 0.999) -> Tensor:
    """``beta[t] = min(1 - f(t+1) / f(t), largest)``, ``f(u) = cos^2((u/T + s) / (1 + s) pi/2)``.

    So abar is ``f(t+1) / f(0)``, and falls like a cosine from 1 to 0: half of the steps are for
    what is half picture, half noise (Nichol and Dhariwal, "Improved denoising diffusion
    probabilistic models", 2021). Where f is nearly 0, ``largest`` keeps a step from losing all.

    Returns
    -------
    (T,) of the default dtype.
    """
    check_count(T, "T")
    check_positive(s, "s")
    if not 0 < largest < 1:
        raise ValueError(f"largest must lie between 0 and 1, got {largest!r}")
    u = torch.arange(T + 1, dtype=torch.float64)
    f = ((u / T + s) / (1 + s) * math.pi / 2).cos().square()
    return (1 - f[1:] / f[:-1]).clamp(max=largest).to(torch.get_default_dtype())


def diffuse(x0: Tensor, t: Tensor, eps: Tensor, abar: Tensor) -> Tensor:
    """``x_t = sqrt(abar_t) x0 + sqrt(1 - abar_t) eps``, each sample at its own t.

    Parameters
    ----------
    x0 : (N, ...) samples.
    t : (N,) int64, steps 0 .. T-1.
    eps : as x0, standard normal noise.
    abar : (T,), of `alpha_bars`.

    Returns
    -------
    (N, ...)
    """
    signal, noise = _roots(x0, "x0", t, eps, "eps", abar)
    return signal * x0 + noise * eps


def x0_from_eps(x_t: Tensor, t: Tensor, eps: Tensor, abar: Tensor) -> Tensor:
    """``x0 = (x_t - sqrt(1 - abar_t) eps) / sqrt(abar_t)``: the picture, if eps is the noise.

    Shapes as in `diffuse`. An error of eps comes out ``sqrt((1 - abar) / abar)`` times as large.
    """
    signal, noise = _roots(x_t, "x_t", t, eps, "eps", abar)
    return (x_t - noise * eps) / signal


def eps_from_x0(x_t: Tensor, t: Tensor, x0: Tensor, abar: Tensor) -> Tensor:
    """``eps = (x_t - sqrt(abar_t) x0) / sqrt(1 - abar_t)``: the noise, if x0 is the picture.

    Shapes as in `diffuse`.
    """
    signal, noise = _roots(x_t, "x_t", t, x0, "x0", abar)
    return (x_t - signal * x0) / noise


def score_from_eps(t: Tensor, eps: Tensor, abar: Tensor) -> Tensor:
    """``-eps / sqrt(1 - abar_t)``: the gradient of ``log p(x_t)``, if eps is the mean noise at x_t.

    Then ``x0 = (x_t + (1 - abar_t) score) / sqrt(abar_t)`` (Tweedie), as in
    `course_dl.denoising.ideal_denoiser`. Shapes as in `diffuse`.
    """
    _, noise = _roots(eps, "eps", t, eps, "eps", abar)
    return -eps / noise


def check_betas(betas: Tensor) -> None:
    """Raise unless ``betas`` is (T,), each in [0, 1)."""
    check_floating(betas, "betas")
    if betas.dim() != 1 or len(betas) == 0:
        raise ValueError(f"betas must hold a number for each step, (T,), got a {describe(betas)}")
    low, high = (float(bound) for bound in betas.aminmax())
    if not (low >= 0 and high < 1):
        raise ValueError(f"betas must lie in [0, 1), got {low:g} to {high:g}")


def check_pair(x: Tensor, x_name: str, y: Tensor, y_name: str) -> None:
    """Raise unless x and y are floating-point batches (N, ...) of one shape."""
    check_floating(x, x_name)
    check_floating(y, y_name)
    if x.dim() == 0 or x.shape != y.shape:
        raise ValueError(
            f"{x_name} and {y_name} must be batches (N, ...) of one shape, got a {describe(x)} and "
            f"a {describe(y)}"
        )


def by_sample(t: Tensor, x: Tensor) -> Tensor:
    """t (N,) as (N, 1, ..., 1) of x's dtype, to be multiplied with x (N, ...)."""
    return t.to(x.dtype).view(-1, *[1] * (x.dim() - 1))


def _roots(
    x: Tensor, x_name: str, t: Tensor, y: Tensor, y_name: str, abar: Tensor
) -> tuple[Tensor, Tensor]:
    """``sqrt(abar_t)`` and ``sqrt(1 - abar_t)``, a number for each sample."""
    check_pair(x, x_name, y, y_name)
    check_floating(abar, "abar")
    check_tensor(t, "t")
    if abar.dim() != 1 or len(abar) == 0:
        raise ValueError(f"abar must hold a number for each step, (T,), got a {describe(abar)}")
    if t.dtype != torch.int64:
        raise TypeError(f"t must hold steps as int64, got a {describe(t)}: try t.long()")
    if t.shape != x.shape[:1]:
        raise ValueError(f"t must hold a step for each sample, ({len(x)},), got a {describe(t)}")
    if len(t) and not 0 <= int(t.min()) <= int(t.max()) < len(abar):
        raise ValueError(
            f"steps t must lie in 0..{len(abar) - 1} as abar has {len(abar)} entries, got "
            f"{int(t.min())} to {int(t.max())}"
        )
    kept = abar[t]
    return by_sample(kept.sqrt(), x), by_sample((1 - kept).sqrt(), x)

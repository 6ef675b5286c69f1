"""One step back, from more noise to less: by Bayes' rule, and without chance.

``q(x_{t-1} | x_t, x0)`` is a Gaussian in closed form. A network that finds the noise in x_t, and so
x0, steps back by its mean (DDPM), or goes straight for x0 and stays on the way at the level wanted
(DDIM; Song et al., "Denoising diffusion implicit models", 2021).
"""

from __future__ import annotations

import math

from torch import Tensor

from course_dl._arguments import check_count, check_floating, describe
from course_dl.diffusion.noising import alpha_bars, check_betas, check_pair

__all__ = ["ddim_step", "ddpm_step", "guided", "posterior"]


def posterior(x0: Tensor, x_t: Tensor, t: int, betas: Tensor) -> tuple[Tensor, float]:
    """Mean (N, ...) and variance of ``q(x_{t-1} | x_t, x0)``, with ``abar_{-1} = 1``.

    ``mean = (sqrt(abar_{t-1}) beta x0 + sqrt(alpha) (1 - abar_{t-1}) x_t) / (1 - abar_t)``,
    ``variance = beta (1 - abar_{t-1}) / (1 - abar_t)`` with ``beta = beta_t, alpha = 1 - beta_t``.

    Parameters
    ----------
    x0, x_t : (N, ...), the picture and what has become of it after step t.
    t : 0 .. T-1; before step 0 there is no noise, so there the mean is x0 and the variance 0.
    betas : (T,).
    """
    check_pair(x0, "x0", x_t, "x_t")
    beta, abar_t, before = _at(betas, t)
    if t == 0:
        return x0, 0.0
    if beta == 0:  # the step adds no noise
        return x_t, 0.0
    of_x0 = math.sqrt(before) * beta / (1 - abar_t)
    of_x_t = math.sqrt(1 - beta) * (1 - before) / (1 - abar_t)
    return of_x0 * x0 + of_x_t * x_t, beta * (1 - before) / (1 - abar_t)


def ddpm_step(x_t: Tensor, t: int, eps: Tensor, betas: Tensor, noise: Tensor) -> Tensor:
    """``(x_t - beta / sqrt(1 - abar) eps) / sqrt(alpha) + sqrt(beta) noise``: x_{t-1}.

    The mean is that of `posterior` with the x0 that eps implies. At t = 0 no noise is added.

    Parameters
    ----------
    x_t : (N, ...).
    t : 0 .. T-1.
    eps : as x_t, the noise that is thought to be in x_t.
    betas : (T,).
    noise : as x_t, standard normal; not looked at if t = 0.

    Returns
    -------
    (N, ...)
    """
    check_pair(x_t, "x_t", eps, "eps")
    check_pair(x_t, "x_t", noise, "noise")
    beta, abar, _ = _at(betas, t)
    share = beta / math.sqrt(1 - abar) if beta else 0.0
    mean = (x_t - share * eps) / math.sqrt(1 - beta)
    return mean + math.sqrt(beta) * noise if t else mean


def ddim_step(x_t: Tensor, eps: Tensor, abar_t: float, abar_s: float) -> Tensor:
    """``sqrt(abar_s) x0 + sqrt(1 - abar_s) eps`` with the x0 that eps implies: x_s, no noise added.

    Parameters
    ----------
    x_t, eps : (N, ...), a noisy picture, and the noise that is thought to be in it.
    abar_t, abar_s : share of the picture before and after the step, ``abar_t`` above 0. Between
        them may lie many steps of the chain; ``abar_s = 1`` gives x0 itself.

    Returns
    -------
    (N, ...)
    """
    check_pair(x_t, "x_t", eps, "eps")
    before, after = check_share(abar_t, "abar_t"), check_share(abar_s, "abar_s")
    if before == 0:
        raise ValueError("abar_t must be above 0: pure noise does not say what x0 is")
    x0 = (x_t - math.sqrt(1 - before) * eps) / math.sqrt(before)
    return math.sqrt(after) * x0 + math.sqrt(1 - after) * eps


def guided(eps_with: Tensor, eps_without: Tensor, w: float) -> Tensor:
    """``eps_without + w (eps_with - eps_without)``: the class is obeyed w times (w = 1: as it is).

    In terms of scores it is that of ``p(x) p(d | x)^w``, which has no network of its own
    (Ho and Salimans, "Classifier-free diffusion guidance", 2021; their weight is w - 1).

    Parameters
    ----------
    eps_with, eps_without : (N, ...), the noise, velocity or score that is found with the class told
        and without.
    w : 0 or more; 0 does not look at the class, and above 1 variety is paid for obedience.

    Returns
    -------
    (N, ...)
    """
    check_pair(eps_with, "eps_with", eps_without, "eps_without")
    if not 0 <= w < math.inf:
        raise ValueError(f"w must be a finite number and not negative, got {w!r}")
    return eps_without + w * (eps_with - eps_without)


def check_share(abar: float | Tensor, name: str) -> float:
    """``abar`` as a float; ValueError unless it lies in [0, 1]."""
    if isinstance(abar, Tensor):
        check_floating(abar, name)
        if abar.dim():
            raise ValueError(f"{name} must be a number, got a {describe(abar)}")
    share = float(abar)
    if not 0 <= share <= 1:
        raise ValueError(f"{name} must lie in [0, 1], got {share:g}")
    return share


def _at(betas: Tensor, t: int) -> tuple[float, float, float]:
    """``beta[t]``, ``abar[t]``, ``abar[t - 1]`` in double precision; the last is 1 for t = 0."""
    check_betas(betas)
    abar = alpha_bars(betas.double())
    if check_count(t, "t", least=0) >= len(abar):
        raise ValueError(f"t must lie in 0..{len(abar) - 1} as betas has {len(abar)}, got {t}")
    return float(betas[t]), float(abar[t]), float(abar[t - 1]) if t else 1.0

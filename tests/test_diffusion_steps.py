"""Steps back, on Gaussians, where the truth is known: by conditioning, and by linearity."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from course_dl.diffusion import (
    alpha_bars,
    cosine_betas,
    ddim_step,
    ddpm_step,
    diffuse,
    guided,
    posterior,
    x0_from_eps,
)
from tests.exact import FLOAT64, close, drawn

BETAS = torch.linspace(0.02, 0.4, 12, dtype=FLOAT64)
ABAR = alpha_bars(BETAS)
LONG = torch.linspace(1e-4, 0.1, 200, dtype=FLOAT64)
MEAN, VARIANCE = 1.5, 0.3  # of the data, in each pixel


def believed(x: Tensor, abar: Tensor | float) -> Tensor:
    """``E[eps | x_t]`` for data of this mean and variance."""
    a = float(abar)
    return math.sqrt(1 - a) * (x - math.sqrt(a) * MEAN) / (a * VARIANCE + 1 - a)


@pytest.mark.parametrize("t", [1, 2, 11])
def test_the_posterior_is_the_joint_gaussian_conditioned(t: int) -> None:
    x0, x_t = drawn(5, 2), drawn(5, 2, seed=1)
    before, alpha = ABAR[t - 1], 1 - BETAS[t]
    # of (x_{t-1}, x_t), given x0
    mean = torch.stack([before.sqrt() * x0, (alpha * before).sqrt() * x0])
    shared = alpha.sqrt() * (1 - before)
    C = torch.tensor([[1 - before, shared], [shared, 1 - ABAR[t]]], dtype=FLOAT64)
    got, variance = posterior(x0, x_t, t, BETAS)
    close(got, mean[0] + C[0, 1] / C[1, 1] * (x_t - mean[1]))
    assert variance == pytest.approx(float(C[0, 0] - C[0, 1] ** 2 / C[1, 1]), abs=1e-12)
    assert isinstance(variance, float)


def test_before_step_0_there_is_no_noise() -> None:
    x0, x_t = drawn(5, 2), drawn(5, 2, seed=1)
    mean, variance = posterior(x0, x_t, 0, BETAS)
    close(mean, x0)
    assert variance == 0


def test_a_step_that_adds_no_noise_is_undone_exactly() -> None:
    betas = torch.tensor([0.0, 0.3, 0.0], dtype=FLOAT64)
    x0, x_t = drawn(5, 2), drawn(5, 2, seed=1)
    assert posterior(x0, x_t, 2, betas)[1] == 0
    close(posterior(x0, x_t, 2, betas)[0], x_t)
    close(ddpm_step(x_t, 2, x0, betas, x0), x_t)
    close(ddpm_step(x_t, 0, x0, betas, x0), x_t)


@pytest.mark.parametrize("dtype", [torch.float32, FLOAT64])
def test_the_mean_of_ddpm_is_the_posteriors_with_the_picture_that_eps_implies(
    dtype: torch.dtype,
) -> None:
    x_t, eps, noise = (drawn(4, 3, seed=k).to(dtype) for k in range(3))
    tolerance = 1e-10 if dtype == FLOAT64 else 1e-5
    for t in (1, 5, 11):
        x0 = x0_from_eps(x_t, torch.full((4,), t), eps, ABAR)
        mean, _ = posterior(x0, x_t, t, BETAS.to(dtype))
        step = ddpm_step(x_t, t, eps, BETAS.to(dtype), noise)
        assert step.dtype == dtype
        close(step, mean + BETAS[t].sqrt().to(dtype) * noise, tolerance)
    close(ddpm_step(x_t, 0, eps, BETAS.to(dtype), noise), x0_from_eps(x_t, 0 * T, eps, ABAR), 1e-5)


@pytest.mark.parametrize("betas", [BETAS, LONG, cosine_betas(100).double()])
def test_a_whole_chain_of_ddpm_has_the_mean_and_variance_of_its_recursion(betas: Tensor) -> None:
    abar, n = alpha_bars(betas), len(betas)
    # In each row but the first, one number of all that are drawn is 1: start, and noise of a step.
    x, noises = torch.eye(n + 1, dtype=FLOAT64)[:, :1].roll(1, 0), torch.zeros(n, n + 1, 1)
    noises = noises.double()
    for t in range(1, n):
        noises[t, t + 1] = 1
    for t in reversed(range(n)):
        x = ddpm_step(x, t, believed(x, abar[t]), betas, noises[t])
    offset, slopes = x[0], x[1:] - x[0]
    mean, variance = 0.0, 1.0
    for t in reversed(range(n)):
        a, beta = float(abar[t]), float(betas[t])
        share = beta / (a * VARIANCE + 1 - a)  # of x - sqrt(abar) MEAN
        mean = (mean - share * (mean - math.sqrt(a) * MEAN)) / math.sqrt(1 - beta)
        variance = (1 - share) ** 2 * variance / (1 - beta) + (beta if t else 0)
    close(offset, torch.tensor([mean], dtype=FLOAT64))
    close(slopes.square().sum(0), torch.tensor([variance], dtype=FLOAT64))


def test_many_small_steps_of_ddpm_end_near_the_data() -> None:
    mean, variance = 0.0, 1.0
    abar = alpha_bars(LONG)
    one = torch.ones(1, dtype=FLOAT64)
    for t in reversed(range(len(LONG))):

        def step(x: float, noise: float, t: int = t) -> float:
            there = x * one
            return float(ddpm_step(there, t, believed(there, abar[t]), LONG, noise * one))

        origin = step(0.0, 0.0)
        slope, spread = step(1.0, 0.0) - origin, step(0.0, 1.0) - origin
        mean, variance = origin + slope * mean, slope**2 * variance + spread**2
    assert mean == pytest.approx(MEAN, abs=0.01) and variance == pytest.approx(VARIANCE, abs=0.01)


def test_ddim_finds_data_that_are_one_point_in_a_single_step_from_anywhere() -> None:
    point, x = drawn(1, 3).expand(4, 3), drawn(4, 3, seed=1)
    for t in range(len(BETAS)):
        a = ABAR[t]
        eps = (x - a.sqrt() * point) / (1 - a).sqrt()
        close(ddim_step(x, eps, float(a), 1.0), point)


def test_ddim_goes_where_diffuse_would_put_the_same_picture_and_noise() -> None:
    x0, eps = drawn(4, 3), drawn(4, 3, seed=1)
    at = torch.full((4,), 1)
    x_9, x_2 = (diffuse(x0, t * at, eps, ABAR) for t in (9, 2))
    close(ddim_step(x_9, eps, ABAR[9], ABAR[2]), x_2)  # numbers as tensors
    close(ddim_step(x_2, eps, float(ABAR[2]), float(ABAR[9])), x_9)  # and back
    close(ddim_step(x_9, eps, ABAR[9], ABAR[9]), x_9)


def test_a_ddim_step_on_gaussian_data_is_linear_in_closed_form() -> None:
    x = drawn(6, 1)
    a, b = float(ABAR[8]), float(ABAR[3])
    total = a * VARIANCE + 1 - a
    x0 = MEAN + math.sqrt(a) * VARIANCE / total * (x - math.sqrt(a) * MEAN)
    eps = math.sqrt(1 - a) / total * (x - math.sqrt(a) * MEAN)
    expected = math.sqrt(b) * x0 + math.sqrt(1 - b) * eps
    close(ddim_step(x, believed(x, a), a, b), expected)


def test_guidance_is_linear_and_goes_through_both() -> None:
    with_class, without = drawn(4, 3), drawn(4, 3, seed=1)
    close(guided(with_class, without, 0), without)
    close(guided(with_class, without, 1), with_class)
    close(guided(with_class, without, 3.5), 3.5 * with_class - 2.5 * without)
    close(guided(with_class, with_class, 7), with_class)


def test_guided_gaussians_have_the_score_of_the_prior_times_a_power_of_the_likelihood() -> None:
    # x ~ N(0, 1), y = x + noise of variance 0.5: p(x | y) = N(y / 1.5, 1/3)
    x, y, w = drawn(5, 1), 0.8, 2.5
    x.requires_grad_()
    log_p = -x.square() / 2 - w * (y - x).square() / (2 * 0.5)
    (expected,) = torch.autograd.grad(log_p.sum(), x)
    given_y = -(x.detach() - y / 1.5) * 3
    close(guided(given_y, -x.detach(), w), expected)


X, T = torch.zeros(4, 3), torch.zeros(4, dtype=torch.int64)
BAD: list[tuple[Callable[[], object], type[Exception], str]] = [
    (
        lambda: posterior(X, X, 12, BETAS),
        ValueError,
        r"t must lie in 0..11 as betas has 12, got 12",
    ),
    (lambda: posterior(X, X, -1, BETAS), ValueError, "t must be at least 0, got -1"),
    (lambda: posterior(X, X[0], 1, BETAS), ValueError, "x0 and x_t must be batches"),
    (lambda: posterior(X, X, 1.0, BETAS), TypeError, "t must be an integer"),
    (lambda: ddpm_step(X, 1, X, T, X), TypeError, "betas must hold floating-point"),
    (lambda: ddpm_step(X, 1, X, BETAS, X[:1]), ValueError, "x_t and noise must be batches"),
    (lambda: ddim_step(X, X, 0.0, 1.0), ValueError, "abar_t must be above 0"),
    (lambda: ddim_step(X, X, 0.5, 1.5), ValueError, r"abar_s must lie in \[0, 1\], got 1.5"),
    (lambda: ddim_step(X, X, 0.5, math.nan), ValueError, "abar_s must lie"),
    (lambda: ddim_step(X, X, ABAR, 1.0), ValueError, "abar_t must be a number, got a float64"),
    (lambda: guided(X, X[:2], 1), ValueError, "eps_with and eps_without must be batches"),
    (lambda: guided(X, X, -1), ValueError, "w must be a finite number and not negative, got -1"),
]


@pytest.mark.parametrize(("call", "error", "words"), BAD)
def test_what_does_not_fit_is_told(
    call: Callable[[], object], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        call()

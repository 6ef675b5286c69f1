"""Noise put on and taken off: closed forms, and the chain of single steps."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.distributions import MultivariateNormal

from course_dl.denoising import ideal_denoiser
from course_dl.diffusion import (
    alpha_bars,
    cosine_betas,
    diffuse,
    eps_from_x0,
    score_from_eps,
    x0_from_eps,
)
from tests.exact import FLOAT64, close, drawn, seeded

BETAS = torch.linspace(0.02, 0.4, 12, dtype=FLOAT64)
ABAR = alpha_bars(BETAS)


def some_steps(n: int) -> Tensor:
    return torch.randint(len(BETAS), (n,), generator=seeded(n))


def test_alpha_bars_are_the_products_so_far() -> None:
    left, expected = 1.0, []
    for beta in BETAS.tolist():
        left *= 1 - beta
        expected.append(left)
    close(ABAR, torch.tensor(expected, dtype=FLOAT64))
    assert alpha_bars(BETAS.float()).dtype == torch.float32


@pytest.mark.parametrize("T", [1, 10, 1000])
def test_the_cosine_schedule_is_a_squared_cosine_up_to_its_clamp(T: int) -> None:
    def f(u: float) -> float:
        return math.cos((u / T + 0.008) / 1.008 * math.pi / 2) ** 2

    betas = cosine_betas(T)
    expected = [min(1 - f(t + 1) / f(t), 0.999) for t in range(T)]
    torch.testing.assert_close(betas, torch.tensor(expected), rtol=1e-5, atol=2e-7)
    abar = alpha_bars(betas.double())
    whole = [f(t + 1) / f(0) for t in range(T) if expected[t] < 0.999]
    close(abar[: len(whole)], torch.tensor(whole, dtype=FLOAT64), 2e-5)
    assert bool((abar.diff() < 0).all()) and 0 < abar[-1] < 0.01


def test_it_falls_from_about_1_to_about_0_and_no_step_loses_all() -> None:
    betas = cosine_betas(1000)
    abar = alpha_bars(betas.double())
    assert abar[0] > 0.9999 and abar[500] == pytest.approx(0.49, abs=0.01) and abar[-1] < 1e-6
    assert betas.max() == pytest.approx(0.999) and bool((betas > 0).all())
    assert cosine_betas(10, largest=0.5).max() == 0.5
    assert cosine_betas(10, s=0.1)[0] > cosine_betas(10)[0]


@pytest.mark.parametrize("shape", [(5,), (4, 3), (3, 1, 4, 4), (12, 12)])
def test_diffuse_is_its_formula_with_a_step_for_each_sample(shape: tuple[int, ...]) -> None:
    x0, eps, t = drawn(*shape), drawn(*shape, seed=1), some_steps(shape[0])
    x_t = diffuse(x0, t, eps, ABAR)
    for i, step in enumerate(t.tolist()):
        a = ABAR[step].item()
        close(x_t[i], math.sqrt(a) * x0[i] + math.sqrt(1 - a) * eps[i])
    low = diffuse(x0.float(), t, eps.float(), ABAR)
    assert low.dtype == torch.float32
    torch.testing.assert_close(low, x_t.float())


def test_it_is_the_chain_of_single_steps() -> None:
    # x_t is linear in x0 and in the noise of each step: unit impulses tell all coefficients
    for t in (0, 3, 11):
        x = torch.eye(t + 2, dtype=FLOAT64)[0]
        for s in range(t + 1):
            impulse = torch.eye(t + 2, dtype=FLOAT64)[s + 1]
            x = (1 - BETAS[s]).sqrt() * x + BETAS[s].sqrt() * impulse
        one = torch.ones(1, dtype=FLOAT64)
        at = torch.tensor([t])
        close(diffuse(one, at, 0 * one, ABAR)[0], x[0])
        close(diffuse(0 * one, at, one, ABAR)[0].square(), x[1:].square().sum())


def test_picture_and_noise_are_found_again() -> None:
    x0, eps, t = drawn(6, 2, 3), drawn(6, 2, 3, seed=1), some_steps(6)
    x_t = diffuse(x0, t, eps, ABAR)
    close(x0_from_eps(x_t, t, eps, ABAR), x0)
    close(eps_from_x0(x_t, t, x0, ABAR), eps)
    believed = drawn(6, 2, 3, seed=2)
    close(x0_from_eps(x_t, t, eps_from_x0(x_t, t, believed, ABAR), ABAR), believed)


def test_the_score_is_the_gradient_of_a_gaussians_log_density() -> None:
    A = drawn(3, 3)
    mean, C = drawn(3, seed=1), A @ A.T
    for t in (0, 5, 11):
        a = ABAR[t]
        of_x = a * C + (1 - a) * torch.eye(3, dtype=FLOAT64)
        x = drawn(4, 3, seed=2).requires_grad_()
        log_p = MultivariateNormal(a.sqrt() * mean, of_x).log_prob(x).sum()
        (score,) = torch.autograd.grad(log_p, x)
        x = x.detach()
        whitened = torch.linalg.solve(of_x, (x - a.sqrt() * mean).T).T
        at = torch.full((4,), t)
        eps = (1 - a).sqrt() * whitened  # its mean, given x
        close(score_from_eps(at, eps, ABAR), score)
        tweedie = (x + (1 - a) * score) / a.sqrt()
        close(x0_from_eps(x, at, eps, ABAR), tweedie)


def test_of_finitely_many_pictures_the_ideal_denoiser_knows_the_score() -> None:
    images, x, t = drawn(7, 5), drawn(4, 5, seed=1), 6
    a = ABAR[t]
    sigma = float(((1 - a) / a).sqrt())
    x0 = ideal_denoiser(x / a.sqrt(), images, sigma)
    at = torch.full((4,), t)
    x = x.requires_grad_()
    distance = (x[:, None] - a.sqrt() * images).square().sum(2)
    (score,) = torch.autograd.grad((-distance / (2 * (1 - a))).logsumexp(1).sum(), x)
    close(score_from_eps(at, eps_from_x0(x.detach(), at, x0, ABAR), ABAR), score)


X, T = torch.zeros(3, 2), torch.zeros(3, dtype=torch.int64)
A = torch.tensor([0.9, 0.5])
BAD: list[tuple[Callable[[], object], type[Exception], str]] = [
    (lambda: alpha_bars(A + 0.5), ValueError, r"betas must lie in \[0, 1\), got 1 to 1.4"),
    (lambda: alpha_bars(A / 0), ValueError, "betas must lie"),
    (lambda: alpha_bars(A[0]), ValueError, r"a number for each step, \(T,\)"),
    (lambda: alpha_bars(T), TypeError, "betas must hold floating-point"),
    (lambda: cosine_betas(0), ValueError, "T must be at least 1"),
    (lambda: cosine_betas(3, s=0), ValueError, "s must be a positive"),
    (lambda: cosine_betas(3, largest=1), ValueError, "largest must lie between 0 and 1"),
    (lambda: diffuse(X, T, X[:2], A), ValueError, "x0 and eps must be batches"),
    (lambda: diffuse(X, T[:2], X, A), ValueError, r"a step for each sample, \(3,\)"),
    (lambda: diffuse(X, T.float(), X, A), TypeError, "t must hold steps as int64"),
    (lambda: diffuse(X, T + 2, X, A), ValueError, r"lie in 0..1 as abar has 2 entries, got 2"),
    (lambda: diffuse(X, T - 1, X, A), ValueError, "got -1 to -1"),
    (lambda: diffuse(X, T, X, A[0]), ValueError, "abar must hold a number for each step"),
    (lambda: x0_from_eps(X, T, X[0], A), ValueError, "x_t and eps must be batches"),
    (lambda: eps_from_x0(X, T, X.long(), A), TypeError, "x0 must hold floating-point"),
    (lambda: score_from_eps(T, X[:2], A), ValueError, r"a step for each sample, \(2,\)"),
]


@pytest.mark.parametrize(("call", "error", "words"), BAD)
def test_what_does_not_fit_is_told(
    call: Callable[[], object], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        call()

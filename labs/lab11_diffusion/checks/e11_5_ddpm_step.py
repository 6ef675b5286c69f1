"""Exercise 11.5: one step back by the network's noise, and a chain of them on Gaussian data."""

from __future__ import annotations

import torch
from torch import Tensor

from course_dl.lab import Exercise, Inputs, Student, about, close, shaped

from .shared import (
    ANSWERS,
    DTYPES,
    FLOAT32,
    FLOAT64,
    cumulated,
    eps_of_gaussian,
    linear_betas,
    some_betas,
    step_back,
)

ddpm_step = Exercise(
    "11.5",
    ["ddpm_step"],
    points=3,
    difficulty=2,
    minutes=20,
    answers=ANSWERS,
    hints=[
        "Three numbers of step t are needed: beta_t = betas[t], alpha_t = 1 - beta_t, and "
        "abar_t = alpha_bars(betas)[t]. Which of them stands where?",
        "First the mean, (x_t - beta_t / sqrt(1 - abar_t) eps) / sqrt(alpha_t): it is alpha_t, not "
        "abar_t, by whose root the whole is divided.",
        "For t > 0 add betas[t].sqrt() * noise, with the noise that is given. At t = 0 the mean "
        "is the picture.",
    ],
)


@ddpm_step.test("two steps, by hand")
def test_ddpm_step_by_hand(student: Student) -> None:
    for dtype in DTYPES:
        betas = torch.tensor([0.36, 0.4375], dtype=dtype)  # abar is 0.64, 0.36
        zero = torch.zeros(1, 2, dtype=dtype)
        for t, x_t, eps, row in [
            (1, [3.0, 0.0], [0.0, 2.4], [4.0, -1.75]),
            (0, [8.0, 0.0], [0.0, 4.0], [10.0, -3.0]),
        ]:
            x, e = (torch.tensor([r], dtype=dtype) for r in (x_t, eps))
            got = student.ddpm_step(x, t, e, betas, zero)
            close(got, torch.tensor([row], dtype=dtype), f"x_{{t-1}} for t = {t}")


@ddpm_step.test("without noise: the mean of 11.4, with the picture of 11.3")
def test_ddpm_step_mean(student: Student, rng: Inputs) -> None:
    (T,), (N, D) = rng.sizes(4, at_least=2), rng.sizes(3, 2)
    betas = some_betas(rng, T)
    for t in range(1, T):
        check_step(student, rng, (N, D), t, betas, noise=0.0)


@ddpm_step.test("with noise")
def test_ddpm_step_noise(student: Student, rng: Inputs) -> None:
    (T,), sizes = rng.sizes(3, at_least=2), rng.sizes(2, 1, 3, 3)
    for dtype in DTYPES:
        check_step(student, rng, sizes, T - 1, some_betas(rng, T, dtype))


@ddpm_step.test("t = 0, the last step: without noise")
def test_ddpm_step_last(student: Student, rng: Inputs) -> None:
    for size, dtype in [(3, FLOAT64), (1, FLOAT64), (3, FLOAT32)]:
        N, D, T = rng.sizes(2, 2, size)
        check_step(student, rng, (N, D), 0, some_betas(rng, T, dtype))


@ddpm_step.test("a chain of steps, of data whose best eps is known: mean and spread")
def test_ddpm_step_chain(student: Student, rng: Inputs) -> None:
    """All is linear. Row 0 has no noise; each other row has a 1 in place of one number."""
    T, m, spread = 4, 1.5, 0.3
    betas = some_betas(rng, T)
    abar = cumulated(betas)
    draws = torch.eye(T + 1, dtype=FLOAT64)
    rows = torch.cat([torch.zeros(1, T + 1, dtype=FLOAT64), draws])
    x = rows[:, :1]
    mean, variance = 0.0, 1.0
    for t in reversed(range(T)):
        eps = eps_of_gaussian(x, abar[t], m, spread)
        x = shaped(
            student.ddpm_step(x, t, eps, betas, rows[:, T - t : T - t + 1]),
            (T + 2, 1),
            FLOAT64,
            "x_{t-1}",
        )
        slope, offset = line(t, betas, m, spread)
        mean = slope * mean + offset
        variance = slope**2 * variance + (float(betas[t]) if t > 0 else 0.0)
    close(x[0], torch.tensor([mean], dtype=FLOAT64), "the mean after the last step")
    close(
        (x[1:] - x[0]).square().sum(0).sqrt(),
        torch.tensor([variance], dtype=FLOAT64) ** 0.5,
        "the spread (standard deviation) after the last step",
    )


@ddpm_step.test("a thousand steps; one step alone; float32", hidden=True)
def test_ddpm_step_others(student: Student, rng: Inputs) -> None:
    betas = linear_betas(1000)
    for t in (0, 1, 500, 999):
        check_step(student, rng, (2, 1, 4, 4), t, betas)
    check_step(student, rng, (1, 1), 0, some_betas(rng, 1))
    check_step(student, rng, (4, 4), 2, some_betas(rng, 4, FLOAT32))


def check_step(
    student: Student,
    rng: Inputs,
    shape: tuple[int, ...],
    t: int,
    betas: Tensor,
    noise: float = 1.0,
) -> None:
    """``noise`` is how large it is."""
    x_t, eps, drawn = (rng.normal(*shape, dtype=betas.dtype) for _ in range(3))
    got = student.ddpm_step(x_t, t, eps, betas, noise * drawn)
    with about(student.calls[-1]):
        truth = true_step(x_t.double(), t, eps.double(), betas, noise * drawn.double())
        close(got, truth.to(betas.dtype), "x_{t-1}")


def true_step(x_t: Tensor, t: int, eps: Tensor, betas: Tensor, noise: Tensor) -> Tensor:
    """The posterior's mean for the picture that eps implies, and noise of variance beta."""
    abar = float(cumulated(betas)[t])
    x0 = (x_t - (1 - abar) ** 0.5 * eps) / abar**0.5
    return x0 if t == 0 else step_back(x0, x_t, t, betas)[0] + float(betas[t]) ** 0.5 * noise


def line(t: int, betas: Tensor, m: float, spread: float) -> tuple[float, float]:
    """Slope and offset of a step without noise, for data N(m, spread^2)."""
    zero_one = torch.tensor([[0.0], [1.0]], dtype=FLOAT64)
    eps = eps_of_gaussian(zero_one, cumulated(betas)[t], m, spread)
    low, high = true_step(zero_one, t, eps, betas, torch.zeros_like(eps)).flatten().tolist()
    return high - low, low

"""Exercise 11.4: one step back when the picture is known, by conditioning a joint Gaussian."""

from __future__ import annotations

import torch
from torch import Tensor

from course_dl.lab import Exercise, Inputs, Student, about, close, number, unpack

from .shared import (
    ANSWERS,
    DTYPES,
    FLOAT32,
    FLOAT64,
    cumulated,
    linear_betas,
    some_betas,
    step_back,
)

posterior = Exercise(
    "11.4",
    ["posterior"],
    points=3,
    difficulty=2,
    minutes=25,
    answers=ANSWERS,
    hints=[
        "abar = alpha_bars(betas) has abar_t at abar[t] and abar_{t-1} at abar[t - 1]. What is "
        "abar[t - 1] in Python for t = 0, and what should it be?",
        "At t = 0 return x0 and 0.0 at once. Else the weight of x0 has sqrt(abar_{t-1}) and "
        "beta_t in it, that of x_t has sqrt(1 - beta_t) and 1 - abar_{t-1}.",
        "Both weights are divided by 1 - abar_t, and so is the variance, "
        "beta_t (1 - abar_{t-1}), of which no root is taken. .item() makes a float of a tensor.",
    ],
)


@posterior.test("two steps, by hand")
def test_posterior_by_hand(student: Student) -> None:
    for dtype in DTYPES:
        betas = torch.tensor([0.36, 0.75], dtype=dtype)  # abar is 0.64, 0.16
        x0, x_t = (torch.tensor([row], dtype=dtype) for row in ([7.0, 0.0], [0.0, 14.0]))
        check_posterior(student, x0, x_t, 1, betas, torch.tensor([[5.0, 3.0]]), 9 / 28)


@posterior.test("t = 0: the picture itself, without a doubt")
def test_posterior_first(student: Student, rng: Inputs) -> None:
    for size, dtype in [(3, FLOAT64), (1, FLOAT64), (3, FLOAT32)]:
        N, D, T = rng.sizes(2, 2, size)
        x0, x_t = (rng.normal(N, D, dtype=dtype) for _ in range(2))
        check_posterior(student, x0, x_t, 0, some_betas(rng, T, dtype), x0, 0.0)


@posterior.test("every step of a schedule")
def test_posterior_steps(student: Student, rng: Inputs) -> None:
    (T,), (N, D) = rng.sizes(5, at_least=2), rng.sizes(3, 2)
    betas = some_betas(rng, T)
    for t in range(1, T):
        check_case(student, rng, (N, D), t, betas)


@posterior.test("pictures, and float32")
def test_posterior_pictures(student: Student, rng: Inputs) -> None:
    (T,), sizes = rng.sizes(4, at_least=2), rng.sizes(2, 1, 3, 3)
    for dtype in DTYPES:
        check_case(student, rng, sizes, T - 1, some_betas(rng, T, dtype))


@posterior.test("drawn from it, x_{t-1} is as far from x0 as t steps make it", hidden=True)
def test_posterior_law(student: Student, rng: Inputs) -> None:
    """Its mean is linear in x_t: the mean of x_t gives the mean, one spread more the spread."""
    betas = some_betas(rng, 6)
    abar = cumulated(betas)
    for t in range(1, 6):
        x0 = rng.normal(2, 3)
        middle, spread = abar[t] ** 0.5 * x0, (1 - abar[t]) ** 0.5
        mean, variance = unpack(student.posterior(x0, middle, t, betas), "mean, variance")
        with about(student.calls[-1]):
            close(mean, abar[t - 1] ** 0.5 * x0, "the mean for the mean of x_t")
        above, _ = unpack(student.posterior(x0, middle + spread, t, betas), "mean, variance")
        with about(student.calls[-1]):
            moved = float((above - mean).mean())
            number(
                moved**2 + float(variance),
                1 - abar[t - 1],
                "The variance of x_{t-1}, that of its mean and the variance together,",
                tolerance=1e-9,
            )


@posterior.test("a thousand steps; one step alone; pictures at t = 0", hidden=True)
def test_posterior_others(student: Student, rng: Inputs) -> None:
    betas = linear_betas(1000)
    for t in (1, 2, 500, 999):
        check_case(student, rng, (2, 1, 2, 2), t, betas)
    x0, x_t = rng.normal(2, 1, 3, 3), rng.normal(2, 1, 3, 3)
    for some in (betas, betas[:1] + 0.2):
        check_posterior(student, x0, x_t, 0, some, x0, 0.0)


def check_case(
    student: Student, rng: Inputs, shape: tuple[int, ...], t: int, betas: Tensor
) -> None:
    x0, x_t = (rng.normal(*shape, dtype=betas.dtype) for _ in range(2))
    mean, variance = step_back(x0.double(), x_t.double(), t, betas)
    check_posterior(student, x0, x_t, t, betas, mean, variance)


def check_posterior(
    student: Student,
    x0: Tensor,
    x_t: Tensor,
    t: int,
    betas: Tensor,
    mean: Tensor,
    variance: float,
) -> None:
    got = student.posterior(x0, x_t, t, betas)
    with about(student.calls[-1]):
        own_mean, own_variance = unpack(got, "mean, variance")
        close(own_mean, mean.to(x0.dtype), "the mean")
        tolerance = 1e-9 if betas.dtype is FLOAT64 else 1e-4
        number(own_variance, variance, "the variance", tolerance=tolerance, at_least=1e-9)

"""Exercise 11.2: many steps of noise at once, in closed form and step by step."""

from __future__ import annotations

import torch

from course_dl.lab import Exercise, Inputs, Student, about, close

from .shared import (
    ANSWERS,
    DTYPES,
    FLOAT32,
    FLOAT64,
    PICTURES,
    POINTS,
    SQUARE,
    cumulated,
    linear_betas,
    noisy,
    some_levels,
)

diffuse = Exercise(
    "11.2",
    ["diffuse"],
    points=2,
    difficulty=1,
    minutes=15,
    answers=ANSWERS,
    hints=[
        "abar[t] is (N,): one number for each sample. The pictures are (N, C, H, W). What shape "
        "does it need, so that each picture is multiplied by its own number?",
        "(N, 1, 1, 1) for pictures, (N, 1) for points: "
        "abar[t].reshape(-1, *[1] * (x0.dim() - 1)) is right for both.",
        "abar_t.sqrt() * x0 + (1 - abar_t).sqrt() * eps: both factors are roots, so that their "
        "squares, the parts of the variance, sum to 1.",
    ],
)


@diffuse.test("one point, by hand")
def test_diffuse_by_hand(student: Student) -> None:
    for dtype in DTYPES:
        abar = torch.tensor([0.64, 0.36], dtype=dtype)
        x0, eps = (torch.tensor([row], dtype=dtype) for row in ([10.0, 0.0, 10], [0.0, 10, 10]))
        for t, row in enumerate(([8.0, 6, 14], [6.0, 8, 14])):
            got = student.diffuse(x0, torch.tensor([t]), eps, abar)
            close(got, torch.tensor([row], dtype=dtype), "x_t")


@diffuse.test("points, each with a step of its own")
def test_diffuse_points(student: Student, rng: Inputs) -> None:
    check_diffused(student, rng, POINTS)
    check_diffused(student, rng, SQUARE)
    check_diffused(student, rng, POINTS, FLOAT32)


@diffuse.test("pictures, each with a step of its own")
def test_diffuse_pictures(student: Student, rng: Inputs) -> None:
    check_diffused(student, rng, (2, 2, 3, 4))
    check_diffused(student, rng, PICTURES)
    check_diffused(student, rng, PICTURES, FLOAT32)


@diffuse.test("the same mean and variance as by single steps")
def test_diffuse_law(student: Student, rng: Inputs) -> None:
    """Each is sqrt(1 - beta) x + sqrt(beta) noise. Of x0 = 1 without noise comes the mean."""
    betas = rng.simpler(
        rng.uniform(4, low=0.05, high=0.6), torch.tensor([0.36, 0.4375], dtype=FLOAT64)
    )
    means, variances = [], []
    mean, variance = torch.ones((), dtype=FLOAT64), torch.zeros((), dtype=FLOAT64)
    for beta in betas:
        mean, variance = (1 - beta) ** 0.5 * mean, (1 - beta) * variance + beta
        means.append(mean)
        variances.append(variance)
    T = len(betas)
    one, zero = torch.ones(T, 1, dtype=FLOAT64), torch.zeros(T, 1, dtype=FLOAT64)
    abar, t = cumulated(betas), torch.arange(T)
    close(student.diffuse(one, t, zero, abar), torch.stack(means)[:, None], "the mean")
    close(student.diffuse(zero, t, one, abar), torch.stack(variances)[:, None] ** 0.5, "the spread")


@diffuse.test("a thousand steps, all with the same step, one sample, three axes", hidden=True)
def test_diffuse_others(student: Student, rng: Inputs) -> None:
    abar = cumulated(linear_betas(1000))
    for shape in [(6, 2), (6, 6), (1, 1, 4, 4), (4, 3, 5), (5, 1, 5, 5), (2, 1, 2, 2, 2)]:
        for t in (rng.integers(0, 1000, shape[0]), torch.full((shape[0],), 700)):
            x0, eps = rng.normal(*shape), rng.normal(*shape)
            got = student.diffuse(x0, t, eps, abar)
            with about(student.calls[-1]):
                close(got, noisy(x0, abar[t], eps), "x_t")
    check_diffused(student, rng, (7, 1, 7, 7), FLOAT32)


def check_diffused(
    student: Student, rng: Inputs, shape: tuple[int, ...], dtype: torch.dtype = FLOAT64
) -> None:
    sizes = rng.sizes(*shape)
    abar = some_levels(rng, dtype)
    t = rng.integers(0, len(abar), sizes[0])
    x0, eps = rng.normal(*sizes, dtype=dtype), rng.normal(*sizes, dtype=dtype)
    got = student.diffuse(x0, t, eps, abar)
    with about(student.calls[-1]):
        close(got, noisy(x0, abar[t], eps), "x_t")

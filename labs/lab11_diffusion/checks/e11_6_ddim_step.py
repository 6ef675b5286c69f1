"""Exercise 11.6: steps of any length, on a point and on Gaussian data, where they are known."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor

from course_dl.lab import Exercise, Inputs, Student, about, close

from .shared import ANSWERS, CONSTANTS, DTYPES, FLOAT32, FLOAT64, eps_of_gaussian, noisy

ddim_step = Exercise(
    "11.6",
    ["ddim_step"],
    points=2,
    difficulty=2,
    minutes=15,
    answers=ANSWERS,
    hints=[
        "Two lines: the picture x0 that x_t and eps imply, by abar_t; then that picture with the "
        "same noise at the other level, by abar_s.",
        "x0 = (x_t - sqrt(1 - abar_t) eps) / sqrt(abar_t), as in 11.3. Then the formula of 11.2, "
        "with abar_s and the same eps.",
        "abar_t may be a float, which torch.sqrt refuses: abar_t ** 0.5 takes floats and tensors.",
    ],
)


@ddim_step.test("two levels, by hand")
def test_ddim_step_by_hand(student: Student) -> None:
    for dtype in DTYPES:
        x_t = torch.tensor([[30.0, 40.0]], dtype=dtype)
        eps = torch.tensor([[0.0, 50.0]], dtype=dtype)
        for abar_s, row in [(0.9216, [48.0, 14.0]), (1.0, [50.0, 0.0])]:
            got = student.ddim_step(x_t, eps, 0.36, abar_s)
            check_values(student, got, torch.tensor([row], dtype=dtype))


@ddim_step.test("any levels, as floats and as tensors")
def test_ddim_step_any(student: Student, rng: Inputs) -> None:
    for shape in [(3, 2), (2, 1, 3, 3)]:
        sizes = rng.sizes(*shape)
        for dtype in DTYPES:
            x0, eps = (rng.normal(*sizes, dtype=dtype) for _ in range(2))
            check_step(student, x0, eps, *levels(rng, 0.0784, 0.64))
            given = (torch.tensor(a, dtype=dtype) for a in levels(rng, 0.36, 0.9216))
            check_step(student, x0, eps, *given)


@ddim_step.test("from a level to the same level: nothing changes")
def test_ddim_step_identity(student: Student, rng: Inputs) -> None:
    sizes = rng.sizes(2, 2)
    for abar in (0.36, 0.9216):
        x_t, eps = rng.normal(*sizes), rng.normal(*sizes)
        got = student.ddim_step(x_t, eps, abar, abar)
        check_values(student, got, x_t)


@ddim_step.test("all data is one point: a single step lands on it")
def test_ddim_step_point(student: Student, rng: Inputs) -> None:
    N, D = rng.sizes(3, 2)
    point = rng.normal(D).expand(N, D).clone()
    for abar_t in (0.9216, 0.36, 0.0784):
        x_t = rng.normal(N, D)
        eps = (x_t - abar_t**0.5 * point) / (1 - abar_t) ** 0.5
        got = student.ddim_step(x_t, eps, abar_t, 1.0)
        check_values(student, got, point)


@ddim_step.test("steps of Gaussian data, whose best eps is known")
def test_ddim_step_gaussian(student: Student, rng: Inputs) -> None:
    m, spread = 1.5, 0.3
    path = [0.01, *rng.uniform(2, low=0.1, high=0.9).sort().values.tolist(), 1.0]
    x = truth = torch.tensor([[-1.0], [0.0], [2.0]], dtype=FLOAT64)
    for k, (a, b) in enumerate(pairwise(path)):
        x = student.ddim_step(x, eps_of_gaussian(x, torch.tensor(a), m, spread), a, b)
        variance = a * spread**2 + 1 - a
        slope = ((a * b) ** 0.5 * spread**2 + ((1 - a) * (1 - b)) ** 0.5) / variance
        truth = b**0.5 * m + slope * (truth - a**0.5 * m)
        check_values(student, x, truth, f"x after step {k + 1} of {len(path) - 1}")


@ddim_step.test("back to more noise, all noise, none; levels in another dtype", hidden=True)
def test_ddim_step_others(student: Student, rng: Inputs) -> None:
    for abar_t, abar_s in [(0.9, 0.2), (0.5, 0.0), (1.0, 0.5), (4e-5, 0.1), (1.0, 1.0)]:
        x0, eps = rng.normal(2, 1, 4, 4), rng.normal(2, 1, 4, 4)
        check_step(student, x0, eps, abar_t, abar_s)
    x0, eps = (rng.normal(3, 3, dtype=FLOAT32) for _ in range(2))
    check_step(student, x0, eps, torch.tensor(0.3, dtype=FLOAT64), torch.tensor(0.8, dtype=FLOAT64))


def levels(rng: Inputs, *simple: float) -> list[float]:
    """Two levels of noise, or those of a simple case, whose roots are short numbers."""
    return rng.simpler(rng.uniform(2, low=0.1, high=0.9).tolist(), list(simple))


def check_step(
    student: Student, x0: Tensor, eps: Tensor, abar_t: float | Tensor, abar_s: float | Tensor
) -> None:
    level = torch.full((len(x0),), float(abar_t), dtype=FLOAT64)
    x_t = noisy(x0.double(), level, eps.double()).to(x0.dtype)
    truth = noisy(x0.double(), torch.full_like(level, float(abar_s)), eps.double())
    got = student.ddim_step(x_t, eps, abar_t, abar_s)
    check_values(student, got, truth.to(x0.dtype))


def check_values(student: Student, got: Tensor, truth: Tensor, what: str = "x_s") -> None:
    with about(student.calls[-1]):
        close(got, truth, what, tolerance=CONSTANTS.get(truth.dtype))

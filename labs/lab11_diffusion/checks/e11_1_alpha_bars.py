"""Exercise 11.1: the noise of many steps in one product, against a loop in double precision."""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import Tensor

from course_dl.lab import Exercise, Inputs, Student, about, close, require, shaped, summary

from .shared import ANSWERS, DTYPES, FLOAT32, FLOAT64, cumulated, linear_betas

alpha_bars = Exercise(
    "11.1",
    ["alpha_bars", "cosine_betas"],
    points=2,
    difficulty=1,
    minutes=15,
    answers=ANSWERS,
    hints=[
        "torch.cumprod multiplies as torch.cumsum adds: entry t of the result is the product of "
        "the entries 0 to t. Of which numbers is abar the product?",
        "For cosine_betas compute f at T + 1 places, u = 0, ..., T: then f[1:] / f[:-1] is "
        "f(t + 1) / f(t) for all t.",
        "(1 - f[1:] / f[:-1]).clamp(max=largest), with u = torch.arange(T + 1) and "
        "f = torch.cos((u / T + s) / (1 + s) * math.pi / 2) ** 2.",
    ],
)


@alpha_bars.test("alpha_bars by hand")
def test_alpha_bars_by_hand(student: Student) -> None:
    for dtype in DTYPES:
        betas = torch.tensor([0.5, 0.2, 0.75], dtype=dtype)
        close(student.alpha_bars(betas), torch.tensor([0.5, 0.4, 0.1], dtype=dtype), "abar")


@alpha_bars.test("alpha_bars of any schedule")
def test_alpha_bars_any(student: Student, rng: Inputs) -> None:
    for size in (2, 5):
        (T,) = rng.sizes(size)
        check_products(student, rng.uniform(T))
    (T,) = rng.sizes(4)
    check_products(student, rng.uniform(T, dtype=FLOAT32))


@alpha_bars.test("cosine_betas by hand: two steps and three, s = 0")
def test_cosine_betas_by_hand(student: Student) -> None:
    for betas in ([1 / 2, 0.999], [1 / 4, 2 / 3, 0.999]):
        got = student.cosine_betas(len(betas), s=0.0)
        check_betas(got, torch.tensor(betas, dtype=FLOAT64), 0.999)


@alpha_bars.test("cosine_betas of several numbers of steps")
def test_cosine_betas_steps(student: Student, rng: Inputs) -> None:
    for size in (3, 10, 1000):
        (T,) = rng.sizes(size)
        check_schedule(student, T)


@alpha_bars.test("cosine_betas with another s, and another largest beta")
def test_cosine_betas_settings(student: Student, rng: Inputs) -> None:
    (T,) = rng.sizes(6)
    for s, largest in [(0.1, 0.999), (0.008, 0.5), (0.3, 0.25)]:
        check_schedule(student, T, s, largest)


@alpha_bars.test("abar of cosine_betas falls like a squared cosine")
def test_cosine_betas_law(student: Student) -> None:
    T = 50
    betas = floating(student.cosine_betas(T), T)
    x = (torch.arange(T + 1, dtype=FLOAT64) / T + 0.008) / 1.008
    curve = (1 + (math.pi * x).cos()) / 2  # the squared cosine, by the double angle
    close(
        cumulated(betas.double())[:-1],
        (curve / curve[0])[1:-1],
        "abar, the products of 1 - cosine_betas(50), before its last entry",
        tolerance=1e-3,
    )


@alpha_bars.test("a thousand steps", hidden=True)
def test_alpha_bars_long(student: Student) -> None:
    check_products(student, linear_betas(1000))
    check_products(student, linear_betas(1000).float())
    check_schedule(student, 500)


@alpha_bars.test("one step; all noise, no noise; names of the arguments", hidden=True)
def test_alpha_bars_extremes(student: Student) -> None:
    for dtype in DTYPES:
        check_products(student, torch.tensor([0.3], dtype=dtype))
        check_products(student, torch.tensor([0.25, 0.0, 0.5, 1.0, 0.5], dtype=dtype))
    check_schedule(student, 1)
    check_betas(student.cosine_betas(T=7, largest=0.7), true_betas(7, largest=0.7), 0.7)


def check_products(student: Student, betas: Tensor) -> None:
    got = student.alpha_bars(betas)
    with about(student.calls[-1]):
        close(got, cumulated(betas).to(betas.dtype), "abar", elementwise=True)


def check_schedule(student: Student, T: int, *given: float) -> None:
    """``given`` are s and the largest beta, or nothing."""
    largest = given[1] if given else 0.999
    got = student.cosine_betas(T, *given)
    with about(student.calls[-1]):
        check_betas(got, true_betas(T, *given), largest)


def check_betas(got: Tensor, truth: Tensor, largest: float) -> None:
    """In any floating dtype: to a thousandth, or to 2e-6 where a beta is small."""
    betas = floating(got, len(truth))
    right = (betas - truth).abs() <= 2e-6 + 1e-3 * truth
    right &= betas <= (1 + largest) / 2  # 1, where nothing is left, is no thousandth too much
    close(betas.where(~right, truth), truth, "the schedule", tolerance=0.0)


def floating(got: Tensor, T: int) -> Tensor:
    """The schedule in double precision."""
    betas = shaped(got, (T,), what="the schedule")
    require(
        betas.is_floating_point(),
        "The betas should be floating-point numbers.",
        ("They were", summary(betas)),
    )
    return betas.double()


def true_betas(T: int, s: float = 0.008, largest: float = 0.999) -> Tensor:
    """By the double angle, ``2 cos^2(a) = 1 + cos(2 a)``, in Python's floats."""
    twice = [1 + math.cos(math.pi * (u / T + s) / (1 + s)) for u in range(T + 1)]
    betas = [min(1 - after / before, largest) for before, after in pairwise(twice)]
    return torch.tensor(betas, dtype=FLOAT64)

"""Exercise 11.3: picture, noise and score, each from another one, by round trips and autograd."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.distributions import Normal

from course_dl.lab import Exercise, Inputs, Student, about, close, shaped

from .shared import (
    ANSWERS,
    DTYPES,
    FLOAT32,
    FLOAT64,
    PICTURES,
    POINTS,
    SQUARE,
    cumulated,
    each_with_its_own,
    linear_betas,
    noisy,
    some_levels,
)

x0_from_eps = Exercise(
    "11.3",
    ["x0_from_eps", "eps_from_x0", "score_from_eps"],
    points=2,
    difficulty=1,
    minutes=15,
    answers=ANSWERS,
    hints=[
        "x_t = sqrt(abar_t) x0 + sqrt(1 - abar_t) eps has three tensors in it. Solve it for x0, "
        "and for eps, on paper. As in 11.2, each sample needs its own abar_t.",
        "For the score: log q(x_t | x0) is -(x_t - sqrt(abar_t) x0)^2 / (2 (1 - abar_t)) and a "
        "constant. Its derivative by x_t has x_t - sqrt(abar_t) x0 in it: what is that in eps?",
        "x0 = (x_t - (1 - abar_t).sqrt() * eps) / abar_t.sqrt(); "
        "eps = (x_t - abar_t.sqrt() * x0) / (1 - abar_t).sqrt(); the score is "
        "-eps / (1 - abar_t).sqrt().",
    ],
)

SHAPES = (POINTS, SQUARE, PICTURES)


@x0_from_eps.test("x0_from_eps: the picture again")
def test_x0_from_eps(student: Student, rng: Inputs) -> None:
    for shape, dtype in [*((shape, FLOAT64) for shape in SHAPES), (PICTURES, FLOAT32)]:
        check_x0(student, some_case(rng, shape, dtype))


@x0_from_eps.test("eps_from_x0: the noise again")
def test_eps_from_x0(student: Student, rng: Inputs) -> None:
    for shape, dtype in [*((shape, FLOAT64) for shape in SHAPES), (PICTURES, FLOAT32)]:
        check_eps(student, some_case(rng, shape, dtype))


@x0_from_eps.test("score_from_eps, by hand")
def test_score_from_eps_by_hand(student: Student) -> None:
    for dtype in DTYPES:
        abar = torch.tensor([0.64, 0.36], dtype=dtype)
        eps = torch.tensor([[6.0, 0.0], [8.0, -4.0]], dtype=dtype)
        truth = torch.tensor([[-10.0, 0.0], [-10.0, 5.0]], dtype=dtype)
        close(student.score_from_eps(torch.tensor([0, 1]), eps, abar), truth, "the score")


@x0_from_eps.test("score_from_eps: the gradient of the Gaussian's log density")
def test_score_from_eps(student: Student, rng: Inputs) -> None:
    for shape, dtype in [*((shape, FLOAT64) for shape in SHAPES), (PICTURES, FLOAT32)]:
        check_score(student, some_case(rng, shape, dtype))


@x0_from_eps.test("the score leads to the picture: Tweedie's formula", hidden=True)
def test_score_tweedie(student: Student, rng: Inputs) -> None:
    case = some_case(rng, (4, 2, 3, 3), FLOAT64)
    score = shaped(
        student.score_from_eps(case.t, case.eps, case.abar), case.eps.shape, FLOAT64, "the score"
    )
    level = each_with_its_own(case.abar[case.t], case.x0)
    back = (case.x_t + (1 - level) * score) / level**0.5
    close(back, case.x0, "(x_t + (1 - abar_t) score) / sqrt(abar_t)")


@x0_from_eps.test("a thousand steps, all with the same step, one sample, three axes", hidden=True)
def test_x0_from_eps_others(student: Student, rng: Inputs) -> None:
    abar = cumulated(linear_betas(1000))
    for shape in [(5, 5), (1, 1, 4, 4), (4, 3, 5), (2, 1, 2, 2, 2)]:
        for t in (rng.integers(0, 1000, shape[0]), torch.full((shape[0],), 700)):
            case = made(rng, shape, t, abar)
            check_x0(student, case)
            check_eps(student, case)
            check_score(student, case)


class Case(NamedTuple):
    """Samples, their noise, and what becomes of them."""

    x0: Tensor
    eps: Tensor
    t: Tensor
    abar: Tensor
    x_t: Tensor


def some_case(rng: Inputs, shape: tuple[int, ...], dtype: torch.dtype) -> Case:
    sizes = rng.sizes(*shape)
    abar = some_levels(rng, dtype)
    return made(rng, sizes, rng.integers(0, len(abar), sizes[0]), abar)


def made(rng: Inputs, shape: tuple[int, ...], t: Tensor, abar: Tensor) -> Case:
    x0, eps = (rng.normal(*shape, dtype=abar.dtype) for _ in range(2))
    return Case(x0, eps, t, abar, noisy(x0, abar[t], eps))


def check_x0(student: Student, case: Case) -> None:
    got = student.x0_from_eps(case.x_t, case.t, case.eps, case.abar)
    with about(student.calls[-1]):
        close(got, case.x0, "x0")


def check_eps(student: Student, case: Case) -> None:
    got = student.eps_from_x0(case.x_t, case.t, case.x0, case.abar)
    with about(student.calls[-1]):
        close(got, case.eps, "eps")


def check_score(student: Student, case: Case) -> None:
    got = student.score_from_eps(case.t, case.eps, case.abar)
    with about(student.calls[-1]):
        close(got, true_score(case), "the score")


def true_score(case: Case) -> Tensor:
    """By autograd, in double precision."""
    level = each_with_its_own(case.abar[case.t].double(), case.x0.double())
    mean = level**0.5 * case.x0.double()
    x_t = (mean + (1 - level) ** 0.5 * case.eps.double()).requires_grad_()
    log_q = Normal(mean, (1 - level) ** 0.5).log_prob(x_t).sum()
    return torch.autograd.grad(log_q, x_t)[0].to(case.eps.dtype)

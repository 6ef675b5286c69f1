"""Exercise 11.7: a class that counts more than once, and the density that this aims at."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.distributions import Normal

from course_dl.lab import Exercise, Inputs, Student, about, close

from .shared import ANSWERS, DTYPES, FLOAT32, FLOAT64

guided = Exercise(
    "11.7",
    ["guided"],
    points=1,
    difficulty=1,
    minutes=10,
    answers=ANSWERS,
    hints=[
        "eps_with - eps_without is what the class changes. From where does one start, and how "
        "often is this change added?",
        "With w = 1 the result has to be eps_with, and with w = 0 eps_without.",
        "eps_without + w * (eps_with - eps_without)",
    ],
)


@guided.test("by hand, w = 2 and w = 0.5")
def test_guided_by_hand(student: Student) -> None:
    for dtype in DTYPES:
        eps_with, eps_without = (torch.tensor([row], dtype=dtype) for row in ([5.0, 1], [3.0, 2]))
        for w, row in [(2.0, [7.0, 0.0]), (0.5, [4.0, 1.5])]:
            got = student.guided(eps_with, eps_without, w)
            close(got, torch.tensor([row], dtype=dtype), "the result")


@guided.test("w = 1 is the network with the class, w = 0 without")
def test_guided_limits(student: Student, rng: Inputs) -> None:
    sizes = rng.sizes(2, 2)
    eps_with, eps_without = rng.normal(*sizes), rng.normal(*sizes)
    close(student.guided(eps_with, eps_without, 1.0), eps_with, "the result for w = 1")
    close(student.guided(eps_with, eps_without, 0.0), eps_without, "the result for w = 0")


@guided.test("points and pictures, any w")
def test_guided_any(student: Student, rng: Inputs) -> None:
    for shape, w, dtype in [
        ((3, 2), 3.0, FLOAT64),
        ((3, 3), 1.5, FLOAT64),
        ((2, 1, 3, 3), 4, FLOAT32),
    ]:
        check_guided(student, rng, rng.sizes(*shape), w, dtype)


@guided.test("two Gaussians: the noise of p(x) p(y | x)^w")
def test_guided_gaussians(student: Student, rng: Inputs) -> None:
    """The scores are minus eps over its spread; p(y | x) is p(x | y) / p(x), but for a constant."""
    sigma = 0.5
    x = torch.linspace(-2, 2, 5, dtype=FLOAT64)[:, None]
    without, given = Normal(0.0, 2.0), Normal(1.0, 0.5)

    def eps_of(log_p: Tensor, leaf: Tensor) -> Tensor:
        return -sigma * torch.autograd.grad(log_p.sum(), leaf)[0]

    for w in (0.5, 2.0, 3.0):
        leaf = x.clone().requires_grad_()
        of_y = given.log_prob(leaf) - without.log_prob(leaf)
        truth = eps_of(without.log_prob(leaf) + w * of_y, leaf)
        parts = (eps_of(p.log_prob(leaf), leaf) for p in (given, without))
        close(student.guided(*parts, w), truth, "the result")


@guided.test("large and small w, float32, one sample", hidden=True)
def test_guided_others(student: Student, rng: Inputs) -> None:
    for shape, w, dtype in [
        ((1, 1, 4, 4), 7.5, FLOAT64),
        ((4, 4), 100.0, FLOAT32),
        ((5, 3), 0.25, FLOAT64),
        ((2, 3, 4), 2, FLOAT32),
    ]:
        check_guided(student, rng, shape, w, dtype)


def check_guided(
    student: Student, rng: Inputs, shape: tuple[int, ...], w: float, dtype: torch.dtype
) -> None:
    eps_with, eps_without = (rng.normal(*shape, dtype=dtype) for _ in range(2))
    got = student.guided(eps_with, eps_without, w)
    with about(student.calls[-1]):
        truth = w * eps_with.double() + (1 - w) * eps_without.double()
        close(got, truth.to(dtype), "the result")

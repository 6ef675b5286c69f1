"""Exercise 3.3: central differences, compared with autograd; their error has a closed form."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from course_dl.lab import (
    Exercise,
    Forbidden,
    Inputs,
    Student,
    Wrong,
    close,
    require,
    shown_as,
    summary,
)

from .shared import taken

numerical_gradient = Exercise(
    "3.3",
    ["numerical_gradient"],
    points=3,
    difficulty=2,
    minutes=15,
    autograd=False,
    answers=["course_dl.descent", "course_dl.gradcheck"],
    hints=[
        "One coordinate at a time: how much does f change if x_i alone goes a little up, and a "
        "little down?",
        "Make e = eps u_i: a vector of zeros like x, with eps at i. Then x + e and x - e are new "
        "tensors, and x stays as it is.",
        "Entry i is (f(x + e) - f(x - e)) / (2 * eps). Collect the entries in "
        "g = torch.zeros_like(x), which is float64 as x is.",
    ],
)


@numerical_gradient.test("worked out by hand: f(x) = x_1^2 x_2 at (2, 3)")
def test_numerical_gradient_by_hand(student: Student) -> None:
    x = torch.tensor([2.0, 3.0], dtype=torch.float64)
    expected = torch.tensor([12.0, 4.0], dtype=torch.float64)
    check_differences(student, lambda x: x[0] ** 2 * x[1], x, expected)
    check_differences(student, lambda x: float(x[0]) ** 2 * float(x[1]), x, expected)


@numerical_gradient.test("agreement with autograd, though f knows nothing of it")
def test_numerical_gradient_autograd(student: Student, rng: Inputs) -> None:
    def f(x: Tensor) -> float:
        x_1, x_2, x_3 = x.tolist()
        return math.sin(x_1 * x_2) + x_2 * math.exp(0.5 * x_3) + x_1**3 * x_3

    def the_same(x: Tensor) -> Tensor:
        return torch.sin(x[0] * x[1]) + x[1] * torch.exp(0.5 * x[2]) + x[0] ** 3 * x[2]

    for _ in range(2):
        x = rng.normal(3)
        check_differences(student, f, x, gradient_of(the_same, x))
    x = rng.normal(3)
    check_differences(student, lambda x: x.new_tensor(f(x)), x, gradient_of(the_same, x))


@numerical_gradient.test("the error of central differences: c_i eps^2 on sum_i c_i x_i^3")
def test_numerical_gradient_error(student: Student, rng: Inputs) -> None:
    for eps in (0.5, 0.25, 0.01):
        check_cubic(student, rng, 3, eps)
    # At 0 the slope of 1e10 x^3 is 0, and its difference 1e10 eps^2: 1 with the default, 1e-5.
    zero, one = torch.zeros(1, dtype=torch.float64), torch.ones(1, dtype=torch.float64)
    check_differences(student, lambda x: 1e10 * float(x[0]) ** 3, zero, one)


@numerical_gradient.test("x stays as it is, also while f is called")
def test_numerical_gradient_untouched(student: Student) -> None:
    x = torch.tensor([1.0, -2.0], dtype=torch.float64)
    for last in range(1, 5):
        try:
            student.numerical_gradient(ends_at_call(last), x)
        except Wrong:
            outcome = student.calls[-1].outcome
            if outcome.error is None or STOP not in outcome.error.message:
                raise
            require(
                not outcome.changed,
                "x itself was changed while f was called. Whoever else holds x sees that, even if "
                "it is put back afterwards: change a copy, or make new tensors, x + e and x - e.",
            )


@numerical_gradient.test("one variable and many", hidden=True)
def test_numerical_gradient_sizes(student: Student, rng: Inputs) -> None:
    for D in (1, 2, 12):
        x, f = rng.normal(D), waves(rng, D)
        check_differences(student, f, x, gradient_of(f, x))
        check_differences(student, as_float(f), x, gradient_of(f, x))
        check_cubic(student, rng, D, 0.1)


@numerical_gradient.test("code with branches and loops in f", hidden=True)
def test_numerical_gradient_any_code(student: Student) -> None:
    def f(x: Tensor) -> float:
        total = 0.0
        for k, value in enumerate(x.tolist(), start=1):
            total = 0.5 * total + (k * value**2 if value > 0 else -3 * k * value)
        return total

    x = torch.tensor([0.5, -1.5, 2.0], dtype=torch.float64)
    expected = torch.tensor([0.25, -3.0, 12.0], dtype=torch.float64)
    for eps in (1e-5, 1e-3, 0.25):
        check_differences(student, f, x, expected, eps)


DIFFERENCES_ALONE = (
    "Autograd is switched off in this check. Asked for are finite differences, which are made of "
    "values of f alone: f(x + e) and f(x - e) for each coordinate."
)
# Room for rounding (of eps, too, to float32), none for the error of one-sided differences.
DIFFERENCE_TOLERANCE = 3e-7


def check_differences(
    student: Student, value: Callable[[Tensor], Any], x: Tensor, expected: Tensor, *eps: float
) -> None:
    def f(point: Tensor) -> Any:
        return value(taken(point, x.shape, "what f gets"))

    try:
        got = student.numerical_gradient(shown_as(f, value), x, *eps)
    except Forbidden:
        raise Forbidden(DIFFERENCES_ALONE) from None
    if isinstance(got, Tensor) and not got.any() and expected.any():
        raise Wrong(
            f"The gradient is 0 everywhere, as autograd's are here. {DIFFERENCES_ALONE}",
            ("Expected", summary(expected)),
            ("Came", summary(got)),
            kind="zeros",
        )
    what = f"the gradient, with eps = {eps[0]:g}," if eps else "the gradient"
    close(got, expected, what, tolerance=DIFFERENCE_TOLERANCE)


def gradient_of(f: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    leaf = x.clone().requires_grad_()
    return torch.autograd.grad(f(leaf), leaf)[0]


STOP = "the check ends this call of f"


def ends_at_call(last: int) -> Callable[[Tensor], float]:
    """A function that raises when it is called for the last time: then x is seen as it is there."""
    calls = 0

    def f(x: Tensor) -> float:
        nonlocal calls
        calls += 1
        if calls == last:
            raise ArithmeticError(STOP)
        return taken(x, (2,), "what f gets").prod().item()

    return f


def as_float(f: Callable[[Tensor], Tensor]) -> Callable[[Tensor], float]:
    return lambda x: f(x).item()


def waves(rng: Inputs, D: int) -> Callable[[Tensor], Tensor]:
    """A function of all products of coordinates."""
    directions = rng.normal(D, D)
    return lambda x: (directions @ x).sin().sum() + x.prod()


def check_cubic(student: Student, rng: Inputs, D: int, eps: float) -> None:
    """f(x) = sum_i c_i x_i^3 + (sum_i x_i)^2: its differences are known for every eps."""
    c, x = 1 + rng.uniform(D), rng.normal(D)
    expected = 3 * c * x**2 + 2 * x.sum() + c * eps**2
    check_differences(student, lambda x: float(c @ x**3 + x.sum() ** 2), x, expected, eps)

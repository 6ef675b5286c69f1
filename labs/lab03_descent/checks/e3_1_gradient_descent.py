"""Exercise 3.1: the path of gradient descent, in closed form and by the rule of each step."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from course_dl.lab import Exercise, Inputs, Student, close, require, shaped, shown_as, summary

from .shared import DTYPES, positive_definite, taken

gradient_descent = Exercise(
    "3.1",
    ["gradient_descent"],
    points=2,
    difficulty=1,
    minutes=10,
    answers=["course_dl.descent"],
    hints=[
        "Where does step t + 1 begin? Keep all points in a list, which starts with x0 alone.",
        "The last point of the list is where you stand: x = path[-1]. The next point is a new "
        "tensor, x - step * grad(x); with x -= ... you would change the points that you kept.",
        "path = [x0]; n times path.append(path[-1] - step * grad(path[-1])); at the end "
        "torch.stack(path) makes one tensor (n+1, D) of the list.",
    ],
)


@gradient_descent.test("worked out by hand: F(x) = x^2 from x0 = 8")
def test_gradient_descent_by_hand(student: Student) -> None:
    for dtype in DTYPES:
        x0 = torch.tensor([8.0], dtype=dtype)
        path = walk(student, lambda x: 2 * x, x0, 0.25, 3)
        close(path, torch.tensor([[8.0], [4.0], [2.0], [1.0]], dtype=dtype), "the trajectory")


@gradient_descent.test("on a quadratic, x_t - x* = (I - step A)^t (x0 - x*)")
def test_gradient_descent_quadratic(student: Student, rng: Inputs) -> None:
    for eigenvalues, steps in [([0.5, 1.5], 5), ([0.2, 1.0, 2.0], 8)]:
        (n,) = rng.sizes(steps)
        for dtype in DTYPES:
            A = positive_definite(rng, eigenvalues[: rng.sizes(len(eigenvalues))[0]], dtype)
            lowest, x0 = rng.normal(len(A), dtype=dtype), rng.normal(len(A), dtype=dtype)
            path = walk(student, quadratic(A, lowest), x0, 0.3, n)
            shrink = torch.eye(len(A), dtype=dtype) - 0.3 * A
            powers = [torch.linalg.matrix_power(shrink, t) for t in range(n + 1)]
            expected = torch.stack([lowest + power @ (x0 - lowest) for power in powers])
            close(path, expected, "the trajectory")


@gradient_descent.test("no step: x0 alone")
def test_gradient_descent_no_step(student: Student, rng: Inputs) -> None:
    for D in (1, 3):
        check_path(student, torch.cos, rng.normal(D), 0.1, 0)


@gradient_descent.test("hills and valleys")
def test_gradient_descent_landscape(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        for sizes in [(2, 6), (4, 3)]:
            D, n = rng.sizes(*sizes)
            check_path(student, landscape, rng.normal(D, dtype=dtype), 0.2, n)


@gradient_descent.test("one step, one variable, a second walk", hidden=True)
def test_gradient_descent_small(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        check_path(student, landscape, rng.normal(3, dtype=dtype), 0.5, 1)
        check_path(student, torch.sin, rng.normal(1, dtype=dtype), 1.0, 7)
        check_path(student, torch.sin, rng.normal(1, dtype=dtype), 0.7, 4)


@gradient_descent.test("steps so large that descent diverges; many steps", hidden=True)
def test_gradient_descent_large(student: Student, rng: Inputs) -> None:
    A = positive_definite(rng, [1.0, 3.0, 0.1, 2.0, 0.5], torch.float64)
    check_path(student, quadratic(A, rng.normal(5)), rng.normal(5), 1.0, 10)
    check_path(student, landscape, rng.normal(2), 0.02, 60)


Gradient = Callable[[Tensor], Tensor]


def check_path(student: Student, slope: Gradient, x0: Tensor, step: float, n: int) -> None:
    """The trajectory begins at x0, and each point leads to the next."""
    path = walk(student, slope, x0, step, n)
    expected = torch.stack([x0, *(x - step * slope(x) for x in path[:-1])])
    close(path, expected, "the trajectory, x_{t+1} = x_t - step * grad(x_t),")


def walk(student: Student, slope: Gradient, x0: Tensor, step: float, n: int) -> Tensor:
    def grad(x: Tensor) -> Tensor:
        return slope(taken(x, x0.shape, "x"))

    path = student.gradient_descent(shown_as(grad, slope), x0, step, n)
    path = shaped(path, (n + 1, *x0.shape), x0.dtype, "the trajectory").detach()
    require(
        torch.equal(path[0], x0),
        "The trajectory should begin with x0: row 0 is x0 itself.",
        ("x0", summary(x0)),
        ("Row 0", summary(path[0])),
    )
    return path


def quadratic(A: Tensor, lowest: Tensor) -> Gradient:
    """The gradient of 1/2 (x - x*)^T A (x - x*)."""
    return lambda x: A.to(x.dtype) @ (x - lowest.to(x.dtype))


def landscape(x: Tensor) -> Tensor:
    """The gradient of a function that is not convex; every coordinate plays its part in each."""
    return torch.sin(2 * x) + 0.5 * x * x.square().sum().sqrt().cos() + 0.1 * x.sum()

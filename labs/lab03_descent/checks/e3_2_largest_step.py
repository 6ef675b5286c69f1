"""Exercise 3.2: the largest step, for matrices of known eigenvalues."""

from __future__ import annotations

import torch
from torch import Tensor

from course_dl.lab import Exercise, Inputs, Student, number, require, summary

from .shared import DTYPES, positive_definite

largest_step = Exercise(
    "3.2",
    ["largest_step"],
    points=2,
    difficulty=1,
    minutes=10,
    answers=["course_dl.descent"],
    hints=[
        "Along an eigenvector of A with eigenvalue lambda, each step multiplies the distance from "
        "the minimum by 1 - step * lambda. Which eigenvalue makes this number leave [-1, 1] first?",
        "torch.linalg.eigvalsh(A) gives the eigenvalues of a symmetric matrix, in ascending order.",
        "lambda_max is the last of them, and the result is 2 / lambda_max; .item() makes a float "
        "of a 0-d tensor.",
    ],
)


@largest_step.test("worked out by hand")
def test_largest_step_by_hand(student: Student) -> None:
    matrices = [
        ([[5, 4, 0], [4, 11, 0], [0, 0, 1]], 13.0),  # eigenvalues 1, 3 and 13
        ([[2, -1], [-1, 2]], 3.0),  # 1 and 3
        ([[2, 1], [1, 2]], 3.0),
        ([[4, 0, 0], [0, 1, 0], [0, 0, 2]], 4.0),
        ([[1, 0, 0], [0, 4, 0], [0, 0, 2]], 4.0),
        ([[1, 0, 0], [0, 2, 0], [0, 0, 4]], 4.0),
    ]
    for dtype in DTYPES:
        for rows, L in matrices:
            check_step(student, torch.tensor(rows, dtype=dtype), L)


@largest_step.test("matrices of which the eigenvalues are known")
def test_largest_step_spectrum(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        for eigenvalues in ([1.0, 2.5], [0.5, 7.0, 3.0], [0.1, 1.0, 0.3, 0.2, 0.6]):
            check_step(student, positive_definite(rng, eigenvalues, dtype), max(eigenvalues))


@largest_step.test("one variable")
def test_largest_step_one_variable(student: Student) -> None:
    for dtype in DTYPES:
        for L in (0.25, 8.0):
            check_step(student, torch.tensor([[L]], dtype=dtype), L)


@largest_step.test("ill-conditioned, very steep, very flat", hidden=True)
def test_largest_step_scales(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        for scale in (1e-3, 1.0, 1e4):
            eigenvalues = [scale * 1e-3, scale, 0.2 * scale]
            check_step(student, positive_definite(rng, eigenvalues, dtype), scale)


@largest_step.test("equal eigenvalues, more variables", hidden=True)
def test_largest_step_equal(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        check_step(student, 3 * torch.eye(4, dtype=dtype), 3.0)
        eigenvalues = [1.0, 5.0, 5.0, 0.2, 2.0, 0.7, 1.5]
        check_step(student, positive_definite(rng, eigenvalues, dtype), 5.0)


# Room for an eigenvalue found by iteration, or from the inverse.
STEP_TOLERANCE = {torch.float64: 1e-6, torch.float32: 1e-3}


def check_step(student: Student, A: Tensor, L: float) -> None:
    got = student.largest_step(A)
    require(
        not (isinstance(got, Tensor) and got.is_complex()),
        "The result is a complex number. The eigenvalues of a symmetric matrix are real: eigvalsh.",
        ("Came", summary(got)),
    )
    number(got, 2 / L, "2 / lambda_max", tolerance=STEP_TOLERANCE[A.dtype])

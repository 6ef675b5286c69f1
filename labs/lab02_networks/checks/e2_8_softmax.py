"""Exercise 2.8: softmax, compared with torch's."""

from __future__ import annotations

import torch
from torch import Tensor

from course_dl.lab import Exercise, Inputs, Student, close

from .shared import DTYPES

softmax = Exercise(
    "2.8",
    ["softmax"],
    points=2,
    difficulty=2,
    minutes=10,
    library=["softmax", "log_softmax", "softmin", "gumbel_softmax"],
    hints=[
        "exp(1e4) overflows. Which number can you subtract from all scores of a row without any "
        "effect on the quotient?",
        "exp(y_k - c) / sum_j exp(y_j - c) is the same for every c. With c the largest score of "
        "the row no exponent is above 0, and the sum is at least 1.",
        "E = torch.exp(Y - Y.amax(dim=1, keepdim=True)), then E / E.sum(dim=1, keepdim=True).",
    ],
)


@softmax.test("as many samples as classes")
def test_softmax_square(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        check_softmax(student, rng.normal(*rng.sizes(3, 3), dtype=dtype))


@softmax.test("any numbers of samples and classes")
def test_softmax_sizes(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        for shape in [(5, 3), (2, 6), (1, 4), (4, 2)]:
            check_softmax(student, 3 * rng.normal(*rng.sizes(*shape), dtype=dtype))


@softmax.test("scores of 1e4")
def test_softmax_large(student: Student, rng: Inputs) -> None:
    Y = torch.tensor(
        [[1e4, 1e4 - 1, 0], [-1e4, -1e4 + 2, -1e4], [1e4, -1e4, 0], [1, 0, 2]], dtype=torch.float64
    )
    for row in Y:
        check_softmax(student, row[None])
    check_softmax(student, Y)
    check_softmax(student, 1e4 * rng.normal(*rng.sizes(6, 5)))


@softmax.test("it can be differentiated")
def test_softmax_gradients(student: Student, rng: Inputs) -> None:
    for Y in (rng.normal(4, 3), rng.normal(2, 5, dtype=torch.float32), 1e4 * rng.normal(4, 3)):
        (got,) = student.softmax.gradient(Y)
        # The rows sum to 1 wherever the scores are, so that this sum has no slope.
        said = "1 + the gradient of the sum of all probabilities"
        close(1 + got, torch.ones_like(Y), said)


@softmax.test("one class, equal scores, float32 and scores of 1e4", hidden=True)
def test_softmax_extremes(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        check_softmax(student, rng.normal(4, 1, dtype=dtype))
        check_softmax(student, torch.zeros(2, 5, dtype=dtype))
        check_softmax(student, torch.full((1, 4), -50.0, dtype=dtype))
        check_softmax(student, rng.normal(40, 10, dtype=dtype))
    Y = torch.tensor([[1e4, 1e4, -1e4, 0.0], [-1e4, -2e4, -1e4, -3e4]])
    check_softmax(student, Y, tolerance=1e-2)
    check_softmax(student, torch.tensor([[1e4], [-1e4]]), tolerance=1e-2)


def check_softmax(student: Student, Y: Tensor, tolerance: float | None = None) -> None:
    close(student.softmax(Y), torch.softmax(Y, dim=1), "softmax(Y)", tolerance=tolerance)

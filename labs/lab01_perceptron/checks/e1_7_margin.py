"""Exercise 1.7: the margin of samples at known distances from the separator."""

from __future__ import annotations

import torch
from torch import Tensor

from course_dl.lab import Exercise, Inputs, Student

from .shared import DTYPES, apart, check_number, placed, separator

margin = Exercise(
    "1.7",
    ["margin"],
    points=2,
    difficulty=2,
    minutes=10,
    hints=[
        "The distance of a point from the line <w, x> = 0 is its score divided by a length. Which?",
        "The bias moves the line, it does not turn it: it has no part in the length, w[1:].norm().",
        "d * (X @ w) is positive for the samples on their right side: take the smallest of these "
        "numbers, then divide by the length.",
    ],
)


@margin.test("worked out by hand")
def test_margin_by_hand(student: Student) -> None:
    w = torch.tensor([-10, 3, 4], dtype=torch.float64)
    X = torch.tensor([[1, 3, 4], [1, 1, -1], [1, 0, 0]], dtype=torch.float64)
    # Signed distances 15 / 5, -11 / 5 and -10 / 5 from the line 3 x_1 + 4 x_2 = 10.
    cases = [((1, -1, -1), 2.0), ((-1, -1, -1), -3.0), ((1, 1, -1), -2.2), ((1, 1, 1), -2.2)]
    for dtype in DTYPES:
        labels = [torch.tensor(d, dtype=dtype) for d, _ in cases]
        got = [student.margin(w.to(dtype), X.to(dtype), d) for d in labels]
        for answer, (d, truth) in zip(got, cases, strict=True):
            check_number(
                answer, truth, f"the margin of distances 3, -2.2, -2 and labels {d}", dtype
            )


@margin.test("all samples on their right side")
def test_margin_right(student: Student, rng: Inputs) -> None:
    for sizes in [(6, 2), (4, 3), (30, 8)]:
        n, D = rng.sizes(*sizes)
        for dtype in DTYPES:
            distances = apart(rng, n)
            check_margin(student, rng, separator(rng, D), distances, distances.sign(), dtype)


@margin.test("misclassified samples make it negative")
def test_margin_wrong(student: Student, rng: Inputs) -> None:
    for sizes in [(6, 2), (4, 3), (30, 8)]:
        n, D = rng.sizes(*sizes)
        for dtype in DTYPES:
            d = rng.signs(n)
            check_margin(student, rng, separator(rng, D), apart(rng, n), d, dtype)


@margin.test("one sample, one feature, longer and shorter w", hidden=True)
def test_margin_extremes(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        for n, D, c in [(1, 3, 1.0), (5, 1, 1.0), (7, 2, 100.0), (7, 2, 0.01)]:
            w, distances = c * separator(rng, D), apart(rng, n)
            check_margin(student, rng, w, distances, distances.sign(), dtype)
            check_margin(student, rng, w, distances, -distances.sign(), dtype)


def check_margin(
    student: Student, rng: Inputs, w: Tensor, distances: Tensor, d: Tensor, dtype: torch.dtype
) -> None:
    X = placed(rng, w, distances)
    got = student.margin(w.to(dtype), X.to(dtype), d.to(dtype))
    check_number(got, (d * distances).min(), "the margin", dtype)

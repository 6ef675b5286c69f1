"""Exercise 1.1: a column of ones in front of the features."""

from __future__ import annotations

import torch
from torch import Tensor

from course_dl.lab import Exercise, Inputs, Student, equal, require, shaped, summary

from .shared import DTYPES

add_bias = Exercise(
    "1.1",
    ["add_bias"],
    points=1,
    difficulty=1,
    minutes=5,
    hints=[
        "The result has one column more than X. What is in it, and on which side does it stand?",
        "Make a column of ones, of shape (N, 1) and of X's dtype: X.new_ones has that dtype by "
        "itself.",
        "torch.cat([column, X], dim=1) puts columns side by side.",
    ],
)


@add_bias.test("a column of ones, then X as it was")
def test_add_bias_values(student: Student, rng: Inputs) -> None:
    for shape in [(4, 2), (3, 5), (6, 1)]:
        for dtype in DTYPES:
            check_add_bias(student, rng.normal(*rng.sizes(*shape), dtype=dtype))


@add_bias.test("one sample, and columns of ones that were there before", hidden=True)
def test_add_bias_one_sample(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        check_add_bias(student, rng.normal(1, 7, dtype=dtype))
        check_add_bias(student, rng.normal(1, 1, dtype=dtype))
        check_add_bias(student, torch.ones(5, 2, dtype=dtype))


def check_add_bias(student: Student, X: Tensor) -> None:
    N, D = X.shape
    got = shaped(student.add_bias(X), (N, D + 1), X.dtype)
    require(
        bool((got[:, 0] == 1).all()),
        "Column 0 should hold ones: the bias is weight 0.",
        ("Column 0", summary(got[:, 0])),
    )
    equal(got[:, 1:], X, "what stands after column 0")

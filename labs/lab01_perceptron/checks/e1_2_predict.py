"""Exercise 1.2: on which side of a known separator the samples lie."""

from __future__ import annotations

import torch
from torch import Tensor

from course_dl.lab import Exercise, Inputs, Student, Wrong, require, shaped, summary

from .shared import DTYPES, apart, integers, placed, separator

predict = Exercise(
    "1.2",
    ["predict"],
    points=2,
    difficulty=1,
    minutes=10,
    answers=["course_dl.perceptron"],
    hints=[
        "Compute the scores of all samples first: which product of X (N, D+1) and w (D+1,) has "
        "shape (N,)?",
        "torch.sign(0) is 0, but here a score of 0 is to give +1. Ask instead whether the score "
        "is >= 0.",
        "torch.where(scores >= 0, 1, -1) chooses entry by entry; .to(X.dtype) turns the integers "
        "into X's dtype.",
    ],
)


@predict.test("samples on either side of the separator")
def test_predict_sides(student: Student, rng: Inputs) -> None:
    for sizes in [(5, 2), (8, 3), (30, 10)]:
        n, D = rng.sizes(*sizes)
        for dtype in DTYPES:
            w, distances = separator(rng, D), apart(rng, n)
            check_predict(student, w, placed(rng, w, distances), distances.sign(), dtype)


@predict.test("a score of 0 gives +1, one just below gives -1")
def test_predict_zero(student: Student) -> None:
    X = torch.tensor([[1, x] for x in (-2, 0, 1, 2, 3, 5)], dtype=torch.float64)
    w = torch.tensor([-2, 1], dtype=torch.float64)
    d = torch.tensor([-1, -1, -1, 1, 1, 1], dtype=torch.float64)
    for dtype in DTYPES:
        check_predict(student, w, X, d, dtype)
        check_predict(student, torch.zeros(2), X, torch.ones(6), dtype)
        check_predict(student, 2.0**-60 * w, X, d, dtype)


@predict.test("one sample")
def test_predict_one_sample(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        for side in (-1.0, 1.0):
            w, at = separator(rng, *rng.sizes(4)), torch.tensor([side], dtype=torch.float64)
            check_predict(student, w, placed(rng, w, at), at, dtype)


@predict.test("many ties, large scores, features that differ little", hidden=True)
def test_predict_ties(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        X = integers(rng, 12, 1)
        through = torch.stack([-X[0, 1], X[0, 0]])  # the separator goes through the first sample
        check_predict(student, through, X, 2.0 * (X[:, 1] >= X[0, 1]) - 1, dtype)
        w, distances = 1e4 * separator(rng, 3), apart(rng, 9)
        check_predict(student, w, placed(rng, w, distances), distances.sign(), dtype)
    X = torch.tensor([[1, 2**30 + k] for k in (-1, 0, 1)], dtype=torch.float64)
    w = torch.tensor([-(2**30), 1], dtype=torch.float64)
    check_predict(student, w, X, torch.tensor([-1.0, 1.0, 1.0]), torch.float64)


def check_predict(student: Student, w: Tensor, X: Tensor, d: Tensor, dtype: torch.dtype) -> None:
    y = shaped(student.predict(w.to(dtype), X.to(dtype)), (len(X),), dtype, "y")
    require(
        bool((y.abs() == 1).all()),
        "A prediction is -1 or +1, nothing else (a score of 0 gives +1).",
        ("Came", summary(y)),
    )
    wrong = (y != d.to(dtype)).nonzero().flatten().tolist()
    if wrong:
        i = wrong[0]
        raise Wrong(
            f"{len(wrong)} of {len(d)} predictions are on the wrong side.",
            (f"Sample {i}", summary(X[i])),
            ("The weights", summary(w)),
            ("Expected", f"{d[i]:+g}"),
            ("Came", f"{y[i]:+g}"),
        )

"""Exercise 1.4: one step of Rosenblatt's rule, for samples on either side and on the line."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from course_dl.lab import Exercise, Inputs, Student, close, require, shaped, summary

from .shared import DTYPES, integers, placed, separator

perceptron_step = Exercise(
    "1.4",
    ["perceptron_step"],
    points=3,
    difficulty=2,
    minutes=15,
    answers=["course_dl.perceptron", "course_dl._fast.rosenblatt"],
    hints=[
        "There are two cases: the sample is classified rightly, or not. Your predict can tell.",
        "predict wants a batch: x[None] is a batch of one sample. Compare its answer with d; then "
        "a score of 0 needs no thought.",
        "Where they differ return w + lr * d * x, which is a new tensor (w += ... would change the "
        "caller's); else return w.",
    ],
)


@perceptron_step.test("a misclassified sample moves w by lr d x")
def test_perceptron_step_wrong(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        cases: list[Any] = []
        for D in (1, 2, 5):
            for d, lr in [(1, 0.5), (-1, 1.0), (-1.0, 2.0)]:
                w, x = off_zero(rng, D, -d, dtype)
                cases += [(w, x, d, lr), (0.25 * w, x, torch.tensor(d, dtype=dtype), lr)]
        check_steps(student, cases, [True] * len(cases))


@perceptron_step.test("a sample on its right side leaves w as it is")
def test_perceptron_step_right(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        cases: list[Any] = []
        for D in (1, 2, 5):
            for d in (1, -1):
                w, x = off_zero(rng, D, d, dtype)
                cases += [(w, x, d, 0.5), (0.25 * w, x, torch.tensor(d, dtype=dtype), 1.0)]
        check_steps(student, cases, [False] * len(cases))


@perceptron_step.test("a score of 0 is right for d = +1 and wrong for d = -1")
def test_perceptron_step_zero(student: Student) -> None:
    for dtype in DTYPES:
        x = torch.tensor([1, 2, -1], dtype=dtype)
        for start in ([0, 0, 0], [-2, 1, 0], [3, -1, 1]):
            w = torch.tensor(start, dtype=dtype)
            minus = torch.tensor(-1, dtype=dtype)
            cases = [(w, x, -1, 1.0), (w, x, 1, 1.0), (w, x, minus, 0.5), (w, x, -minus, 0.5)]
            check_steps(student, cases, [True, False, True, False])


@perceptron_step.test("other features, scores next to 0", hidden=True)
def test_perceptron_step_any(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        for D in (3, 12):
            for side in (-1, 1):
                w = separator(rng, D)
                x = placed(rng, w, torch.tensor([0.3 * side], dtype=torch.float64))[0]
                near, y = off_zero(rng, D, side, dtype)
                label = torch.tensor(side, dtype=dtype)
                cases = [
                    (w.to(dtype), x.to(dtype), -label, 0.125),
                    (w.to(dtype), x.to(dtype), label, 0.125),
                    (2.0**-60 * near, y, -side, 1.0),
                    (2.0**-60 * near, y, side, 1.0),
                ]
                check_steps(student, cases, [True, False, True, False])


def off_zero(rng: Inputs, D: int, side: float, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """Integer weights, and an integer sample at least 1 away from score 0 on this side."""
    x = integers(rng, 1, D)[0]
    w = rng.integers(-4, 5, D + 1, dtype=torch.float64)
    score = float(w @ x)
    if side * score <= 0:
        w[0] += side * (1 + abs(score))
    return w.to(dtype), x.to(dtype)


def check_steps(student: Student, cases: list[Any], moves: list[bool]) -> None:
    """Cases are ``(w, x, d, lr)``; ``moves`` says in which of them the sample is misclassified."""
    steps = [student.perceptron_step(*case) for case in cases]
    for got, (w, x, d, lr), wrong in zip(steps, cases, moves, strict=True):
        new = shaped(got, w.shape, w.dtype, "the new w")
        told = (
            ("Score <w, x>", f"{float(w @ x):g}"),
            ("Label d", f"{float(d):+g}"),
            ("w", summary(w)),
            ("x", summary(x)),
            ("Came", summary(new)),
        )
        stays = torch.equal(new, w)
        if wrong:
            require(not stays, "The sample is misclassified: w should have learnt from it.", *told)
            close(new, w + lr * d * x, "the new w")
        else:
            require(stays, "The sample is classified rightly: w should stay as it is.", *told)

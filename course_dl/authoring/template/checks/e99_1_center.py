"""Exercise 99.1: samples moved to the middle, judged by laws."""

from __future__ import annotations

import torch

from course_dl.lab import Exercise, Inputs, Student, close, shaped

center = Exercise(
    "99.1",
    ["center"],
    points=1,
    difficulty=1,
    minutes=5,
    hints=[
        "Each feature is a column of X. Over what do you take its mean?",
        "X.mean(dim=0) is the mean over the samples, of shape (D,); X - that subtracts it from "
        "every row.",
    ],
)


@center.test("each feature has mean 0, the differences between samples stay")
def test_center_laws(student: Student, rng: Inputs) -> None:
    for dtype in (torch.float32, torch.float64):
        X = 3 + 2 * rng.normal(5, 3, dtype=dtype)
        centered = shaped(student.center(X), X.shape, dtype)
        close(1 + centered.mean(dim=0), torch.ones(3, dtype=dtype), "1 + the mean of each feature")
        close(centered[1:] - centered[:-1], X[1:] - X[:-1], "the difference of neighbours")


@center.test("one sample becomes zeros")
def test_center_one_sample(student: Student, rng: Inputs) -> None:
    close(student.center(rng.normal(1, 4)), torch.zeros(1, 4, dtype=torch.float64))


@center.test("many samples, one feature", hidden=True)
def test_center_one_feature(student: Student, rng: Inputs) -> None:
    X = 10 * rng.normal(50, 1)
    close(student.center(X), X - X.sum() / 50)

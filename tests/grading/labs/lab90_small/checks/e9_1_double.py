"""Exercise 9.1: a function."""

from __future__ import annotations

import torch

from course_dl.lab import Inputs, Student, close

from .shared import exercise

double = exercise("9.1", ["double"], 1)


@double.test("twice a vector")
def test_double(student: Student, rng: Inputs) -> None:
    vectors = [rng.normal(3) for _ in range(3)]
    for x, got in zip(vectors, student.double.each([(x,) for x in vectors]), strict=True):
        close(got, 2 * x, "2x")


@double.test("twice a matrix", hidden=True)
def test_double_matrix(student: Student, rng: Inputs) -> None:
    x = rng.normal(2, 3, dtype=torch.float32)
    close(student.double(x), 2 * x, "2x")

"""Exercise 9.5: a function that calls back."""

from __future__ import annotations

import torch

from course_dl.lab import Inputs, Student, close, equal, require

from .shared import exercise

twice = exercise("9.5", ["twice"], 1)


@twice.test("calls what it is given, twice")
def test_twice(student: Student, rng: Inputs) -> None:
    x, seen = rng.normal(3), []

    def g(a: torch.Tensor) -> torch.Tensor:
        seen.append(a)
        return 3 * a

    close(student.twice(g, x), 9 * x, "g(g(x))")
    require(len(seen) == 2, "g was not called twice.")
    equal(student.twice(torch.neg, torch.tensor([1, 2])), torch.tensor([1, 2]), "g(g(x))")

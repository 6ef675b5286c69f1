"""Exercise 9.4: a class."""

from __future__ import annotations

import torch

from course_dl.lab import Inputs, Student, close

from .shared import exercise

counter = exercise("9.4", ["Counter"], 2)


@counter.test("counts")
def test_counter(student: Student) -> None:
    mine, other = student.Counter(torch.zeros(2)), student.Counter(torch.zeros(2))
    with student.together():
        for _ in range(3):
            mine.add(torch.ones(2))
        total = mine.total
    close(total.value, 3 * torch.ones(2), "the total")
    close(other.total, torch.zeros(2), "the other's total")


@counter.test("starts anywhere", hidden=True)
def test_counter_start(student: Student, rng: Inputs) -> None:
    start = rng.normal(2)
    close(student.Counter(start).total, start, "the total")

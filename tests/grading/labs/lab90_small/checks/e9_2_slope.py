"""Exercise 9.2: a derivative, written by hand."""

from __future__ import annotations

from course_dl.lab import Inputs, Student, close

from .shared import exercise

slope = exercise("9.2", ["slope"], 2, autograd=False, answers=["course_dl.losses"])


@slope.test("the derivative of x^3")
def test_slope(student: Student, rng: Inputs) -> None:
    points = [rng.normal(4) for _ in range(2)]
    for x, got in zip(points, student.slope.each([(x,) for x in points]), strict=True):
        close(got, 3 * x**2, "the slope")


@slope.test("at many points", hidden=True)
def test_slope_many(student: Student, rng: Inputs) -> None:
    x = rng.normal(50)
    close(student.slope(x), 3 * x**2, "the slope")

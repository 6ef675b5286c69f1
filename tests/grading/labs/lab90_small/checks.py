"""The checks of a small lab: a function, a derivative by hand, a class, a callback, a library ban."""

from __future__ import annotations

import torch

from course_dl.lab import Exercise, Inputs, Student, close, equal, in_turn, require

SHORT = 0.6  # seconds that a call may take


def exercise(number: str, names: list[str], points: float, **rules: object) -> Exercise:
    return Exercise(number, names, points, 1, 1, [], seconds=SHORT, **rules)  # type: ignore[arg-type]


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


soft = exercise("9.3", ["soft"], 1, library=["softmax"])


@soft.test("rows sum to 1")
def test_soft(student: Student, rng: Inputs) -> None:
    Y = rng.normal(3, 4)
    close(student.soft(Y), torch.softmax(Y, 1), "the softmax")


counter = exercise("9.4", ["Counter"], 2)


@counter.test("counts")
def test_counter(student: Student) -> None:
    mine, other = student.Counter(torch.zeros(2)), student.Counter(torch.zeros(2))
    *_, [total] = in_turn(
        *[(mine, "method", "add", torch.ones(2))] * 3, (mine, "getattrs", "total")
    )
    close(total, 3 * torch.ones(2), "the total")
    close(other.total, torch.zeros(2), "the other's total")


@counter.test("starts anywhere", hidden=True)
def test_counter_start(student: Student, rng: Inputs) -> None:
    start = rng.normal(2)
    close(student.Counter(start).total, start, "the total")


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

"""Exercise 6.1: the number of places of a filter, as torch's convolution has it."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from course_dl.lab import Exercise, Inputs, Student, integer

output_size = Exercise(
    "6.1",
    ["output_size"],
    points=1,
    difficulty=1,
    minutes=10,
    answers=["course_dl.convolution"],
    hints=[
        "Draw a row of 7 pixels and a filter of 3, and count its places: with a stride of 1, then "
        "of 2. What does padding change?",
        "The first place of the filter begins at pixel 0, the last one can begin at pixel "
        "n + 2 * padding - kernel. How many steps of `stride` lie between?",
        "(n + 2 * padding - kernel) // stride + 1; // rounds down.",
    ],
)


@output_size.test("one pixel at a time, without padding")
def test_output_size_plain(student: Student) -> None:
    check_sizes(student, (7, 3, 1, 0), (28, 5, 1, 0), (10, 1, 1, 0), (6, 2, 1, 0))
    for case in [(28, 5), (32, 3)]:
        call = f"output_size({case[0]}, {case[1]})"
        integer(student.output_size(*case), case[0] - case[1] + 1, "The number of places", call)


@output_size.test("strides, with and without a rest")
def test_output_size_strides(student: Student) -> None:
    check_sizes(student, (7, 3, 2, 0), (8, 3, 2, 0), (28, 2, 2, 0), (10, 3, 3, 0), (11, 3, 3, 0))


@output_size.test("padding")
def test_output_size_padding(student: Student) -> None:
    check_sizes(student, (28, 5, 1, 2), (28, 3, 1, 1), (7, 3, 2, 1), (8, 3, 2, 1), (5, 5, 3, 4))
    got = student.output_size(9, 4, padding=2, stride=3)
    integer(got, 4, "The number of places", "output_size(9, 4, padding=2, stride=3)")


@output_size.test("a filter as large as the image")
def test_output_size_whole_image(student: Student) -> None:
    check_sizes(student, (5, 5, 1, 0), (28, 28, 3, 0), (1, 1, 1, 0), (3, 5, 2, 1), (4, 4, 7, 0))


@output_size.test("any sizes", hidden=True)
def test_output_size_any(student: Student, rng: Inputs) -> None:
    cases: list[tuple[int, int, int, int]] = []
    while len(cases) < 40:
        n, kernel, stride, padding = (int(rng.integers(low, 12, 1)) for low in (1, 1, 1, 0))
        if kernel <= n + 2 * padding:
            cases.append((n, kernel, stride, padding))
    check_sizes(student, *cases)
    check_sizes(student, (224, 7, 2, 3), (227, 11, 4, 0), (1000, 7, 5, 2))


def check_sizes(student: Student, *cases: tuple[int, int, int, int]) -> None:
    got = [student.output_size(*case) for case in cases]
    for size, (n, kernel, stride, padding) in zip(got, cases, strict=True):
        row = torch.zeros(1, 1, n + 2 * padding)
        truth = F.conv1d(row, torch.zeros(1, 1, kernel), stride=stride).shape[2]
        call = f"output_size({n}, {kernel}, {stride}, {padding})"
        integer(size, truth, "The number of places", call)

"""Exercise 4.7: sums of gradients, in new tensors."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from course_dl.lab import Exercise, Inputs, Student, close_all

from .shared import DTYPES

accumulate = Exercise(
    "4.7",
    ["accumulate"],
    points=1,
    difficulty=1,
    minutes=5,
    hints=[
        "Go through both lists side by side: zip(total, new).",
        "t + n makes a new tensor; t += n changes the one that your caller still holds.",
        "[t + n for t, n in zip(total, new)]",
    ],
)


@accumulate.test("a list of sums")
def test_accumulate_sums(student: Student, rng: Inputs) -> None:
    check_sums(student, [(tensors(rng, SHAPES, t), tensors(rng, SHAPES, t)) for t in DTYPES])


@accumulate.test("again and again, from zeros")
def test_accumulate_repeatedly(student: Student, rng: Inputs) -> None:
    total = [torch.zeros(rng.sizes(*shape), dtype=torch.float64) for shape in SHAPES]
    given = [tensors(rng, SHAPES, torch.float64) for _ in range(3)]
    for new in given:
        total = student.accumulate(total, new)
    expected = [torch.stack(of_layer).sum(0) for of_layer in zip(*given, strict=True)]
    close_all(total, expected, "sum")


@accumulate.test("a list of one tensor, tensors of one shape", hidden=True)
def test_accumulate_shapes(student: Student, rng: Inputs) -> None:
    lists: list[list[tuple[int, ...]]] = [[(4, 3)], [(2, 2)] * 3, [(), (5,)], [(2, 3, 4), (1, 1)]]
    pairs = [tuple(tensors(rng, shapes, torch.float64) for _ in range(2)) for shapes in lists]
    check_sums(student, [(first, second) for first, second in pairs])


SHAPES: list[tuple[int, ...]] = [(3, 2), (3,), (1, 3), (1,)]


def check_sums(student: Student, pairs: Sequence[tuple[list[Tensor], list[Tensor]]]) -> None:
    for pair, got in zip(pairs, student.accumulate.each(pairs), strict=True):
        close_all(
            got, [torch.stack(of_layer).sum(0) for of_layer in zip(*pair, strict=True)], "sum"
        )


def tensors(rng: Inputs, shapes: Sequence[tuple[int, ...]], dtype: torch.dtype) -> list[Tensor]:
    return [rng.normal(*rng.sizes(*shape), dtype=dtype) for shape in shapes]

"""Exercise 7.1: what an entry of the last map sees, as the gradient of torch's convolution says."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from course_dl.lab import Exercise, Inputs, Student, integer

receptive_field = Exercise(
    "7.1",
    ["receptive_field"],
    points=2,
    difficulty=1,
    minutes=15,
    answers=["course_dl.residual"],
    hints=[
        "One layer of 3 x 3 sees 3 pixels along a row, two of them see 5. Draw it. And what does a "
        "second layer see if the first one had a stride of 2?",
        "Two neighbours in a map are as many pixels apart as the strides of all layers *before* "
        "say, multiplied. A kernel of k reaches over k - 1 such steps.",
        "Go through the layers with side, step = 1, 1: side += (kernel - 1) * step, and then "
        "step *= stride.",
    ],
)

Layers = list[tuple[int, int]]


@receptive_field.test("one layer, and layers with a stride of 1")
def test_receptive_field_plain(student: Student) -> None:
    check_fields(student, [(3, 1)], [(5, 1)], [(3, 1), (3, 1)], [(3, 1), (3, 1), (3, 1)])
    check_fields(student, [(5, 1), (3, 1), (1, 1)], [(1, 1)])


@receptive_field.test("strides")
def test_receptive_field_strides(student: Student) -> None:
    check_fields(student, [(3, 2)], [(3, 2), (3, 1)], [(3, 1), (3, 2)], [(2, 2), (2, 2), (2, 2)])
    check_fields(student, [(5, 2), (3, 1), (3, 2), (3, 1)], [(7, 2), (3, 2), (3, 1), (5, 3)])


@receptive_field.test("strides larger than the kernel, which leave holes")
def test_receptive_field_holes(student: Student) -> None:
    check_fields(student, [(1, 2), (3, 1)], [(2, 3), (2, 1)], [(4, 4), (3, 1), (3, 1)])


@receptive_field.test("no layer, and many", hidden=True)
def test_receptive_field_extremes(student: Student) -> None:
    check_fields(student, [], [(3, 1)] * 20, [(4, 4), *[(3, 1)] * 18], [(1, 3), (1, 2)])


@receptive_field.test("any layers", hidden=True)
def test_receptive_field_any(student: Student, rng: Inputs) -> None:
    cases: list[Layers] = []
    for _ in range(12):
        kernels, strides = rng.integers(1, 7, 4).tolist(), rng.integers(1, 4, 4).tolist()
        cases.append(list(zip(kernels, strides, strict=True))[: 1 + len(cases) % 4])
    check_fields(student, *cases)


def check_fields(student: Student, *cases: Layers) -> None:
    got = list(student.receptive_field.each([(layers,) for layers in cases]))
    for side, layers in zip(got, cases, strict=True):
        integer(side, field(layers), "The side", f"receptive_field({layers})")


def field(layers: Layers) -> int:
    """From the first to the last pixel of a row on which an entry's gradient is not 0."""
    row = torch.zeros(1, 1, 1500, dtype=torch.float64, requires_grad=True)
    out = row
    for kernel, stride in layers:
        out = F.conv1d(out, torch.ones(1, 1, kernel, dtype=torch.float64), stride=stride)
    (gradient,) = torch.autograd.grad(out[0, 0, 0], row)
    seen = gradient[0, 0].nonzero()
    return int(seen.max() - seen.min()) + 1

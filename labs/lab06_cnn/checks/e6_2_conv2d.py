"""Exercise 6.2: convolution by loops, compared with torch's."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from course_dl.lab import Exercise, Inputs, Student, close

from .shared import CONVOLUTIONS, FLOAT32, FLOAT64, check_convolution

conv2d = Exercise(
    "6.2",
    ["conv2d"],
    points=3,
    difficulty=2,
    minutes=25,
    library=CONVOLUTIONS,
    answers=["course_dl.convolution"],
    hints=[
        "Start with one filter and no padding: two loops over the places (i, j) of the output. "
        "Which part of the image does the filter lie on there?",
        "The patch is x[:, i * stride : i * stride + k, j * stride : j * stride + k], of all "
        "channels; multiply it with the filter entry by entry, add up, add the bias.",
        "F.pad(x, (padding,) * 4) first. All filters at once: out[:, i, j] = (w * patch)"
        ".sum((1, 2, 3)) + b. torch.empty and torch.zeros need dtype=x.dtype.",
    ],
)


@conv2d.test("one filter on one channel, by hand")
def test_conv2d_by_hand(student: Student) -> None:
    x = torch.arange(12.0).view(1, 3, 4)
    x[0, 1, 1] = -1.0
    w = torch.tensor([[[[1.0, 2.0], [0.0, -1.0]]]])
    got = student.conv2d(x, w, torch.tensor([0.5]))
    # the entry at the top left: 1 * 0 + 2 * 1 + 0 * 4 - 1 * -1 + 0.5
    truth = torch.tensor([[[3.5, -0.5, 1.5], [-6.5, 1.5, 9.5]]])
    close(got, truth, "the output")


@conv2d.test("a filter is laid on the image as it is")
def test_conv2d_impulse(student: Student, rng: Inputs) -> None:
    # An image that is the filter: the largest response is its energy, in the middle.
    w = rng.normal(1, 1, *rng.sizes(3, 3, at_least=2))
    x = F.pad(w[0], rng.simpler((2, 2, 2, 2), (1, 0, 1, 0)))
    got = student.conv2d(x, w, torch.zeros(1, dtype=FLOAT64))
    close(got, F.conv2d(x[None], w)[0], "the output for an image of the filter itself")


@conv2d.test("several channels, several filters, images that are not square")
def test_conv2d_channels(student: Student, rng: Inputs) -> None:
    cases = [(1, 3, 6, 6, 3, 3, 1, 0), (1, 2, 5, 8, 4, 3, 1, 0), (1, 4, 7, 4, 2, 2, 1, 0)]
    check_convolution(student, rng, "conv2d", cases)
    check_convolution(student, rng, "conv2d", cases[1:2], FLOAT32)


@conv2d.test("stride and padding")
def test_conv2d_steps(student: Student, rng: Inputs) -> None:
    cases = [
        (1, 2, 7, 9, 3, 3, 2, 0),
        (1, 1, 5, 6, 2, 3, 1, 1),
        (1, 2, 8, 6, 2, 3, 2, 1),
        (1, 1, 6, 5, 1, 2, 3, 2),
    ]
    check_convolution(student, rng, "conv2d", cases)
    check_convolution(student, rng, "conv2d", cases[2:3], FLOAT32)


@conv2d.test("one pixel, and a filter as large as the image", hidden=True)
def test_conv2d_small(student: Student, rng: Inputs) -> None:
    cases = [
        (1, 3, 4, 6, 2, 1, 1, 0),
        (1, 2, 4, 4, 3, 4, 1, 0),
        (1, 1, 1, 1, 1, 1, 1, 0),
        (1, 2, 1, 3, 2, 3, 1, 1),
    ]
    for dtype in (FLOAT64, FLOAT32):
        check_convolution(student, rng, "conv2d", cases, dtype)


@conv2d.test("larger strides, wider margins", hidden=True)
def test_conv2d_wide(student: Student, rng: Inputs) -> None:
    cases = [
        (1, 2, 9, 6, 2, 2, 4, 0),
        (1, 1, 4, 7, 3, 3, 2, 3),
        (1, 3, 6, 9, 5, 5, 3, 2),
        (1, 5, 6, 7, 1, 4, 2, 1),
    ]
    check_convolution(student, rng, "conv2d", cases)

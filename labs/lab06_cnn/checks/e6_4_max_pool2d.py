"""Exercise 6.4: pooling, compared with torch's."""

from __future__ import annotations

from math import prod

import torch
from torch import Tensor
from torch.nn import functional as F

from course_dl.lab import Exercise, Inputs, Student, about, close

from .shared import FLOAT32, FLOAT64

POOLS = (
    "max_pool2d",
    "max_pool2d_with_indices",
    "adaptive_max_pool2d",
    "adaptive_max_pool2d_with_indices",
    "fractional_max_pool2d",
    "fractional_max_pool2d_with_indices",
    "max_pool3d",
    "max_pool3d_with_indices",
    "adaptive_max_pool3d",
    "adaptive_max_pool3d_with_indices",
    "mkldnn_max_pool2d",
)

max_pool2d = Exercise(
    "6.4",
    ["max_pool2d"],
    points=2,
    difficulty=2,
    minutes=15,
    library=POOLS,
    answers=["course_dl.convolution"],
    hints=[
        "There are H // k times W // k windows; cut off the rows and columns that do not fill one.",
        "reshape can split an axis: H rows become H // k groups of k rows. With both axes split, "
        "the windows lie along axes 3 and 5 of (N, C, H // k, k, W // k, k).",
        "x[:, :, :h*k, :w*k].reshape(N, C, h, k, w, k).amax((3, 5)) with h, w = H // k, W // k.",
    ],
)


@max_pool2d.test("windows side by side")
def test_max_pool2d_even(student: Student, rng: Inputs) -> None:
    for usual in (2, 3):
        shape, k = sizes_of(rng, (1, 1, 6, 6), usual)
        check_pool(student, (rng.permutation(prod(shape)).double().view(shape), k))
    check_pool(student, image(rng, (3, 2, 4, 6), 2), image(rng, (2, 5, 8, 4), 4))
    check_pool(student, image(rng, (2, 3, 6, 4), 2, FLOAT32))


@max_pool2d.test("pixels below 0")
def test_max_pool2d_negative(student: Student, rng: Inputs) -> None:
    (two, k), (three, j) = (image(rng, (2, 2, 6, 6), k) for k in (2, 3))
    check_pool(student, (-1 - two.abs(), k), (-3 - three.abs(), j))


@max_pool2d.test("rows and columns that fill no window are left out")
def test_max_pool2d_odd(student: Student, rng: Inputs) -> None:
    cases = [(5, 5, 2), (7, 4, 2), (4, 7, 3), (8, 10, 3)]
    check_pool(student, *(image(rng, (2, 3, H, W), k) for H, W, k in cases))


@max_pool2d.test("windows of one pixel, and one window", hidden=True)
def test_max_pool2d_extremes(student: Student, rng: Inputs) -> None:
    x = rng.normal(2, 3, 4, 4)
    check_pool(student, (x, 1), (x, 4), (rng.normal(1, 1, 1, 1), 1), (rng.normal(3, 1, 5, 7), 4))


@max_pool2d.test("larger images, float32, scores of 1e4", hidden=True)
def test_max_pool2d_large(student: Student, rng: Inputs) -> None:
    x = rng.normal(4, 6, 28, 27, dtype=FLOAT32)
    check_pool(student, (x, 2), (1e4 * x - 2e4, 2), (x, 5), (x - 10, 3))


Shape = tuple[int, int, int, int]

# In a simple case: windows of one pixel; one or two of 2 x 2; one of 2 x 2 in several images, or
# channels. No image has more than 12 pixels.
SIMPLE = {1: (1, 2, 2), 2: (2, 1, 2), 3: (2, 1, 1)}  # k, and the number of windows


def sizes_of(rng: Inputs, shape: Shape, k: int) -> tuple[Shape, int]:
    """The shape of images, and k; in a simple case fewer ones, of fewer windows."""
    N, C, H, W = shape
    (most,) = rng.sizes(4)
    if most not in SIMPLE:
        return shape, k
    side, h, w = SIMPLE[most]
    side = min(side, k)
    rest = [min(n % k, side - 1) for n in (H, W)]
    h, w = min(h, H // k), 1 if any(rest) else min(w, W // k)
    n, c = (min(N, 3), 1) if N >= C else (1, min(C, 3))
    n, c = (n, c) if most == 3 and not any(rest) else (1, 1)
    return (n, c, h * side + rest[0], w * side + rest[1]), side


def image(rng: Inputs, shape: Shape, k: int, dtype: torch.dtype = FLOAT64) -> tuple[Tensor, int]:
    """Random images, and k."""
    shape, k = sizes_of(rng, shape, k)
    return rng.normal(*shape, dtype=dtype), k


def check_pool(student: Student, *cases: tuple[Tensor, int]) -> None:
    results = [student.max_pool2d(x, k) for x, k in cases]
    calls = student.calls[-len(cases) :]
    for got, (x, k), call in zip(results, cases, calls, strict=True):
        H, W = x.shape[2:]
        with about(call):
            close(got, F.max_pool2d(x, k), f"the output for {H} x {W} pixels and k = {k}")

"""Exercise 6.4: pooling, compared with torch's."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from course_dl.lab import Exercise, Inputs, Student, close

from .shared import FLOAT32, FLOAT64, about

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
    for k in (2, 3):
        h, w = rng.sizes(6 // k, 6 // k)
        check_pool(student, (rng.permutation(h * w * k * k).double().view(1, 1, h * k, w * k), k))
    check_pool(student, image(rng, (3, 2, 4, 6), 2), image(rng, (2, 5, 8, 4), 4))
    check_pool(student, image(rng, (2, 3, 6, 4), 2, FLOAT32))


@max_pool2d.test("pixels below 0")
def test_max_pool2d_negative(student: Student, rng: Inputs) -> None:
    two, three = (image(rng, (2, 2, 6, 6), k)[0].abs() for k in (2, 3))
    check_pool(student, (-1 - two, 2), (-3 - three, 3))


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


def image(
    rng: Inputs, shape: tuple[int, int, int, int], k: int, dtype: torch.dtype = FLOAT64
) -> tuple[Tensor, int]:
    """Images of this shape, and k; in a simple case fewer ones, of fewer windows."""
    N, C, H, W = shape
    n, c, h, w = rng.sizes(N, C, H // k, W // k)
    return rng.normal(n, c, h * k + H % k, w * k + W % k, dtype=dtype), k


def check_pool(student: Student, *cases: tuple[Tensor, int]) -> None:
    results = [student.max_pool2d(x, k) for x, k in cases]
    calls = student.calls[-len(cases) :]
    for got, (x, k), call in zip(results, cases, calls, strict=True):
        H, W = x.shape[2:]
        with about(call):
            close(got, F.max_pool2d(x, k), f"the output for {H} x {W} pixels and k = {k}")

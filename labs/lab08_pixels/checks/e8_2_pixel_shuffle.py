"""Exercise 8.2: channels become pixels, compared with torch's, and its way back."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch.nn import functional as F

from course_dl.lab import Exercise, Inputs, Student, about, close, shaped

from .shared import FLOAT32, FLOAT64

pixel_shuffle = Exercise(
    "8.2",
    ["pixel_shuffle"],
    points=2,
    difficulty=2,
    minutes=15,
    library=["pixel_shuffle"],
    hints=[
        "Take r = 2 and C = 1: four small images become one large one. Which of the four does the "
        "pixel at the top left come from, which its neighbours to the right and below?",
        "The channel c r^2 + p r + q goes to the rows p, p + r, p + 2 r, ... and the columns q, "
        "q + r, ... of image c. Two loops over p and q with out[:, :, p::r, q::r], or one permute.",
        "x.reshape(N, C, r, r, H, W) has the axes n, c, p, q, i, j. In the result i stands before "
        "p, and j before q: permute, and then reshape.",
    ],
)

Case = tuple[int, int, int, int, int]  # N, C, H, W, r


@pixel_shuffle.test("four pixels, by hand")
def test_pixel_shuffle_by_hand(student: Student) -> None:
    x = torch.tensor([1.0, 2.0, 3.0, 4.0]).view(1, 4, 1, 1)
    close(student.pixel_shuffle(x, 2), torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]]), "the output")


@pixel_shuffle.test("one channel in the end")
def test_pixel_shuffle_one(student: Student, rng: Inputs) -> None:
    check_shuffle(student, rng, [(1, 1, 1, 2, 2), (1, 1, 3, 2, 2), (2, 1, 2, 2, 3)])


@pixel_shuffle.test("several channels, images that are not square")
def test_pixel_shuffle_channels(student: Student, rng: Inputs) -> None:
    cases = [(1, 2, 1, 1, 2), (2, 3, 2, 3, 2), (1, 2, 3, 1, 3)]
    check_shuffle(student, rng, cases)
    check_shuffle(student, rng, cases[1:2], FLOAT32)


@pixel_shuffle.test("pixel_unshuffle leads back")
def test_pixel_shuffle_back(student: Student, rng: Inputs) -> None:
    N, C, H, W = rng.sizes(2, 2, 2, 3)
    x = rng.normal(N, 4 * C, H, W)
    got = shaped(student.pixel_shuffle(x, 2), (N, C, 2 * H, 2 * W), FLOAT64, "the output")
    close(F.pixel_unshuffle(got.detach(), 2), x, "what F.pixel_unshuffle makes of the output")


@pixel_shuffle.test("r = 1, one pixel, larger r and images", hidden=True)
def test_pixel_shuffle_extremes(student: Student, rng: Inputs) -> None:
    cases = [(2, 3, 2, 4, 1), (1, 1, 1, 1, 5), (3, 4, 1, 1, 2), (2, 2, 5, 7, 4), (1, 5, 6, 5, 2)]
    for dtype in (FLOAT64, FLOAT32):
        check_shuffle(student, rng, cases, dtype)


def check_shuffle(
    student: Student, rng: Inputs, cases: Sequence[Case], dtype: torch.dtype = FLOAT64
) -> None:
    """Numbers that all differ: where one is in the wrong place, another is too."""
    given = []
    for case in cases:
        N, C, H, W = rng.sizes(*case[:4])
        (r,) = rng.sizes(case[4], at_least=min(case[4], 2))
        given.append((rng.normal(N, C * r * r, H, W, dtype=dtype), r))
    results = list(student.pixel_shuffle.each(given))
    calls = student.calls[-len(given) :]
    for got, (x, r), call in zip(results, given, calls, strict=True):
        with about(call):
            close(got, F.pixel_shuffle(x, r), f"the output for r = {r}")

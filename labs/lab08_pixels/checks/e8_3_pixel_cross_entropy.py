"""Exercise 8.3: cross-entropy at each pixel, compared with torch's."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch.nn import functional as F

from course_dl.lab import CROSS_ENTROPY, Exercise, Inputs, Student, about, close

from .shared import DTYPES, FLOAT32, FLOAT64, Shape, label_map, sized

pixel_cross_entropy = Exercise(
    "8.3",
    ["pixel_cross_entropy"],
    points=2,
    difficulty=2,
    minutes=15,
    library=CROSS_ENTROPY,
    answers=["course_dl.losses"],
    hints=[
        "At one pixel this is exercise 2.9: scores[n, :, i, j] are the K scores, d[n, i, j] is the "
        "class. Which axis of scores do softmax and sum go along?",
        "torch.logsumexp(scores, dim=1) is (N, H, W), and safe where scores are large. For y_d, "
        "gather needs an index with as many axes as scores: d[:, None] is (N, 1, H, W).",
        "scores.gather(1, d[:, None])[:, 0] has the scores of the right classes, (N, H, W).",
    ],
)


@pixel_cross_entropy.test("two pixels, by hand")
def test_pixel_cross_entropy_by_hand(student: Student) -> None:
    # softmax gives 1/4, 1/2, 1/4 in the first pixel, and 1/8, 1/8, 3/4 in the second
    scores = torch.tensor([[[1.0, 1.0], [2.0, 1.0], [1.0, 6.0]]]).log().view(1, 3, 1, 2)
    got = student.pixel_cross_entropy(scores, torch.tensor([[[1, 0]]]))
    close(got, torch.tensor([[[2.0, 8.0]]]).log(), "the loss")


@pixel_cross_entropy.test("batches, images that are not square")
def test_pixel_cross_entropy_any(student: Student, rng: Inputs) -> None:
    shapes = [(1, 2, 2, 3), (2, 3, 1, 2), (3, 4, 3, 2)]
    check_losses(student, rng, shapes)
    check_losses(student, rng, shapes[1:], dtype=FLOAT32)


@pixel_cross_entropy.test("as many classes as columns, rows or images")
def test_pixel_cross_entropy_square(student: Student, rng: Inputs) -> None:
    check_losses(student, rng, [(1, 3, 2, 3), (2, 3, 3, 3), (2, 2, 2, 2)])


@pixel_cross_entropy.test("scores of 10,000")
def test_pixel_cross_entropy_large(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        check_losses(student, rng, [(2, 2, 1, 2), (2, 3, 2, 2)], scale=1e4, dtype=dtype)


@pixel_cross_entropy.test("its gradient, which is softmax minus one-hot")
def test_pixel_cross_entropy_gradient(student: Student, rng: Inputs) -> None:
    N, K, H, W = sized(rng, (2, 3, 2, 2), 2)
    scores, d = rng.normal(N, K, H, W), label_map(rng, N, H, W, K)
    (got,) = student.pixel_cross_entropy.gradient(scores, d)
    truth = scores.softmax(1) - F.one_hot(d, K).movedim(3, 1)
    close(got, truth, "the gradient of the sum")


@pixel_cross_entropy.test("one pixel, one class; scores far apart from pixel to pixel", hidden=True)
def test_pixel_cross_entropy_extremes(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        check_losses(student, rng, [(1, 5, 1, 1), (2, 1, 2, 3), (4, 2, 1, 1)], dtype=dtype)
        scores = rng.normal(2, 3, 2, 2, dtype=dtype)
        scores[0, :, 0, 0] += 1e4
        scores[1, :, 1, 1] -= 1e4
        d = label_map(rng, 2, 2, 2, 3)
        expected = F.cross_entropy(scores.double(), d, reduction="none").to(dtype)
        tolerance = 1e-9 if dtype is FLOAT64 else 2e-3  # 10,000 has three digits behind the point
        close(student.pixel_cross_entropy(scores, d), expected, "the loss", tolerance=tolerance)


@pixel_cross_entropy.test("larger images", hidden=True)
def test_pixel_cross_entropy_larger(student: Student, rng: Inputs) -> None:
    check_losses(student, rng, [(2, 11, 16, 12), (7, 7, 7, 7), (1, 4, 4, 5)])


def check_losses(
    student: Student,
    rng: Inputs,
    shapes: Sequence[Shape],
    scale: float = 1.0,
    dtype: torch.dtype = FLOAT64,
) -> None:
    given = []
    for shape in shapes:
        N, K, H, W = sized(rng, shape, 2)
        scores = scale * rng.normal(N, K, H, W, dtype=dtype)
        given.append((scores, label_map(rng, N, H, W, K)))
    results = list(student.pixel_cross_entropy.each(given))
    calls = student.calls[-len(given) :]
    for got, (scores, d), call in zip(results, given, calls, strict=True):
        with about(call):
            close(got, F.cross_entropy(scores, d, reduction="none"), "the loss")

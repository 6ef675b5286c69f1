"""Exercise 6.3: convolution by one matrix product, compared with torch's; no loop over pixels."""

from __future__ import annotations

from course_dl.lab import Exercise, Inputs, Student, require

from .shared import CONVOLUTIONS, FLOAT32, FLOAT64, check_convolution, filters

conv2d_unfold = Exercise(
    "6.3",
    ["conv2d_unfold"],
    points=3,
    difficulty=2,
    minutes=25,
    library=CONVOLUTIONS,
    answers=["course_dl.convolution"],
    hints=[
        "F.unfold(x, k, stride=stride, padding=padding) makes a column of each patch: print its "
        "shape for a small x. What is the shape of the filters as rows?",
        "w.reshape(M, -1) @ columns is (N, M, patches): matmul goes through the batch by itself. "
        "The bias has to stand beside the filters: b[:, None].",
        "The patches are in the order of the pixels of the output: .reshape(N, M, H', W'), with "
        "the two sizes from output_size.",
    ],
)


@conv2d_unfold.test("a batch of one image")
def test_conv2d_unfold_one(student: Student, rng: Inputs) -> None:
    cases = [(1, 1, 4, 4, 1, 3, 1, 0), (1, 3, 6, 6, 3, 3, 1, 0), (1, 2, 5, 8, 4, 2, 1, 0)]
    check_convolution(student, rng, "conv2d_unfold", cases)


@conv2d_unfold.test("batches, images that are not square")
def test_conv2d_unfold_batch(student: Student, rng: Inputs) -> None:
    cases = [(3, 2, 5, 8, 4, 3, 1, 0), (4, 3, 7, 5, 2, 2, 1, 0), (2, 1, 6, 6, 2, 3, 1, 0)]
    check_convolution(student, rng, "conv2d_unfold", cases)
    check_convolution(student, rng, "conv2d_unfold", cases[:1], FLOAT32)


@conv2d_unfold.test("stride and padding")
def test_conv2d_unfold_steps(student: Student, rng: Inputs) -> None:
    cases = [
        (2, 2, 7, 9, 3, 3, 2, 0),
        (3, 1, 5, 6, 2, 3, 1, 1),
        (2, 3, 8, 6, 2, 3, 2, 1),
        (1, 1, 6, 5, 1, 2, 3, 2),
    ]
    check_convolution(student, rng, "conv2d_unfold", cases)
    check_convolution(student, rng, "conv2d_unfold", cases[2:3], FLOAT32)


@conv2d_unfold.test("no loop over pixels")
def test_conv2d_unfold_no_loop(student: Student, rng: Inputs) -> None:
    w, b = filters(rng, 3, 2, 3, FLOAT64)
    counts = {}
    for size in (5, 17):
        x = rng.normal(2, 2, size, size + 1)
        counts[size] = student.conv2d_unfold.operations(x, w, b, 1, 1)
    require(
        counts[17] < 1.5 * counts[5] + 100,
        "The work grows with the size of the image: there is a loop over its pixels, or over its "
        "rows. One matrix product can do all of them.",
        *((f"Operations for {n} x {n + 1} pixels", f"{count:,}") for n, count in counts.items()),
    )


@conv2d_unfold.test("one pixel, one filter, one channel", hidden=True)
def test_conv2d_unfold_small(student: Student, rng: Inputs) -> None:
    cases = [
        (3, 3, 4, 6, 2, 1, 1, 0),
        (2, 2, 4, 4, 3, 4, 1, 0),
        (1, 1, 1, 1, 1, 1, 1, 0),
        (5, 1, 6, 4, 1, 3, 1, 0),
    ]
    for dtype in (FLOAT64, FLOAT32):
        check_convolution(student, rng, "conv2d_unfold", cases, dtype)


@conv2d_unfold.test("larger strides, wider margins, a larger image", hidden=True)
def test_conv2d_unfold_wide(student: Student, rng: Inputs) -> None:
    cases = [
        (2, 2, 9, 6, 2, 2, 4, 0),
        (2, 1, 4, 7, 3, 3, 2, 3),
        (4, 3, 6, 9, 5, 5, 3, 2),
        (2, 4, 28, 20, 6, 5, 1, 2),
    ]
    check_convolution(student, rng, "conv2d_unfold", cases)

"""Exercise 6.7: the way back through a convolution, compared with autograd's."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from course_dl.lab import Exercise, Inputs, Student, about, close, unpack

from .shared import FLOAT32, FLOAT64, Case, describe, filters, sizes_of

conv2d_backward = Exercise(
    "6.7",
    ["conv2d_backward"],
    points=4,
    difficulty=3,
    minutes=40,
    autograd=False,
    library=("convolution_backward", "conv2d_input", "conv2d_weight"),
    answers=["course_dl.convolution"],
    hints=[
        "out = w_rows columns + b is a linear layer whose samples are patches: lab 4 gives the "
        "gradients of w_rows, b and the columns, all from delta = grad_out.flatten(2).",
        "That of w_rows is delta columns^T, summed over the images; grad_b is the sum of delta "
        "over images and places. That of columns is w_rows^T delta: which pixel has which entry?",
        "A pixel is in several patches and collects from all: F.fold(grad_columns, (H, W), k, "
        "stride=stride, padding=padding) is the way back of F.unfold. "
        "torch.einsum('nmp,ncp->mc', delta, columns) is the sum for w_rows.",
    ],
)


@conv2d_backward.test("one image, one filter")
def test_conv2d_backward_one(student: Student, rng: Inputs) -> None:
    check_backward(student, rng, [(1, 1, 4, 4, 1, 3, 1, 0), (1, 1, 5, 5, 1, 2, 1, 0)])


@conv2d_backward.test("batches, channels, images that are not square")
def test_conv2d_backward_batch(student: Student, rng: Inputs) -> None:
    cases = [(2, 3, 6, 6, 3, 3, 1, 0), (3, 2, 5, 7, 4, 3, 1, 0), (2, 4, 6, 4, 2, 2, 1, 0)]
    check_backward(student, rng, cases)
    check_backward(student, rng, cases[1:2], FLOAT32)


@conv2d_backward.test("padding")
def test_conv2d_backward_padding(student: Student, rng: Inputs) -> None:
    check_backward(student, rng, [(2, 2, 5, 6, 3, 3, 1, 1), (1, 1, 4, 3, 2, 2, 1, 2)])


@conv2d_backward.test("strides; pixels that no filter reaches get 0")
def test_conv2d_backward_stride(student: Student, rng: Inputs) -> None:
    cases = [(2, 2, 7, 5, 3, 3, 2, 0), (1, 2, 6, 8, 2, 3, 2, 0), (2, 1, 7, 8, 2, 2, 3, 0)]
    check_backward(student, rng, cases)


@conv2d_backward.test("stride and padding together")
def test_conv2d_backward_both(student: Student, rng: Inputs) -> None:
    cases = [(2, 2, 6, 7, 3, 3, 2, 1), (1, 3, 8, 5, 2, 3, 3, 2)]
    check_backward(student, rng, cases)
    check_backward(student, rng, cases[:1], FLOAT32)


@conv2d_backward.test("filters of one pixel, or as large as the image", hidden=True)
def test_conv2d_backward_small(student: Student, rng: Inputs) -> None:
    cases = [
        (2, 3, 4, 5, 2, 1, 1, 0),
        (3, 2, 4, 4, 3, 4, 1, 0),
        (1, 1, 1, 1, 1, 1, 1, 0),
        (2, 2, 5, 4, 1, 1, 2, 0),
    ]
    for dtype in (FLOAT64, FLOAT32):
        check_backward(student, rng, cases, dtype)


@conv2d_backward.test("larger strides, wider margins, more filters", hidden=True)
def test_conv2d_backward_wide(student: Student, rng: Inputs) -> None:
    cases = [
        (2, 2, 9, 6, 2, 2, 4, 1),
        (2, 1, 4, 6, 3, 3, 2, 3),
        (3, 3, 7, 9, 8, 5, 3, 2),
        (4, 6, 8, 8, 5, 3, 1, 1),
    ]
    check_backward(student, rng, cases)


def check_backward(
    student: Student, rng: Inputs, cases: list[Case], dtype: torch.dtype = FLOAT64
) -> None:
    given, results = [], []
    cases = [sizes_of(rng, case) for case in cases]
    for N, C, H, W, M, k, stride, padding in cases:
        x, (w, b) = rng.normal(N, C, H, W, dtype=dtype), filters(rng, M, C, k, dtype)
        leaves = [t.clone().requires_grad_() for t in (x, w, b)]
        out = F.conv2d(leaves[0], leaves[1], leaves[2], stride, padding)
        grad_out = rng.normal(*out.shape, dtype=dtype)
        given.append(torch.autograd.grad(out, leaves, grad_out))
        steps = {} if (stride, padding) == (1, 0) else {"stride": stride, "padding": padding}
        results.append(student.conv2d_backward(grad_out, x, w, **steps))
    names = "grad_x, grad_w, grad_b"
    calls = student.calls[-len(cases) :]
    for got, truth, case, call in zip(results, given, cases, calls, strict=True):
        of = describe(*case[2:4], *case[5:])
        with about(call):
            answers = unpack(got, names)
            for answer, right, name in zip(answers, truth, names.split(", "), strict=True):
                close(answer, right, f"{name} {of}")

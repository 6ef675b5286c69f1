"""Exercise 8.1: the transposed convolution, compared with torch's, and the adjoint of 6.2's."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from course_dl.lab import Exercise, Inputs, Student, about, close, require, shaped

from .shared import FLOAT32, FLOAT64

# A convolution itself is a tool here, F.conv2d with zeros between the pixels. "convolution" is the
# operation below it, which is transposed by a flag.
TRANSPOSED = (
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
    "convolution",
    "cudnn_convolution_transpose",
    "slow_conv_transpose2d",
    "slow_conv_transpose3d",
    "convolution_backward",
    "slow_conv2d_backward",
    "conv2d_input",
)

conv_transpose2d = Exercise(
    "8.1",
    ["conv_transpose2d"],
    points=3,
    difficulty=2,
    minutes=25,
    autograd=False,
    library=TRANSPOSED,
    answers=["course_dl.segmentation"],
    hints=[
        "Begin with one channel, stride 1 and no padding. A single pixel of x becomes a k x k "
        "patch: the filter times that pixel. Draw where the patches of two neighbours lie.",
        "An output of zeros, (H - 1) stride + k rows, in which the pixel (i, j) adds its patch to "
        "out[:, :, i * stride : i * stride + k, j * stride : j * stride + k]. With channels: "
        "torch.einsum('nc,cmpq->nmpq', x[:, :, i, j], w).",
        "Padding at last: of the finished sum keep rows padding to height - padding, columns too "
        "(a slice [padding:-padding] is empty where padding is 0), and then add b[:, None, None].",
    ],
)

Case = tuple[int, int, int, int, int, int, int, int]  # N, C, H, W, M, k, stride, padding


@conv_transpose2d.test("one channel, by hand")
def test_conv_transpose2d_by_hand(student: Student) -> None:
    x = torch.tensor([[[[1.0, 2.0]]]])
    w = torch.tensor([[[[1.0, -1.0], [3.0, 0.5]]]])
    got = student.conv_transpose2d(x, w, torch.tensor([10.0]))
    # in the middle two patches meet: -1 * 1 + 1 * 2 and 0.5 * 1 + 3 * 2
    close(got, torch.tensor([[[[11.0, 11.0, 8.0], [13.0, 16.5, 11.0]]]]), "the output")


@conv_transpose2d.test("a single pixel lays down the filter as it is")
def test_conv_transpose2d_pixel(student: Student, rng: Inputs) -> None:
    (C, M), (most,) = rng.sizes(2, 2), rng.sizes(4)
    k = {1: 2, 2: 1}.get(most, 3)
    w, none = rng.normal(C, M, k, k), torch.zeros(M, dtype=FLOAT64)
    for c in range(C):
        x = torch.zeros(1, C, 1, 1, dtype=FLOAT64)
        x[0, c] = 1
        close(student.conv_transpose2d(x, w, none), w[c][None], f"the output for channel {c}")


@conv_transpose2d.test("patches that overlap; batches, channels, images that are not square")
def test_conv_transpose2d_channels(student: Student, rng: Inputs) -> None:
    cases = [(1, 1, 3, 3, 1, 3, 1, 0), (2, 3, 2, 4, 2, 2, 1, 0), (2, 2, 4, 3, 2, 3, 1, 0)]
    check_transposed(student, rng, cases)
    check_transposed(student, rng, cases[1:2], FLOAT32)


@conv_transpose2d.test("strides; where no patch lies there is the bias alone")
def test_conv_transpose2d_stride(student: Student, rng: Inputs) -> None:
    cases = [(1, 1, 2, 3, 1, 3, 2, 0), (2, 2, 3, 2, 3, 2, 2, 0), (1, 2, 2, 3, 1, 2, 3, 0)]
    check_transposed(student, rng, cases)


@conv_transpose2d.test("padding, which is cut off; as wide as the filter, too")
def test_conv_transpose2d_padding(student: Student, rng: Inputs) -> None:
    cases = [(1, 1, 2, 3, 1, 3, 1, 1), (2, 2, 3, 4, 3, 3, 1, 1), (1, 2, 6, 5, 1, 2, 1, 2)]
    check_transposed(student, rng, cases)


@conv_transpose2d.test("stride and padding together")
def test_conv_transpose2d_both(student: Student, rng: Inputs) -> None:
    cases = [(1, 2, 3, 4, 2, 3, 2, 1), (2, 1, 4, 2, 3, 4, 2, 1), (1, 2, 3, 2, 1, 5, 3, 2)]
    check_transposed(student, rng, cases)
    check_transposed(student, rng, cases[:1], FLOAT32)


@conv_transpose2d.test("the adjoint of exercise 6.2: <conv2d(u), x> = <u, conv_transpose2d(x)>")
def test_conv_transpose2d_adjoint(student: Student, rng: Inputs) -> None:
    check_adjoint(student, rng, [(1, 2, 3, 2, 3, 3, 1, 1), (2, 1, 2, 3, 2, 2, 2, 0)])


@conv_transpose2d.test("one pixel, filters of one pixel, larger images", hidden=True)
def test_conv_transpose2d_small(student: Student, rng: Inputs) -> None:
    cases = [
        (2, 3, 1, 1, 2, 4, 1, 0),
        (1, 2, 2, 3, 5, 1, 1, 0),
        (3, 1, 3, 2, 1, 1, 2, 0),
        (1, 4, 1, 4, 3, 3, 2, 1),
        (2, 2, 3, 4, 2, 5, 2, 2),
    ]
    check_transposed(student, rng, cases)
    check_transposed(student, rng, cases[:2], FLOAT32)


@conv_transpose2d.test("every stride and padding that fit two pixels", hidden=True)
def test_conv_transpose2d_every(student: Student, rng: Inputs) -> None:
    cases = [
        (1, 2, 2, 2, 1, k, stride, padding)
        for k, stride in [(1, 2), (2, 3), (3, 1), (3, 2)]
        for padding in range((stride + k + 1) // 2)
    ]
    check_adjoint(student, rng, cases[::2])
    check_transposed(student, rng, cases[1::2], tolerance=1e-12)


def sizes_of(rng: Inputs, case: Case) -> Case:
    """The case itself; in a simple case arrays of at most 12 entries."""
    N, C, H, _, M, k, stride, padding = case
    (most,) = rng.sizes(4)
    if most == 4 or padding >= k:
        return case
    if most == 2:  # several of all, of one pixel each
        return min(N, 3 - min(stride, 2)), min(C, 2), 1, 2, min(M, 2), 1, stride, 0
    if padding:
        return 1, 1, 1, 2, 1, 3, stride, 1
    H = 2 if stride == 1 and H > 1 else 1
    return 1, 1 if most == 1 else min(C, 2), H, 2, 1, 2, stride, 0


def describe(case: Case) -> str:
    H, W, _, k, stride, padding = case[2:]
    text = f"maps of {H} x {W}, filters of {k} x {k}"
    text += f", stride {stride}" * (stride != 1) + f", padding {padding}" * (padding != 0)
    return f"({text})"


Given = tuple[Tensor, Tensor, Tensor]


def outputs(student: Student, cases: Sequence[Case], given: Sequence[Given]) -> list[Tensor]:
    """All calls are made before any is judged: together they tell one mistake from another."""
    with student.together():
        recorded = []
        for (x, w, b), case in zip(given, cases, strict=True):
            stride, padding = case[6:]
            steps = {} if (stride, padding) == (1, 0) else {"stride": stride, "padding": padding}
            recorded.append(student.conv_transpose2d(x, w, b, **steps))
    return [one.value for one in recorded]


def inputs(rng: Inputs, case: Case, dtype: torch.dtype = FLOAT64) -> Given:
    N, C, H, W, M, k, _, _ = case
    x, w = rng.normal(N, C, H, W, dtype=dtype), rng.normal(C, M, k, k, dtype=dtype)
    return x, w, rng.normal(M, dtype=dtype)


def check_transposed(
    student: Student,
    rng: Inputs,
    cases: Sequence[Case],
    dtype: torch.dtype = FLOAT64,
    tolerance: float | None = None,
) -> None:
    cases = [sizes_of(rng, case) for case in cases]
    given = [inputs(rng, case, dtype) for case in cases]
    results = outputs(student, cases, given)
    calls = student.calls[-len(cases) :]
    for got, (x, w, b), case, call in zip(results, given, cases, calls, strict=True):
        truth = F.conv_transpose2d(x, w, b, stride=case[6], padding=case[7])
        with about(call):
            close(got, truth, f"the output {describe(case)}", tolerance=tolerance)


def check_adjoint(student: Student, rng: Inputs, cases: Sequence[Case]) -> None:
    """Without bias, the sum of u times the output is that of x times the convolution of u."""
    cases = [sizes_of(rng, case) for case in cases]
    given = [(x, w, torch.zeros_like(b)) for x, w, b in (inputs(rng, case) for case in cases)]
    results = outputs(student, cases, given)
    calls = student.calls[-len(cases) :]
    for got, (x, w, _), case, call in zip(results, given, cases, calls, strict=True):
        N, _, H, W, M, k, stride, padding = case
        shape = N, M, *((n - 1) * stride - 2 * padding + k for n in (H, W))
        u = rng.normal(*shape)
        with about(call):
            out = shaped(got, shape, FLOAT64, f"the output {describe(case)}").detach()
            left, right = (F.conv2d(u, w, stride=stride, padding=padding) * x).sum(), u * out
            size = float(right.abs().sum() + left.abs() + 1)
            require(
                abs(float(left - right.sum())) <= 1e-12 * size,
                f"The output is not the adjoint of the convolution {describe(case)}.",
                ("Sum of x times conv2d(u)", f"{float(left):.9g}"),
                ("Sum of u times your output", f"{float(right.sum()):.9g}"),
            )

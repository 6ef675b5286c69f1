"""Convolutions of random images, whole numbers, and random images, for the exercises of lab 6."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from course_dl.lab import Inputs, Student, about, close

FLOAT32, FLOAT64 = torch.float32, torch.float64
CONVOLUTIONS = ("conv2d", "conv3d", "convolution", "mkldnn_convolution", "thnn_conv2d")


Case = tuple[int, int, int, int, int, int, int, int]  # N, C, H, W, M, k, stride, padding


# In a simple case: filters of 2 x 2 on one channel; of one pixel, with several of all; of 2 x 2 on
# two channels. No array has more than 12 entries.
SIMPLE = {1: (2, 3, 3), 2: (1, 3, 1), 3: (2, 2, 3)}  # sides of the filter and the image


def sizes_of(rng: Inputs, case: Case) -> Case:
    """The case itself; in a simple case fewer of all, and images hardly larger than the filters."""
    N, C, H, W, M, k, stride, padding = case
    n, c, m = rng.sizes(N, C, M)
    (most,) = rng.sizes(4)
    if most not in SIMPLE:
        return case
    if most == 3:
        n, c, m = 1, min(C, 2), 1
    side, h, w = SIMPLE[most]
    if padding:  # it makes the image larger by 2: three rows of four
        h, w, padding = 1, 2, 1
    return n, c, min(h, H), min(w, W), m, min(side, k), stride, padding


def filters(rng: Inputs, M: int, C: int, k: int, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    return rng.normal(M, C, k, k, dtype=dtype), rng.normal(M, dtype=dtype)


def describe(H: int, W: int, k: int, stride: int, padding: int) -> str:
    text = f"image of {H} x {W}, filters of {k} x {k}"
    text += f", stride {stride}" * (stride != 1) + f", padding {padding}" * (padding != 0)
    return f"({text})"


def check_convolution(
    student: Student, rng: Inputs, name: str, cases: list[Case], dtype: torch.dtype = FLOAT64
) -> None:
    """All calls are made before any is judged: together they tell one mistake from another."""
    given, results = [], []
    cases = [sizes_of(rng, case) for case in cases]
    for N, C, H, W, M, k, stride, padding in cases:
        x, (w, b) = rng.normal(N, C, H, W, dtype=dtype), filters(rng, M, C, k, dtype)
        given.append((x, w, b))
        image = x[0] if name == "conv2d" else x
        steps = {} if (stride, padding) == (1, 0) else {"stride": stride, "padding": padding}
        results.append(getattr(student, name)(image, w, b, **steps))
    calls = student.calls[-len(cases) :]
    for got, (x, w, b), case, call in zip(results, given, cases, calls, strict=True):
        truth = F.conv2d(x, w, b, stride=case[6], padding=case[7])
        what = f"the output {describe(*case[2:4], *case[5:])}"
        with about(call):
            close(got, truth[0] if name == "conv2d" else truth, what)


def images(rng: Inputs, N: int) -> Tensor:
    return rng.normal(N, 1, 28, 28, dtype=FLOAT32)

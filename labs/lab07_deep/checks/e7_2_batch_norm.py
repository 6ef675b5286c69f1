"""Exercise 7.2: batch norm of a batch, compared with torch's."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from course_dl.lab import Exercise, Inputs, Student, about, close

from .shared import FLOAT32, FLOAT64, NORMS, Shape, maps, sized, vectors

batch_norm = Exercise(
    "7.2",
    ["batch_norm"],
    points=2,
    difficulty=2,
    minutes=15,
    library=NORMS,
    answers=["course_dl.residual"],
    hints=[
        "There is one mean for each channel. Over which of the axes of (N, C, H, W) is it taken?",
        "x.mean(dim=(0, 2, 3), keepdim=True) is (1, C, 1, 1), and fits x as it is. The variance "
        "is the mean of the squares of what is left: x.var(..., correction=0).",
        "gamma and beta have to stand along the channels: gamma[:, None, None] is (C, 1, 1). eps "
        "is added to the variance, under the root.",
    ],
)


@batch_norm.test("mean 0 and variance 1 in each channel")
def test_batch_norm_plain(student: Student, rng: Inputs) -> None:
    check_norm(student, rng, (3, 2, 1, 2), plain=True)
    check_norm(student, rng, (2, 3, 2, 2), plain=True)


@batch_norm.test("gamma and beta, a number for each channel")
def test_batch_norm_scaled(student: Student, rng: Inputs) -> None:
    check_norm(student, rng, (3, 2, 1, 2))
    check_norm(student, rng, (2, 3, 4, 3))  # W = C: along the wrong axis they would fit as well
    check_norm(student, rng, (2, 2, 3, 5), dtype=FLOAT32)


@batch_norm.test("eps, under the root")
def test_batch_norm_eps(student: Student, rng: Inputs) -> None:
    check_norm(student, rng, (3, 2, 1, 2), eps=0.5)
    check_norm(student, rng, (2, 3, 2, 1), eps=2.0)


@batch_norm.test("one image, one place, one channel, values that are all the same", hidden=True)
def test_batch_norm_extremes(student: Student, rng: Inputs) -> None:
    for shape in [(1, 3, 2, 2), (6, 2, 1, 1), (4, 1, 2, 3), (1, 1, 1, 2)]:
        for dtype in (FLOAT64, FLOAT32):
            check_norm(student, rng, shape, dtype=dtype)
    gamma, beta = vectors(rng, 2, 2)
    x = torch.ones(2, 2, 3, 3, dtype=FLOAT64)
    close(student.batch_norm(x, gamma, beta), beta[:, None, None].expand_as(x), "the output")


@batch_norm.test("larger maps, other sizes", hidden=True)
def test_batch_norm_large(student: Student, rng: Inputs) -> None:
    for shape in [(8, 5, 7, 7), (5, 5, 5, 5), (7, 7, 2, 3), (3, 4, 4, 2)]:
        check_norm(student, rng, shape, eps=0.1)


def check_norm(
    student: Student,
    rng: Inputs,
    shape: Shape,
    eps: float | None = None,
    plain: bool = False,
    dtype: torch.dtype = FLOAT64,
) -> None:
    shape = sized(rng, shape)
    x, (gamma, beta) = maps(rng, shape, dtype), vectors(rng, 2, shape[1], dtype)
    if plain:
        gamma, beta = torch.ones_like(gamma), torch.zeros_like(beta)
    given = {} if eps is None else {"eps": eps}
    got = student.batch_norm(x, gamma, beta, **given)
    with about(student.calls[-1]):
        close(got, true_norm(x, gamma, beta, **given), "the output")


def true_norm(
    x: torch.Tensor, gamma: torch.Tensor, beta: torch.Tensor, eps: float = 1e-5
) -> torch.Tensor:
    if x[:, 0].numel() == 1:  # torch does not take one value, whose variance is 0
        return beta[:, None, None].expand_as(x)
    return F.batch_norm(x, None, None, gamma, beta, training=True, eps=eps)

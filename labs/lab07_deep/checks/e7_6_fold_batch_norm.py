"""Exercise 7.6: a folded convolution does what convolution and norm do, as torch computes them."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from course_dl.lab import Exercise, Inputs, Student, about, close, unpack

from .shared import FLOAT32, FLOAT64, vectors

fold_batch_norm = Exercise(
    "7.6",
    ["fold_batch_norm"],
    points=2,
    difficulty=2,
    minutes=15,
    answers=["course_dl.residual"],
    hints=[
        "Write down what happens to one entry a of the convolution's output in channel m: first "
        "a = w_m * x + b_m, then the norm. Which number is x multiplied with, what is added?",
        "With s = gamma / sqrt(var + eps): s (w * x + b - mean) + beta. So each filter is "
        "multiplied by its s.",
        "s[:, None, None, None] * w, and s * (b - mean) + beta.",
    ],
)

Case = tuple[int, int, int]  # M, C, k


@fold_batch_norm.test("one filter, by hand")
def test_fold_batch_norm_by_hand(student: Student) -> None:
    one, w = torch.ones(1, dtype=FLOAT64), torch.tensor([[[[1.0, -2.0], [0.5, 4.0]]]]).double()
    # s = 3 / sqrt(3 + 1) = 1.5
    got = student.fold_batch_norm(w, 2 * one, 3 * one, 7 * one, 4 * one, 3 * one, 1.0)
    check_pair(got, 1.5 * w, torch.tensor([4.0], dtype=FLOAT64))


@fold_batch_norm.test("several filters and channels")
def test_fold_batch_norm_channels(student: Student, rng: Inputs) -> None:
    for case in [(3, 2, 1), (2, 3, 2)]:
        check_fold(student, rng, case)
    check_fold(student, rng, (2, 1, 2), dtype=FLOAT32)


@fold_batch_norm.test("as many filters as channels")
def test_fold_batch_norm_square(student: Student, rng: Inputs) -> None:
    check_fold(student, rng, (2, 2, 1))
    check_fold(student, rng, (3, 3, 3))


@fold_batch_norm.test("eps")
def test_fold_batch_norm_eps(student: Student, rng: Inputs) -> None:
    check_fold(student, rng, (2, 2, 1), eps=0.5)


@fold_batch_norm.test("the folded convolution is convolution and norm, on images", hidden=True)
def test_fold_batch_norm_images(student: Student, rng: Inputs) -> None:
    for M, C, k in [(4, 4, 3), (5, 2, 1), (1, 3, 2)]:
        w, (b, gamma, beta, mean, var) = numbers(rng, (M, C, k))
        x = rng.normal(2, C, 5, 4)
        got = student.fold_batch_norm(w, b, gamma, beta, mean, var, 0.01)
        w2, b2 = unpack(got, "w', b'")
        truth = F.batch_norm(F.conv2d(x, w, b), mean, var, gamma, beta, training=False, eps=0.01)
        check_pair(got, *truths(w, b, gamma, beta, mean, var, 0.01))
        close(F.conv2d(x, w2, b2), truth, "the output of the folded convolution")


@fold_batch_norm.test("other sizes, float32, filters of 5 x 5", hidden=True)
def test_fold_batch_norm_others(student: Student, rng: Inputs) -> None:
    for case in [(6, 1, 5), (1, 6, 1), (5, 5, 5), (3, 3, 3)]:
        for dtype in (FLOAT64, FLOAT32):
            check_fold(student, rng, case, eps=0.1, dtype=dtype)


Vectors = list[torch.Tensor]


def numbers(rng: Inputs, case: Case, dtype: torch.dtype = FLOAT64) -> tuple[torch.Tensor, Vectors]:
    """Filters, and b, gamma, beta, mean, var; no variance is near 0."""
    M, C, k = case
    w, given = rng.normal(M, C, k, k, dtype=dtype), vectors(rng, 5, M, dtype)
    given[4] = given[4].square() + 0.25
    return w, given


def check_fold(
    student: Student,
    rng: Inputs,
    case: Case,
    eps: float | None = None,
    dtype: torch.dtype = FLOAT64,
) -> None:
    M, C, k = rng.sizes(*case)
    w, given = numbers(rng, (M, C, k), dtype)
    steps = {} if eps is None else {"eps": eps}
    got = student.fold_batch_norm(w, *given, **steps)
    with about(student.calls[-1]):
        check_pair(got, *truths(w, *given, **steps))


def check_pair(got: object, w: torch.Tensor, b: torch.Tensor) -> None:
    w2, b2 = unpack(got, "w', b'")
    close(w2, w, "w'")
    close(b2, b, "b'")


def truths(
    w: torch.Tensor, *given: torch.Tensor, eps: float = 1e-5
) -> tuple[torch.Tensor, torch.Tensor]:
    """By asking: the norm of what 0 and what each filter's entries give."""
    b, gamma, beta, mean, var = given[:5]
    eps = float(given[5]) if len(given) > 5 else eps

    def norm(a: torch.Tensor) -> torch.Tensor:  # (n, M)
        return F.batch_norm(a, mean, var, gamma, beta, training=False, eps=eps)

    at_zero = norm(b[None])
    entries = norm(b + w.flatten(1).T) - at_zero  # (C k k, M)
    return entries.T.reshape(w.shape), at_zero[0]

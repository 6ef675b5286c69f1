"""Exercise 8.7: Wiener's filter, compared with the conditional mean of a joint Gaussian."""

from __future__ import annotations

import torch
from torch import Tensor

from course_dl.lab import Exercise, Inputs, Student, about, close

from .shared import FLOAT32, FLOAT64

wiener = Exercise(
    "8.7",
    ["wiener"],
    points=3,
    difficulty=2,
    minutes=20,
    answers=["course_dl.denoising"],
    hints=[
        "In one dimension, C a number: mean + C / (C + sigma^2) * (y - mean). What is left of the "
        "deviation from the mean if the noise is small, and if it is large?",
        "C may be singular, C + sigma^2 I is not: torch.eye(len(C), dtype=C.dtype) is I, and "
        "torch.linalg.solve(A, B) is A^-1 B without an inverse. Its B has a sample in each column.",
        "z = torch.linalg.solve(C + sigma**2 * I, (y - mean).T), (D, N); then mean + (C @ z).T.",
    ],
)


@wiener.test("one pixel, by hand")
def test_wiener_by_hand(student: Student) -> None:
    for dtype in (FLOAT64, FLOAT32):
        y, mean = torch.tensor([[10.0], [-6.0]], dtype=dtype), torch.tensor([2.0], dtype=dtype)
        got = student.wiener(y, mean, torch.tensor([[12.0]], dtype=dtype), 2.0)
        close(got, torch.tensor([[8.0], [-4.0]], dtype=dtype), "the result")  # 12 / (12 + 4)


@wiener.test("pixels that vary together; as many samples as pixels, too")
def test_wiener_any(student: Student, rng: Inputs) -> None:
    for N, D in [(2, 2), (4, 3), (3, 3)]:
        n, width = (*rng.sizes(N), *rng.sizes(D, at_least=2))
        check_filter(student, rng, n, factor(rng, width, width + 1), 0.5)
    check_filter(student, rng, 2, factor(rng, 2, 3), 1.5, FLOAT32)


@wiener.test("pixels that do not vary: a singular C")
def test_wiener_singular(student: Student, rng: Inputs) -> None:
    for N, D in [(2, 2), (4, 5)]:
        n, width = (*rng.sizes(N), *rng.sizes(D, at_least=2))
        L = factor(rng, width, width)
        L[0] = 0  # the first pixel is always the same
        check_filter(student, rng, n, L, 0.7)


@wiener.test("no noise, and much of it")
def test_wiener_limits(student: Student, rng: Inputs) -> None:
    n, D = (*rng.sizes(3), *rng.sizes(3, at_least=2))
    y, mean, C = rng.normal(n, D), rng.normal(D), covariance(factor(rng, D, D + 2))
    close(student.wiener(y, mean, C, 0.0), y, "the result without noise")
    close(student.wiener(y, mean, C, 1e8), mean.expand_as(y), "the result for a huge sigma")


@wiener.test("turned images give the turned result", hidden=True)
def test_wiener_turned(student: Student, rng: Inputs) -> None:
    N, D = 4, 6
    y, mean, C = rng.normal(N, D), rng.normal(D), covariance(factor(rng, D, 4))
    Q = torch.linalg.qr(rng.normal(D, D)).Q
    with student.together():
        plain = student.wiener(y, mean, C, 0.6)
        turned = student.wiener(y @ Q.T, Q @ mean, Q @ C @ Q.T, 0.6)
    close(turned.value, plain.value @ Q.T, "the result for turned images", tolerance=1e-8)


@wiener.test("one sample, more pixels, C = 0", hidden=True)
def test_wiener_extremes(student: Student, rng: Inputs) -> None:
    check_filter(student, rng, 1, factor(rng, 5, 7), 0.3)
    check_filter(student, rng, 6, factor(rng, 30, 10), 2.0)
    check_filter(student, rng, 6, factor(rng, 30, 40), 2.0, FLOAT32)
    check_filter(student, rng, 3, torch.zeros(2, 1, dtype=FLOAT64), 0.5)


def factor(rng: Inputs, D: int, rank: int) -> Tensor:
    """(D, rank) L: images mean + L z, with z standard normal, have the covariance L L^T."""
    return rng.normal(D, rank)


def covariance(L: Tensor) -> Tensor:
    C = L @ L.T
    return (C + C.T) / 2


def check_filter(
    student: Student, rng: Inputs, N: int, L: Tensor, sigma: float, dtype: torch.dtype = FLOAT64
) -> None:
    y, mean, C = 2 * rng.normal(N, len(L)), rng.normal(len(L)) + 1, covariance(L)
    got = student.wiener(y.to(dtype), mean.to(dtype), C.to(dtype), sigma)
    with about(student.calls[-1]):
        truth = conditional_mean(y, mean, L, sigma).to(dtype)
        close(got, truth, "the result", tolerance=1e-3 if dtype is FLOAT32 else 1e-8)


def conditional_mean(y: Tensor, mean: Tensor, L: Tensor, sigma: float) -> Tensor:
    """Of x = mean + L z, given y = x + sigma noise: z and y are Gaussian together.

    By the inverse of their joint covariance, whose upper blocks say how z follows from y.
    """
    D, rank = L.shape
    of_y = L @ L.T + sigma**2 * torch.eye(D, dtype=L.dtype)
    joint = torch.cat(
        [torch.cat([torch.eye(rank, dtype=L.dtype), L.T], 1), torch.cat([L, of_y], 1)]
    )
    precision = torch.linalg.inv(joint)
    z = -torch.linalg.solve(precision[:rank, :rank], precision[:rank, rank:]) @ (y - mean).T
    return mean + (L @ z).T

"""Exercise 9.9: the Fréchet distance, of samples whose means and covariances are known."""

from __future__ import annotations

import torch
from torch import Tensor

from course_dl.lab import Exercise, Inputs, Student, about, number

from .shared import ANSWERS, FLOAT32

frechet_distance = Exercise(
    "9.9",
    ["frechet_distance"],
    points=3,
    difficulty=2,
    minutes=25,
    answers=ANSWERS,
    hints=[
        "Three parts: the squared distance of the means, the two traces, and twice the trace of a "
        "root. torch.cov wants a feature in each row: torch.cov(a.T).",
        "The root of a symmetric matrix S: values, vectors = torch.linalg.eigh(S), and then "
        "vectors * values.clamp(min=0).sqrt() @ vectors.T. S_a @ S_b is not symmetric.",
        "R = root(S_a); the matrix R @ S_b @ R is symmetric. The trace of its root is the sum of "
        "the roots of its eigenvalues, which may be a little below 0 by rounding: clamp them.",
    ],
)


@frechet_distance.test("the same samples: 0; shifted ones: the square of the shift")
def test_frechet_distance_shift(student: Student, rng: Inputs) -> None:
    n, D = rng.sizes(5, 2, at_least=2)
    a, shift = rng.normal(n, D), rng.normal(D) + 1
    check_distance(student, a, a + shift, float(shift.square().sum()))
    check_distance(student, a, a, 0.0)


@frechet_distance.test("features that do not depend on each other")
def test_frechet_distance_diagonal(student: Student, rng: Inputs) -> None:
    for N, M, D in [(6, 8, 2), (20, 12, 3)]:
        p, q = rng.uniform(D, low=0.5, high=3), rng.uniform(D, low=0.5, high=3)
        a, b = spread(rng, N, p.diag()), spread(rng, M, q.diag())
        check_distance(student, a, b, float((p - q).square().sum()))


@frechet_distance.test("features that do")
def test_frechet_distance_any(student: Student, rng: Inputs) -> None:
    for N, M, D in [(6, 8, 2), (30, 20, 4)]:
        check_any(student, rng, N, M, D)


@frechet_distance.test("fewer samples than features")
def test_frechet_distance_few(student: Student, rng: Inputs) -> None:
    a, shift = rng.normal(4, 7), rng.normal(7)
    check_distance(student, a, a + shift, float(shift.square().sum()), tolerance=1e-5)
    check_any(student, rng, 4, 3, 6, tolerance=1e-5)


@frechet_distance.test("float32, large and small features, a constant one", hidden=True)
def test_frechet_distance_extremes(student: Student, rng: Inputs) -> None:
    for size in (100.0, 0.01):
        a, b = size * rng.normal(40, 5), size * (2 * rng.normal(30, 5) + 1)
        check_distance(student, a, b, true_distance(a, b))
        got = student.frechet_distance(a.float(), b.float())
        expected = true_distance(a.to(FLOAT32).double(), b.to(FLOAT32).double())
        with about(student.calls[-1]):
            number(got, expected, "the distance", tolerance=2e-3)
    a, b = rng.normal(20, 3), rng.normal(20, 3)
    a[:, 1] = b[:, 1] = 2
    check_distance(student, a, b, true_distance(a, b), tolerance=1e-5)


@frechet_distance.test("symmetric; as many features as a network's", hidden=True)
def test_frechet_distance_symmetric(student: Student, rng: Inputs) -> None:
    mix = rng.normal(32, 32)
    a, b = rng.normal(200, 32) @ mix, rng.normal(150, 32) + 0.5
    for one, other in ((a, b), (b, a)):
        check_distance(student, one, other, true_distance(a, b), tolerance=1e-5)


def check_any(
    student: Student, rng: Inputs, N: int, M: int, D: int, tolerance: float = 1e-6
) -> None:
    n, m, width = rng.sizes(N, M, D, at_least=2)
    a, b = rng.normal(n, width) @ rng.normal(width, width), rng.normal(m, width) + 0.5
    check_distance(student, a, b, true_distance(a, b), tolerance)


def check_distance(
    student: Student, a: Tensor, b: Tensor, expected: float, tolerance: float = 1e-6
) -> None:
    got = student.frechet_distance(a, b)
    size = float(a.var(0).sum() + b.var(0).sum())
    with about(student.calls[-1]):
        number(got, expected, "the distance", tolerance=tolerance, at_least=1 + size)


def spread(rng: Inputs, n: int, factor: Tensor) -> Tensor:
    """Samples with mean 0 and covariance ``factor^T factor`` but for rounding."""
    x = torch.linalg.qr(centred(rng.normal(n, len(factor)))).Q * (n - 1) ** 0.5
    return x @ factor


def centred(x: Tensor) -> Tensor:
    return x - x.mean(dim=0)


def true_distance(a: Tensor, b: Tensor) -> float:
    """By singular values: the trace of the root is their sum for ``A B^T``, S being ``A^T A``."""
    A, B = (centred(x) / (len(x) - 1) ** 0.5 for x in (a, b))
    shared = torch.linalg.matrix_norm(A @ B.T, ord="nuc")
    means = (a.mean(dim=0) - b.mean(dim=0)).square().sum()
    return float(means + A.square().sum() + B.square().sum() - 2 * shared)

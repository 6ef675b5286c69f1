"""Exercise 2.9: two losses, compared with torch's, and their gradients with closed forms."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from course_dl.lab import Exercise, Inputs, Student, close, require, shaped

from .shared import DTYPES

losses = Exercise(
    "2.9",
    ["square_error", "cross_entropy"],
    points=2,
    difficulty=2,
    minutes=15,
    library=["cross_entropy", "cross_entropy_loss"],
    answers=["course_dl.losses"],
    hints=[
        "Both are sums over the samples of the batch, no means. Square error: all squares of y - d "
        "added up, and a half of that.",
        "Cross-entropy needs one score a row, that of the class d_i: y.gather(1, d[:, None]), or "
        "y[torch.arange(len(y)), d]. And log sum_k exp(y_k) overflows at 1e4, unless the largest "
        "score is taken out of it first: c + log sum_k exp(y_k - c).",
        "torch.logsumexp(y, dim=1) does this. Subtract the scores of the classes d, then .sum(); "
        "no .item(), which would cut the graph.",
    ],
)


@losses.test("square_error: values")
def test_square_error_values(student: Student, rng: Inputs) -> None:
    y, d = torch.tensor([[1.0, 2.0], [0.0, -1.0]]), torch.tensor([[0.0, 4.0], [0.0, 2.0]])
    said = "The square error for differences y - d of (1, -2) and (0, -3)"
    check_by_hand(student.square_error(y, d), 7.0, said)
    for dtype in DTYPES:
        for shape in [(5, 3), (4, 1), (1, 6), (1, 1)]:
            check_square_error(student, rng, shape, dtype)


@losses.test("square_error: gradients")
def test_square_error_gradients(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        for shape in [(5, 3), (4, 1)]:
            y, d = (rng.normal(*rng.sizes(*shape), dtype=dtype) for _ in range(2))
            (got,) = student.square_error.gradient(y, d)
            close(got, y - d, "the gradient of the square error")


@losses.test("cross_entropy: values")
def test_cross_entropy_values(student: Student, rng: Inputs) -> None:
    y, d = torch.zeros(3, 4), torch.tensor([0, 3, 2])
    said = "The cross-entropy of 3 samples whose 4 scores are all 0, 3 log 4,"
    check_by_hand(student.cross_entropy(y, d), 3 * math.log(4), said)
    for dtype in DTYPES:
        for sizes in [(3, 3), (6, 4), (2, 5), (1, 3)]:
            (N,), (K,) = rng.sizes(sizes[0]), rng.sizes(sizes[1], at_least=2)
            batches = [(2 * rng.normal(N, K, dtype=dtype), rng.classes(N, K)) for _ in range(3)]
            check_cross_entropy(student, batches)


@losses.test("cross_entropy: gradients")
def test_cross_entropy_gradients(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        for sizes in [(6, 4), (3, 3), (1, 2)]:
            (N,), (K,) = rng.sizes(sizes[0]), rng.sizes(sizes[1], at_least=2)
            y, d = rng.normal(N, K, dtype=dtype), rng.classes(N, K)
            check_cross_entropy_gradient(student, y, d)


@losses.test("cross_entropy: scores of 1e4")
def test_cross_entropy_large(student: Student, rng: Inputs) -> None:
    y = torch.tensor(
        [[1e4, 1e4 - 1, 0], [-1e4, -1e4 + 2, -1e4], [1e4, -1e4, 0], [1, 0, 2]], dtype=torch.float64
    )
    # Here exp overflows, and no probability is rounded to 0: these are two mistakes.
    near = torch.tensor([[1e3, 999, 998], [998, 1e3, 1e3]], dtype=torch.float64)
    batches = [(near, torch.tensor([1, 0]))]
    batches += [(y, torch.tensor(d)) for d in ([0, 0, 0, 0], [1, 1, 1, 1], [2, 0, 2, 1])]
    (N,), (K,) = rng.sizes(6), rng.sizes(4, at_least=2)
    batches += [(1e4 * rng.normal(N, K), rng.classes(N, K))]
    check_cross_entropy(student, batches)
    for batch in batches:
        check_cross_entropy_gradient(student, *batch)


@losses.test("square_error: large batches, errors of 1e4, no error", hidden=True)
def test_square_error_sizes(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        check_square_error(student, rng, (60, 4), dtype)
        y = rng.normal(3, 2, dtype=dtype)
        got = scalar_loss(student.square_error(y, y.clone()), dtype)
        close(got, y.new_zeros(()), "the square error where y = d")
    check_square_error(student, rng, (4, 3), torch.float64, size=1e4)


@losses.test("cross_entropy: large batches, one class, two classes", hidden=True)
def test_cross_entropy_sizes(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        for N, K in [(60, 10), (5, 2), (1, 2)]:
            batches = [(rng.normal(N, K, dtype=dtype), rng.classes(N, K)) for _ in range(3)]
            check_cross_entropy(student, batches)
        y, d = rng.normal(4, 1, dtype=dtype), torch.zeros(4, dtype=torch.int64)
        got = scalar_loss(student.cross_entropy(y, d), dtype)
        close(1 + got, y.new_ones(()), "1 + the cross-entropy with a single class")
    y = torch.tensor([[1e4, 0, 3], [0, -1e4, 1e4]])
    check_cross_entropy(student, [(y, torch.tensor([1, 1]))], tolerance=1e-2)


def check_square_error(
    student: Student, rng: Inputs, shape: Sequence[int], dtype: torch.dtype, size: float = 1.0
) -> None:
    """Several batches, so that only a constant factor is told to be one."""
    shape, got, truth = rng.sizes(*shape), [], []
    for _ in range(3):
        y, d = (size * rng.normal(*shape, dtype=dtype) for _ in range(2))
        got.append(scalar_loss(student.square_error(y, d), dtype))
        truth.append(F.mse_loss(y, d, reduction="sum") / 2)
    close(torch.stack(got), torch.stack(truth), f"the square error of three batches {tuple(shape)}")


def check_cross_entropy(
    student: Student, batches: Sequence[tuple[Tensor, Tensor]], tolerance: float | None = None
) -> None:
    """Several batches, so that only a constant factor is told to be one."""
    y = batches[0][0]
    got = [scalar_loss(student.cross_entropy(y, d), y.dtype) for y, d in batches]
    truth = [F.cross_entropy(y, d, reduction="sum") for y, d in batches]
    said = f"the cross-entropy of {len(batches)} batches of scores {tuple(y.shape)}"
    close(torch.stack(got), torch.stack(truth), said, tolerance=tolerance)


def check_cross_entropy_gradient(student: Student, y: Tensor, d: Tensor) -> None:
    truth = torch.softmax(y, dim=1) - F.one_hot(d, y.shape[1])
    (got,) = student.cross_entropy.gradient(y, d)
    close(1 + got, 1 + truth, "1 + the gradient of the cross-entropy")


def check_by_hand(got: Any, truth: float, what: str) -> None:
    value = float(scalar_loss(got, torch.float32))
    require(abs(value - truth) <= 1e-4 * truth, f"{what} should be {truth:g}; yours is {value:g}.")


def scalar_loss(got: Any, dtype: torch.dtype) -> Tensor:
    """A 0-d tensor of this dtype; a Python number has no gradient."""
    require(
        not isinstance(got, int | float),
        "The loss is a Python number, which autograd cannot differentiate: return the 0-d tensor "
        "itself, without .item() or float().",
    )
    return shaped(got, (), dtype, "the loss")

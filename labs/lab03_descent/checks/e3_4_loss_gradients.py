"""Exercise 3.4: gradients of two losses for the scores, compared with autograd's."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from course_dl.lab import Exercise, Inputs, Student, close, require, shaped, summary

from .shared import DTYPES

loss_gradients = Exercise(
    "3.4",
    ["square_error_grad", "cross_entropy_grad"],
    points=2,
    difficulty=2,
    minutes=15,
    answers=["course_dl.losses"],
    hints=[
        "Each score y_ik meets the loss of its own sample only. So take the derivative of the loss "
        "of one sample for one y_k; the samples' gradients are the rows of the result.",
        "The derivative of log sum_k exp(y_k) for y_j is exp(y_j) / sum_k exp(y_k), the softmax; "
        "-y_d adds -1 where j = d. torch.softmax(y, dim=1) is safe for large scores.",
        "y - d, and torch.softmax(y, dim=1) - F.one_hot(d, K) with K = y.shape[1].",
    ],
)


@loss_gradients.test("square error")
def test_loss_gradients_square(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        for sizes in [(3, 4), (5, 2), (1, 3), (4, 1)]:
            N, K = rng.sizes(*sizes)
            check_square(student, rng.normal(N, K, dtype=dtype), rng.normal(N, K, dtype=dtype))
    check_square(student, 1e4 * rng.normal(3, 4), 1e4 * rng.normal(3, 4))
    check_square(student, torch.zeros(2, 3), torch.ones(2, 3))


@loss_gradients.test("cross-entropy")
def test_loss_gradients_cross_entropy(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        for sizes in [(4, 3), (6, 2), (5, 5), (12, 10)]:
            (N,), (K,) = rng.sizes(sizes[0]), rng.sizes(sizes[1], at_least=2)
            y = rng.simpler(2.0, 1.0) * rng.normal(N, K, dtype=dtype)
            check_cross_entropy(student, y, rng.classes(N, K))


@loss_gradients.test("one sample, whatever its class")
def test_loss_gradients_one_sample(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        y = rng.normal(1, 4, dtype=dtype)
        for d in range(4):
            check_cross_entropy(student, y, torch.tensor([d]))


@loss_gradients.test("scores of 1e4")
def test_loss_gradients_large(student: Student) -> None:
    rows = [[1e4, -1e4, 1e4 - 1, 0.0], [-1e4, 0.0, -1e4, -1e4], [1e4, 1e4, 1e4, 1e4]]
    y = torch.tensor(rows, dtype=torch.float64)
    for d in ([0, 1, 2], [1, 0, 3], [2, 3, 0], [3, 2, 1]):
        for sign in (1, -1):
            check_cross_entropy(student, sign * y, torch.tensor(d))


@loss_gradients.test("a single class: nothing to learn", hidden=True)
def test_loss_gradients_one_class(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        for y in (rng.normal(3, 1, dtype=dtype), torch.full((1, 1), 1e4, dtype=dtype)):
            got = student.cross_entropy_grad(y, torch.zeros(len(y), dtype=torch.int64))
            got = shaped(got, y.shape, dtype, "the gradient of the cross-entropy")
            require(
                bool((got.abs() < 1e-6).all()),
                "With a single class the loss is 0, and so is its gradient.",
                ("Came", summary(got)),
            )


@loss_gradients.test("classes that no sample has", hidden=True)
def test_loss_gradients_missing_classes(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        y = rng.normal(4, 6, dtype=dtype)
        check_cross_entropy(student, y, torch.tensor([2, 2, 0, 2]))
        check_cross_entropy(student, y, torch.zeros(4, dtype=torch.int64))
    check_cross_entropy(student, torch.zeros(3, 3), torch.tensor([0, 1, 2]))


def check_square(student: Student, y: Tensor, d: Tensor) -> None:
    leaf = y.clone().requires_grad_()
    (expected,) = torch.autograd.grad(F.mse_loss(leaf, d, reduction="sum") / 2, leaf)
    close(student.square_error_grad(y, d), expected, "the gradient of the square error")


def check_cross_entropy(student: Student, y: Tensor, d: Tensor) -> None:
    leaf = y.to(torch.float64, copy=True).requires_grad_()
    (expected,) = torch.autograd.grad(F.cross_entropy(leaf, d, reduction="sum"), leaf)
    got = student.cross_entropy_grad(y, d)
    close(got, expected.to(y.dtype), "the gradient of the cross-entropy")

"""Exercise 5.4: the confusion matrix, compared with a product of one-hot rows."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from course_dl.lab import Exercise, Inputs, Student, Wrong, require, shaped, summary

confusion_matrix = Exercise(
    "5.4",
    ["confusion_matrix"],
    points=2,
    difficulty=2,
    minutes=15,
    hints=[
        "Start with zeros (n_classes, n_classes) of dtype torch.int64, and count one sample after "
        "the other: which row, which column?",
        "matrix[targets, predictions] += 1 counts a pair once, however often it occurs.",
        "Without a loop: the pair (i, j) has the number i * n_classes + j, and torch.bincount "
        "counts numbers; minlength sees to it that none is left out.",
    ],
)


@confusion_matrix.test("counted by hand")
def test_confusion_matrix_by_hand(student: Student) -> None:
    targets = torch.tensor([0, 0, 0, 1, 1, 2, 2, 2, 2, 0])
    predictions = torch.tensor([0, 0, 1, 1, 1, 0, 2, 2, 0, 0])
    truth = torch.tensor([[3, 1, 0], [0, 2, 0], [2, 0, 2]])
    check_matrix(student.confusion_matrix(targets, predictions, 3), truth)


@confusion_matrix.test("sums of rows, of columns, of the diagonal")
def test_confusion_matrix_sums(student: Student, rng: Inputs) -> None:
    for N, K in [(40, 4), (300, 10), (25, 2), (30, 12), (1200, 2)]:
        check_random(student, rng, N, K)


@confusion_matrix.test("classes that do not occur")
def test_confusion_matrix_absent(student: Student, rng: Inputs) -> None:
    for absent in ([3, 4], [0], [1, 2, 5]):
        (N,), (K,) = rng.sizes(30), rng.sizes(6, at_least=3)
        there = torch.tensor([k for k in range(K) if k not in absent and (K == 6 or k != 2)])
        targets = there[rng.integers(0, len(there), N)]
        predictions = there[rng.integers(0, len(there), N)]
        check_matrix(
            student.confusion_matrix(targets, predictions, K), counted(targets, predictions, K)
        )


@confusion_matrix.test("one sample, many samples, many classes", hidden=True)
def test_confusion_matrix_sizes(student: Student, rng: Inputs) -> None:
    for N, K in [(1, 3), (1, 2), (2000, 7), (3, 30)]:
        check_random(student, rng, N, K)


@confusion_matrix.test("all right, all wrong in the same way", hidden=True)
def test_confusion_matrix_pure(student: Student, rng: Inputs) -> None:
    targets = rng.classes(20, 5)
    for predictions in (targets, (targets + 1) % 5, torch.full((20,), 2)):
        check_matrix(
            student.confusion_matrix(targets, predictions, 5), counted(targets, predictions, 5)
        )


def counted(targets: Tensor, predictions: Tensor, K: int) -> Tensor:
    """The matrix, as the product of one-hot rows, in which all is exact."""
    rows, columns = F.one_hot(targets, K), F.one_hot(predictions, K)
    return torch.einsum("ni,nj->ij", rows, columns)


def check_random(student: Student, rng: Inputs, N: int, K: int) -> None:
    (N,), (K,) = rng.sizes(N), rng.sizes(K, at_least=2)
    targets, predictions = rng.integers(0, K, N), rng.integers(0, K, N)
    got = student.confusion_matrix(targets, predictions, K)
    check_matrix(got, counted(targets, predictions, K))


def check_matrix(got: Any, truth: Tensor) -> None:
    matrix = shaped(got, truth.shape, what="the matrix")
    require(
        matrix.dtype == torch.int64,
        "The matrix holds counts: it should be int64.",
        ("It was", str(matrix.dtype).removeprefix("torch.")),
    )
    total = int(truth.sum())
    require(
        int(matrix.sum()) == total,
        f"The entries should add up to the number of samples, {total}; they add up to "
        f"{int(matrix.sum())}.",
        ("Expected", rows_of(truth)),
        ("Came", rows_of(matrix)),
    )
    wrong = (matrix != truth).nonzero().tolist()
    if wrong:
        i, j = wrong[0]
        turned = " It is the transpose of what it should be." * torch.equal(matrix.T, truth)
        raise Wrong(
            f"Entry [{i}, {j}] is {int(matrix[i, j])}; of class {i}, {int(truth[i, j])} samples "
            f"were predicted as {j}.{turned}",
            ("Expected", rows_of(truth)),
            ("Came", rows_of(matrix)),
        )


def rows_of(matrix: Tensor) -> str:
    return summary(matrix, numbers=36)

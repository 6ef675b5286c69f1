"""Exercise 1.3: the loss of samples at known distances from the separator."""

from __future__ import annotations

import torch
from torch import Tensor

from course_dl.lab import Exercise, Inputs, Student

from .shared import DTYPES, apart, check_number, placed, separator

perceptron_loss = Exercise(
    "1.3",
    ["perceptron_loss"],
    points=2,
    difficulty=1,
    minutes=10,
    answers=["course_dl.losses", "course_dl.perceptron"],
    hints=[
        "d_i <w, x_i> is positive where the sample is on its right side. Such a sample costs "
        "nothing.",
        "Compute the scores, then -d * scores, then replace what is negative by 0.",
        "(-d * scores).clamp(min=0) is the loss of each sample; the course adds them up.",
    ],
)


@perceptron_loss.test("worked out by hand")
def test_perceptron_loss_by_hand(student: Student) -> None:
    w = torch.tensor([-1, 1], dtype=torch.float64)
    X = torch.tensor([[1, x] for x in (0, 5, 4, 1, -4)], dtype=torch.float64)
    # The scores are -1, 4, 3, 0, -5: no loss here is the number of mistakes, or twice another loss.
    cases = [((1, 1, -1, -1, -1), 1 + 3), ((-1, -1, 1, 1, 1), 4 + 5)]
    for dtype in DTYPES:
        labels = [torch.tensor(d, dtype=dtype) for d, _ in cases]
        got = [student.perceptron_loss(w.to(dtype), X.to(dtype), d) for d in labels]
        for loss, (d, truth) in zip(got, cases, strict=True):
            check_number(loss, truth, f"the loss of scores -1, 4, 3, 0, -5 and labels {d}", dtype)


@perceptron_loss.test("the sum over the misclassified samples")
def test_perceptron_loss_values(student: Student, rng: Inputs) -> None:
    for sizes in [(6, 2), (4, 3), (25, 8)]:
        n, D = rng.sizes(*sizes)
        for dtype in DTYPES:
            check_perceptron_loss(
                student, rng, separator(rng, D), apart(rng, n), rng.signs(n), dtype
            )


@perceptron_loss.test("0 where every sample is on its right side")
def test_perceptron_loss_all_right(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        for n in (1, 7):
            distances = apart(rng, n)
            check_perceptron_loss(
                student, rng, separator(rng, *rng.sizes(3)), distances, distances.sign(), dtype
            )


@perceptron_loss.test("one sample, all samples wrong, scores of 1e4", hidden=True)
def test_perceptron_loss_extremes(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        for n, D in [(1, 4), (9, 2), (3, 1)]:
            distances = apart(rng, n)
            check_perceptron_loss(
                student, rng, separator(rng, D), distances, -distances.sign(), dtype
            )
    check_perceptron_loss(
        student, rng, 1e4 * separator(rng, 3), apart(rng, 10), rng.signs(10), torch.float64
    )


def check_perceptron_loss(
    student: Student, rng: Inputs, w: Tensor, distances: Tensor, d: Tensor, dtype: torch.dtype
) -> None:
    X = placed(rng, w, distances)
    truth = distances[distances.sign() != d].abs().sum() * w[1:].norm()
    got = student.perceptron_loss(w.to(dtype), X.to(dtype), d.to(dtype))
    check_number(got, truth, "the loss", dtype)

"""Exercise 4.2: the gradient of the loss for the output, compared with autograd's."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from course_dl.lab import Exercise, Inputs, Student, close

from .shared import loss_value

output_gradient = Exercise(
    "4.2",
    ["output_gradient"],
    points=2,
    difficulty=1,
    minutes=10,
    autograd=False,
    answers=["course_dl.losses"],
    seconds=2.0,
    hints=[
        "Write down E as a function of y_0, ..., y_{K-1} and take the derivative for one y_j.",
        "Cross-entropy: log sum_k exp(y_k) has the derivative softmax(y)_j, and -y_d has -1 where "
        "j = d, else 0.",
        "Square error: y - d. Cross-entropy: torch.softmax(y, dim=0) less a vector that is 1 at d, "
        "else 0.",
    ],
)


@output_gradient.test("square error")
def test_output_gradient_square(student: Student, rng: Inputs) -> None:
    pairs = []
    for dtype, most in [(torch.float64, 4), (torch.float64, 1), (torch.float32, 3)]:
        (K,) = rng.sizes(most)
        pairs.append((rng.normal(K, dtype=dtype), rng.normal(K, dtype=dtype)))
    check_output_gradient(student, [(y, d, "square") for y, d in pairs])


@output_gradient.test("cross-entropy, every class in turn")
def test_output_gradient_cross_entropy(student: Student, rng: Inputs) -> None:
    (K,) = rng.sizes(4, at_least=2)
    scores = [rng.normal(K), rng.normal(2, dtype=torch.float32)]
    pairs = [(y, torch.tensor(d)) for y in scores for d in reversed(range(len(y)))]
    check_output_gradient(student, [(y, d, "cross_entropy") for y, d in pairs])


@output_gradient.test("scores of 1e4")
def test_output_gradient_large(student: Student, rng: Inputs) -> None:
    y = torch.tensor([1e4, -1e4, 1e4 - 1, 0.0], dtype=torch.float64)
    cases = [(y * (-1) ** d, torch.tensor(d), "cross_entropy") for d in range(4)]
    cases += [(-y, torch.tensor(0), "cross_entropy"), (y, 1e4 * rng.normal(4), "square")]
    check_output_gradient(student, cases)


@output_gradient.test("a single class: nothing to learn", hidden=True)
def test_output_gradient_one_class(student: Student, rng: Inputs) -> None:
    scores = (rng.normal(1), torch.tensor([1e4], dtype=torch.float64))
    cases = [(y, torch.tensor(0), "cross_entropy") for y in scores]
    for y, got in zip(scores, student.output_gradient.each(cases), strict=True):
        close(got, torch.zeros_like(y), "the gradient with one class")


@output_gradient.test("two classes and many", hidden=True)
def test_output_gradient_sizes(student: Student, rng: Inputs) -> None:
    cases = [(torch.zeros(3), torch.tensor(1), "cross_entropy")]
    for K in (3, 10):
        cases += [(3 * rng.normal(K), torch.tensor(d), "cross_entropy") for d in (0, K - 1)]
        cases += [(rng.normal(K), rng.normal(K), "square")]
    check_output_gradient(student, cases)


def check_output_gradient(student: Student, cases: Sequence[tuple[Tensor, Tensor, str]]) -> None:
    leaves = [y.clone().requires_grad_() for y, _, _ in cases]
    losses = [loss_value(leaf, d, loss) for leaf, (_, d, loss) in zip(leaves, cases, strict=True)]
    expected = torch.autograd.grad(losses, leaves)
    results = student.output_gradient.each(cases)
    for (_, _, loss), truth, got in zip(cases, expected, results, strict=True):
        close(got, truth, f"the gradient of the {loss} loss")

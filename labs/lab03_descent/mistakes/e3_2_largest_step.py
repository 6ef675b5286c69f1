"""Wrong answers to exercise 3.2 that students write, and what to tell them."""

from __future__ import annotations

import torch

from course_dl.lab import mistake

ONE_DIRECTION = (
    "Your iteration always starts in the same direction. Where that is orthogonal to the "
    "eigenvector of lambda_max it finds another eigenvalue: start at random, or take eigvalsh(A)."
)


def _iterated(A, v):
    """What the power iteration gives from this start."""
    for _ in range(1000):
        v = A @ v
        v = v / v.norm()
    return (v @ A @ v).item()


@mistake("3.2", "You took the smallest eigenvalue; the steepest direction has the largest.")
def largest_step__smallest(A):
    return 2 / torch.linalg.eigvalsh(A)[0].item()


@mistake("3.2", "1 / lambda_max is a good step; descent still converges up to 2 / lambda_max.")
def largest_step__one(A):
    return 1 / torch.linalg.eigvalsh(A)[-1].item()


@mistake("3.2", "This is lambda_max itself; the step is 2 / lambda_max: the steeper, the shorter.")
def largest_step__eigenvalue(A):
    return torch.linalg.eigvalsh(A)[-1].item()


@mistake(
    "3.2",
    "A.norm() is the Frobenius norm, the root of the sum of all squared eigenvalues; lambda_max "
    "is the largest of them alone.",
)
def largest_step__frobenius(A):
    return 2 / A.norm().item()


@mistake("3.2", "The trace is the sum of all eigenvalues; lambda_max is the largest of them.")
def largest_step__trace(A):
    return 2 / A.trace().item()


@mistake(
    "3.2",
    "The largest entry of A (it stands on the diagonal) is its largest eigenvalue only where A is "
    "diagonal.",
)
def largest_step__largest_entry(A):
    return 2 / A.max().item()


@mistake(
    "3.2", "The largest sum of a row only bounds lambda_max: take the eigenvalues, eigvalsh(A)."
)
def largest_step__row_sum(A):
    return 2 / A.abs().sum(1).max().item()


@mistake(
    "3.2",
    "2 / (lambda_max + lambda_min) is the fastest step; asked for is the step at "
    "which descent stops converging.",
)
def largest_step__fastest(A):
    eigenvalues = torch.linalg.eigvalsh(A)
    return 2 / (eigenvalues[0] + eigenvalues[-1]).item()


@mistake(
    "3.2",
    "The eigenvalues of A^T A are those of A squared: take those of A, or the root of the largest.",
)
def largest_step__squared(A):
    return 2 / torch.linalg.eigvalsh(A.T @ A)[-1].item()


@mistake("3.2", "This is one step for each eigenvalue; the largest alone gives 2 / lambda_max.")
def largest_step__all_eigenvalues(A):
    return 2 / torch.linalg.eigvalsh(A)


@mistake("3.2", "torch.linalg.eigvals is in no order, and complex: take eigvalsh, and its largest.")
def largest_step__first_of_any_order(A):
    return 2 / torch.linalg.eigvals(A)[0]


@mistake("3.2", "torch.linalg.eigvals is complex, and complex numbers have no largest: eigvalsh.")
def largest_step__largest_of_complex(A):
    return 2 / torch.linalg.eigvals(A).max().item()


@mistake("3.2", ONE_DIRECTION)
def largest_step__iteration_from_ones(A):
    return 2 / _iterated(A, torch.ones(len(A), dtype=A.dtype))


@mistake("3.2", ONE_DIRECTION)
def largest_step__iteration_from_the_first_axis(A):
    return 2 / _iterated(A, torch.eye(len(A), dtype=A.dtype)[0])


@mistake(
    "3.2", "The eigenvalues that torch.linalg.eigvals gives are in no order: take the largest."
)
def largest_step__first_real_part(A):
    return 2 / torch.linalg.eigvals(A)[0].real.item()


@mistake(
    "3.2", "This is the quotient of the largest and the smallest eigenvalue; the step is 2 / L."
)
def largest_step__condition(A):
    eigenvalues = torch.linalg.eigvalsh(A)
    return (eigenvalues[-1] / eigenvalues[0]).item()

"""Exercise 7.8: the ridge classifier, compared with least squares of the stacked system."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from course_dl.lab import Exercise, Inputs, Student, about, close, shaped

from .shared import FLOAT32, FLOAT64

ridge_classifier = Exercise(
    "7.8",
    ["ridge_classifier"],
    points=3,
    difficulty=2,
    minutes=20,
    answers=["course_dl.transfer"],
    hints=[
        "Write the features as a matrix (N, D+1) whose column 0 is all ones, and the targets as "
        "(N, n_classes): F.one_hot. Where is the gradient of the error with respect to W zero?",
        "There: W (A^T A + strength J) = T^T A, A the features, T the targets, J the identity with "
        "a 0 in place of its first 1, since the bias costs nothing.",
        "torch.linalg.solve(A.T @ A + strength * J, A.T @ T).T; make all of it in Z.dtype.",
    ],
)


@ridge_classifier.test("one feature, two classes")
def test_ridge_classifier_small(student: Student, rng: Inputs) -> None:
    check_ridge(student, rng, 4, 1, 2, 1.0)
    check_ridge(student, rng, 6, 2, 3, 0.5)


@ridge_classifier.test("a bias that costs nothing")
def test_ridge_classifier_bias(student: Student, rng: Inputs) -> None:
    check_ridge(student, rng, 5, 2, 2, 100.0)


@ridge_classifier.test("any sizes; N = D + 1 too")
def test_ridge_classifier_sizes(student: Student, rng: Inputs) -> None:
    for N, D, K, strength in [(20, 3, 4, 0.3), (4, 3, 2, 2.0), (9, 2, 3, 1.0)]:
        check_ridge(student, rng, N, D, K, strength)
    check_ridge(student, rng, 12, 3, 3, 1.0, dtype=FLOAT32)


@ridge_classifier.test("fewer samples than features")
def test_ridge_classifier_few(student: Student, rng: Inputs) -> None:
    check_ridge(student, rng, 3, 5, 2, 0.7)


@ridge_classifier.test("the gradient is 0 there", hidden=True)
def test_ridge_classifier_gradient(student: Student, rng: Inputs) -> None:
    for N, D, K, strength in [(15, 4, 3, 0.2), (5, 9, 2, 3.0)]:
        Z, d = rng.normal(N, D) + 1, rng.classes(N, K)
        got = student.ridge_classifier(Z, d, K, strength)
        W = shaped(got, (K, D + 1), FLOAT64, "W").detach().clone().requires_grad_()
        features = F.pad(Z, (1, 0), value=1.0)
        error = (features @ W.T - F.one_hot(d, K)).square().sum()
        (gradient,) = torch.autograd.grad(error + strength * W[:, 1:].square().sum(), W)
        close(1 + gradient, torch.ones_like(gradient), "1 + the gradient at your W", tolerance=1e-7)


@ridge_classifier.test("a class without samples, one sample, features of all sizes", hidden=True)
def test_ridge_classifier_extremes(student: Student, rng: Inputs) -> None:
    check_ridge(student, rng, 8, 2, 3, 1.0, n_classes=5)
    check_ridge(student, rng, 1, 2, 1, 1.0)
    check_ridge(student, rng, 30, 10, 5, 0.01)
    check_ridge(student, rng, 30, 6, 5, 10.0, dtype=FLOAT32)


def check_ridge(
    student: Student,
    rng: Inputs,
    N: int,
    D: int,
    K: int,
    strength: float,
    n_classes: int | None = None,
    dtype: torch.dtype = FLOAT64,
) -> None:
    n, width = rng.sizes(N, D)
    Z, d = rng.normal(n, width, dtype=dtype) + 1, rng.classes(n, K)
    classes = n_classes or K
    got = student.ridge_classifier(Z, d, classes, strength)
    with about(student.calls[-1]):
        close(
            got,
            minimizer(Z, d, classes, strength),
            "W",
            tolerance=1e-3 if dtype is FLOAT32 else 1e-7,
        )


def minimizer(Z: Tensor, d: Tensor, n_classes: int, strength: float) -> Tensor:
    """The least squares of samples and, below them, of the weights without bias."""
    features = F.pad(Z.double(), (1, 0), value=1.0)
    ridge = strength**0.5 * torch.eye(features.shape[1], dtype=FLOAT64)[1:]
    targets = F.one_hot(d, n_classes).double()
    below = torch.zeros(len(ridge), n_classes, dtype=FLOAT64)
    stacked = torch.cat([features, ridge]), torch.cat([targets, below])
    return torch.linalg.lstsq(*stacked).solution.T.to(Z.dtype)

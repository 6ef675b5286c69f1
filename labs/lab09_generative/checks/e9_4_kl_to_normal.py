"""Exercise 9.4: the divergence of two normal distributions, compared with torch's."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.distributions import Normal, kl_divergence

from course_dl.lab import Exercise, Inputs, Student, about, close, require, shaped

from .shared import ANSWERS, FLOAT32, FLOAT64

kl_to_normal = Exercise(
    "9.4",
    ["kl_to_normal"],
    points=2,
    difficulty=1,
    minutes=15,
    library=["kl_divergence"],
    answers=ANSWERS,
    hints=[
        "There is one number for each image: the sum over its latents. Which axis is that?",
        "The variance is exp(log_var), and its logarithm is log_var: no other function is needed.",
        "0.5 * (mu**2 + torch.exp(log_var) - 1 - log_var).sum(dim=1)",
    ],
)


@kl_to_normal.test("a mean that is not 0")
def test_kl_to_normal_mean(student: Student, rng: Inputs) -> None:
    n, D = rng.sizes(3, 2)
    mu = rng.normal(n, D)
    check_kl(student, mu, torch.zeros_like(mu))


@kl_to_normal.test("a variance that is not 1")
def test_kl_to_normal_variance(student: Student, rng: Inputs) -> None:
    n, D = rng.sizes(3, 2)
    log_var = rng.normal(n, D)
    check_kl(student, torch.zeros_like(log_var), log_var)


@kl_to_normal.test("both, any sizes")
def test_kl_to_normal_both(student: Student, rng: Inputs) -> None:
    for N, D, dtype in [(3, 2, FLOAT64), (2, 5, FLOAT64), (4, 4, FLOAT32), (1, 1, FLOAT64)]:
        n, width = rng.sizes(N, D)
        check_kl(student, rng.normal(n, width, dtype=dtype), rng.normal(n, width, dtype=dtype))


@kl_to_normal.test("0 at the standard normal, and never below", hidden=True)
def test_kl_to_normal_zero(student: Student, rng: Inputs) -> None:
    zero = torch.zeros(4, 3, dtype=FLOAT64)
    at_zero = shaped(student.kl_to_normal(zero, zero), (4,), FLOAT64, "the divergence")
    require(bool((at_zero.abs() < 1e-12).all()), "From the standard normal to itself it is not 0.")
    mu, log_var = 3 * rng.normal(50, 3), 3 * rng.normal(50, 3)
    check_kl(student, mu, log_var)
    check_kl(student, mu / 100, log_var / 100, tolerance=1e-6)


@kl_to_normal.test("gradients", hidden=True)
def test_kl_to_normal_gradients(student: Student, rng: Inputs) -> None:
    mu, log_var = rng.normal(4, 3), rng.normal(4, 3)
    of_mu, of_log_var = student.kl_to_normal.gradient(mu, log_var, wrt=(0, 1))
    close(of_mu, mu, "the gradient of the sum with respect to mu")
    close(of_log_var, (log_var.exp() - 1) / 2, "the gradient of the sum with respect to log_var")


def check_kl(student: Student, mu: Tensor, log_var: Tensor, tolerance: float | None = None) -> None:
    got = student.kl_to_normal(mu, log_var)
    with about(student.calls[-1]):
        close(got, true_kl(mu, log_var), "the divergence", tolerance=tolerance)


def true_kl(mu: Tensor, log_var: Tensor) -> Tensor:
    given = Normal(mu.double(), (log_var.double() / 2).exp())
    return kl_divergence(given, Normal(0.0, 1.0)).sum(dim=1).to(mu.dtype)

"""Exercise 9.3: reparametrized noise and its gradients, in closed form."""

from __future__ import annotations

import torch

from course_dl.lab import Exercise, Inputs, Student, about, close

from .shared import ANSWERS, FLOAT32, FLOAT64

reparametrize = Exercise(
    "9.3",
    ["reparametrize"],
    points=1,
    difficulty=1,
    minutes=10,
    answers=ANSWERS,
    hints=[
        "eps has mean 0 and variance 1. By what is it multiplied, so that its variance becomes "
        "exp(log_var)?",
        "By the standard deviation: the root of exp(log_var). How is a root written in the "
        "exponent?",
        "mu + torch.exp(log_var / 2) * eps",
    ],
)


@reparametrize.test("mean, spread and noise")
def test_reparametrize_values(student: Student, rng: Inputs) -> None:
    check_draw(student, rng, 1, 2)
    check_draw(student, rng, 3, 2)
    check_draw(student, rng, 4, 3, dtype=FLOAT32)


@reparametrize.test("gradients reach mu and log_var")
def test_reparametrize_gradients(student: Student, rng: Inputs) -> None:
    n, D = rng.sizes(3, 2)
    mu, log_var, eps = (rng.normal(n, D) for _ in range(3))
    of_mu, of_log_var = student.reparametrize.gradient(mu, log_var, eps, wrt=(0, 1))
    with about(student.calls[-1]):
        close(of_mu, torch.ones_like(mu), "the gradient of the sum with respect to mu")
        expected = eps * torch.exp(log_var / 2) / 2
        close(of_log_var, expected, "the gradient of the sum with respect to log_var")


@reparametrize.test("no noise, one latent, variances from exp(-50) to exp(50)", hidden=True)
def test_reparametrize_extremes(student: Student, rng: Inputs) -> None:
    check_draw(student, rng, 5, 1)
    mu, zero = rng.normal(3, 4), torch.zeros(3, 4, dtype=FLOAT64)
    close(student.reparametrize(mu, mu, zero), mu, "the draw")
    for size in (50.0, -50.0):
        eps = rng.normal(3, 4)
        got = student.reparametrize(zero, zero + size, eps)
        close(got, eps * torch.exp(torch.tensor(size / 2, dtype=FLOAT64)), "the draw")


def check_draw(student: Student, rng: Inputs, N: int, D: int, dtype: torch.dtype = FLOAT64) -> None:
    n, width = rng.sizes(N, D)
    mu, log_var, eps = (rng.normal(n, width, dtype=dtype) for _ in range(3))
    got = student.reparametrize(mu, log_var, eps)
    with about(student.calls[-1]):
        close(got, mu + log_var.exp().sqrt() * eps, "the draw")

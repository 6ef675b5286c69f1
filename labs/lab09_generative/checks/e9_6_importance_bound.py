"""Exercise 9.6: the importance bound of a linear Gaussian model, whose evidence is known."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.distributions import MultivariateNormal, Normal

from course_dl.lab import Exercise, Inputs, Student, about, close

from .shared import ANSWERS, CONSTANTS, FLOAT32, FLOAT64

importance_bound = Exercise(
    "9.6",
    ["importance_bound"],
    points=2,
    difficulty=2,
    minutes=15,
    answers=ANSWERS,
    hints=[
        "For each image: the logarithm of a mean over the K draws. It is not the mean of the "
        "logarithms.",
        "exp(1000) is infinite. torch.logsumexp(..., dim=0) takes the largest exponent out first.",
        "A sum divided by K is, in the logarithm, minus log K: "
        "torch.logsumexp(log_joint - log_q, dim=0) - math.log(K).",
    ],
)


@importance_bound.test("one draw: the weight itself")
def test_importance_bound_one(student: Student, rng: Inputs) -> None:
    check_bound(student, rng, 1, 2)
    check_bound(student, rng, 1, 3)


@importance_bound.test("several draws")
def test_importance_bound_several(student: Student, rng: Inputs) -> None:
    check_bound(student, rng, 2, 1)
    check_bound(student, rng, 3, 2)
    check_bound(student, rng, 4, 4)
    check_bound(student, rng, 5, 3, dtype=FLOAT32)


@importance_bound.test("weights of exp(1000) and of exp(-1000)")
def test_importance_bound_far(student: Student, rng: Inputs) -> None:
    for far in (1000.0, -1000.0):
        check_bound(student, rng, 3, 2, far=far)
    check_bound(student, rng, 3, 3, far=1000.0, in_turn=True)


@importance_bound.test("very many draws give the evidence of a linear Gaussian model", hidden=True)
def test_importance_bound_evidence(student: Student, rng: Inputs) -> None:
    W, s, x = rng.normal(3, 2), 0.8, rng.normal(4, 3)
    model = MultivariateNormal(
        torch.zeros(3, dtype=FLOAT64), W @ W.T + s**2 * torch.eye(3, dtype=FLOAT64)
    )
    V = torch.linalg.inv(torch.eye(2, dtype=FLOAT64) + W.T @ W / s**2)
    mean = x @ W @ V / s**2  # of the codes, given x
    guess = Normal(mean + 0.2, 1.2 * V.diagonal().sqrt())
    z = guess.mean + guess.stddev * rng.normal(100_000, 4, 2)
    log_joint = Normal(z @ W.T, s).log_prob(x).sum(2) + Normal(0.0, 1.0).log_prob(z).sum(2)
    got = student.importance_bound(log_joint, guess.log_prob(z).sum(2))
    close(got, model.log_prob(x), "the bound", tolerance=1e-2)


@importance_bound.test("gradients are shares of the weights", hidden=True)
def test_importance_bound_gradients(student: Student, rng: Inputs) -> None:
    log_joint, log_q = rng.normal(4, 3), rng.normal(4, 3)
    of_joint, of_q = student.importance_bound.gradient(log_joint, log_q, wrt=(0, 1))
    shares = (log_joint - log_q).softmax(dim=0)
    close(of_joint, shares, "the gradient of the sum with respect to log_joint")
    close(of_q, -shares, "the gradient of the sum with respect to log_q")


def check_bound(
    student: Student,
    rng: Inputs,
    K: int,
    N: int,
    far: float = 0.0,
    in_turn: bool = False,
    dtype: torch.dtype = FLOAT64,
) -> None:
    k, n = rng.sizes(K, N)
    signs = 1 - 2 * (torch.arange(n) % 2) if in_turn else torch.ones(n)
    log_joint, log_q = rng.normal(k, n, dtype=dtype), rng.normal(k, n, dtype=dtype)
    log_joint += far * signs.to(dtype)
    got = student.importance_bound(log_joint, log_q)
    with about(student.calls[-1]):
        close(got, true_bound(log_joint, log_q), "the bound", tolerance=CONSTANTS.get(dtype))


def true_bound(log_joint: Tensor, log_q: Tensor) -> Tensor:
    """With the largest weight of each image taken out."""
    weights = log_joint.double() - log_q.double()
    largest = weights.amax(dim=0)
    return (largest + (weights - largest).exp().mean(dim=0).log()).to(log_q.dtype)

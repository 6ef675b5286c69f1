"""Exercise 9.5: the evidence lower bound, compared with torch's distributions."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.distributions import Normal, kl_divergence

from course_dl.lab import Exercise, Inputs, Student, about, close

from .shared import ANSWERS, FLOAT32, FLOAT64

elbo = Exercise(
    "9.5",
    ["elbo"],
    points=2,
    difficulty=2,
    minutes=20,
    answers=ANSWERS,
    hints=[
        "Both parts are sums for each image: over C, H and W the one, over the latents the other. "
        "A bound is not a mean over pixels.",
        "log(sigmoid(a)) is minus infinity for a = -10,000. F.logsigmoid(a) is not; and "
        "1 - sigmoid(a) is sigmoid(-a).",
        "log_p = x * F.logsigmoid(logits) + (1 - x) * F.logsigmoid(-logits); then "
        "log_p.flatten(1).sum(dim=1) - kl_to_normal(mu, log_var).",
    ],
)
Shape = tuple[int, int, int, int]


@elbo.test("the log-probability of pixels 0 and 1, without any divergence")
def test_elbo_reconstruction(student: Student, rng: Inputs) -> None:
    check_bound(student, rng, (2, 1, 1, 2), binary=True, codes=False)
    check_bound(student, rng, (3, 1, 2, 2), binary=True, codes=False)


@elbo.test("grey pixels")
def test_elbo_grey(student: Student, rng: Inputs) -> None:
    check_bound(student, rng, (2, 1, 1, 2), codes=False)
    check_bound(student, rng, (2, 2, 3, 2), codes=False)


@elbo.test("with the divergence")
def test_elbo_whole(student: Student, rng: Inputs) -> None:
    check_bound(student, rng, (2, 1, 1, 2))
    check_bound(student, rng, (3, 2, 4, 5))
    check_bound(student, rng, (4, 1, 4, 4), dtype=FLOAT32)


@elbo.test("logits of 10,000")
def test_elbo_large_logits(student: Student, rng: Inputs) -> None:
    zero = torch.zeros(2, 2, dtype=FLOAT64)
    x = torch.tensor([[1, 0, 1], [0, 1, 1]], dtype=FLOAT64).view(2, 1, 1, 3)
    logits = torch.tensor([[1, -1, 1], [1, 1, -1]], dtype=FLOAT64).view(2, 1, 1, 3)
    for size in (40.0, 1e4):
        got = student.elbo(x, size * logits, zero, zero)
        # the first image is certain and right; of the second, two pixels are certain and wrong
        expected = torch.tensor([0.0, -2 * size], dtype=FLOAT64)
        close(got, expected, "the bound", tolerance=1e-6)


@elbo.test("gradients of all", hidden=True)
def test_elbo_gradients(student: Student, rng: Inputs) -> None:
    x, logits = rng.uniform(3, 1, 2, 3), 2 * rng.normal(3, 1, 2, 3)
    mu, log_var = rng.normal(3, 4), rng.normal(3, 4)
    got = student.elbo.gradient(x, logits, mu, log_var, wrt=(1, 2, 3))
    expected = x - torch.sigmoid(logits), -mu, (1 - log_var.exp()) / 2
    for name, own, right in zip(("logits", "mu", "log_var"), got, expected, strict=True):
        close(own, right, f"the gradient of the sum with respect to {name}")


@elbo.test("one image, one latent, large images", hidden=True)
def test_elbo_sizes(student: Student, rng: Inputs) -> None:
    for shape in [(1, 1, 3, 3), (2, 1, 28, 28), (5, 3, 2, 1)]:
        check_bound(student, rng, shape)
        check_bound(student, rng, shape, binary=True, latent=1)


def check_bound(
    student: Student,
    rng: Inputs,
    shape: Shape,
    *,
    binary: bool = False,
    codes: bool = True,
    latent: int = 3,
    dtype: torch.dtype = FLOAT64,
) -> None:
    N, C, H, W = rng.sizes(*shape)
    (L,) = rng.sizes(latent)
    x = rng.uniform(N, C, H, W, dtype=dtype)
    x = (x > 0.4).to(dtype) if binary else x
    logits = 2 * rng.normal(N, C, H, W, dtype=dtype)
    mu, log_var = rng.normal(N, L, dtype=dtype), rng.normal(N, L, dtype=dtype)
    if not codes:
        mu, log_var = torch.zeros_like(mu), torch.zeros_like(log_var)
    got = student.elbo(x, logits, mu, log_var)
    with about(student.calls[-1]):
        close(got, true_bound(x, logits, mu, log_var), "the bound")


def true_bound(x: Tensor, logits: Tensor, mu: Tensor, log_var: Tensor) -> Tensor:
    given = Normal(mu.double(), (log_var.double() / 2).exp())
    kl = kl_divergence(given, Normal(0.0, 1.0)).sum(dim=1)
    p, target = logits.double().sigmoid(), x.double()
    log_p = target * p.log() + (1 - target) * (1 - p).log()
    return (log_p.sum(dim=(1, 2, 3)) - kl).to(x.dtype)

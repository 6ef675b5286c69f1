"""Exercise 8.8: the posterior mean of finitely many images: Bayes, Tweedie and attention agree."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from course_dl.lab import ATTENTION, Exercise, Inputs, Student, about, close

from .shared import DTYPES, FLOAT32, FLOAT64

ideal_denoiser = Exercise(
    "8.8",
    ["ideal_denoiser"],
    points=3,
    difficulty=2,
    minutes=20,
    library=ATTENTION,
    answers=["course_dl.denoising"],
    hints=[
        "Take one y: which images may it have come from, and how probable is each? The "
        "probabilities sum to 1 over the images, and the guess is the mean with these weights.",
        "All squares of distances, (N, M): (y[:, None] - images).square().sum(dim=2). The softmax "
        "goes over the images; with your own exp, all weights may be 0 where sigma is small.",
        "torch.softmax(-squares / (2 * sigma**2), dim=1) @ images.",
    ],
)


@ideal_denoiser.test("two images of one pixel, by hand")
def test_ideal_denoiser_by_hand(student: Student) -> None:
    for dtype in DTYPES:
        y, images = torch.zeros(1, 1, dtype=dtype), torch.tensor([[1.0], [3.0]], dtype=dtype)
        # exp(-1/8) to exp(-9/8): 1 to 1/e
        weight = torch.tensor(1.0, dtype=dtype).sigmoid()
        close(student.ideal_denoiser(y, images, 2.0), weight + 3 * (1 - weight)[None, None], "x")


@ideal_denoiser.test("several images of several pixels")
def test_ideal_denoiser_any(student: Student, rng: Inputs) -> None:
    for sizes in [(1, 2, 2), (2, 3, 2), (3, 5, 4), (3, 3, 3)]:
        N, M, D = (*rng.sizes(sizes[0]), *rng.sizes(*sizes[1:], at_least=2))
        check_posterior(student, rng, N, M, D, 1.3)
    check_posterior(student, rng, 3, 4, 2, 0.8, FLOAT32)


@ideal_denoiser.test("a small sigma: the nearest image")
def test_ideal_denoiser_nearest(student: Student, rng: Inputs) -> None:
    (M, D), (N,) = rng.sizes(4, 2, at_least=2), rng.sizes(3)
    for dtype in DTYPES:
        images = rng.normal(M, D, dtype=dtype) / 4
        images[:, 0] += 3 * torch.arange(M, dtype=dtype)
        nearest = torch.arange(N) % M
        y = images[nearest] + 0.2
        close(student.ideal_denoiser(y, images, 1e-3), images[nearest], "the result")


@ideal_denoiser.test("far from all images, one y beside another that is near")
def test_ideal_denoiser_far(student: Student, rng: Inputs) -> None:
    N, M, D = (*rng.sizes(3, at_least=2), *rng.sizes(4, 2, at_least=2))
    y, images = rng.normal(N, D), rng.normal(M, D)
    y[0] += 60
    got = student.ideal_denoiser(y, images, 0.9)
    close(got, posterior_mean(y, images, 0.9), "the result", tolerance=1e-8)


@ideal_denoiser.test("a large sigma: the mean of all images")
def test_ideal_denoiser_mean(student: Student, rng: Inputs) -> None:
    N, M, D = (*rng.sizes(2), *rng.sizes(4, 3, at_least=2))
    y, images = rng.normal(N, D), rng.normal(M, D)
    mean = images.mean(0).expand(N, D)
    close(student.ideal_denoiser(y, images, 1e7), mean, "the result", tolerance=1e-8)


@ideal_denoiser.test("Tweedie's formula: y + sigma^2 times the gradient of log p(y)", hidden=True)
def test_ideal_denoiser_tweedie(student: Student, rng: Inputs) -> None:
    for N, M, D, sigma in [(4, 6, 5, 0.7), (2, 3, 8, 1.6)]:
        y, images = rng.normal(N, D), rng.normal(M, D)
        leaf = y.clone().requires_grad_()
        log_p = torch.logsumexp(-(leaf[:, None] - images).square().sum(2) / (2 * sigma**2), 1)
        (slope,) = torch.autograd.grad(log_p.sum(), leaf)
        close(student.ideal_denoiser(y, images, sigma), y + sigma**2 * slope, "x", tolerance=1e-8)


@ideal_denoiser.test("attention, with a mask of -|x|^2 / (2 sigma^2)", hidden=True)
def test_ideal_denoiser_attention(student: Student, rng: Inputs) -> None:
    for N, M, D, sigma in [(5, 7, 4, 0.9), (3, 20, 6, 0.4)]:
        y, images = rng.normal(N, D), rng.normal(M, D)
        mask = -images.square().sum(1) / (2 * sigma**2)
        truth = F.scaled_dot_product_attention(
            (y / sigma**2)[None], images[None], images[None], attn_mask=mask, scale=1.0
        )
        close(student.ideal_denoiser(y, images, sigma), truth[0], "the result", tolerance=1e-8)


@ideal_denoiser.test("one image, one pixel, the same image twice, many of them", hidden=True)
def test_ideal_denoiser_extremes(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        for N, M, D in [(3, 1, 2), (4, 6, 1), (2, 50, 30)]:
            check_posterior(student, rng, N, M, D, 2.5, dtype)
    y, images = rng.normal(3, 2), rng.normal(3, 2)
    images[1] = images[0]
    close(student.ideal_denoiser(y, images, 0.6), posterior_mean(y, images, 0.6), "the result")


def check_posterior(
    student: Student,
    rng: Inputs,
    N: int,
    M: int,
    D: int,
    sigma: float,
    dtype: torch.dtype = FLOAT64,
) -> None:
    y, images = rng.normal(N, D, dtype=dtype), rng.normal(M, D, dtype=dtype)
    got = student.ideal_denoiser(y, images, sigma)
    with about(student.calls[-1]):
        truth = posterior_mean(y, images, sigma)
        close(got, truth, "the result", tolerance=1e-3 if dtype is FLOAT32 else 1e-8)


def posterior_mean(y: Tensor, images: Tensor, sigma: float) -> Tensor:
    """By Bayes' rule, the logarithms of the densities of independent pixels."""
    x = images.double()
    log_density = torch.distributions.Normal(x, sigma).log_prob(y.double()[:, None]).sum(2)
    log_posterior = log_density - log_density.logsumexp(1, keepdim=True)
    return torch.einsum("nm,md->nd", log_posterior.exp(), x).to(y.dtype)

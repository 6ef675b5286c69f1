"""Denoisers against Bayes' rule: the Gaussian, the finite set of images, and a network."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from course_dl.denoising import Denoiser, ideal_denoiser, psnr, wiener
from course_dl.training import fit
from tests.exact import FLOAT64, close

SIZES = [(4, 3, 5), (1, 1, 1), (7, 12, 2), (3, 40, 9)]  # N, M, D


def drawn(*shape: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed + sum(shape))
    return torch.randn(shape, generator=generator, dtype=FLOAT64)


def covariance(D: int, rank: int | None = None) -> Tensor:
    A = drawn(D, rank or D)
    return A @ A.T


# Gaussian images


@pytest.mark.parametrize("sigma", [0.1, 1.0, 30.0])
@pytest.mark.parametrize(("D", "rank"), [(1, 1), (4, 4), (6, 2)])
def test_wiener_is_the_conditional_mean_of_the_joint_gaussian(
    D: int, rank: int, sigma: float
) -> None:
    C, mean, y = covariance(D, rank), drawn(D), drawn(3, D, seed=1)
    given = torch.distributions.MultivariateNormal(mean, C + sigma**2 * torch.eye(D))
    # of x and y jointly Gaussian, E[x | y] is y + sigma^2 grad log p(y)
    y.requires_grad_()
    (score,) = torch.autograd.grad(given.log_prob(y).sum(), y)
    close(wiener(y, mean, C, sigma), y + sigma**2 * score, 1e-7)


def test_wiener_keeps_of_each_direction_its_share_of_signal_and_noise() -> None:
    variances, mean, y, sigma = torch.tensor([4.0, 1.0, 0.0]), drawn(3), drawn(5, 3), 0.5
    kept = torch.tensor([4 / 4.25, 1 / 1.25, 0], dtype=FLOAT64)
    out = wiener(y, mean, variances.diag().double(), sigma)
    close(out, mean + kept * (y - mean))


def test_without_noise_wiener_gives_y_and_in_much_noise_the_mean() -> None:
    C, mean, y = covariance(4), drawn(4), drawn(3, 4, seed=1)
    close(wiener(y, mean, C, 0), y)
    close(wiener(y, mean, C, 1e9), mean.expand(3, 4), 1e-9)


def test_wiener_turns_with_its_axes() -> None:
    C, mean, y = covariance(4), drawn(4), drawn(3, 4, seed=1)
    Q = torch.linalg.qr(drawn(4, 4, seed=2)).Q
    close(wiener(y @ Q.T, Q @ mean, Q @ C @ Q.T, 0.7), wiener(y, mean, C, 0.7) @ Q.T, 1e-8)


def test_no_other_share_of_the_signal_has_a_smaller_error() -> None:
    C, mean, sigma = covariance(3), drawn(3), 0.8
    x = mean + drawn(4000, 3, seed=1) @ torch.linalg.cholesky(C).T
    y = x + sigma * drawn(4000, 3, seed=2)
    best = (wiener(y, mean, C, sigma) - x).square().mean()
    for other in (0.6, 1.1):
        assert best < (wiener(y, mean, C, other) - x).square().mean()


# Finitely many images


@pytest.mark.parametrize("sigma", [0.05, 0.5, 4.0])
@pytest.mark.parametrize(("N", "M", "D"), SIZES)
def test_the_ideal_denoiser_is_attention_with_a_mask_of_half_the_squares(
    N: int, M: int, D: int, sigma: float
) -> None:
    y, images = drawn(N, D), drawn(M, D, seed=1)
    attention = F.scaled_dot_product_attention(
        y / sigma**2,
        images,
        images,
        attn_mask=(-images.square().sum(1) / (2 * sigma**2)).expand(N, M),
        scale=1,
    )
    close(ideal_denoiser(y, images, sigma), attention, 1e-8)


@pytest.mark.parametrize("sigma", [0.2, 1.0, 5.0])
@pytest.mark.parametrize(("N", "M", "D"), SIZES)
def test_the_ideal_denoiser_goes_along_the_score_of_the_noisy_images(
    N: int, M: int, D: int, sigma: float
) -> None:
    y, images = drawn(N, D).requires_grad_(), drawn(M, D, seed=1)
    squares = (y[:, None] - images).square().sum(2)
    log_p = (-squares / (2 * sigma**2)).logsumexp(1)
    (score,) = torch.autograd.grad(log_p.sum(), y)
    close(ideal_denoiser(y, images, sigma), y + sigma**2 * score)


@pytest.mark.parametrize("dtype", [torch.float32, FLOAT64])
def test_as_the_noise_falls_the_nearest_image_is_left(dtype: torch.dtype) -> None:
    y, images = drawn(5, 30).to(dtype), drawn(8, 30, seed=1).to(dtype)
    nearest = torch.cdist(y, images).argmin(1)
    for sigma in (1e-1, 1e-3, 1e-6):
        torch.testing.assert_close(ideal_denoiser(y, images, sigma), images[nearest])


def test_in_single_precision_two_images_that_differ_little_are_told_apart_by_the_distance() -> None:
    a = 10 * drawn(1, 784).float()
    b = a.clone()
    b[0, 0] += 0.01
    x = ideal_denoiser(a, torch.cat([a, b]), 0.005)
    share = 1 / (1 + math.exp(2.0))  # of b, whose distance is twice sigma
    assert (x - a)[0, 0].item() == pytest.approx(0.01 * share, rel=0.05)


def test_in_much_noise_the_mean_image_is_left() -> None:
    y, images = drawn(3, 4), drawn(6, 4, seed=1)
    close(ideal_denoiser(y, images, 1e8), images.mean(0).expand(3, 4))


def test_of_many_gaussian_images_the_ideal_denoiser_is_wieners_filter() -> None:
    images = 2 * drawn(100_000, 1)
    images = (images - images.mean()) / images.std(correction=0) * 2
    y = torch.linspace(-2, 2, 5, dtype=FLOAT64)[:, None]
    linear = wiener(y, torch.zeros(1, dtype=FLOAT64), torch.tensor([[4.0]], dtype=FLOAT64), 1.0)
    close(ideal_denoiser(y, images, 1.0), linear, 0.03)


def test_moving_all_images_moves_the_result() -> None:
    y, images, shift = drawn(3, 4), drawn(6, 4, seed=1), drawn(4, seed=2)
    moved = ideal_denoiser(y + shift, images + shift, 0.5)
    close(moved, ideal_denoiser(y, images, 0.5) + shift)


# PSNR


@pytest.mark.parametrize("peak", [1.0, 2.0, 255.0])
def test_an_error_of_a_tenth_of_the_peak_everywhere_is_20_decibels(peak: float) -> None:
    x = drawn(2, 3, 4)
    assert psnr(x, x + peak / 10, peak) == pytest.approx(20)
    assert psnr(x - peak / 100, x, peak) == pytest.approx(40)


def test_the_mean_is_of_the_square_errors_and_not_of_the_decibels_of_images() -> None:
    x = torch.zeros(2, 1, 1)
    y = torch.tensor([0.1, 0.3]).view(2, 1, 1)
    assert psnr(x, y) == pytest.approx(10 * math.log10(1 / 0.05), rel=1e-6)


def test_bytes_do_not_wrap_round() -> None:
    x, y = torch.tensor([10, 20], dtype=torch.uint8), torch.tensor([20, 10], dtype=torch.uint8)
    assert psnr(x, y, peak=255) == psnr(y, x, 255) == pytest.approx(10 * math.log10(255**2 / 100))


def test_equal_images_have_infinitely_many_decibels() -> None:
    assert psnr(torch.ones(3).requires_grad_(), torch.ones(3)) == math.inf


# The network


def denoiser(channels: int = 1, width: int = 4, depth: int = 3, factor: int = 2) -> Denoiser:
    generator = torch.Generator().manual_seed(0)
    return Denoiser(channels, width, depth, factor, generator=generator)


@pytest.mark.parametrize("factor", [1, 2, 3])
@pytest.mark.parametrize("size", [(1, 1), (7, 8), (9, 5)])
def test_a_denoiser_begins_as_the_identity_on_images_of_any_size(
    size: tuple[int, int], factor: int
) -> None:
    y = torch.rand(2, 3, *size, generator=torch.Generator().manual_seed(1))
    assert torch.equal(denoiser(3, factor=factor)(y), y)


def test_a_denoiser_takes_off_the_noise_it_finds() -> None:
    net = denoiser()
    torch.nn.init.ones_(net.layers[-1].bias)  # type: ignore[arg-type]
    y = torch.rand(1, 1, 5, 6, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(net.noise(y), torch.ones_like(y))
    torch.testing.assert_close(net(y), y - 1)


def test_moving_an_image_by_the_factor_moves_what_is_found_inside() -> None:
    net = denoiser()
    torch.nn.init.normal_(net.layers[-1].weight, generator=torch.Generator().manual_seed(3))  # type: ignore[arg-type]
    y = torch.rand(1, 1, 32, 32, generator=torch.Generator().manual_seed(1))
    moved = net.noise(y.roll((2, 4), (2, 3))).roll((-2, -4), (2, 3))
    inside = (..., slice(8, 22), slice(8, 20))
    torch.testing.assert_close(moved[inside], net.noise(y)[inside])


def test_the_default_has_the_thirty_thousand_parameters_of_five_layers() -> None:
    expected = (4 * 9 + 1) * 32 + 3 * (32 * 9 + 1) * 32 + (32 * 9 + 1) * 4
    assert sum(p.numel() for p in Denoiser().parameters()) == expected


def test_a_trained_denoiser_beats_doing_nothing() -> None:
    generator = torch.Generator().manual_seed(0)
    x = torch.rand(64, 1, 1, 1, generator=generator).expand(-1, -1, 12, 12).contiguous()
    y = x + 0.2 * torch.randn(x.shape, generator=generator)
    net = denoiser(width=8)
    fit(
        *(net, (y, x)),
        loss="square_error",
        epochs=10,
        batch_size=8,
        lr=0.01,
        optimizer=torch.optim.Adam,
        progress=False,
    )
    with torch.no_grad():
        assert psnr(net(y), x) > psnr(y, x) + 1.5


# What does not fit

Y, MEAN, C = torch.zeros(3, 2), torch.zeros(2), torch.eye(2)
BAD: list[tuple[Callable[[], object], type[Exception], str]] = [
    (lambda: wiener(Y[0], MEAN, C, 1.0), ValueError, r"y must have one image a row, \(N, D\)"),
    (lambda: wiener(Y, torch.zeros(3), C, 1.0), ValueError, r"mean must have the shape \(2,\)"),
    (lambda: wiener(Y, MEAN, torch.eye(3), 1.0), ValueError, r"C must have the shape \(2, 2\)"),
    (lambda: wiener(Y, MEAN, C.double(), 1.0), ValueError, "the dtype of y.*float64"),
    (lambda: wiener(Y, MEAN, torch.ones(2, 2).triu(), 1.0), ValueError, "not symmetric"),
    (lambda: wiener(Y, MEAN, C, -1.0), ValueError, "sigma must be"),
    (lambda: wiener(Y, MEAN, C, math.nan), ValueError, "sigma must be"),
    (lambda: wiener(Y, MEAN, 0 * C, 0.0), ValueError, "singular C needs a sigma above 0"),
    (lambda: ideal_denoiser(Y, torch.zeros(4, 3), 1.0), ValueError, r"images must.*\(4, 2\)"),
    (lambda: ideal_denoiser(Y, torch.zeros(0, 2), 1.0), ValueError, "images must have one image"),
    (lambda: ideal_denoiser(torch.zeros(3, 1, 2, 2), Y, 1.0), ValueError, r"y.flatten\(1\)"),
    (lambda: ideal_denoiser(Y.long(), Y, 1.0), TypeError, "y must hold floating-point"),
    (lambda: ideal_denoiser(Y, Y, 0.0), ValueError, "sigma must be a positive"),
    (lambda: psnr(Y, Y[:1]), ValueError, "of one shape"),
    (lambda: psnr(Y[:0], Y[:0]), ValueError, "of one shape"),
    (lambda: psnr(Y, Y, 0), ValueError, "peak must be a positive"),
    (lambda: psnr([1.0], Y), TypeError, "x must be a torch.Tensor"),  # type: ignore[arg-type]
    (lambda: Denoiser(depth=1), ValueError, "depth must be at least 2"),
    (lambda: Denoiser(factor=0), ValueError, "factor must be at least 1"),
    (lambda: Denoiser()(torch.ones(1, 3, 8, 8)), ValueError, r"\(N, 1, H, W\)"),
    (lambda: Denoiser()(torch.ones(8, 8)), ValueError, "y must be images"),
]


@pytest.mark.parametrize(("call", "error", "words"), BAD)
def test_what_does_not_fit_is_told(
    call: Callable[[], object], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        call()

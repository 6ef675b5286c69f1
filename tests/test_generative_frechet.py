"""The Fréchet distance against closed forms, and the yardstick it is measured in."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from course_dl.data import mnist
from course_dl.generative import class_scores, features, frechet_distance
from tests.exact import FLOAT64, drawn


def with_covariance(n: int, factor: Tensor, seed: int = 0) -> Tensor:
    """Samples (n, D) of mean 0 whose covariance is ``factor^T factor`` but for rounding."""
    x = drawn(n, len(factor), seed=seed)
    x = x - x.mean(0)
    white = x @ torch.linalg.inv(torch.linalg.cholesky(x.T @ x / (n - 1))).T
    return white @ factor


@pytest.mark.parametrize(("N", "D"), [(2, 1), (5, 3), (4, 9), (300, 64)])
def test_a_set_has_no_distance_to_itself_in_any_order_and_to_a_shifted_one_that_of_the_means(
    N: int, D: int
) -> None:
    a, shift = 10 * drawn(N, D), drawn(D, seed=1)
    assert frechet_distance(a, a) == pytest.approx(0, abs=1e-9)
    assert frechet_distance(a, a.flip(0)) == pytest.approx(0, abs=1e-9)
    assert frechet_distance(a, a + shift) == pytest.approx(shift.square().sum().item(), rel=1e-9)


@pytest.mark.parametrize("D", [1, 2, 6])
def test_diagonal_covariances_differ_by_their_roots(D: int) -> None:
    p, q = drawn(D).abs() + 0.1, drawn(D, seed=2).abs() + 0.1
    a, b = with_covariance(40, p.diag()), with_covariance(60, q.diag(), seed=1)
    expected = (p - q).square().sum().item()
    assert frechet_distance(a, b) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("D", [2, 5])
def test_any_covariances_by_the_formula(D: int) -> None:
    A, B = drawn(D, D), drawn(D, D, seed=3)
    a, b = with_covariance(30, A) + 1, with_covariance(50, B, seed=1)

    def root(S: Tensor) -> Tensor:
        values, vectors = torch.linalg.eigh(S)
        return vectors * values.clamp(min=0).sqrt() @ vectors.T

    S_a, S_b = A.T @ A, B.T @ B
    inner = root(S_a) @ S_b @ root(S_a)
    expected = D + (S_a + S_b - 2 * root((inner + inner.T) / 2)).trace().item()
    assert frechet_distance(a, b) == pytest.approx(expected, rel=1e-7)
    assert frechet_distance(b, a) == pytest.approx(expected, rel=1e-7)


def test_turning_both_sets_changes_nothing_and_scaling_them_squares() -> None:
    a, b, Q = drawn(20, 4), drawn(30, 4) + 1, torch.linalg.qr(drawn(4, 4)).Q
    distance = frechet_distance(a, b)
    assert frechet_distance(a @ Q, b @ Q) == pytest.approx(distance)
    assert frechet_distance(3 * a, 3 * b) == pytest.approx(9 * distance)


def test_covariances_of_lower_rank_and_a_constant_feature_are_no_trouble() -> None:
    a, b = drawn(5, 12), drawn(4, 12, seed=1)
    a[:, 0] = b[:, 0] = 7
    assert math.isfinite(frechet_distance(a, b)) and frechet_distance(a, b) > 0
    line = torch.stack([drawn(50, 1)[:, 0], torch.zeros(50, dtype=FLOAT64)], 1)
    spread = line.var(0).sum().item()
    # across each other, the covariances share nothing
    assert frechet_distance(line, line.flip(1)) == pytest.approx(
        2 * spread + 2 * line.mean().mul(2).square().item(), rel=1e-9
    )


def test_float32_is_computed_in_double_precision() -> None:
    a, b = (1e-3 * drawn(50, 3) + 10).float(), (1e-3 * drawn(60, 3, seed=1) + 10).float()
    assert frechet_distance(a, b) == pytest.approx(frechet_distance(a.double(), b.double()))


# The yardstick


@pytest.fixture(scope="module")
def digits() -> tuple[Tensor, Tensor]:
    """A thousand test digits, and their classes."""
    chosen = mnist("test")[:1000]
    return chosen.images[:, None].float() / 255, chosen.labels


def test_the_yardstick_knows_digits(digits: tuple[Tensor, Tensor]) -> None:
    X, d = digits
    assert (class_scores(X).argmax(1) == d).double().mean() > 0.98


def test_features_do_not_depend_on_the_batch_and_carry_no_graph(
    digits: tuple[Tensor, Tensor],
) -> None:
    X = torch.cat([digits[0]] * 2)[:1100].requires_grad_()
    z = features(X)
    assert z.shape == (1100, 64) and not z.requires_grad
    torch.testing.assert_close(features(X[1050:1051]), z[1050:1051], rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(features(X[:3].double()), z[:3], rtol=1e-4, atol=1e-4)


def test_the_distance_grows_with_the_damage(digits: tuple[Tensor, Tensor]) -> None:
    X, _ = digits
    generator = torch.Generator().manual_seed(0)
    test = features(X)
    halves = frechet_distance(test[::2], test[1::2])
    blurred = frechet_distance(features(F.avg_pool2d(X, 3, 1, 1)), test)
    noise = frechet_distance(features(torch.rand(X.shape, generator=generator)), test)
    assert halves < blurred < noise


@pytest.mark.full_data
def test_the_reference_values_are_those_of_the_docstring() -> None:
    X = mnist("test").images[:, None].float() / 255
    test = features(X)
    others = {
        0.78: (X > 0.5).float(),
        0.90: X.roll(1, 3),
        10.0: F.avg_pool2d(X, 3, 1, 1),
        128.0: torch.rand(X.shape, generator=torch.Generator().manual_seed(0)),
    }
    for expected, images in others.items():
        assert f" {expected:g}" in (features.__doc__ or "")
        assert frechet_distance(features(images), test) == pytest.approx(expected, rel=0.02)


A = torch.zeros(3, 2)
IMAGES = torch.zeros(2, 1, 28, 28)
BAD: list[tuple[Callable[[], object], type[Exception], str]] = [
    (lambda: frechet_distance(A, A[:, :1]), ValueError, "as many columns, got 2 and 1"),
    (lambda: frechet_distance(A[:1], A), ValueError, "a must have one sample a row and two"),
    (lambda: frechet_distance(A, A[0]), ValueError, "b must have one sample a row and two"),
    (lambda: frechet_distance(A.long(), A), TypeError, "a must hold floating-point"),
    (lambda: frechet_distance(A, A / 0), ValueError, "b must be finite"),
    (lambda: features(IMAGES[0]), ValueError, r"digits \(N, 1, 28, 28\)"),
    (lambda: features(IMAGES[:0]), ValueError, "images must be digits"),
    (lambda: features(IMAGES - 0.4), ValueError, r"lie in \[0, 1\], got -0.4 to -0.4.*clamp"),
    (lambda: class_scores(IMAGES / 0), ValueError, "got nan to nan"),
    (lambda: features(IMAGES.byte()), TypeError, "images must hold floating-point"),
]


@pytest.mark.parametrize(("call", "error", "words"), BAD)
def test_what_does_not_fit_is_told(
    call: Callable[[], object], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        call()

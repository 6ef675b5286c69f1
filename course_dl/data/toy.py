"""Toy sets of the labs: small, seeded, and with a known truth behind each.

Every function returns ``(X, d)``: the samples ``X (N, D)``, one a row, and their desired outputs
``d``. The sets of the perceptron have labels -1 and +1 in the dtype of ``X``, the other
classification sets classes ``0..K-1`` (int64). Points are drawn in float64 and then rounded to
``dtype``, so that a seed gives the same points in every precision. ``generator`` draws them; None
means torch's global generator.
"""

from __future__ import annotations

import math

import torch
from torch import Generator, Tensor

from course_dl._arguments import check_count, check_floating

__all__ = [
    "SEPARATOR",
    "circles",
    "gaussian_classes",
    "gaussian_posterior",
    "moons",
    "noisy_regression",
    "overlapping_clouds",
    "regression_mean",
    "separable_clouds",
    "spirals",
    "xor",
]

# (b, w_1, w_2) of the line between the two clouds; ||w|| = 1, so that scores are distances.
SEPARATOR = (-0.5, 0.6, 0.8)

# Gaussian classes: P(k), the means mu_k and the standard deviations sigma_k in every direction.
PRIORS = (0.5, 0.3, 0.2)
MEANS = ((-1.0, 0.0), (1.0, 1.0), (1.0, -1.5))
SPREADS = (1.0, 0.7, 0.5)


def separable_clouds(
    n: int = 100,
    margin: float = 0.2,
    *,
    generator: Generator | None = None,
    dtype: torch.dtype = torch.float32,
) -> tuple[Tensor, Tensor]:
    """Two clouds that a line separates: ``d (<w, x> + b) >= margin`` for ``(b, w) = SEPARATOR``.

    The distance from the line is ``margin`` plus a normal variable of mean 1 and standard deviation
    1/2, cut off below 0; along the line the clouds are standard normal (lab 1).

    Returns
    -------
    X (n, 2), d (n,): labels -1 and +1, as many of each, in random order.
    """
    check_count(n, "n")
    _check_not_negative("margin", margin)
    lowest = 0.5 * math.erfc(math.sqrt(2))  # P(z < -2), where the distance 1 + z/2 is 0
    u = torch.rand(n, generator=generator, dtype=torch.float64)
    z = torch.special.ndtri(lowest + u * (1 - lowest))
    return _clouds(margin + 1 + z / 2, generator, dtype)


def overlapping_clouds(
    n: int = 100,
    distance: float = 2.0,
    *,
    generator: Generator | None = None,
    dtype: torch.dtype = torch.float32,
) -> tuple[Tensor, Tensor]:
    """Two round Gaussian clouds of unit spread whose centres lie ``distance`` apart.

    The best possible classifier is the line ``SEPARATOR``; it errs with probability
    ``Phi(-distance / 2)``, 16 % for a distance of 2 (lab 1).

    Returns
    -------
    X (n, 2), d (n,): labels -1 and +1, as many of each, in random order.
    """
    check_count(n, "n")
    _check_not_negative("distance", distance)
    z = torch.randn(n, generator=generator, dtype=torch.float64)
    return _clouds(distance / 2 + z, generator, dtype)


def _clouds(
    distances: Tensor, generator: Generator | None, dtype: torch.dtype
) -> tuple[Tensor, Tensor]:
    """Points at these signed distances from the separator, each on the side of its label."""
    b, *w = SEPARATOR
    normal = torch.tensor(w, dtype=torch.float64)
    along = torch.tensor([-w[1], w[0]], dtype=torch.float64)
    d = 2.0 * _balanced(len(distances), 2, generator) - 1
    t = torch.randn(len(distances), generator=generator, dtype=torch.float64)
    X = torch.outer(d * distances - b, normal) + torch.outer(t, along)
    return X.to(dtype), d.to(dtype)


def xor(
    n: int = 4,
    noise: float = 0.0,
    *,
    generator: Generator | None = None,
    dtype: torch.dtype = torch.float32,
) -> tuple[Tensor, Tensor]:
    """Exclusive or: ``d = +1`` where exactly one coordinate is 1; no line separates it (lab 1).

    By default its four points ``(0, 0), (0, 1), (1, 0), (1, 1)``; a larger ``n`` repeats them in
    turn, and ``noise``, a standard deviation, makes a Gaussian cloud of each.

    Returns
    -------
    X (n, 2), d (n,): labels -1 and +1.
    """
    check_count(n, "n")
    _check_not_negative("noise", noise)
    corner = torch.arange(n) % 4
    X = torch.stack([corner // 2, corner % 2], dim=1).double()
    d = 2 * (X[:, 0] != X[:, 1]).to(dtype) - 1
    return _blur(X, noise, generator).to(dtype), d


def moons(
    n: int = 200,
    noise: float = 0.1,
    *,
    generator: Generator | None = None,
    dtype: torch.dtype = torch.float32,
) -> tuple[Tensor, Tensor]:
    """Two interleaved half circles of radius 1, blurred by normal ``noise`` (labs 2 and 4).

    Class 0 is the upper one around (0, 0), class 1 the lower one around (1, 1/2); without noise
    the points lie in [-1, 2] x [-1/2, 1].

    Returns
    -------
    X (n, 2), d (n,) int64: classes 0 and 1, as many of each, in random order.
    """
    check_count(n, "n")
    _check_not_negative("noise", noise)
    d = _balanced(n, 2, generator)
    t = math.pi * torch.rand(n, generator=generator, dtype=torch.float64)
    side = 1 - 2 * d  # +1 for the upper moon, -1 for the lower
    X = torch.stack([d + side * t.cos(), d / 2 + side * t.sin()], dim=1)
    return _blur(X, noise, generator).to(dtype), d


def circles(
    n: int = 200,
    noise: float = 0.1,
    *,
    generator: Generator | None = None,
    dtype: torch.dtype = torch.float32,
) -> tuple[Tensor, Tensor]:
    """Two rings around the origin, class 0 of radius 1, class 1 of radius 1/2 (lab 2).

    Returns
    -------
    X (n, 2), d (n,) int64: classes 0 and 1, as many of each, in random order.
    """
    check_count(n, "n")
    _check_not_negative("noise", noise)
    d = _balanced(n, 2, generator)
    t = 2 * math.pi * torch.rand(n, generator=generator, dtype=torch.float64)
    X = _polar(1 - d / 2, t)
    return _blur(X, noise, generator).to(dtype), d


def spirals(
    n: int = 300,
    classes: int = 3,
    noise: float = 0.02,
    *,
    generator: Generator | None = None,
    dtype: torch.dtype = torch.float32,
) -> tuple[Tensor, Tensor]:
    """Arms of a spiral, one a class, each making 2/3 of a turn from radius 0.1 to 1 (lab 2).

    Returns
    -------
    X (n, 2), d (n,) int64: classes ``0..classes-1``, as many of each, in random order.
    """
    check_count(n, "n")
    check_count(classes, "classes")
    _check_not_negative("noise", noise)
    d = _balanced(n, classes, generator)
    r = 0.1 + 0.9 * torch.rand(n, generator=generator, dtype=torch.float64)
    X = _polar(r, 2 * math.pi * (d / classes + 2 / 3 * r))
    return _blur(X, noise, generator).to(dtype), d


def noisy_regression(
    n: int = 100,
    noise: float = 0.3,
    *,
    generator: Generator | None = None,
    dtype: torch.dtype = torch.float32,
) -> tuple[Tensor, Tensor]:
    """``d = E[d | x] + noise * z`` with ``x`` uniform on [-3, 3] and ``z`` standard normal (lab 2).

    The truth ``E[d | x]`` is ``regression_mean``; no regression has a smaller expected square
    error, which is ``noise^2 / 2`` with the course's ``L = 1/2 ||y - d||^2``.

    Returns
    -------
    X (n, 1), d (n, 1)
    """
    check_count(n, "n")
    _check_not_negative("noise", noise)
    X = 6 * torch.rand(n, 1, generator=generator, dtype=torch.float64) - 3
    return X.to(dtype), _blur(regression_mean(X), noise, generator).to(dtype)


def regression_mean(x: Tensor) -> Tensor:
    """``E[d | x] = sin(2 x) + x / 2``, the truth behind ``noisy_regression``; any shape."""
    return torch.sin(2 * x) + x / 2


def gaussian_classes(
    n: int = 300,
    *,
    generator: Generator | None = None,
    dtype: torch.dtype = torch.float32,
) -> tuple[Tensor, Tensor]:
    """Three round Gaussian classes in the plane that overlap and differ in size (lab 2).

    Class ``k`` comes with probability ``P(k)`` = 0.5, 0.3, 0.2, and then ``x`` from
    ``N(mu_k, sigma_k^2 I)`` with ``mu`` = (-1, 0), (1, 1), (1, -1.5) and ``sigma`` = 1, 0.7, 0.5.
    The truth ``P(k | x)`` is ``gaussian_posterior``.

    Returns
    -------
    X (n, 2), d (n,) int64: classes 0, 1, 2, samples independent of each other.
    """
    check_count(n, "n")
    priors = torch.tensor(PRIORS, dtype=torch.float64)
    d = torch.multinomial(priors, n, replacement=True, generator=generator)
    z = torch.randn(n, 2, generator=generator, dtype=torch.float64)
    means = torch.tensor(MEANS, dtype=torch.float64)
    spreads = torch.tensor(SPREADS, dtype=torch.float64)
    return (means[d] + spreads[d, None] * z).to(dtype), d


def gaussian_posterior(X: Tensor) -> Tensor:
    """``P(k | x)`` of ``gaussian_classes``, by Bayes: ``P(k) p(x | k) / sum_j P(j) p(x | j)``.

    ``X (N, 2)`` gives ``(N, 3)``, rows that sum to 1, in the dtype and on the device of ``X``.
    """
    check_floating(X, "X")
    if X.ndim != 2 or X.shape[1] != 2:
        raise ValueError(f"X must hold points of the plane, shape (N, 2), got {tuple(X.shape)}")
    priors, means, spreads = (X.new_tensor(values) for values in (PRIORS, MEANS, SPREADS))
    squares = (X[:, None, :] - means).square().sum(dim=2)
    # Logarithms of P(k) p(x | k), up to a constant: far from all means the densities underflow.
    scores = priors.log() - 2 * spreads.log() - squares / (2 * spreads.square())
    return scores.softmax(dim=1)


def _balanced(n: int, classes: int, generator: Generator | None) -> Tensor:
    """``n`` classes in random order, each as often as the others, or once more."""
    return torch.randperm(n, generator=generator) % classes


def _polar(r: Tensor, t: Tensor) -> Tensor:
    return torch.stack([r * t.cos(), r * t.sin()], dim=1)


def _blur(X: Tensor, noise: float, generator: Generator | None) -> Tensor:
    if noise == 0:  # nothing to draw: the points as they are, whatever the generator
        return X
    return X + noise * torch.randn(X.shape, generator=generator, dtype=X.dtype)


def _check_not_negative(name: str, value: float) -> None:
    if not 0 <= value < math.inf:
        raise ValueError(f"{name} must be a finite number and not negative, got {value!r}")

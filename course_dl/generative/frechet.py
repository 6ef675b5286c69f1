"""The Fréchet distance of two sets of samples, as if both were Gaussian."""

from __future__ import annotations

import torch
from torch import Tensor

from course_dl._arguments import check_finite, check_floating, describe

__all__ = ["frechet_distance"]


def frechet_distance(a: Tensor, b: Tensor) -> float:
    """``||m_a - m_b||^2 + tr(S_a + S_b - 2 (S_a^1/2 S_b S_a^1/2)^1/2)``

    m is the mean and S the covariance (over N - 1) of a set. It is the square of the 2-Wasserstein
    distance of two Gaussians (Dowson and Landau, 1982). On features of a network it compares
    pictures that were drawn with real ones (Heusel et al., "GANs trained by a two time-scale update
    rule", 2017); the less, the better. Few samples make it larger: compare equal numbers.

    Parameters
    ----------
    a, b : (N, D) and (M, D), one sample a row, two rows or more; computed in double precision.

    Returns
    -------
    float, 0 or more; its unit is the square of the features'.
    """
    for samples, name in ((a, "a"), (b, "b")):
        check_floating(samples, name)
        if samples.dim() != 2 or len(samples) < 2 or samples.shape[1] == 0:
            raise ValueError(
                f"{name} must have one sample a row and two rows or more, (N, D), got a "
                f"{describe(samples)}"
            )
        check_finite(samples, name)
    if a.shape[1] != b.shape[1]:
        raise ValueError(
            f"a and b must have as many columns, got {a.shape[1]} and {b.shape[1]} features"
        )
    m_a, A = _moments(a)
    m_b, B = _moments(b)
    # With S_a = A^T A and S_b = B^T B the trace of the root is the sum of the singular values of
    # A B^T. So no root is taken of an eigenvalue, 0 but for rounding.
    shared = torch.linalg.matrix_norm(A @ B.T, ord="nuc")
    squared = (m_a - m_b).square().sum() + A.square().sum() + B.square().sum() - 2 * shared
    return max(float(squared), 0.0)


def _moments(samples: Tensor) -> tuple[Tensor, Tensor]:
    """The mean (D,), and a factor A of the covariance ``A^T A`` with D rows at most."""
    x = samples.detach().double()
    mean = x.mean(0)
    A: Tensor = torch.linalg.qr((x - mean) / (len(x) - 1) ** 0.5, mode="r").R
    return mean, A

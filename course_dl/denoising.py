"""Denoising: the best guess of an image x from ``y = x + sigma noise``, the noise standard normal.

What minimizes the square error is the posterior mean ``E[x | y]``. It is a linear map of y if x is
Gaussian (`wiener`), and a mean weighted by a softmax if x is one of finitely many images
(`ideal_denoiser`). A network trained with the square error comes near it for all else (`Denoiser`).
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_dl._arguments import check_count, check_floating, check_positive, check_tensor, describe
from course_dl.mlp import he_normal_

__all__ = ["Denoiser", "ideal_denoiser", "psnr", "wiener"]


def wiener(y: Tensor, mean: Tensor, C: Tensor, sigma: float) -> Tensor:
    """``E[x | y] = mean + C (C + sigma^2 I)^-1 (y - mean)`` if x is Gaussian.

    Along an eigenvector of C with eigenvalue lambda, ``lambda / (lambda + sigma^2)`` of the signal
    is kept: directions in which images vary more than the noise.

    Parameters
    ----------
    y : (N, D), one sample a row.
    mean : (D,), of x.
    C : (D, D), the covariance of x; it may be singular.
    sigma : of the noise; 0 or more, and above 0 if C is singular.

    Returns
    -------
    (N, D)
    """
    _check_rows(y, "y")
    D = y.shape[1]
    _check_like(mean, "mean", (D,), y)
    _check_like(C, "C", (D, D), y)
    if not torch.allclose(C, C.T, rtol=0, atol=1e-4 * float(C.abs().max())):
        raise ValueError("C must be a covariance, and is not symmetric")
    if not 0 <= sigma < math.inf:
        raise ValueError(f"sigma must be a finite number and not negative, got {sigma!r}")
    of_y = C + sigma**2 * torch.eye(D, dtype=C.dtype, device=C.device)
    whitened, singular = torch.linalg.solve_ex(of_y, (y - mean).T)
    if singular:
        raise ValueError("C + sigma^2 I is singular: a singular C needs a sigma above 0")
    return mean + (C @ whitened).T


def ideal_denoiser(y: Tensor, images: Tensor, sigma: float) -> Tensor:
    """``E[x | y] = sum_m softmax_m(-||y - x_m||^2 / (2 sigma^2)) x_m``, x being one of the images.

    With the square written out, ``||y||^2`` is the same for all m and cancels. What is left is
    attention: queries y, keys and values ``x_m``, scores ``(y . x_m - ||x_m||^2 / 2) / sigma^2``.
    It is ``y + sigma^2 grad log p(y)`` as well (Tweedie), p being the density of y.

    Parameters
    ----------
    y : (N, D), one sample a row.
    images : (M, D), all equally probable.
    sigma : of the noise, above 0. As it falls, the result becomes the image nearest to y.

    Returns
    -------
    (N, D)
    """
    _check_rows(y, "y")
    _check_rows(images, "images")
    _check_like(images, "images", (len(images), y.shape[1]), y)
    check_positive(sigma, "sigma")
    # In double precision: a small sigma makes much of the last digits of a score.
    x = images.double()
    scores = (y.double() @ x.T - x.square().sum(1) / 2) / sigma**2
    return scores.softmax(1).to(y.dtype) @ images


def psnr(x: Tensor, y: Tensor, peak: float = 1.0) -> float:
    """``10 log10(peak^2 / mse)`` in decibels, mse the mean of ``(x - y)^2`` over all; inf if equal.

    Peak signal-to-noise ratio. ``peak`` is the range of the pixels: 1 for [0, 1], 2 for [-1, 1],
    255 for bytes, which may come as uint8.
    """
    check_tensor(x, "x")
    check_tensor(y, "y")
    if x.shape != y.shape or x.numel() == 0:
        raise ValueError(
            f"x and y must be images of one shape, got a {describe(x)} and a {describe(y)}"
        )
    check_positive(peak, "peak")
    mse = float((x.detach().double() - y.detach().double()).square().mean())
    return 10 * math.log10(peak**2 / mse) if mse else math.inf


class Denoiser(nn.Module):
    """``y - noise(y)``: a network that finds the noise, which is simpler than finding the image.

    ``noise`` is ``depth`` convolutions 3 x 3 with ReLU between them, after DnCNN (Zhang et al.,
    "Beyond a Gaussian denoiser", 2017). They see the image as ``factor^2`` smaller ones, of every
    second pixel, say, after FFDNet (Zhang, Zuo, Zhang, 2018): a quarter of the work, and twice as
    far a view. The last layer begins at 0, the network thus as the identity.

    Parameters
    ----------
    channels : 1 for grey images, 3 for colours.
    width : channels of the maps between.
    depth : number of convolutions, at least 2.
    factor : 2 for every second pixel; 1 for the image as it is.
    generator : draws the initial weights; the global one by default.
    """

    def __init__(
        self,
        channels: int = 1,
        width: int = 32,
        depth: int = 5,
        factor: int = 2,
        *,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        self.channels, self.factor = (
            check_count(channels, "channels"),
            check_count(factor, "factor"),
        )
        check_count(width, "width")
        check_count(depth, "depth", least=2)
        ends = channels * factor**2
        sizes = [ends, *[width] * (depth - 1), ends]
        self.layers = nn.ModuleList()
        for before, after in pairwise(sizes):
            layer = nn.utils.skip_init(nn.Conv2d, before, after, 3, padding=1)
            he_normal_(layer.weight, generator)
            nn.init.zeros_(cast(Tensor, layer.bias))
            self.layers.append(layer)
        nn.init.zeros_(layer.weight)

    def noise(self, y: Tensor) -> Tensor:
        """The noise in y, (N, C, H, W) as y is."""
        check_floating(y, "y")
        if y.dim() != 4 or y.shape[1] != self.channels or y.numel() == 0:
            raise ValueError(f"y must be images (N, {self.channels}, H, W), got a {describe(y)}")
        height, width = y.shape[2:]
        beyond = (0, -width % self.factor, 0, -height % self.factor)
        h = F.pixel_unshuffle(F.pad(y, beyond, mode="replicate"), self.factor)
        *hidden, output = self.layers
        for layer in hidden:
            h = torch.relu(layer(h))
        return F.pixel_shuffle(output(h), self.factor)[..., :height, :width]

    def forward(self, y: Tensor) -> Tensor:
        """Noisy images (N, C, H, W) to clean ones."""
        return y - self.noise(y)


def _check_rows(t: Tensor, name: str) -> None:
    check_floating(t, name)
    if t.dim() != 2 or t.numel() == 0:
        raise ValueError(
            f"{name} must have one image a row, (N, D), got a {describe(t)}: images "
            f"become rows by {name}.flatten(1)"
        )


def _check_like(t: Tensor, name: str, shape: tuple[int, ...], y: Tensor) -> None:
    check_floating(t, name)
    if t.shape != shape or t.dtype != y.dtype:
        raise ValueError(
            f"{name} must have the shape {shape} and the dtype of y, a {describe(y)}; got a "
            f"{describe(t)}"
        )

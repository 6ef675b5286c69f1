"""Colour images of simple shapes with a class for every pixel: a toy set for segmentation."""

from __future__ import annotations

import math

import torch
from torch import Generator, Tensor

from course_dl._arguments import check_count

__all__ = ["SHAPES", "shapes"]

SHAPES = ("background", "disc", "square")  # the classes of pixels, in their order


def shapes(
    n: int = 200,
    size: int | tuple[int, int] = 32,
    noise: float = 0.1,
    *,
    generator: Generator | None = None,
    dtype: torch.dtype = torch.float32,
) -> tuple[Tensor, Tensor]:
    """A disc and a square in each image, of any bright colour, on a dark one, blurred by noise.

    Places and sizes are random; half their width is 1/8 to 1/4 of the image's shorter side. Where
    they overlap, the square lies on the disc. Colour tells nothing of the class.

    Parameters
    ----------
    size : height and width in pixels, at least 8, or one number for both.
    noise : standard deviation of the normal noise of every pixel.

    Returns
    -------
    X (n, 3, H, W), about in [0, 1]; d (n, H, W) int64: classes of pixels, named by ``SHAPES``.
    """
    check_count(n, "n")
    height, width = size if isinstance(size, (tuple, list)) else (size, size)
    for side in (height, width):
        check_count(side, "size", least=8)
    if not 0 <= noise < math.inf:
        raise ValueError(f"noise must be a finite number and not negative, got {noise!r}")

    def uniform(*shape: int, low: float, high: float) -> Tensor:
        drawn = torch.rand(*shape, generator=generator, dtype=torch.float64)
        return low + (high - low) * drawn

    shorter = min(height, width)
    half = uniform(n, 2, 1, 1, low=shorter / 8, high=shorter / 4)
    share = uniform(n, 2, 2, low=0, high=1)[..., None, None]
    y0 = half + share[:, :, 0] * (height - 1 - 2 * half)  # so that all of it is in the image
    x0 = half + share[:, :, 1] * (width - 1 - 2 * half)
    y = (torch.arange(height)[:, None] - y0).abs()  # (n, 2, H, 1) and (n, 2, 1, W)
    x = (torch.arange(width) - x0).abs()
    disc = (x.square() + y.square() <= half.square())[:, 0]
    square = ((x <= half) & (y <= half))[:, 1]
    d = torch.where(square, 2, disc.long())

    dark = uniform(n, 1, 3, low=0, high=0.4)
    bright = uniform(n, 2, 3, low=0.6, high=1)
    colours = torch.cat([dark, bright], dim=1)  # (n, K, 3), that of each class
    X = colours[torch.arange(n)[:, None, None], d].permute(0, 3, 1, 2)
    if noise:
        X = X + noise * torch.randn(X.shape, generator=generator, dtype=torch.float64)
    return X.to(dtype).contiguous(), d

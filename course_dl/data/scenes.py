"""Scenes: real digits on random textures, with a class for every pixel."""

from __future__ import annotations

import math
import os

import torch
from torch import Generator, Tensor

from course_dl._arguments import check_count
from course_dl.data.images import mnist
from course_dl.data.imageset import ImageSet

__all__ = ["scenes"]

MOST = 3  # digits of a scene
INK = 28  # height and width of a digit
GREY, CONTRAST = 0.35, 0.13  # mean and standard deviation of a texture
MEAN, STD = 0.393, 0.182  # of the pixels of many scenes of 48 x 48
AT_ONCE = 500  # scenes that are made together: arrays of a few megabytes


def scenes(
    split: str = "train",
    n: int = 4000,
    size: int | tuple[int, int] = 48,
    *,
    root: str | os.PathLike[str] | None = None,
    generator: Generator | None = None,
) -> ImageSet:
    """One to three digits of MNIST on each texture; every pixel is background or of a digit.

    Digits are bright, and lie anywhere, each wholly in the image; a later one covers an earlier
    one. A pixel is of a digit if the digit has more than half its ink there. A texture is white
    noise, filtered: a Gaussian texture, finer or coarser and in another direction in each scene
    (Galerne, Gousseau, Morel, "Random phase textures", 2011).

    Parameters
    ----------
    split : "train" or "test", whose digits are taken; so no digit is in scenes of both.
    n : number of scenes.
    size : height and width in pixels, at least 28, or one number for both.
    root : where MNIST lies, as for `mnist`.
    generator : draws everything; the global one by default.

    Returns
    -------
    ImageSet with label maps; classes: 0 the background, k + 1 the digit k.
    """
    check_count(n, "n")
    height, width = size if isinstance(size, (tuple, list)) else (size, size)
    for side in (height, width):
        check_count(side, "size", least=INK)
    digits = mnist(split, root)
    images = torch.empty(n, height, width, dtype=torch.uint8)
    labels = torch.empty_like(images)
    for start in range(0, n, AT_ONCE):
        part = slice(start, min(start + AT_ONCE, n))
        X, d = _with_digits(
            _textures(len(images[part]), height, width, generator), digits, generator
        )
        images[part] = X.mul_(255).round_().clamp_(0, 255).to(torch.uint8)
        labels[part] = d
    return ImageSet(
        images,
        labels,
        ("background", *digits.classes),
        f"scenes of digits from the {digits.source}",
        mean=MEAN,
        std=STD,
    )


def _textures(n: int, height: int, width: int, generator: Generator | None) -> Tensor:
    """(n, H, W): ``GREY + CONTRAST noise * kernel / ||kernel||``, by multiplying the spectra.

    The kernel is a Gaussian, 0.5 to 3 pixels long along one axis and across, turned by any angle.
    """
    lengths = _uniform(2, n, 1, 1, low=0.5, high=3, generator=generator)
    angle = _uniform(n, 1, 1, low=0, high=math.pi, generator=generator)
    f, g = torch.fft.fftfreq(height)[:, None], torch.fft.rfftfreq(width)
    along, across = f * angle.sin() + g * angle.cos(), f * angle.cos() - g * angle.sin()
    squares = (lengths[0] * along).square_().add_((lengths[1] * across).square_())
    spectrum = squares.mul_(-2 * math.pi**2).exp_()  # of a Gaussian kernel with sum 1
    noise = torch.fft.rfft2(torch.randn(n, height, width, generator=generator))
    kernel = torch.fft.irfft2(spectrum, s=(height, width))
    norm = kernel.square_().sum((1, 2), keepdim=True).sqrt_()
    return torch.fft.irfft2(noise * spectrum, s=(height, width)) * (CONTRAST / norm) + GREY


def _with_digits(X: Tensor, digits: ImageSet, generator: Generator | None) -> tuple[Tensor, Tensor]:
    """Images and label maps (n, H, W) of textures, digits laid on one after the other."""
    n, height, width = X.shape
    d = torch.zeros(n, height, width, dtype=torch.uint8)
    counts = torch.randint(1, MOST + 1, (n,), generator=generator)
    chosen = torch.randint(len(digits), (MOST, n), generator=generator)
    top = torch.randint(height - INK + 1, (MOST, n), generator=generator)
    left = torch.randint(width - INK + 1, (MOST, n), generator=generator)
    bright = _uniform(MOST, n, 1, 1, low=0.75, high=1, generator=generator)
    inside = torch.arange(INK)
    for k in range(MOST):
        which = (counts > k).nonzero()[:, 0]
        rows = (top[k, which, None] + inside)[:, :, None]
        columns = (left[k, which, None] + inside)[:, None]
        at = which[:, None, None], rows, columns
        ink = digits.images[chosen[k, which]].float().div_(255)
        X[at] = torch.lerp(X[at], bright[k, which], ink)
        label = digits.labels[chosen[k, which]].to(torch.uint8)[:, None, None] + 1
        d[at] = torch.where(ink > 0.5, label, d[at])
    return X, d


def _uniform(*shape: int, low: float, high: float, generator: Generator | None) -> Tensor:
    return low + (high - low) * torch.rand(*shape, generator=generator)

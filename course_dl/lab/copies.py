"""Whether a picture is a copy of a training image: much nearer to one of them than to the next.

How near two different images of a class come depends on the class: two ones are much alike, two
eights are not. So no distance decides but a ratio, of the distance to the nearest training image
and that to the fifth nearest. Of a picture that nobody copied it is not far below 1; of a copy with
a little noise, or moved by some pixels, or darker, it is small.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

__all__ = ["copied"]

NEXT = 5  # the nearest training image is compared with the one at this place
RATIO = 0.6  # below which a picture is a copy
AT_ONCE = 250  # pictures


def copied(pictures: Tensor, X: Tensor) -> Tensor:
    """(N,) bool: which pictures (N, 1, H, W) are copies of one of the images X (M, 1, H, W)."""
    known = likeness(X)
    near = [nearest(likeness(part), known) for part in pictures.split(AT_ONCE)]
    return torch.cat(near) < RATIO


def nearest(rows: Tensor, known: Tensor) -> Tensor:
    """(N,): the distance to the nearest of the known rows, relative to that to the fifth."""
    # all rows have length 1: what is left of a squared distance is 2 - 2 cos
    cosines = (rows @ known.T).topk(min(NEXT, len(known)), dim=1).values
    distances = (2 - 2 * cosines).clamp(min=1e-12).sqrt()
    return distances[:, 0] / distances[:, -1]


def likeness(images: Tensor) -> Tensor:
    """(N, D) of length 1: images in the middle, coarse, so that place, noise and light are gone."""
    rows = F.avg_pool2d(centred(images.float()), 2).flatten(1)
    return F.normalize(rows, dim=1)


def centred(images: Tensor) -> Tensor:
    """Images (N, 1, H, W) moved so that the middle of what is bright comes to the middle."""
    N, _, H, W = images.shape
    light = images[:, 0].clamp(min=0)
    total = light.sum((1, 2)).clamp(min=1e-6)
    shift = torch.eye(2, 3, dtype=images.dtype).repeat(N, 1, 1)
    for row, axis, n in ((0, 1, W), (1, 2, H)):  # affine_grid takes x first
        middle = (light.sum(axis) * torch.arange(n)).sum(1) / total
        shift[:, row, 2] = (2 * middle + 1) / n - 1
    shift[light.sum((1, 2)) == 0, :, 2] = 0
    grid = F.affine_grid(shift, [N, 1, H, W], align_corners=False)
    return F.grid_sample(images, grid, align_corners=False)

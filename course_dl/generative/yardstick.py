"""The yardstick: a small network, trained once, whose features tell how digits are spread.

It was made by ``scripts/make_yardstick.py``. A distance holds for these weights alone, so they are
stored, and stay as they are.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from course_dl._arguments import check_floating, describe

__all__ = ["Yardstick", "class_scores", "features"]

WEIGHTS = Path(__file__).with_name("yardstick.npz")
AT_ONCE = 1000  # images: the largest maps then take 13 MB
ROUNDING = 1e-3  # a pixel may be so far outside of [0, 1]


class Yardstick(nn.Module):
    """Two convolutions with ReLU, a linear layer to 64 features; of their ReLU, ten scores."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 5, stride=2, padding=2)
        self.conv2 = nn.Conv2d(16, 48, 3, stride=2, padding=1)
        self.hidden = nn.Linear(48 * 7 * 7, 64)
        self.head = nn.Linear(64, 10)

    def features(self, images: Tensor) -> Tensor:
        """(N, 64) of images (N, 1, 28, 28) in [0, 1]; before the ReLU, for none to be always 0."""
        h = torch.relu(self.conv2(torch.relu(self.conv1(images))))
        z: Tensor = self.hidden(h.flatten(1))
        return z

    def forward(self, images: Tensor) -> Tensor:
        """Scores (N, 10)."""
        y: Tensor = self.head(torch.relu(self.features(images)))
        return y


def features(images: Tensor) -> Tensor:
    """Features (N, 64) of digits (N, 1, 28, 28), white on black, pixels in [0, 1]; no gradient.

    ``frechet_distance(features(a), features(b))`` compares two sets of pictures. The unit is such
    that features of training digits have a mean variance of 1. To the 10,000 test digits have::

                                   10,000 images   1,000 images
        training digits (of 8 draws)    0.12           0.34
        test digits, black and white    0.78           1.1
        test digits, drawn as pixels    0.80           0.94
        test digits, moved a pixel      0.90           1.2
        test digits, noise of 0.1       3.9            3.8
        test digits, blurred 3 x 3     10              9.8
        the mean digit, each time      80             80
        uniform noise                 128            128

    Raises TypeError or ValueError for images of another kind, standardized ones among them.
    """
    z: Tensor = torch.cat([_network(part.device).features(part) for part in _parts(images)])
    return z


def class_scores(images: Tensor) -> Tensor:
    """Scores (N, 10) of digits as for `features`: which class each of them is taken for."""
    y: Tensor = torch.cat([_network(part.device)(part) for part in _parts(images)])
    return y


@cache
def _network(device: torch.device) -> Yardstick:
    with np.load(WEIGHTS) as stored:
        state = {name: torch.from_numpy(stored[name]).float() for name in stored.files}
    net = Yardstick()
    net.load_state_dict(state)
    return net.eval().requires_grad_(False).to(device)


def _parts(images: Tensor) -> tuple[Tensor, ...]:
    check_floating(images, "images")
    if images.shape[1:] != (1, 28, 28) or len(images) == 0:
        raise ValueError(f"images must be digits (N, 1, 28, 28), got a {describe(images)}")
    low, high = (float(bound) for bound in images.detach().aminmax())
    if not (low >= -ROUNDING and high <= 1 + ROUNDING):
        raise ValueError(
            f"the pixels of images must lie in [0, 1], got {low:.3g} to {high:.3g}: standardized "
            "images are brought back by std * images + mean, others by images.clamp(0, 1)"
        )
    return images.detach().float().split(AT_ONCE)

"""A flow of digits that was trained beforehand, for pictures where there is no time to train."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from course_dl.diffusion.flow import FlowMatching
from course_dl.diffusion.nets import SmallUNet

__all__ = ["pretrained_digits"]

WEIGHTS = Path(__file__).with_name("digits.npz")


def pretrained_digits() -> FlowMatching:
    """A `FlowMatching` of digits (N, 1, 28, 28) in [-1, 1] and their classes, in evaluation mode.

    FIGURES
    """
    with np.load(WEIGHTS) as stored:
        state = {name: torch.from_numpy(stored[name]).float() for name in stored.files}
    net = SmallUNet(generator=torch.Generator())  # the global generator stays as it is
    net.load_state_dict(state)
    return FlowMatching(net).eval().requires_grad_(False)

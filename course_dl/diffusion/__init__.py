"""Diffusion models: pictures out of noise, a little at a time.

- `noising`: noise put on, and picture, noise and score of a noisy picture.
- `steps`: one step back, by Bayes' rule or without chance; a class obeyed more than it is.
- `ddpm`: a model that learns the noise; `flow`: one that learns the straight way.
- `nets`: networks that are told time and class.
- `complete`: the rest of a picture; `latent`: codes instead of pixels.
- `pretrained`: a model of digits that is trained already.

Pictures are in [-1, 1]: ``2 x - 1`` of pixels in [0, 1]. Noise is an argument, or drawn from the
``generator`` that is given.
"""

from course_dl.diffusion.complete import complete, keep_known
from course_dl.diffusion.ddpm import Diffusion
from course_dl.diffusion.flow import FlowMatching, euler, flow_pair
from course_dl.diffusion.latent import LatentFlow
from course_dl.diffusion.nets import SmallUNet, TimeMLP
from course_dl.diffusion.noising import (
    alpha_bars,
    cosine_betas,
    diffuse,
    eps_from_x0,
    score_from_eps,
    x0_from_eps,
)
from course_dl.diffusion.pretrained import pretrained_digits
from course_dl.diffusion.steps import ddim_step, ddpm_step, guided, posterior

__all__ = [
    "Diffusion",
    "FlowMatching",
    "LatentFlow",
    "SmallUNet",
    "TimeMLP",
    "alpha_bars",
    "complete",
    "cosine_betas",
    "ddim_step",
    "ddpm_step",
    "diffuse",
    "eps_from_x0",
    "euler",
    "flow_pair",
    "guided",
    "keep_known",
    "posterior",
    "pretrained_digits",
    "score_from_eps",
    "x0_from_eps",
]

"""The samplers against those of ``diffusers``: the same network and noise give the same pictures.

It needs the extra ``diffusers``.
"""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from course_dl.diffusion import Diffusion, SmallUNet, alpha_bars, cosine_betas
from tests.exact import FLOAT64, close, drawn, seeded

diffusers = pytest.importorskip(
    "diffusers", reason="diffusers is not installed: pip install 'course-dl[diffusers]'"
)

T = 1000
BETAS = cosine_betas(T).double()
PREDICTS = {"noise": "epsilon", "velocity": "v_prediction"}


@pytest.fixture(scope="module")
def net() -> SmallUNet:
    """A network with weights in the layers that begin at 0, in double precision."""
    net = SmallUNet(8, generator=seeded(0)).double()
    for k, p in enumerate(net.parameters()):
        if not bool(p.any()):
            p.data.normal_(0, 0.1, generator=seeded(k))
    return net.requires_grad_(False)


def theirs(scheduler: Any, net: SmallUNet, x: Tensor, d: Tensor, steps: int, **how: Any) -> Tensor:
    """Pictures by the loop of diffusers' own pipelines."""
    scheduler.alphas_cumprod = alpha_bars(BETAS)  # theirs are float32
    scheduler.set_timesteps(steps)
    for t in scheduler.timesteps:
        time = (t + 1).double().expand(len(x)) / T
        x = scheduler.step(net(x, time, d), t, x, **how).prev_sample
    return x


def options(predicts: str) -> dict[str, Any]:
    return {
        "num_train_timesteps": T,
        "trained_betas": BETAS.numpy(),
        "prediction_type": PREDICTS[predicts],
        "clip_sample": False,
        "timestep_spacing": "trailing",
    }


@pytest.mark.parametrize("predicts", ["noise", "velocity"])
@pytest.mark.parametrize("steps", [5, 20])
def test_ddim(net: SmallUNet, predicts: str, steps: int) -> None:
    x, d = drawn(3, 1, 8, 8), torch.tensor([1, 7, 4])
    scheduler = diffusers.DDIMScheduler(**options(predicts))
    expected = theirs(scheduler, net, x, d, steps)
    got = Diffusion(net, BETAS, predicts).sample(x, d, steps=steps)
    assert got.dtype == FLOAT64
    close(got / expected.std(), expected / expected.std(), 1e-8)


@pytest.mark.parametrize("predicts", ["noise", "velocity"])
@pytest.mark.parametrize("steps", [5, 50])
def test_ancestral_steps_of_ddpm(net: SmallUNet, predicts: str, steps: int) -> None:
    x, d = drawn(3, 1, 8, 8), torch.tensor([1, 7, 4])
    scheduler = diffusers.DDPMScheduler(**options(predicts), variance_type="fixed_large")
    expected = theirs(scheduler, net, x, d, steps, generator=seeded(3))
    model = Diffusion(net, BETAS, predicts)
    got = model.sample(x, d, steps=steps, stochastic=True, generator=seeded(3))
    close(got / expected.std(), expected / expected.std(), 1e-8)

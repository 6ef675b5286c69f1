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

PREDICTS = {"noise": "epsilon", "velocity": "v_prediction"}


@pytest.fixture(scope="module")
def net() -> SmallUNet:
    """A network with weights in the layers that begin at 0, in double precision."""
    net = SmallUNet(8, generator=seeded(0)).double()
    for k, p in enumerate(net.parameters()):
        if not bool(p.any()):
            p.data.normal_(0, 0.1, generator=seeded(k))
    return net.requires_grad_(False)


def theirs(
    kind: str, net: SmallUNet, predicts: str, T: int, steps: int, x: Tensor, **how: Any
) -> list[Tensor]:
    """The states by the loop of diffusers' own pipelines."""
    betas = cosine_betas(T).double()
    scheduler = getattr(diffusers, kind)(
        num_train_timesteps=T,
        trained_betas=betas.numpy(),
        prediction_type=PREDICTS[predicts],
        clip_sample=False,
        timestep_spacing="trailing",
        **how,
    )
    scheduler.alphas_cumprod = alpha_bars(betas)  # theirs are float32
    scheduler.set_timesteps(steps)
    states, random = [x], {"generator": seeded(3)}
    for t in scheduler.timesteps:
        said = net(x, (t + 1).double().expand(len(x)) / T, CLASSES)
        x = scheduler.step(said, t, x, **random).prev_sample
        states.append(x)
    return states


CLASSES = torch.tensor([1, 7, 4])


def same(states: list[Tensor], expected: list[Tensor]) -> None:
    for x, y in zip(states, expected, strict=True):
        assert x.dtype == FLOAT64
        close(x / y.std(), y / y.std(), 1e-7)


@pytest.mark.parametrize("predicts", ["noise", "velocity"])
@pytest.mark.parametrize("steps", [5, 20])
def test_ddim(net: SmallUNet, predicts: str, steps: int) -> None:
    x, model = drawn(3, 1, 8, 8), Diffusion(net, cosine_betas(1000).double(), predicts)
    expected = theirs("DDIMScheduler", net, predicts, 1000, steps, x)
    same(list(model.path(x, CLASSES, steps=steps)), expected)


@pytest.mark.parametrize("predicts", ["noise", "velocity"])
@pytest.mark.parametrize(("T", "steps"), [(30, 30), (1000, 20)])
def test_ancestral_steps_of_ddpm(net: SmallUNet, predicts: str, T: int, steps: int) -> None:
    x, model = drawn(3, 1, 8, 8), Diffusion(net, cosine_betas(T).double(), predicts)
    expected = theirs("DDPMScheduler", net, predicts, T, steps, x, variance_type="fixed_large")
    states = list(model.path(x, CLASSES, steps=steps, stochastic=True, generator=seeded(3)))
    if steps < T:  # in a shorter chain, theirs adds noise in the last step too
        states, expected = states[:-1], expected[:-1]
    same(states, expected)

"""Sampling against the loops of diffusers, on the same network; training against a bare loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import diffusers
import torch
from torch import Tensor, nn

from benchmarks.digits import generator, training_set
from benchmarks.measure import Row, medians, report, threads
from benchmarks.training import ratio, silently
from course_dl.diffusion import Diffusion, FlowMatching, SmallUNet, TimeMLP, cosine_betas
from course_dl.training import fit

STEPS, T = 20, 1000
SHARE, BATCH = 640, 64


def main() -> None:
    rows, one = [], "1 thread"
    with threads(1):
        for what, net, shape in (
            ("16 digits", SmallUNet(generator=generator()), (16, 1, 28, 28)),
            ("1,000 codes", TimeMLP(16, n_classes=10, generator=generator()), (1000, 16)),
        ):
            d = torch.arange(shape[0]) % 10
            for name, (ours, theirs) in samplers(net, torch.randn(shape), d).items():
                times = medians({"ours": ours, "theirs": theirs}, 7)
                label = f"`{name}`, {what}, {STEPS} steps"
                against = "the same network in a loop of diffusers"
                rows.append(Row(label, against, times["ours"] / times["theirs"], 1.0, one))
        X, d = training_set().images[:SHARE, None].float() / 127.5 - 1, training_set().labels
        times = medians(trainings(X, d[:SHARE]), 5)
        what = f"`fit(FlowMatching, step=...)`, {SHARE} digits"
        rows.append(Row(what, "the same steps in a bare loop", ratio(times, "bare"), 1.05, one))
    report(rows)


def samplers(
    net: nn.Module, x: Tensor, d: Tensor
) -> dict[str, tuple[Callable[[], object], Callable[[], object]]]:
    """Ours and theirs."""
    betas = cosine_betas(T)
    diffusion, flow = Diffusion(net, betas, "velocity"), FlowMatching(net)
    how = {
        "num_train_timesteps": T,
        "trained_betas": betas.numpy(),
        "prediction_type": "v_prediction",
        "clip_sample": False,
        "timestep_spacing": "trailing",
    }
    return {
        "Diffusion.sample": (
            lambda: diffusion.sample(x, d, steps=STEPS),
            loop(diffusers.DDIMScheduler(**how), net, x, d),
        ),
        "Diffusion.sample(stochastic=True)": (
            lambda: diffusion.sample(x, d, steps=STEPS, stochastic=True),
            loop(diffusers.DDPMScheduler(**how), net, x, d),
        ),
        "FlowMatching.sample": (
            lambda: flow.sample(x, d, steps=STEPS),
            loop(diffusers.FlowMatchEulerDiscreteScheduler(T), net, x, d),
        ),
    }


def loop(scheduler: Any, net: nn.Module, start: Tensor, d: Tensor) -> Callable[[], Tensor]:
    @torch.no_grad()
    def sample() -> Tensor:
        scheduler.set_timesteps(STEPS)
        x = start
        for t in scheduler.timesteps:
            said = net(x, (t / T).expand(len(x)).float(), d)
            x = scheduler.step(said, t, x).prev_sample
        return x

    return sample


def trainings(X: Tensor, d: Tensor) -> dict[str, Callable[[], None]]:
    """A flow of digits in one pass, as lab 11 trains."""

    def made() -> tuple[FlowMatching, torch.optim.Optimizer]:
        flow = FlowMatching(SmallUNet(generator=generator()))
        return flow, torch.optim.AdamW(flow.parameters(), 2e-3, fused=True)

    def by_fit() -> None:
        flow, adam = made()
        step = FlowMatching.loss
        fit(flow, (X, d), step=step, optimizer=adam, epochs=1, batch_size=BATCH, clip=1.0)

    def bare() -> None:
        flow, adam = made()
        for batch in torch.randperm(len(X)).split(BATCH):
            adam.zero_grad()
            flow.loss(X.index_select(0, batch), d.index_select(0, batch)).backward()
            nn.utils.clip_grad_norm_(flow.parameters(), 1.0)
            adam.step()

    return {"fit": silently(by_fit), "bare": bare}


if __name__ == "__main__":
    main()

"""Pictures completed, and codes instead of pixels."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from course_dl.diffusion import (
    Diffusion,
    FlowMatching,
    LatentFlow,
    TimeMLP,
    complete,
    cosine_betas,
    keep_known,
)
from course_dl.diffusion.model import Model
from course_dl.generative import VAE
from tests.exact import FLOAT64, close, drawn, seeded

BETAS = cosine_betas(40).double()


def test_what_is_known_goes_in_at_the_noise_level_and_the_rest_stays() -> None:
    x, y, noise = (drawn(3, 1, 4, 4, seed=k) for k in range(3))
    mask = (drawn(3, 1, 4, 4, seed=3) > 0).double()
    for abar in (0.0, 0.3, 1.0):
        got = keep_known(x, y, mask, abar, noise)
        close(got[mask == 0], x[mask == 0])
        known = math.sqrt(abar) * y + math.sqrt(1 - abar) * noise
        close(got[mask == 1], known[mask == 1])
    close(keep_known(x, y, torch.ones_like(x), torch.tensor(1.0), noise), y)


class Gaussian(nn.Module):
    """The exact velocity, or noise, for pairs with this mean and covariance."""

    def __init__(self, of: str, mean: Tensor, C: Tensor) -> None:
        super().__init__()
        self.of, self.mean, self.C = of, mean, C

    def forward(self, x: Tensor, t: Tensor, d: Tensor | None) -> Tensor:
        time = float(t[0])
        if self.of == "flow":
            a, b = 1 - time, time
        else:
            abar = float((1 - BETAS[: round(time * len(BETAS))]).prod())
            a, b = math.sqrt(abar), math.sqrt(1 - abar)
        of_x = a * a * self.C + b * b * torch.eye(2, dtype=FLOAT64)
        away = torch.linalg.solve(of_x, (x - a * self.mean).T).T
        x0, eps = self.mean + a * away @ self.C, b * away
        return eps - x0 if self.of == "flow" else eps


def model(of: str, mean: Tensor, C: Tensor) -> Model:
    net = Gaussian(of, mean, C)
    return FlowMatching(net) if of == "flow" else Diffusion(net, BETAS)


MEAN = torch.tensor([1.0, -0.5], dtype=FLOAT64)


@pytest.mark.parametrize("of", ["flow", "noise"])
def test_numbers_that_are_independent_are_completed_by_their_own_law(of: str) -> None:
    C = torch.tensor([1.5, 0.4], dtype=FLOAT64).diag()
    y = torch.tensor([[7.0, 7.0]], dtype=FLOAT64).expand(4000, 2)
    mask = torch.tensor([[1.0, 0.0]], dtype=FLOAT64).expand(4000, 2)
    got = complete(model(of, MEAN, C), y, mask, steps=40, generator=seeded(0))
    assert bool((got[:, 0] == 7).all())
    assert got[:, 1].mean() == pytest.approx(-0.5, abs=0.04)
    assert got[:, 1].var() == pytest.approx(0.4, abs=0.06)


@pytest.mark.parametrize("of", ["flow", "noise"])
def test_more_passes_come_nearer_to_the_conditional_mean_and_do_not_reach_it(of: str) -> None:
    C = torch.tensor([[1.0, 0.8], [0.8, 1.0]], dtype=FLOAT64)
    y = torch.full((4000, 2), 2.0, dtype=FLOAT64)
    mask = torch.tensor([[1.0, 0.0]], dtype=FLOAT64).expand(4000, 2)
    truth = -0.5 + 0.8 * (2.0 - 1.0)
    misses = [
        abs(
            complete(model(of, MEAN, C), y, mask, steps=20, passes=passes, generator=seeded(1))[
                :, 1
            ]
            .mean()
            .item()
            - truth
        )
        for passes in (1, 3, 10)
    ]
    assert misses[0] > misses[1] > misses[2] and misses[1] > 0.05


@pytest.mark.parametrize("of", ["flow", "noise"])
def test_where_nothing_is_known_all_is_drawn_and_each_step_is_taken_so_many_times(
    of: str,
) -> None:
    net = Gaussian(of, MEAN, torch.eye(2, dtype=FLOAT64))
    calls = 0

    def count(*_: object) -> None:
        nonlocal calls
        calls += 1

    net.register_forward_hook(count)
    m = FlowMatching(net) if of == "flow" else Diffusion(net, BETAS)
    y = torch.full((2000, 2), 9.0, dtype=FLOAT64)
    got = complete(m, y, torch.zeros_like(y), steps=20, passes=4, generator=seeded(0))
    assert calls == 19 * 4 + 1  # behind the last step no noise is put back
    close(got.mean(0), MEAN, 0.1)
    again = complete(m, y, torch.zeros_like(y), steps=20, passes=4, generator=seeded(0))
    assert torch.equal(got, again)


# Codes


@pytest.fixture(scope="module")
def latent() -> LatentFlow:
    vae = VAE(3, 8, (1, 4, 4), generator=seeded(0))
    for k, p in enumerate(vae.parameters()):
        p.data = 0.3 * torch.randn(p.shape, generator=seeded(k))
    X = torch.rand(500, 1, 4, 4, generator=seeded(1))
    return LatentFlow(vae, TimeMLP(3, 16, 1, n_classes=10, generator=seeded(2)), X)


def test_codes_have_mean_0_and_variance_1_and_decode_as_the_vae_does(latent: LatentFlow) -> None:
    X = torch.rand(500, 1, 4, 4, generator=seeded(1))
    z = torch.cat([latent.codes(X, seeded(k)) for k in range(40)])
    assert z.shape == (20_000, 3) and not z.requires_grad
    close(z.mean(0), torch.zeros(3), 0.04)
    close(z.var(0), torch.ones(3), 0.04)
    raw = z[:5] * latent.std + latent.mean
    close(latent.decode(z[:5]), latent.vae.decode(raw).sigmoid(), 1e-6)


def test_samples_are_the_flows_decoded(latent: LatentFlow) -> None:
    d = torch.arange(6)
    drawn = latent.sample(6, d, steps=4, guidance=2, generator=seeded(0))
    codes = latent.flow.sample((6, 3), d, steps=4, guidance=2, generator=seeded(0))
    assert torch.equal(drawn, latent.decode(codes)) and drawn.shape == (6, 1, 4, 4)
    assert drawn.min() >= 0 and drawn.max() <= 1 and not drawn.requires_grad


def test_the_flow_learns_and_the_vae_stays(latent: LatentFlow) -> None:
    X, d = torch.rand(20, 1, 4, 4, generator=seeded(1)), torch.arange(20) % 10
    before = [p.clone() for p in latent.vae.parameters()]
    latent.flow.loss(latent.codes(X), d).backward()
    assert all(p.grad is None for p in latent.vae.parameters())
    assert any(p.grad is not None for p in latent.flow.parameters())
    for p, q in zip(latent.vae.parameters(), before, strict=True):
        assert torch.equal(p, q)


def test_mean_and_spread_of_the_codes_are_stored(latent: LatentFlow) -> None:
    assert {"mean", "std"} <= set(latent.state_dict())


X = torch.zeros(3, 2)
FLOW = FlowMatching(TimeMLP(2, 4, 1))
BAD: list[tuple[Callable[[], object], type[Exception], str]] = [
    (lambda: keep_known(X, X[:2], X, 1.0, X), ValueError, "x_s and y must be batches"),
    (lambda: keep_known(X, X, X[0], 1.0, X), ValueError, "x_s and mask must be batches"),
    (lambda: keep_known(X, X, X > 0, 1.0, X), TypeError, "mask must hold floating-point"),
    (lambda: keep_known(X, X, X, 1.2, X), ValueError, r"abar_s must lie in \[0, 1\]"),
    (lambda: complete(FLOW, X, X + 0.5), ValueError, "mask must hold 0 and 1"),
    (lambda: complete(FLOW, X, X, passes=0), ValueError, "passes must be at least 1"),
    (lambda: complete(FLOW, X.long(), X), TypeError, "y must hold floating-point"),
]


@pytest.mark.parametrize(("call", "error", "words"), BAD)
def test_what_does_not_fit_is_told(
    call: Callable[[], object], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        call()

"""Diffusion and flow matching as models: samplers against closed forms on Gaussian data."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

import pytest
import torch
from torch import Tensor, nn

from course_dl.diffusion import (
    Diffusion,
    FlowMatching,
    TimeMLP,
    alpha_bars,
    cosine_betas,
    euler,
    flow_pair,
)
from tests.exact import FLOAT64, close, drawn, seeded

T = 100
BETAS = cosine_betas(T).double()
ABAR = alpha_bars(BETAS)
MEAN, VARIANCE = 1.5, 0.3  # of the data, in each number


class Knowing(nn.Module):
    """Says the best there is to say, for data that are Gaussian."""

    def __init__(self, of: str) -> None:
        super().__init__()
        self.of, self.times = of, set[float]()

    def forward(self, x: Tensor, t: Tensor, d: Tensor | None) -> Tensor:
        assert t.shape == (len(x),) and t.dtype == x.dtype and d is None
        time = t[0].item()
        self.times.add(round(time, 9))
        if self.of == "flow":
            a, b = 1 - time, time
        else:
            abar = float(ABAR[round(time * T) - 1])
            a, b = math.sqrt(abar), math.sqrt(1 - abar)
        away = (x - a * MEAN) / (a**2 * VARIANCE + b**2)
        x0, eps = MEAN + a * VARIANCE * away, b * away
        return {"noise": eps, "velocity": a * eps - b * x0, "flow": eps - x0}[self.of]


def ddim(steps: int) -> tuple[float, float]:
    """Slope and offset of DDIM on these data: ``x_s - m_s`` keeps its share of the spread."""
    slope, offset = 1.0, 0.0
    levels = [1.0, *ABAR.tolist()]
    times = [T - i * T // steps for i in range(steps + 1)]
    for k, j in pairwise(times):
        a, b = levels[k], levels[j]
        total = a * VARIANCE + 1 - a
        gain = (math.sqrt(b * a) * VARIANCE + math.sqrt((1 - b) * (1 - a))) / total
        slope, offset = gain * slope, gain * (offset - math.sqrt(a) * MEAN) + math.sqrt(b) * MEAN
    return slope, offset


def straight(steps: int) -> tuple[float, float]:
    """Slope and offset of Euler's steps on these data."""
    slope, offset = 1.0, 0.0
    for i in range(steps):
        t = 1 - i / steps
        gain = (t - (1 - t) * VARIANCE) / ((1 - t) ** 2 * VARIANCE + t**2)  # of x - (1 - t) MEAN
        slope *= 1 - gain / steps
        offset -= (gain * (offset - (1 - t) * MEAN) - MEAN) / steps
    return slope, offset


@pytest.mark.parametrize("steps", [1, 5, 20, 100])
@pytest.mark.parametrize("predicts", ["noise", "velocity"])
def test_ddim_has_the_slope_and_offset_of_its_recursion(steps: int, predicts: str) -> None:
    net, start = Knowing(predicts), drawn(7, 2)
    slope, offset = ddim(steps)
    close(Diffusion(net, BETAS, predicts).sample(start, steps=steps), slope * start + offset)
    assert net.times == {round(1 - i / steps, 9) for i in range(steps)}


@pytest.mark.parametrize("steps", [1, 5, 20, 100])
def test_a_flow_has_the_slope_and_offset_of_eulers(steps: int) -> None:
    net, start = Knowing("flow"), drawn(7, 2)
    slope, offset = straight(steps)
    close(FlowMatching(net).sample(start, steps=steps), slope * start + offset)
    close(euler(lambda x, t: net(x, t, None), start, steps), slope * start + offset)
    assert net.times == {round(1 - i / steps, 9) for i in range(steps)}


def test_how_much_of_the_variance_of_the_data_few_steps_keep() -> None:
    assert [round(straight(n)[0] ** 2, 3) for n in (5, 20, 100)] == [0.167, 0.260, 0.292]


@pytest.mark.parametrize("steps", [1, 10, 100])
@pytest.mark.parametrize("predicts", ["noise", "velocity"])
def test_ancestral_steps_have_the_mean_and_variance_of_their_recursion(
    steps: int, predicts: str
) -> None:
    levels = [1.0, *ABAR.tolist()]
    times = [T - i * T // steps for i in range(steps + 1)]
    mean, variance, slope, from_noise = 0.0, 1.0, 1.0, torch.zeros(3, 2, dtype=FLOAT64)
    generator = seeded(3)
    start = drawn(3, 2)
    for k, j in pairwise(times):
        a, beta = levels[k], 1 - levels[k] / levels[j]
        share = beta / (a * VARIANCE + 1 - a)
        gain = (1 - share) / math.sqrt(1 - beta)
        mean = gain * mean + share * math.sqrt(a) * MEAN / math.sqrt(1 - beta)
        variance = gain**2 * variance + (beta if j else 0)
        slope, from_noise = gain * slope, gain * from_noise
        if j:
            noise = torch.randn(3, 2, dtype=FLOAT64, generator=generator)
            from_noise = from_noise + math.sqrt(beta) * noise
    model = Diffusion(Knowing(predicts), BETAS, predicts)
    got = model.sample(start, steps=steps, stochastic=True, generator=seeded(3))
    close(got, mean + slope * start + from_noise)
    if steps == T:  # many small steps come near the data
        assert mean == pytest.approx(MEAN, abs=0.02)
        assert variance == pytest.approx(VARIANCE, abs=0.03)


def models(of: Callable[[str], nn.Module]) -> dict[str, Diffusion | FlowMatching]:
    return {
        "noise": Diffusion(of("noise"), BETAS),
        "velocity": Diffusion(of("velocity"), BETAS, "velocity"),
        "flow": FlowMatching(of("flow")),
    }


@pytest.mark.parametrize("kind", ["noise", "velocity", "flow"])
def test_a_path_begins_with_the_noise_and_ends_with_the_sample(kind: str) -> None:
    model, start = models(Knowing)[kind], drawn(4, 2)
    states = list(model.path(start, steps=5))
    assert len(states) == 6
    close(states[0], start)
    close(states[-1], model.sample(start, steps=5))
    times = model.times(5)
    assert times == sorted(times, reverse=True) and (times[0], times[-1]) == (1, 0)
    for x, t, s, y in zip(states, times, times[1:], states[1:], strict=False):
        close(model.step(x, t, s), y)
    if isinstance(model, Diffusion):
        states = list(model.path(start, steps=5, stochastic=True, generator=seeded(0)))
        sample = model.sample(start, steps=5, stochastic=True, generator=seeded(0))
        assert len(states) == 6
        close(states[-1], sample)


@pytest.mark.parametrize("kind", ["noise", "velocity", "flow"])
def test_what_it_believes_is_the_posterior_mean_of_the_picture(kind: str) -> None:
    model, x = models(Knowing)[kind], drawn(4, 2)
    for t in (0.2, 0.9):
        signal, noise = model.level(t)
        gain = signal * VARIANCE / (signal**2 * VARIANCE + noise**2)
        close(model.picture(x, t), MEAN + gain * (x - signal * MEAN))


class Said(nn.Module):
    """Says one number; keeps what it was asked."""

    n_classes = 10

    def __init__(self, number: float = 0.0) -> None:
        super().__init__()
        self.number = nn.Parameter(torch.tensor(number, dtype=FLOAT64))
        self.asked: list[tuple[Tensor, Tensor, Tensor | None]] = []

    def forward(self, x: Tensor, t: Tensor, d: Tensor | None) -> Tensor:
        self.asked.append((x, t, d))
        told = 0.0 if d is None else by_row(d, x)
        return self.number + told + torch.zeros_like(x)


def by_row(d: Tensor, x: Tensor) -> Tensor:
    return d.double().view(-1, *[1] * (x.dim() - 1)).expand_as(x)


class Copying(nn.Module):
    """Is told the picture beforehand, so that its output can be exact for any noise."""

    def __init__(self, of: str, x0: Tensor) -> None:
        super().__init__()
        self.of, self.x0 = of, x0
        self.times = torch.empty(0)

    def forward(self, x: Tensor, t: Tensor, d: Tensor | None) -> Tensor:
        self.times = t
        column = t.view(-1, *[1] * (x.dim() - 1))
        if self.of == "flow":
            return (x - self.x0) / column  # (1 - t) x0 + t eps, less x0
        abar = ABAR[(t * T).round().long() - 1].view_as(column)
        eps = (x - abar.sqrt() * self.x0) / (1 - abar).sqrt()
        return eps if self.of == "noise" else abar.sqrt() * eps - (1 - abar).sqrt() * self.x0


@pytest.mark.parametrize("kind", ["noise", "velocity", "flow"])
@pytest.mark.parametrize("shape", [(300, 1), (40, 1, 4, 4), (5, 5)])
def test_the_loss_of_who_knows_all_is_0_and_times_are_as_they_should(
    kind: str, shape: tuple[int, ...]
) -> None:
    x0 = drawn(*shape)
    net = Copying(kind, x0)
    loss = models(lambda _: net)[kind].loss(x0, generator=seeded(0))
    assert loss.shape == () and float(loss) == pytest.approx(0, abs=1e-20)
    assert bool((net.times > 0).all() and (net.times <= 1).all())
    assert net.times.mean() == pytest.approx(0.5, abs=1 / len(x0) ** 0.5)


@pytest.mark.parametrize(("kind", "expected"), [("noise", 1.0), ("velocity", None), ("flow", 1.25)])
def test_the_loss_of_who_says_0_is_the_mean_square_of_the_target(
    kind: str, expected: float | None
) -> None:
    x0 = torch.full((4000, 10), 0.5, dtype=FLOAT64)
    loss = models(lambda _: Said())[kind].loss(x0, generator=seeded(0)).item()
    if expected is None:  # abar of it is noise, the rest is the picture
        expected = float((ABAR + (1 - ABAR) * 0.25).mean())
    assert loss == pytest.approx(expected, rel=0.02)


def test_times_of_a_flow_are_the_sigmoid_of_normal_numbers() -> None:
    net, x0 = Said(), drawn(4000, 1)
    FlowMatching(net).loss(x0, generator=seeded(0))
    before = net.asked[0][1].logit()
    assert before.mean() == pytest.approx(0, abs=0.06) and before.std() == pytest.approx(
        1, abs=0.05
    )


@pytest.mark.parametrize("kind", ["noise", "velocity", "flow"])
def test_losses_are_drawn_from_the_generator_alone_and_have_gradients(kind: str) -> None:
    net = Said(0.3)
    model, x0, d = models(lambda _: net)[kind], drawn(6, 2), torch.arange(6)
    state = torch.random.get_rng_state()
    losses = [model.loss(x0, d, generator=seeded(k)) for k in (0, 0, 1)]
    assert torch.equal(state, torch.random.get_rng_state())
    assert losses[0] == losses[1] != losses[2]
    losses[0].backward()
    assert net.number.grad is not None and net.number.grad != 0


def test_a_share_of_the_samples_is_told_no_class() -> None:
    net, x0 = Said(), drawn(2000, 1)
    d = torch.arange(2000) % 10
    for drop in (0.0, 0.1, 1.0):
        FlowMatching(net).loss(x0, d, generator=seeded(0), drop=drop)
        told = net.asked[-1][2]
        assert told is not None
        dropped = told == 10
        assert torch.equal(told[~dropped], d[~dropped])
        assert dropped.double().mean() == pytest.approx(drop, abs=0.02)
    FlowMatching(net).loss(x0)
    assert net.asked[-1][2] is None
    assert torch.equal(d, torch.arange(2000) % 10)


@pytest.mark.parametrize("kind", ["noise", "velocity", "flow"])
def test_guidance_asks_with_the_class_and_without_and_w_1_asks_once(kind: str) -> None:
    net = Said(0.5)
    model, x, d = models(lambda _: net)[kind], drawn(3, 2), torch.tensor([0, 2, 5])
    close(model.predict(x, 0.5, d, 3.0), 0.5 + 3 * by_row(d, x))
    assert [asked[2] is None for asked in net.asked] == [False, True]
    close(model.predict(x, 0.5, d), 0.5 + by_row(d, x))
    assert len(net.asked) == 3
    model.sample(x, d, steps=4, guidance=2)
    assert len(net.asked) == 3 + 2 * 4
    model.sample(x, steps=4, guidance=2)  # no class, nothing to be guided by
    assert len(net.asked) == 3 + 3 * 4


@pytest.mark.parametrize("kind", ["noise", "velocity", "flow"])
def test_samples_carry_no_graph_and_noise_is_drawn_from_the_generator(kind: str) -> None:
    net = TimeMLP(2, 8, 1, generator=seeded(0))
    model = models(lambda _: net)[kind]
    state = torch.random.get_rng_state()
    one, same, other = (model.sample((5, 2), steps=3, generator=seeded(k)) for k in (0, 0, 1))
    assert torch.equal(state, torch.random.get_rng_state())
    assert torch.equal(one, same) and not torch.equal(one, other)
    assert one.shape == (5, 2) and one.dtype == torch.float32 and not one.requires_grad


def test_flow_pairs_lie_on_the_line_and_one_step_along_it_is_exact() -> None:
    x0, eps, t = drawn(4, 1, 2, 2), drawn(4, 1, 2, 2, seed=1), drawn(4).sigmoid()
    x_t, velocity = flow_pair(x0, eps, t)
    for i in range(4):
        close(x_t[i], (1 - t[i]) * x0[i] + t[i] * eps[i])
    close(velocity, eps - x0)
    close(euler(lambda x, t: velocity, eps, 1), x0)
    close(euler(lambda x, t: velocity, eps, 7), x0)
    asked: list[float] = []

    def spy(x: Tensor, t: Tensor) -> Tensor:
        assert t.shape == (4,) and t.dtype == FLOAT64
        asked.append(float(t[0]))
        return x

    close(euler(spy, eps, 4), (1 - 1 / 4) ** 4 * eps)
    assert asked == [1.0, 0.75, 0.5, 0.25]


X, D = torch.zeros(3, 2), torch.zeros(3, dtype=torch.int64)
MLP = TimeMLP(2, 4, 1, n_classes=3)
DIFFUSION, FLOW = Diffusion(MLP, BETAS), FlowMatching(MLP)
BAD: list[tuple[Callable[[], object], type[Exception], str]] = [
    (
        lambda: Diffusion(MLP, BETAS, "eps"),
        ValueError,
        "'eps'; the known ones are: noise, velocity",
    ),
    (lambda: Diffusion(MLP, BETAS + 1), ValueError, r"betas must lie in \[0, 1\)"),
    (lambda: DIFFUSION.sample((3, 2), steps=101), ValueError, "at most 100, as there are betas"),
    (lambda: DIFFUSION.sample((3, 2), steps=0), ValueError, "steps must be at least 1"),
    (lambda: FLOW.sample((3, 2), steps=2.5), TypeError, "steps must be an integer"),
    (lambda: FLOW.sample((0, 2)), ValueError, "start must be at least 1"),
    (lambda: FLOW.sample(D), TypeError, "start must hold floating-point"),
    (lambda: FLOW.loss(X[0]), ValueError, r"x0 must be a batch \(N, ...\)"),
    (lambda: FLOW.loss(X.long()), TypeError, "x0 must hold floating-point"),
    (lambda: FLOW.loss(X, D[:2]), ValueError, "one class a sample"),
    (lambda: FLOW.loss(X, D + 4), ValueError, r"classes must lie in 0..3"),
    (lambda: FLOW.loss(X, D, drop=2), ValueError, "drop must be a share"),
    (lambda: FlowMatching(nn.Identity()).loss(X, D), ValueError, "net has no n_classes"),
    (lambda: flow_pair(X, X[:2], X[:, 0]), ValueError, "x0 and eps must be batches"),
    (lambda: flow_pair(X, X, D), TypeError, "t must hold floating-point"),
    (lambda: flow_pair(X, X, X), ValueError, r"a time for each sample, \(3,\)"),
    (lambda: euler(lambda x, t: x, X, 0), ValueError, "steps must be at least 1"),
    (lambda: euler(lambda x, t: x, D, 1), TypeError, "x1 must hold floating-point"),
]


@pytest.mark.parametrize(("call", "error", "words"), BAD)
def test_what_does_not_fit_is_told(
    call: Callable[[], object], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        call()

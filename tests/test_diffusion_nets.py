"""The networks: shapes, their start, what they are told, and whether they learn."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import nn

from course_dl.diffusion import FlowMatching, SmallUNet, TimeMLP
from tests.exact import close, seeded

D = torch.arange(3)


def unet(**options: int) -> SmallUNet:
    return SmallUNet(8, generator=seeded(0), **options)


def mlp(n_classes: int = 10) -> TimeMLP:
    return TimeMLP(4, 16, 2, n_classes, generator=seeded(0))


def awake(net: nn.Module) -> nn.Module:
    """The network with other weights in the layers that begin at 0."""
    for k, p in enumerate(net.parameters()):
        if not bool(p.any()):
            p.data.normal_(0, 0.2, generator=seeded(k))
    return net


CASES: list[tuple[Callable[[], nn.Module], tuple[int, ...]]] = [
    (unet, (3, 1, 28, 28)),
    (lambda: unet(channels=3), (3, 3, 8, 12)),
    (mlp, (3, 4)),
]


@pytest.mark.parametrize(("make", "shape"), CASES)
def test_a_network_begins_with_0_and_keeps_the_shape(
    make: Callable[[], nn.Module], shape: tuple[int, ...]
) -> None:
    x, t = torch.randn(shape, generator=seeded(1)), torch.tensor([0.1, 0.5, 1.0])
    assert torch.equal(make()(x, t, D), torch.zeros(shape))
    y = awake(make())(x, t, D)
    assert y.shape == shape and 0.01 < y.std() < 100


@pytest.mark.parametrize(("make", "shape"), CASES)
def test_it_sees_state_time_and_class_of_each_sample_and_no_other_sample(
    make: Callable[[], nn.Module], shape: tuple[int, ...]
) -> None:
    net, x = awake(make()), torch.randn(shape, generator=seeded(1))
    t = torch.tensor([0.1, 0.5, 1.0])
    y = net(x, t, D)
    for other in (net(2 * x, t, D), net(x, t / 2, D), net(x, t, (D + 1) % 3)):
        assert bool((other != y).flatten(1).any(1).all())
    for i in range(3):
        close(net(x[i : i + 1], t[i : i + 1], D[i : i + 1]), y[i : i + 1], 1e-4)


@pytest.mark.parametrize(("make", "shape"), CASES)
def test_no_class_is_a_class_of_its_own(
    make: Callable[[], nn.Module], shape: tuple[int, ...]
) -> None:
    net, x = awake(make()), torch.randn(shape, generator=seeded(1))
    t = torch.tensor([0.1, 0.5, 1.0])
    untold = net(x, t, None)
    close(untold, net(x, t, torch.full((3,), 10)), 1e-6)
    for c in range(10):
        assert not torch.allclose(untold, net(x, t, torch.full((3,), c)))


@pytest.mark.parametrize(("make", "shape"), CASES)
def test_weights_are_drawn_from_the_generator_alone(
    make: Callable[[], nn.Module], shape: tuple[int, ...]
) -> None:
    state = torch.random.get_rng_state()
    one, other = make(), make()
    assert torch.equal(state, torch.random.get_rng_state())
    for p, q in zip(one.parameters(), other.parameters(), strict=True):
        assert torch.equal(p, q) and bool(p.isfinite().all())


def test_a_network_without_classes_has_none_to_be_told() -> None:
    net = awake(mlp(0))
    x, t = torch.randn(3, 4, generator=seeded(1)), torch.tensor([0.1, 0.5, 1.0])
    assert net(x, t, None).shape == (3, 4)
    with pytest.raises(ValueError, match=r"classes must lie in 0..0"):
        net(x, t, D)


def test_double_precision_is_kept() -> None:
    x, t = torch.zeros(3, 4, dtype=torch.float64), torch.full((3,), 0.5, dtype=torch.float64)
    assert mlp().double()(x, t, D).dtype == torch.float64
    picture = torch.zeros(3, 1, 8, 8, dtype=torch.float64)
    assert unet().double()(picture, t, D).dtype == torch.float64


@pytest.mark.parametrize(("make", "shape"), CASES)
def test_steps_against_the_gradient_find_a_velocity(
    make: Callable[[], nn.Module], shape: tuple[int, ...]
) -> None:
    net, x0 = make(), torch.randn(shape, generator=seeded(1))
    adam, losses = torch.optim.Adam(net.parameters(), 1e-2), []
    for _ in range(12):
        loss = FlowMatching(net).loss(x0, D, generator=seeded(2))  # each time the same noise
        adam.zero_grad()
        loss.backward()
        adam.step()
        losses.append(loss.item())
    assert losses[-1] < 0.8 * losses[0]
    assert all(p.grad is not None for p in net.parameters())


IMAGES, T = torch.zeros(3, 1, 28, 28), torch.zeros(3)
BAD: list[tuple[Callable[[], object], type[Exception], str]] = [
    (lambda: SmallUNet(0), ValueError, "width must be at least 1"),
    (lambda: SmallUNet(n_classes=-1), ValueError, "n_classes must be at least 0"),
    (lambda: TimeMLP(0), ValueError, "dim must be at least 1"),
    (lambda: TimeMLP(2, depth=0), ValueError, "depth must be at least 1"),
    (lambda: unet()(IMAGES[:, 0], T), ValueError, r"pictures \(N, 1, H, W\) with sides"),
    (lambda: unet()(IMAGES[..., 1:], T), ValueError, "multiples of 4"),
    (lambda: unet()(IMAGES, T[:2]), ValueError, r"a time for each sample, \(3,\)"),
    (lambda: unet()(IMAGES, T.long()), TypeError, "t must hold floating-point"),
    (lambda: unet()(IMAGES, T, D + 9), ValueError, "classes must lie in 0..10"),
    (lambda: mlp()(IMAGES, T), ValueError, r"x must be points \(N, 4\)"),
    (lambda: mlp()(torch.zeros(3, 4), T, D.float()), TypeError, "classes as int64"),
]


@pytest.mark.parametrize(("call", "error", "words"), BAD)
def test_what_does_not_fit_is_told(
    call: Callable[[], object], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        call()

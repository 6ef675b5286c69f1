"""The fast step of gradient descent makes the steps of the form that is read."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor

from course_dl._fast.descent import descend
from course_dl.backprop import Elementwise, Linear, ManualMLP, ManualNetwork
from course_dl.convolution import ManualConvNet


def seeded(seed: int = 3) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


class Scaled(Linear):
    """A layer of one's own, whose gradient is half of its parent's."""

    def gradient(self, delta: Tensor) -> tuple[Tensor, Tensor]:
        grad_W, grad_b = super().gradient(delta)
        return grad_W / 2, grad_b / 2


def chain() -> ManualNetwork:
    def layer(n_in: int, n_out: int) -> tuple[Tensor, Tensor]:
        return torch.randn(n_out, n_in, generator=seeded(n_in)), torch.zeros(n_out)

    return ManualNetwork([Elementwise("tanh"), Scaled(*layer(5, 4)), Linear(*layer(4, 3))])


@pytest.mark.parametrize(
    ("network", "shape"),
    [
        (ManualMLP([5, 7, 4, 3], "tanh", generator=seeded()), (6, 5)),
        (ManualMLP([5, 3], generator=seeded()), (6, 5)),
        (ManualConvNet(3, (2, 4), generator=seeded()), (6, 1, 28, 28)),
        (chain(), (6, 5)),
    ],
    ids=["MLP", "one layer", "convolutions", "a layer of one's own"],
)
def test_descend_is_zero_grad_backward_and_step(
    network: ManualNetwork, shape: tuple[int, ...]
) -> None:
    generator = seeded()
    read = network.to(torch.float64)
    fast = copy.deepcopy(read)
    for _ in range(3):
        X = torch.randn(shape, generator=generator, dtype=torch.float64)
        grad_Y = torch.randn(6, 3, generator=generator, dtype=torch.float64)
        read(X)
        read.zero_grad()
        read.backward(grad_Y)
        read.step(0.1)
        fast(X)
        descend(fast, grad_Y, 0.1)
        for expected, got in zip(read.parameters(), fast.parameters(), strict=True):
            torch.testing.assert_close(got, expected, rtol=1e-12, atol=1e-14)


def test_descend_leaves_the_error_signals_of_a_backward_pass() -> None:
    read = ManualMLP([5, 7, 3], "tanh", generator=seeded(), dtype=torch.float64)
    fast = copy.deepcopy(read)
    X = torch.randn(6, 5, generator=seeded(), dtype=torch.float64)
    grad_Y = torch.randn(6, 3, generator=seeded(), dtype=torch.float64)
    read(X)
    read.backward(grad_Y)
    fast(X)
    descend(fast, grad_Y, 0.1)
    assert all(map(torch.equal, fast.delta, read.delta))

"""Batch norm, residual blocks and what follows from them, against torch, torchvision and laws."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.models.resnet import BasicBlock

from course_dl.residual import (
    BatchNorm2d,
    ResidualBlock,
    ResNet,
    batch_norm,
    batch_norm_grad,
    error_signals,
    fold_batch_norm,
    receptive_field,
)

FLOAT64 = torch.float64
SHAPES = [(2, 3, 4, 5), (6, 2, 1, 1), (1, 3, 2, 3), (3, 4, 2, 4)]


def drawn(*shape: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed + sum(shape))
    return torch.randn(shape, generator=generator, dtype=FLOAT64)


def agree(a: Tensor, b: Tensor) -> None:
    torch.testing.assert_close(a, b, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("shape", SHAPES)
def test_batch_norm_and_its_gradients_are_torchs(shape: tuple[int, int, int, int]) -> None:
    x, gamma, beta = 3 * drawn(*shape) + 2, drawn(shape[1], seed=1), drawn(shape[1], seed=2)
    leaves = [t.requires_grad_() for t in (x, gamma, beta)]
    for eps in (1e-5, 0.5):
        truth = F.batch_norm(x, None, None, gamma, beta, training=True, eps=eps)
        agree(batch_norm(x, gamma, beta, eps), truth)
        grad_out = drawn(*shape, seed=3)
        truths = torch.autograd.grad(truth, leaves, grad_out)
        for own, expected in zip(batch_norm_grad(grad_out, x, gamma, eps), truths, strict=True):
            agree(own, expected)


def test_the_gradient_of_a_batch_norm_has_no_mean_and_hardly_a_part_along_its_output() -> None:
    x, gamma, grad_out, eps = drawn(4, 3, 2, 5), drawn(3), drawn(4, 3, 2, 5, seed=5), 0.1
    grad_x, grad_gamma, _ = batch_norm_grad(grad_out, x, gamma, eps)
    agree(grad_x.sum((0, 2, 3)), torch.zeros(3, dtype=FLOAT64))
    x_hat = batch_norm(x, torch.ones(3, dtype=FLOAT64), torch.zeros(3, dtype=FLOAT64), eps)
    var = x.var((0, 2, 3), correction=0)
    agree((grad_x * x_hat).sum((0, 2, 3)), gamma * eps / (var + eps) ** 1.5 * grad_gamma)


def test_batch_norm_does_not_see_the_scale_and_the_mean_of_what_comes_in() -> None:
    x, gamma, beta = drawn(3, 2, 4, 4), drawn(2), drawn(2, seed=1)
    agree(batch_norm(7 * x - 3, gamma, beta, 49e-5), batch_norm(x, gamma, beta, 1e-5))


def test_a_batch_norm_goes_in_lock_step_with_torchs_in_both_modes() -> None:
    own, theirs = BatchNorm2d(3, 1e-3, 0.2).double(), nn.BatchNorm2d(3, 1e-3, 0.2).double()
    for name, value in (("gamma", drawn(3)), ("beta", drawn(3, seed=1))):
        getattr(own, name).data.copy_(value)
        getattr(theirs, {"gamma": "weight", "beta": "bias"}[name]).data.copy_(value)
    for k, training in enumerate((True, False, True, True, False, True)):
        own.train(training), theirs.train(training)
        x = (k + 1) * drawn(3, 3, 1, 2, seed=k) + k
        agree(own(x), theirs(x))
        assert theirs.running_mean is not None and theirs.running_var is not None
        agree(own.running_mean, theirs.running_mean)
        agree(own.running_var, theirs.running_var)
        assert not own.running_mean.requires_grad


def test_running_statistics_are_part_of_the_state_and_no_parameters() -> None:
    norm = BatchNorm2d(2)
    norm(torch.randn(4, 2, 3, 3, generator=torch.Generator().manual_seed(0)))
    other = BatchNorm2d(2)
    other.load_state_dict(norm.state_dict())
    assert torch.equal(other.running_mean, norm.running_mean) and bool(norm.running_mean.any())
    assert [name for name, _ in norm.named_parameters()] == ["gamma", "beta"]


@pytest.mark.parametrize(("c_in", "c_out", "stride"), [(3, 3, 1), (2, 4, 1), (3, 3, 2), (2, 4, 2)])
def test_a_residual_block_is_torchvisions(c_in: int, c_out: int, stride: int) -> None:
    block = ResidualBlock(c_in, c_out, stride).double()
    down = None
    if stride != 1 or c_in != c_out:
        down = nn.Sequential(nn.Conv2d(c_in, c_out, 1, stride, bias=False), nn.BatchNorm2d(c_out))
    theirs = BasicBlock(c_in, c_out, stride, down).double()
    # the same order of definition: convolution, norm, convolution, norm, shortcut
    values = list(block.state_dict().values())
    assert len(values) == len(theirs.state_dict())
    theirs.load_state_dict(dict(zip(theirs.state_dict(), values, strict=True)))
    x = drawn(3, c_in, 5, 6)
    for training in (True, False):
        block.train(training), theirs.train(training)
        agree(block(x), theirs(x))
    theirs_grad = torch.autograd.grad(theirs(x).square().sum(), list(theirs.parameters()))
    own_grad = torch.autograd.grad(block(x).square().sum(), list(block.parameters()))
    for own, expected in zip(own_grad, theirs_grad, strict=True):
        agree(own, expected)


def test_forty_blocks_whose_filters_are_zero_pass_everything_on() -> None:
    x = drawn(2, 3, 4, 4).abs().requires_grad_()
    h = x
    for _ in range(40):
        block = ResidualBlock(3, 3).double()
        for p in block.parameters():
            if p.dim() == 4:
                nn.init.zeros_(p)
        h = block(h)
    agree(h, x)
    agree(torch.autograd.grad(h.sum(), x)[0], torch.ones_like(x))


def test_a_folded_convolution_is_convolution_and_norm() -> None:
    x, w, b = drawn(2, 3, 6, 5), drawn(3, 3, 3, 3), drawn(3)
    gamma, beta, mean = (drawn(3, seed=s) for s in (1, 2, 3))
    var = drawn(3, seed=4).square()
    w2, b2 = fold_batch_norm(w, b, gamma, beta, mean, var, 1e-2)
    truth = F.batch_norm(F.conv2d(x, w, b), mean, var, gamma, beta, training=False, eps=1e-2)
    agree(F.conv2d(x, w2, b2), truth)


@pytest.mark.parametrize("layers", [[(3, 1)], [(5, 2), (3, 1)], [(7, 2), (3, 2), (3, 1), (1, 3)]])
def test_the_receptive_field_is_what_has_a_gradient(layers: list[tuple[int, int]]) -> None:
    x = torch.zeros(1, 1, 300, requires_grad=True)
    h = x
    for kernel, stride in layers:
        h = F.conv1d(h, torch.ones(1, 1, kernel), stride=stride)
    (grad,) = torch.autograd.grad(h[0, 0, 3], x)
    seen = grad[0, 0].nonzero()
    assert receptive_field(layers) == int(seen.max() - seen.min()) + 1


def test_a_receptive_field_of_no_layer_is_a_pixel() -> None:
    assert receptive_field([]) == 1


@pytest.mark.parametrize(("shortcut", "normalize"), list(product((True, False), repeat=2)))
def test_a_network_has_as_many_layers_as_it_says(shortcut: bool, normalize: bool) -> None:
    net = ResNet((4, 6), 2, 5, shortcut, normalize, generator=torch.Generator().manual_seed(0))
    X = torch.rand(3, 1, 28, 28, generator=torch.Generator().manual_seed(1))
    assert net(X).shape == (3, 5) and net.features(X).shape == (3, 6)
    square = [m for m in net.modules() if isinstance(m, nn.Conv2d) and m.kernel_size != (1, 1)]
    assert len(square) + 1 == 2 * 4 + 2
    assert any(isinstance(m, nn.BatchNorm2d) for m in net.modules()) == normalize
    assert sum(b.shortcut is not None for b in net.blocks) == (4 if shortcut else 0)


def test_the_same_generator_gives_the_same_network() -> None:
    nets = [ResNet(3, 2, generator=torch.Generator().manual_seed(4)) for _ in range(2)]
    for p, q in zip(*(net.parameters() for net in nets), strict=True):
        assert torch.equal(p, q)


def test_error_signals_are_autograds_and_leave_the_network_as_it_was() -> None:
    net = ResNet(3, 2, 4, generator=torch.Generator().manual_seed(0)).double()
    X, d = drawn(6, 1, 8, 8), torch.arange(6) % 4
    before = {name: t.clone() for name, t in net.state_dict().items()}
    signals = error_signals(net, X, d)
    assert all(torch.equal(before[name], t) for name, t in net.state_dict().items())
    assert all(p.grad is None for p in net.parameters())
    h = torch.relu(net.stem(X)).detach()
    for block in list(net.blocks)[:1]:
        h = block(h)
    h = h.detach().requires_grad_()
    loss = F.cross_entropy(net.head(net.blocks[1](h).mean((2, 3))), d)
    (grad,) = torch.autograd.grad(loss, h)
    assert signals[0] == pytest.approx(float(grad.norm())) and len(signals) == 2


ONE = torch.ones(3)
BAD: list[tuple[str, Callable[[], object], type[Exception], str]] = [
    ("labels as x", lambda: batch_norm(torch.ones(2, 3, 1, 1).long(), ONE, ONE), TypeError, "x mu"),
    ("rows", lambda: batch_norm(torch.ones(2, 3), ONE, ONE), ValueError, r"maps \(N, C, H, W\)"),
    ("gamma", lambda: batch_norm(torch.ones(2, 2, 1, 1), ONE, ONE), ValueError, "gamma must have"),
    ("eps", lambda: batch_norm(torch.ones(2, 3, 1, 1), ONE, ONE, 0), ValueError, "eps must be"),
    (
        "grad_out",
        lambda: batch_norm_grad(torch.ones(2, 3, 1, 2), torch.ones(2, 3, 1, 1), ONE),
        ValueError,
        "grad_out must have the shape",
    ),
    ("one value", lambda: BatchNorm2d(3)(torch.ones(1, 3, 1, 1)), ValueError, "two values"),
    ("momentum", lambda: BatchNorm2d(3, momentum=2.0), ValueError, "momentum must lie"),
    ("channels", lambda: BatchNorm2d(0), ValueError, "channels must be at least 1"),
    ("filters", lambda: fold_batch_norm(*[ONE] * 6), ValueError, "w must be filters"),
    (
        "var",
        lambda: fold_batch_norm(torch.ones(2, 1, 3, 3), *[torch.ones(2)] * 4, ONE),
        ValueError,
        "var must have",
    ),
    ("stride", lambda: ResidualBlock(2, 2, 0), ValueError, "stride must be at least 1"),
    ("kernel", lambda: receptive_field([(0, 1)]), ValueError, "kernel must be at least 1"),
    ("stages", lambda: ResNet(()), ValueError, "one stage or more"),
    ("images", lambda: ResNet(2, 1)(torch.ones(2, 784)), ValueError, "X must be images"),
]


@pytest.mark.parametrize(("call", "error", "words"), [b[1:] for b in BAD], ids=[b[0] for b in BAD])
def test_what_does_not_fit_is_told(
    call: Callable[[], object], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        call()

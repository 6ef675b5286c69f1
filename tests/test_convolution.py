"""Convolution by hand, against torch.nn.functional and against autograd."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from course_dl.convolution import (
    ConvNet,
    ManualConvNet,
    conv2d,
    conv2d_grad,
    max_pool2d,
    max_pool2d_grad,
    output_size,
)
from course_dl.gradcheck import check_gradients
from course_dl.losses import cross_entropy, cross_entropy_grad
from course_dl.training import fit

SHAPES = [  # N, C, H, W, M, k, stride, padding
    (2, 3, 8, 9, 4, 3, 1, 0),
    (1, 1, 5, 5, 1, 5, 1, 0),
    (3, 2, 7, 6, 3, 3, 2, 1),
    (2, 1, 6, 6, 2, 1, 1, 0),
    (2, 2, 9, 8, 3, 4, 3, 2),
]


def inputs(N: int, C: int, H: int, W: int, M: int, k: int) -> tuple[torch.Tensor, ...]:
    g = torch.Generator().manual_seed(N + 10 * C + 100 * k)
    draw = (
        torch.randn(s, generator=g, dtype=torch.float64) for s in [(N, C, H, W), (M, C, k, k), (M,)]
    )
    return tuple(draw)


@pytest.mark.parametrize(("N", "C", "H", "W", "M", "k", "stride", "padding"), SHAPES)
def test_convolution_and_its_gradients_are_torchs(
    N: int, C: int, H: int, W: int, M: int, k: int, stride: int, padding: int
) -> None:
    x, w, b = (t.requires_grad_() for t in inputs(N, C, H, W, M, k))
    truth = F.conv2d(x, w, b, stride=stride, padding=padding)
    out = conv2d(x, w, b, stride, padding)
    torch.testing.assert_close(out, truth, rtol=1e-12, atol=1e-12)
    assert out.shape[2:] == (output_size(H, k, stride, padding), output_size(W, k, stride, padding))
    grad_out = torch.randn(truth.shape, generator=torch.Generator().manual_seed(1)).double()
    truths = torch.autograd.grad(truth, (x, w, b), grad_out)
    for gradient, expected in zip(
        conv2d_grad(grad_out, x, w, stride, padding), truths, strict=True
    ):
        torch.testing.assert_close(gradient, expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(("H", "W", "k"), [(6, 8, 2), (7, 5, 2), (9, 9, 3), (4, 4, 1)])
def test_pooling_and_its_gradient_are_torchs(H: int, W: int, k: int) -> None:
    x = torch.randint(0, 4, (2, 3, H, W), generator=torch.Generator().manual_seed(0)).double()
    x.requires_grad_()  # few different values: ties, which go to the first
    truth = F.max_pool2d(x, k)
    assert torch.equal(max_pool2d(x, k), truth)
    grad_out = torch.rand(truth.shape, generator=torch.Generator().manual_seed(1)).double()
    (expected,) = torch.autograd.grad(truth, x, grad_out)
    assert torch.equal(max_pool2d_grad(grad_out, x, k), expected)


def test_a_manual_cnn_has_autograds_gradients() -> None:
    generator = torch.Generator().manual_seed(0)
    network = ManualConvNet(n_classes=4, channels=(3, 5), generator=generator).to(torch.float64)
    X = torch.rand(6, 1, 28, 28, generator=generator, dtype=torch.float64)
    report = check_gradients(network, X, torch.arange(6) % 4, "cross_entropy")
    assert report.worst < 1e-10 and report.agree(), report
    assert [row.name for row in report.rows] == ["W1", "b1", "W2", "b2", "W3", "b3"]


def test_a_manual_cnn_trained_by_hand_follows_autograd_in_every_parameter() -> None:
    generator = torch.Generator().manual_seed(1)
    net = ConvNet(n_classes=3, channels=(2, 3), generator=generator).double()
    manual = ManualConvNet.from_module(net)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.05)
    for _ in range(5):
        X = torch.rand(8, 784, generator=generator, dtype=torch.float64)
        d = torch.randint(3, (8,), generator=generator)
        optimizer.zero_grad()
        F.cross_entropy(net(X), d, reduction="sum").backward()
        optimizer.step()
        manual.zero_grad()
        manual.backward(cross_entropy_grad(manual(X), d))
        manual.step(0.05)
        for mine, theirs in zip(manual.parameters(), net.parameters(), strict=True):
            assert (mine - theirs).abs().max() <= 1e-10 * theirs.abs().max()


def test_weights_go_both_ways() -> None:
    net = ConvNet(5, (2, 4), generator=torch.Generator().manual_seed(2))
    X = torch.rand(3, 1, 28, 28, generator=torch.Generator().manual_seed(3))
    manual = ManualConvNet.from_module(net)
    torch.testing.assert_close(manual(X), net(X).detach())
    torch.testing.assert_close(manual.to_module()(X), net(X))


def test_both_learn_a_small_task_by_fit() -> None:
    generator = torch.Generator().manual_seed(4)
    d = torch.arange(60) % 3
    X = 0.3 * torch.rand(60, 1, 28, 28, generator=generator)
    for i, k in enumerate(d.tolist()):
        X[i, 0, 8 * k : 8 * k + 8] += 1  # a bright band tells the class
    net = ConvNet(3, (2, 4), generator=generator)
    for model in (net, ManualConvNet.from_module(net)):
        history = fit(model, (X, d), epochs=15, batch_size=10, lr=0.02, progress=False)
        assert history["accuracy"][-1] == 1.0


@pytest.mark.parametrize("shape", [(3, 32, 32), (1, 12, 19), (2, 27, 40)])
def test_images_of_any_size_go_through_both_kinds_of_network(shape: tuple[int, int, int]) -> None:
    generator = torch.Generator().manual_seed(5)
    net = ConvNet(4, (2, 3), shape=shape, generator=generator).double()
    X = torch.rand(5, *shape, generator=generator, dtype=torch.float64)
    manual = ManualConvNet.from_module(net)
    assert net(X).shape == (5, 4)
    torch.testing.assert_close(manual(X), net(X).detach())
    torch.testing.assert_close(net(X.flatten(1)), net(X))
    torch.testing.assert_close(manual.to_module()(X), net(X))
    assert check_gradients(manual, X, torch.arange(5) % 4, "cross_entropy").agree()


def test_grey_images_may_come_without_their_channel() -> None:
    net, X = ConvNet(3, (2, 4)), torch.rand(3, 28, 28)
    assert torch.equal(net(X), net(X[:, None]))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: ConvNet(shape=(3, 11, 32)), "the height, must be at least 12"),
        (lambda: ConvNet(shape=(3, 32, 11)), "the width, must be at least 12"),
        (lambda: ManualConvNet(shape=(0, 32, 32)), "channels, must be at least 1"),
        (lambda: ConvNet(shape=(32, 32)), "channels, height, width"),
        (lambda: ConvNet(shape=(3, 32, 32))(torch.ones(2, 3, 28, 28)), "3, 32, 32.*3072"),
        (lambda: ConvNet(shape=(3, 32, 32))(torch.ones(2, 32, 32, 3)), "3, 32, 32"),
        (lambda: ConvNet()(torch.ones(784)), "28, 28"),
        (lambda: output_size(3, 5), "does not fit"),
        (lambda: output_size(5, 3, stride=0), "stride must be at least 1"),
        (lambda: conv2d(torch.ones(1, 2, 5, 5), torch.ones(1, 3, 3, 3), torch.ones(1)), "same C"),
        (lambda: conv2d(torch.ones(2, 5, 5), torch.ones(1, 2, 3, 3), torch.ones(1)), "same C"),
        (lambda: ConvNet(0), "n_classes must be at least 1"),
        (lambda: ConvNet()(torch.ones(2, 3, 32, 32)), "28, 28"),
    ],
)
def test_what_does_not_fit_is_told(call: object, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        call()  # type: ignore[operator]


def test_loss_of_the_manual_cnn_is_the_courses() -> None:
    net = ConvNet(3, generator=torch.Generator().manual_seed(0))
    X = torch.rand(4, 784, generator=torch.Generator().manual_seed(0))
    d = torch.tensor([0, 1, 2, 0])
    manual = ManualConvNet.from_module(net)
    torch.testing.assert_close(cross_entropy(manual(X), d), cross_entropy(net(X), d).detach())

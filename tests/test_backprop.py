"""The network without autograd: its forward is MLP's, its gradients are autograd's."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor
from torch.testing import assert_close

from course_dl import MLP, ManualMLP
from course_dl.activations import ACTIVATIONS
from course_dl.backprop import Elementwise, Linear, ManualNetwork
from course_dl.losses import cross_entropy, cross_entropy_grad

DIFFERENTIABLE = [name for name, g in ACTIVATIONS.items() if g.differentiable]


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def batch(
    n: int = 6, n_in: int = 4, n_classes: int = 3, dtype: torch.dtype = torch.float64
) -> tuple[Tensor, Tensor]:
    generator = seeded(7)
    X = torch.randn(n, n_in, generator=generator, dtype=dtype)
    return X, torch.randint(n_classes, (n,), generator=generator)


def network(sizes: list[int] | None = None, activation: str = "tanh") -> ManualMLP:
    """A float64 network whose biases are not 0."""
    net = ManualMLP(sizes or [4, 5, 3], activation, generator=seeded(), dtype=torch.float64)
    for b in net.biases:
        b.normal_(generator=seeded(1))
    return net


def backward(net: ManualNetwork, X: Tensor, d: Tensor) -> None:
    net.backward(cross_entropy_grad(net(X), d))


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_it_starts_as_the_twin_of_the_module(name: str) -> None:
    manual, module = (
        ManualMLP([4, 5, 3], name, generator=seeded()),
        MLP([4, 5, 3], name, generator=seeded()),
    )
    X, _ = batch(dtype=torch.float32)
    for p, q in zip(manual.parameters(), module.parameters(), strict=True):
        assert torch.equal(p, q)
    assert_close(manual(X), module(X))


def test_forward_stores_a_and_h() -> None:
    net = network([4, 5, 6, 3])
    X, _ = batch()
    Y = net(X)
    assert torch.equal(net.h[0], X)
    assert torch.equal(net.h[-1], Y)
    assert torch.equal(net.a[-1], Y)
    for k, (W, b) in enumerate(zip(net.weights, net.biases, strict=True), start=1):
        assert_close(net.a[k - 1], net.h[k - 1] @ W.T + b)
        if k < len(net.weights):
            assert_close(net.h[k], torch.tanh(net.a[k - 1]))


def test_backward_stores_delta_and_leads_it_back_by_the_courses_formula() -> None:
    net = network([4, 5, 6, 3])
    X, d = batch()
    backward(net, X, d)
    assert_close(net.delta[-1], cross_entropy_grad(net.a[-1], d))
    for k in range(2):
        expected = (net.delta[k + 1] @ net.weights[k + 1]) * net.activation.dg(net.a[k])
        assert_close(net.delta[k], expected)
        assert_close(net.grad_weights[k], net.delta[k].T @ net.h[k])
        assert_close(net.grad_biases[k], net.delta[k].sum(0))


@pytest.mark.parametrize("sizes", [[4, 3], [4, 5, 3], [4, 5, 6, 5, 3], [4, 1, 3]])
@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_gradients_are_autograds(sizes: list[int], name: str) -> None:
    net = network(sizes, name)
    module = net.to_module()
    X, d = batch()
    backward(net, X, d)
    cross_entropy(module(X), d).backward()
    for gradient, parameter in zip(net.gradients(), module.parameters(), strict=True):
        assert_close(gradient, parameter.grad, rtol=1e-11, atol=1e-13)


def test_a_batch_gives_the_sum_of_its_samples() -> None:
    X, d = batch()
    whole, single = network(), network()
    backward(whole, X, d)
    for i in range(len(X)):
        backward(single, X[i : i + 1], d[i : i + 1])
    for p, q in zip(whole.gradients(), single.gradients(), strict=True):
        assert_close(p, q)


def test_gradients_are_zero_at_the_start_add_up_and_are_cleared() -> None:
    net = network()
    assert not any(g.any() for g in net.gradients())
    X, d = batch()
    backward(net, X, d)
    once = [g.clone() for g in net.gradients()]
    backward(net, X, d)
    for g, first in zip(net.gradients(), once, strict=True):
        assert first.any()
        assert_close(g, 2 * first)
    net.zero_grad()
    assert not any(g.any() for g in net.gradients())


def test_step_is_one_of_torchs_sgd() -> None:
    net = network()
    module = net.to_module()
    X, d = batch()
    backward(net, X, d)
    net.step(0.1)
    cross_entropy(module(X), d).backward()
    torch.optim.SGD(module.parameters(), lr=0.1).step()
    for p, q in zip(net.parameters(), module.parameters(), strict=True):
        assert_close(p, q.detach())


def test_the_same_training_as_the_modules() -> None:
    net = network(activation="relu")
    module = net.to_module()
    optimizer = torch.optim.SGD(module.parameters(), lr=0.05)
    X, d = batch(n=30)
    for _ in range(50):
        net.zero_grad()
        net.backward(cross_entropy_grad(net(X), d, "mean"))
        net.step(0.05)
        optimizer.zero_grad()
        loss = cross_entropy(module(X), d, "mean")
        loss.backward()
        optimizer.step()
    assert_close(cross_entropy(net(X), d, "mean"), cross_entropy(module(X), d, "mean").detach())
    assert_close(net.weights[0], module.layers[0].weight.detach())


def test_it_learns_xor() -> None:
    X = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    d = torch.tensor([0, 1, 1, 0])
    net = ManualMLP([2, 8, 2], "tanh", generator=seeded())
    for _ in range(300):
        net.zero_grad()
        net.backward(cross_entropy_grad(net(X), d, "mean"))
        net.step(0.5)
    assert torch.equal(net(X).argmax(1), d)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_weights_go_to_a_module_and_back(dtype: torch.dtype) -> None:
    net = ManualMLP([4, 5, 3], "softplus", generator=seeded(), dtype=dtype)
    module = net.to_module()
    back = ManualMLP.from_module(module)
    assert (back.sizes, back.activation) == (net.sizes, net.activation)
    X, _ = batch(dtype=dtype)
    for p, q, r in zip(net.parameters(), module.parameters(), back.parameters(), strict=True):
        assert torch.equal(p, q)
        assert torch.equal(p, r)
        assert p.dtype == q.dtype == r.dtype == dtype
        assert q.requires_grad
        assert not r.requires_grad
    assert_close(module(X).detach(), net(X))


def test_exchanged_weights_are_copies() -> None:
    module = MLP([4, 5, 3], generator=seeded())
    net = ManualMLP.from_module(module)
    kept = copy.deepcopy(module.state_dict())
    for p in net.parameters():
        p.add_(1)
    assert all(torch.equal(kept[name], p) for name, p in module.state_dict().items())
    module = net.to_module()
    before = net.weights[0].clone()
    with torch.no_grad():
        module.layers[0].weight.add_(1)
    assert torch.equal(net.weights[0], before)


def test_exchange_leaves_the_global_generator_alone() -> None:
    before = torch.random.get_rng_state()
    ManualMLP.from_module(ManualMLP([3, 2], generator=seeded()).to_module())
    assert torch.equal(torch.random.get_rng_state(), before)


def test_load_module_copies_the_weights_in_place() -> None:
    net, module = ManualMLP([4, 5, 3]), MLP([4, 5, 3], generator=seeded())
    W1 = net.weights[0]
    net.load_module(module)
    assert torch.equal(W1, module.layers[0].weight)
    assert not W1.requires_grad


def test_state_dicts_serve_both_kinds_of_network() -> None:
    net, module = ManualMLP([4, 5, 3], generator=seeded()), MLP([4, 5, 3])
    module.load_state_dict(net.state_dict())
    other = ManualMLP([4, 5, 3])
    other.load_state_dict(dict(module.named_parameters()))
    for p, q in zip(net.parameters(), other.parameters(), strict=True):
        assert torch.equal(p, q)
        assert not q.requires_grad


def test_a_state_that_does_not_fit_changes_nothing() -> None:
    net = ManualMLP([4, 5, 3], generator=seeded())
    before = [p.clone() for p in net.parameters()]
    with pytest.raises(ValueError, match=r"layers\.1\.weight"):
        net.load_state_dict(
            ManualMLP([4, 5, 3]).state_dict() | {"layers.1.weight": torch.ones(2, 5)}
        )
    for p, q in zip(net.parameters(), before, strict=True):
        assert torch.equal(p, q)


def test_no_autograd_is_inside_even_if_the_data_brings_it() -> None:
    net = network()
    X, d = batch()
    Y = net(X.requires_grad_())
    assert not Y.requires_grad
    net.backward(cross_entropy_grad(Y, d).requires_grad_())
    tensors = [*net.parameters(), *net.gradients(), *net.a, *net.h, *net.delta]
    assert not any(t.requires_grad for t in tensors)


def test_a_layer_takes_no_graph_from_parameters_of_a_module() -> None:
    unit = MLP([4, 3]).layers[0]
    layer = Linear(unit.weight, unit.bias)
    assert not layer.forward(torch.ones(2, 4)).requires_grad


def test_images_are_flattened() -> None:
    net = ManualMLP([12, 5, 3], generator=seeded())
    images = torch.randn(4, 1, 3, 4, generator=seeded(1))
    assert torch.equal(net(images), net(images.reshape(4, 12)))
    assert net.h[0].shape == (4, 12)


def test_to_changes_the_dtype_of_everything() -> None:
    net = ManualMLP([4, 5, 3]).to(torch.float64)
    assert all(t.dtype == torch.float64 for t in [*net.parameters(), *net.gradients()])
    X, d = batch()
    backward(net, X, d)
    assert net.gradients()[0].any()


def test_a_network_is_any_chain_of_layers() -> None:
    W = torch.eye(2, dtype=torch.float64)
    b = torch.zeros(2, dtype=torch.float64)
    net = ManualNetwork([Elementwise("tanh"), Linear(W, b), Elementwise("sigmoid")])
    X, _ = batch(n_in=2)
    Y = net(X)
    assert_close(Y, torch.sigmoid(torch.tanh(X)))
    net.backward(torch.ones_like(Y))
    assert_close(net.gradients()[1], (Y * (1 - Y)).sum(0))


def test_a_layer_leads_the_gradient_back_to_its_input() -> None:
    layer = Linear(network().weights[0], network().biases[0])
    X, _ = batch()
    A = layer.forward(X)
    delta = torch.randn(A.shape, generator=seeded(2), dtype=A.dtype)
    X.requires_grad_()
    (expected,) = torch.autograd.grad(((X @ layer.W.T + layer.b) * delta).sum(), X)
    assert_close(layer.backward(delta), expected)


def test_the_gradient_of_the_data_is_not_computed() -> None:
    """The first layer of a wide input spends no product on what nobody asks for."""
    net = network()
    first = net.layers[0]
    first.backward = lambda delta: pytest.fail("asked for the gradient of X")  # type: ignore
    X, d = batch()
    backward(net, X, d)
    assert net.grad_weights[0].any()


def test_a_network_of_one_layer_is_the_linear_classifier() -> None:
    net = network([4, 3])
    X, d = batch()
    backward(net, X, d)
    P = torch.softmax(X @ net.weights[0].T + net.biases[0], 1)
    P[range(6), d] -= 1
    assert_close(net.grad_weights[0], P.T @ X)


def test_it_prints_its_sizes_and_activation() -> None:
    assert repr(ManualMLP([3, 4, 2], "tanh")) == "ManualMLP([3, 4, 2], activation='tanh')"

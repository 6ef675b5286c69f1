"""The multilayer perceptron: its forward, its initial weights, its repeatability."""

from __future__ import annotations

import copy
import pickle

import pytest
import torch
from torch.testing import assert_close

from course_dl import MLP
from course_dl.activations import ACTIVATIONS
from course_dl.mlp import glorot_uniform_, he_normal_, initialize_


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("sizes", [[3, 2], [3, 4, 2], [3, 5, 4, 1]])
def test_forward_is_the_composition_of_its_units(sizes: list[int], name: str) -> None:
    mlp = MLP(sizes, name, generator=seeded())
    X = torch.randn(6, 3, generator=seeded(1))
    h = X
    for k, layer in enumerate(mlp.layers, start=1):
        a = h @ layer.weight.T + layer.bias
        h = a if k == len(sizes) - 1 else ACTIVATIONS[name].g(a)
    assert_close(mlp(X), h)
    assert mlp(X).shape == (6, sizes[-1])


def test_images_are_flattened() -> None:
    mlp = MLP([12, 5, 3], generator=seeded())
    images = torch.randn(4, 1, 3, 4, generator=seeded(1))
    assert torch.equal(mlp(images), mlp(images.reshape(4, 12)))


def test_parameters_are_those_of_the_linear_units_and_biases_start_at_zero() -> None:
    mlp = MLP([3, 4, 2])
    assert [tuple(p.shape) for p in mlp.parameters()] == [(4, 3), (4,), (2, 4), (2,)]
    assert list(mlp.state_dict()) == [
        "layers.0.weight",
        "layers.0.bias",
        "layers.1.weight",
        "layers.1.bias",
    ]
    assert not any(layer.bias.any() for layer in mlp.layers)
    assert all(p.requires_grad for p in mlp.parameters())


def test_same_generator_same_weights_and_the_global_one_untouched() -> None:
    before = torch.random.get_rng_state()
    one, two, other = (MLP([5, 4, 3], generator=seeded(seed)) for seed in (0, 0, 1))
    assert torch.equal(torch.random.get_rng_state(), before)
    for p, q, r in zip(one.layers, two.layers, other.layers, strict=True):
        assert torch.equal(p.weight, q.weight)
        assert not torch.equal(p.weight, r.weight)


def test_without_a_generator_the_global_seed_decides() -> None:
    with torch.random.fork_rng():
        torch.manual_seed(3)
        one, two = MLP([5, 4]), MLP([5, 4])
        torch.manual_seed(3)
        again = MLP([5, 4])
    assert torch.equal(one.layers[0].weight, again.layers[0].weight)
    assert not torch.equal(one.layers[0].weight, two.layers[0].weight)


def test_he_normal_has_the_variance_it_promises() -> None:
    W = he_normal_(torch.empty(400, 300), seeded())
    assert W.mean().item() == pytest.approx(0, abs=2e-3)
    assert W.var().item() == pytest.approx(2 / 300, rel=0.02)
    kurtosis = ((W / W.std()) ** 4).mean().item()
    assert kurtosis == pytest.approx(3, abs=0.1)


def test_glorot_uniform_has_the_variance_and_the_bound_it_promises() -> None:
    W = glorot_uniform_(torch.empty(400, 300), seeded())
    assert W.mean().item() == pytest.approx(0, abs=2e-3)
    assert W.var().item() == pytest.approx(2 / 700, rel=0.02)
    assert W.abs().max().item() <= (6 / 700) ** 0.5


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_the_activation_chooses_the_initialisation(name: str) -> None:
    fill_ = he_normal_ if name in ("relu", "softplus") else glorot_uniform_
    W = initialize_(torch.empty(4, 3), ACTIVATIONS[name], seeded())
    assert torch.equal(W, fill_(torch.empty(4, 3), seeded()))
    assert torch.equal(W, MLP([3, 4], name, generator=seeded()).layers[0].weight)


def test_he_keeps_the_size_of_signals_through_many_layers_of_relu() -> None:
    mlp = MLP([200] * 12, "relu", generator=seeded())
    X = torch.randn(100, 200, generator=seeded(1))
    assert 0.3 < mlp(X).std().item() < 5


def test_it_learns() -> None:
    X = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    d = torch.tensor([0, 1, 1, 0])
    mlp = MLP([2, 8, 2], "tanh", generator=seeded())
    optimizer = torch.optim.SGD(mlp.parameters(), lr=0.5)
    for _ in range(300):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(mlp(X), d).backward()
        optimizer.step()
    assert torch.equal(mlp(X).argmax(1), d)


def test_copies_and_pickles_compute_the_same() -> None:
    mlp = MLP([3, 4, 2], torch.tanh, generator=seeded())
    X = torch.randn(5, 3, generator=seeded(1))
    for twin in (copy.deepcopy(mlp), pickle.loads(pickle.dumps(mlp))):
        assert torch.equal(twin(X), mlp(X))


def test_it_prints_its_sizes_and_activation() -> None:
    assert "sizes=[3, 4, 2], activation='tanh'" in repr(MLP([3, 4, 2], "tanh"))

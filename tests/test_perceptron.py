"""Rosenblatt's rule, against a reference in exact arithmetic and against its own theory."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import torch
from torch import Tensor

from course_dl import Perceptron

XOR = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])


def integer_samples(n: int, n_features: int, seed: int) -> tuple[Tensor, Tensor]:
    """Points of small integers, many of them on the separators that are met on the way."""
    generator = torch.Generator().manual_seed(seed)
    X = torch.randint(-2, 3, (n, n_features), generator=generator)
    return X, 2 * torch.randint(2, (n,), generator=generator) - 1


def separable_samples(n: int, seed: int) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    X = torch.randn(n, 2, generator=generator)
    X = X[(X.sum(1) - 0.5).abs() > 0.1]
    return X, torch.where(X.sum(1) > 0.5, 1, -1)


def reference(X: Tensor, d: Tensor, max_epochs: int) -> tuple[list[int], list[int]]:
    """The rule in rational numbers: no rounding, no library."""
    rows = [[Fraction(1), *map(Fraction, x)] for x in X.tolist()]
    w = [Fraction(0)] * len(rows[0])
    mistakes: list[int] = []
    while len(mistakes) < max_epochs and mistakes[-1:] != [0]:
        mistakes.append(0)
        for x, label in zip(rows, d.tolist(), strict=True):
            score = sum(w_k * x_k for w_k, x_k in zip(w, x, strict=True))
            if (1 if score >= 0 else -1) != label:
                w = [w_k + label * x_k for w_k, x_k in zip(w, x, strict=True)]
                mistakes[-1] += 1
    return [int(w_k) for w_k in w], mistakes


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("shape", [(1, 1), (8, 2), (40, 3), (30, 30)])
def test_weights_and_mistakes_are_those_of_the_exact_rule(shape, seed) -> None:
    X, d = integer_samples(*shape, seed)
    perceptron = Perceptron(max_epochs=20).fit(X, d)
    weights, mistakes = reference(X, d, 20)
    assert perceptron.weights_.tolist() == weights
    assert perceptron.mistakes_ == mistakes
    assert perceptron.converged_ == (mistakes[-1] == 0)


def test_a_score_of_zero_predicts_plus_one() -> None:
    point = torch.ones(1, 2)
    right = Perceptron().fit(point, torch.tensor([1]))
    assert right.mistakes_ == [0]
    assert right.weights_.tolist() == [0, 0, 0]
    assert right.predict(point).tolist() == [1]
    wrong = Perceptron().fit(point, torch.tensor([-1]))
    assert wrong.mistakes_ == [1, 0]
    assert wrong.weights_.tolist() == [-1, -1, -1]


def test_separable_points_are_separated_within_novikoffs_bound() -> None:
    X, d = separable_samples(200, seed=0)
    perceptron = Perceptron(max_epochs=1000).fit(X, d)
    assert perceptron.converged_
    assert perceptron.mistakes_[-1] == 0
    assert all(perceptron.mistakes_[:-1])
    assert torch.equal(perceptron.predict(X), d.double())
    with_ones = torch.cat([torch.ones(len(X), 1), X], dim=1).double()
    separator = perceptron.weights_ / perceptron.weights_.norm()
    margin = (d * (with_ones @ separator)).min()
    assert sum(perceptron.mistakes_) <= with_ones.norm(dim=1).max() ** 2 / margin**2


def test_xor_defeats_it() -> None:
    perceptron = Perceptron(max_epochs=30).fit(XOR, torch.tensor([-1, 1, 1, -1]))
    assert not perceptron.converged_
    assert len(perceptron.mistakes_) == 30
    assert min(perceptron.mistakes_) > 0


def test_order_of_samples_matters() -> None:
    X, d = separable_samples(100, seed=1)
    forward, backward = Perceptron().fit(X, d), Perceptron().fit(X.flip(0), d.flip(0))
    assert not torch.equal(forward.weights_, backward.weights_)


def test_path_starts_at_the_start_and_has_a_row_for_each_update() -> None:
    X, d = integer_samples(20, 2, seed=3)
    w0 = torch.tensor([0.5, -1.0, 2.0])
    perceptron = Perceptron(lr=0.5, max_epochs=5).fit(X, d, w0=w0, keep_path=True)
    path = perceptron.path_
    assert path is not None
    assert path.shape == (1 + sum(perceptron.mistakes_), 3)
    assert torch.equal(path[0], w0.double())
    assert torch.equal(path[-1], perceptron.weights_)
    steps = path.diff(dim=0).abs()
    assert torch.equal(steps[:, 0], torch.full((len(steps),), 0.5, dtype=torch.float64))
    assert perceptron.fit(X, d).path_ is None


def test_arguments_are_left_alone() -> None:
    X, d = integer_samples(20, 2, seed=3)
    X, w0 = X.double(), torch.zeros(3, dtype=torch.float64)
    X_before = X.clone()
    Perceptron(max_epochs=3).fit(X, d, w0=w0)
    assert torch.equal(X, X_before)
    assert not w0.any()


def test_two_fits_do_not_share_their_weights() -> None:
    X, d = separable_samples(50, seed=2)
    perceptron = Perceptron().fit(X, d)
    first = perceptron.weights_
    kept = first.clone()
    perceptron.fit(X, -d)
    assert torch.equal(first, kept)


def test_lr_scales_the_weights_and_changes_no_decision() -> None:
    X, d = separable_samples(100, seed=1)
    one, quarter = Perceptron(lr=1).fit(X, d), Perceptron(lr=0.25).fit(X, d)
    assert torch.equal(quarter.weights_, one.weights_ / 4)
    assert quarter.mistakes_ == one.mistakes_


@pytest.mark.parametrize(
    "convert",
    [
        lambda x: x.float(),
        lambda x: x.double(),
        lambda x: x.numpy(),
        lambda x: x.numpy().astype(np.float32),
        lambda x: x.tolist(),
    ],
)
def test_any_kind_of_array_gives_the_same_float64_weights(convert) -> None:
    X, d = integer_samples(20, 3, seed=4)
    expected = Perceptron(max_epochs=10).fit(X, d)
    perceptron = Perceptron(max_epochs=10).fit(convert(X), convert(d))
    assert perceptron.weights_.dtype == torch.float64
    assert torch.equal(perceptron.weights_, expected.weights_)
    assert torch.equal(perceptron.predict(convert(X)), expected.predict(X))


def test_pixels_as_images_of_bytes() -> None:
    images = torch.randint(256, (30, 4, 4), generator=torch.Generator().manual_seed(0)).byte()
    d = torch.where(images[:, 0, 0] > 127, 1, -1)
    perceptron = Perceptron(max_epochs=1000).fit(images, d)
    assert perceptron.weights_.shape == (17,)
    flat = Perceptron(max_epochs=1000).fit(images.flatten(1).double(), d)
    assert torch.equal(perceptron.weights_, flat.weights_)
    assert torch.equal(perceptron.predict(images), d.double())


def test_decision_function_is_the_affine_score() -> None:
    X, d = separable_samples(50, seed=5)
    perceptron = Perceptron().fit(X, d)
    w = perceptron.weights_
    torch.testing.assert_close(perceptron.decision_function(X), X.double() @ w[1:] + w[0])

"""The fast forms of Rosenblatt's rule make the very mistakes of the form that is read."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from course_dl._fast.rosenblatt import fast_rule, rule_in_blocks, rule_in_the_plane
from course_dl.perceptron import rosenblatt_rule


def problem(n: int, features: int, seed: int, noise: float = 0.3) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, features))
    d = np.where(X @ rng.normal(size=features) + noise * rng.normal(size=n) > 0.2, 1.0, -1.0)
    return X, d


def runs(
    fast: Any, X: np.ndarray, d: np.ndarray, lr: float = 1.0, epochs: int = 15, w0: float = 0.0
) -> list[tuple[list[int], np.ndarray]]:
    """Mistakes and weights of the rule, then of its fast form."""
    results = []
    for learn in (rosenblatt_rule, fast):
        w = np.full(X.shape[1] + 1, w0)
        results.append((learn(X, d, w, lr, epochs), w))
    return results


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("lr", "w0"), [(1.0, 0.0), (0.3, -1.7)])
@pytest.mark.parametrize(("n", "features"), [(1, 3), (50, 1), (300, 5), (700, 60), (128, 20)])
def test_blocks_follow_the_rule(n: int, features: int, lr: float, w0: float, seed: int) -> None:
    (mistakes, w), (fast_mistakes, fast_w) = runs(
        rule_in_blocks, *problem(n, features, seed), lr=lr, w0=w0
    )
    assert fast_mistakes == mistakes
    np.testing.assert_array_equal(fast_w, w)


@pytest.mark.parametrize("seed", range(4))
def test_the_plane_follows_the_rule(seed: int) -> None:
    (mistakes, w), (fast_mistakes, fast_w) = runs(rule_in_the_plane, *problem(400, 2, seed), lr=0.5)
    assert fast_mistakes == mistakes
    np.testing.assert_allclose(fast_w, w, rtol=1e-12)


@pytest.mark.parametrize("features", [2, 7])
def test_ties_of_integer_data_are_decided_exactly(features: int) -> None:
    rng = np.random.default_rng(0)
    X = rng.integers(-2, 3, size=(500, features)).astype(np.int8)
    d = np.where(rng.random(500) < 0.5, 1.0, -1.0)  # scores of 0 abound, and it never ends
    (mistakes, w), (fast_mistakes, fast_w) = runs(fast_rule, X, d, epochs=5)
    assert fast_mistakes == mistakes
    np.testing.assert_array_equal(fast_w, w)


@pytest.mark.parametrize("scale", [1e-30, 1e-6, 1e6, 1e30])
def test_blocks_do_not_rely_on_the_range_of_float32(scale: float) -> None:
    X, d = problem(300, 10, seed=3)
    (mistakes, w), (fast_mistakes, fast_w) = runs(rule_in_blocks, scale * X, d)
    assert fast_mistakes == mistakes
    np.testing.assert_array_equal(fast_w, w)


def test_it_stops_after_an_epoch_without_a_mistake() -> None:
    X, d = problem(200, 4, seed=1, noise=0.0)
    mistakes = rule_in_blocks(X, d, np.zeros(5), 1.0, 10_000)
    assert mistakes[-1] == 0 and 0 not in mistakes[:-1]

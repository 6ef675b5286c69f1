"""The gradient check agrees with right gradients, catches wrong ones, and leaves no trace."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from course_dl import ManualMLP
from course_dl.activations import ACTIVATIONS, Activation
from course_dl.gradcheck import check_gradients
from course_dl.losses import LOSSES, Loss, square_error

DIFFERENTIABLE = [name for name, g in ACTIVATIONS.items() if g.differentiable]
SIZES = [[4, 1], [4, 3], [1, 1, 1], [4, 5, 1], [4, 5, 3], [3, 6, 5, 4, 2]]
BINARY = ("binary_cross_entropy", "perceptron_loss")


def targets(loss: str, n: int, n_out: int, generator: torch.Generator) -> Tensor:
    if loss == "square_error":
        return torch.randn(n, n_out, generator=generator, dtype=torch.float64)
    if loss == "cross_entropy":
        return torch.randint(n_out, (n,), generator=generator)
    d = torch.randint(2, (n, n_out), generator=generator).double()
    return d if loss == "binary_cross_entropy" else 2 * d - 1


def case(
    sizes: list[int], activation: str, loss: str, n: int, seed: int = 0
) -> tuple[ManualMLP, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    network = ManualMLP(sizes, activation, generator=generator, dtype=torch.float64)
    for b in network.biases:
        b.normal_(generator=generator)
    X = torch.randn(n, sizes[0], generator=generator, dtype=torch.float64)
    return network, X, targets(loss, n, sizes[-1], generator)


@pytest.mark.parametrize("n", [1, 2, 17])
@pytest.mark.parametrize("sizes", SIZES, ids=str)
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", DIFFERENTIABLE)
def test_manual_gradients_agree_with_autograd_to_1e_10(activation, loss, sizes, n) -> None:
    report = check_gradients(*case(sizes, activation, loss, n), loss)
    assert report.worst <= 1e-10, report
    assert report.worst_numerical <= 1e-5, report
    assert report.agree(), report


@pytest.mark.parametrize("activation", DIFFERENTIABLE)
def test_float32_agrees_as_far_as_it_can(activation: str) -> None:
    network, X, d = case([4, 5, 3], activation, "cross_entropy", 8)
    report = check_gradients(network.to(torch.float32), X.float(), d, "cross_entropy")
    assert report.dtype == torch.float32
    assert report.agree()
    assert not report.agree(tol=1e-12)


def test_every_parameter_is_named_and_sized() -> None:
    report = check_gradients(*case([4, 30, 3], "tanh", "square_error", 3), square_error)
    assert [row.name for row in report.rows] == ["W1", "b1", "W2", "b2"]
    assert [row.shape for row in report.rows] == [(30, 4), (30,), (3, 30), (3,)]
    assert [row.n_checked for row in report.rows] == [20, 20, 20, 3]
    assert report.worst == max(row.manual_autograd for row in report.rows)


def test_the_report_reads_as_a_table() -> None:
    text = str(check_gradients(*case([4, 5, 3], "tanh", "square_error", 3), "square_error"))
    assert "square_error" in text
    for word in ("W1", "b2", "(5, 4)", "20 of 20", "manual-autograd"):
        assert word in text


def test_a_wrong_derivative_is_caught() -> None:
    off = Activation("off", torch.tanh, lambda a: (1 - torch.tanh(a) ** 2) * (1 + 1e-3))
    _, X, d = case([4, 5, 3], "tanh", "square_error", 3)
    network = ManualMLP([4, 5, 3], off, dtype=torch.float64, generator=torch.Generator())
    report = check_gradients(network, X, d, "square_error")
    assert not report.agree()
    rows = {row.name: row for row in report.rows}
    assert 1e-4 < rows["W1"].manual_autograd < 2e-3
    assert 1e-4 < rows["b1"].manual_numerical < 2e-3
    assert rows["W1"].autograd_numerical < 1e-6
    assert rows["W2"].manual_autograd < 1e-10


def test_a_wrong_gradient_of_the_loss_is_caught() -> None:
    mean = Loss("mean", square_error, lambda y, d: (y - d) / len(y))
    assert not check_gradients(*case([4, 5, 3], "tanh", "square_error", 3), mean).agree()


def test_gradients_that_vanish_are_no_disagreement() -> None:
    report = check_gradients(
        *case([4] + [5] * 12 + [3], "sigmoid", "square_error", 3), "square_error"
    )
    assert report.agree(), report


def test_gradients_that_are_zero_are_no_disagreement() -> None:
    network, X, _ = case([4, 5, 1], "tanh", "cross_entropy", 3)
    report = check_gradients(network, X, torch.zeros(3, dtype=torch.int64), "cross_entropy")
    assert report.worst == 0
    assert report.agree()


def test_the_network_is_left_as_it_was() -> None:
    network, X, d = case([4, 5, 3], "tanh", "square_error", 3)
    network.backward(network(X) - d)
    before = [t.clone() for t in [*network.parameters(), *network.gradients(), network.h[-1]]]
    state = torch.random.get_rng_state()
    assert check_gradients(network, X + 1, d, "square_error").agree()
    after = [*network.parameters(), *network.gradients(), network.h[-1]]
    for t, u in zip(before, after, strict=True):
        assert torch.equal(t, u)
        assert not u.requires_grad
    assert torch.equal(torch.random.get_rng_state(), state)


def test_twice_the_same_report() -> None:
    arguments = case([4, 30, 3], "tanh", "square_error", 3)
    assert check_gradients(*arguments, "square_error") == check_gradients(
        *arguments, "square_error"
    )

"""A table of what goes wrong, and of what the error must say."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from course_dl import MLP, ManualMLP, Perceptron
from course_dl.activations import get_activation
from course_dl.backprop import Elementwise, ManualNetwork
from course_dl.descent import gradient_descent, largest_step, numerical_gradient, sgd
from course_dl.gradcheck import check_gradients
from course_dl.losses import (
    binary_cross_entropy,
    cross_entropy,
    cross_entropy_grad,
    get_loss,
    perceptron_loss,
    square_error,
    square_error_grad,
)

X = torch.zeros(4, 2)
SIGNS = torch.tensor([-1, 1, 1, -1])
SCORES = torch.zeros(4, 3)
CLASSES = torch.tensor([0, 1, 2, 0])
NAN, INF = float("nan"), float("inf")


def with_entry(t: Tensor, value: float) -> Tensor:
    t = t.clone()
    t.view(-1)[0] = value
    return t


def forwarded() -> ManualMLP:
    network = ManualMLP([2, 3])
    network(X)
    return network


def descend(grad: Callable[[Tensor], Tensor], x0: Tensor = X[0], step: float = 0.1, n: int = 3):
    return gradient_descent(grad, x0, step, n)


def learn(n_samples=4, batch_size=2, lr=0.1, epochs=1, grad_batch=lambda W, batch: W):
    return sgd(grad_batch, torch.zeros(2), n_samples, batch_size, lr, epochs, None)


CASES: list[tuple[str, Callable[[], object], type[Exception], tuple[str, ...]]] = [
    # Names
    ("activation name", lambda: get_activation("rleu"), ValueError, ("'rleu'", "relu", "tanh")),
    ("activation function", lambda: get_activation(torch.sin), TypeError, ("sin", "relu")),
    ("activation list", lambda: get_activation(["relu"]), TypeError, ("['relu']", "relu")),
    ("MLP's activation", lambda: MLP([2, 3], "swish"), ValueError, ("'swish'", "softplus")),
    ("loss name", lambda: get_loss("l2"), ValueError, ("'l2'", "square_error", "cross_entropy")),
    ("loss function", lambda: get_loss(torch.sin), TypeError, ("sin", "square_error")),
    ("reduction", lambda: square_error(X, X, "avg"), ValueError, ("'avg'", "sum", "mean")),
    # Losses
    ("column and row", lambda: square_error(X[:, :1], X[:, 0]), ValueError, ("(4, 1)", "(4,)")),
    ("its gradient", lambda: square_error_grad(X, X[:2]), ValueError, ("(4, 2)", "(2, 2)")),
    ("a list", lambda: square_error([1.0], [1.0]), TypeError, ("y", "Tensor", "list")),
    ("a list of d", lambda: square_error(X[:1, 0], [1.0]), TypeError, ("d", "Tensor", "list")),
    ("integer scores", lambda: square_error(CLASSES, CLASSES), TypeError, ("int64", "float")),
    ("empty batch", lambda: square_error(X[:0], X[:0]), ValueError, ("one sample", "(0, 2)")),
    ("no classes", lambda: cross_entropy(SCORES[:, :0], CLASSES), ValueError, ("(4, 0)",)),
    ("empty classes", lambda: cross_entropy(SCORES[:0], CLASSES[:0]), ValueError, ("(0, 3)",)),
    ("one sample", lambda: cross_entropy(SCORES[0], CLASSES), ValueError, ("(N, K)", "(3,)")),
    ("class 3 of 3", lambda: cross_entropy(SCORES, CLASSES + 1), ValueError, ("0..2", "got 3")),
    ("class -1", lambda: cross_entropy_grad(SCORES, CLASSES - 1), ValueError, ("0..2", "got -1")),
    ("float classes", lambda: cross_entropy(SCORES, CLASSES.float()), TypeError, ("int64", "long")),
    ("one-hot", lambda: cross_entropy(SCORES, SCORES.long()), ValueError, ("(4,)", "(4, 3)")),
    ("too few", lambda: cross_entropy(SCORES, CLASSES[:3]), ValueError, ("(4,)", "(3,)")),
    ("-1 for 0", lambda: binary_cross_entropy(X[:, 0], SIGNS), ValueError, ("0 to 1", "-1 to 1")),
    ("NaN for 0", lambda: binary_cross_entropy(X, X * NAN), ValueError, ("0 to 1", "nan")),
    ("0 for -1", lambda: perceptron_loss(X, X), ValueError, ("-1 or +1", "got 0", "2 * d - 1")),
    # Perceptron
    ("one row", lambda: Perceptron().fit(X[0], SIGNS[:2]), ValueError, ("(N, D)", "(2,)")),
    ("no samples", lambda: Perceptron().fit(X[:0], SIGNS[:0]), ValueError, ("empty", "(0, 2)")),
    ("lengths", lambda: Perceptron().fit(X, SIGNS[:3]), ValueError, ("(4,)", "(3,)")),
    ("a column of d", lambda: Perceptron().fit(X, SIGNS[:, None]), ValueError, ("(4,)", "(4, 1)")),
    ("0 and 1", lambda: Perceptron().fit(X, SIGNS.clamp(0)), ValueError, ("-1 or +1", "got 0")),
    (
        "NaN",
        lambda: Perceptron().fit(with_entry(X, NAN), SIGNS),
        ValueError,
        ("X", "nan", "(0, 0)"),
    ),
    ("infinity", lambda: Perceptron().fit(with_entry(X, -INF), SIGNS), ValueError, ("X", "-inf")),
    ("NaN label", lambda: Perceptron().fit(X, SIGNS * NAN), ValueError, ("-1 or +1", "nan")),
    ("w0", lambda: Perceptron().fit(X, SIGNS, w0=[0, 0]), ValueError, ("w0", "(3,)", "(2,)")),
    ("NaN w0", lambda: Perceptron().fit(X, SIGNS, w0=[0, 0, NAN]), ValueError, ("w0", "nan")),
    ("lr 0", lambda: Perceptron(lr=0), ValueError, ("lr", "positive", "0")),
    ("lr NaN", lambda: Perceptron(lr=NAN), ValueError, ("lr", "positive", "nan")),
    ("no epoch", lambda: Perceptron(max_epochs=0), ValueError, ("max_epochs", "at least 1")),
    ("half an epoch", lambda: Perceptron(max_epochs=0.5), TypeError, ("max_epochs", "integer")),
    ("unfitted", lambda: Perceptron().predict(X), RuntimeError, ("fit",)),
    (
        "other features",
        lambda: Perceptron(max_epochs=1).fit(X, SIGNS).predict(SCORES),
        ValueError,
        ("2 numbers", "got 3"),
    ),
    # Networks
    ("one size", lambda: MLP([2]), ValueError, ("input", "output", "(2,)")),
    ("size 0", lambda: MLP([2, 0, 3]), ValueError, ("sizes[1]", "at least 1", "got 0")),
    ("half a unit", lambda: ManualMLP([2, 1.5]), TypeError, ("sizes[1]", "integer", "1.5")),
    ("sizes a number", lambda: ManualMLP(2), TypeError, ("sizes", "list", "2")),
    ("width", lambda: MLP([3, 2])(X), ValueError, ("(N, 3)", "(4, 2)")),
    ("manual width", lambda: ManualMLP([3, 2])(X), ValueError, ("(N, 3)", "(4, 2)")),
    ("no batch", lambda: MLP([2, 3])(X[0]), ValueError, ("batch", "(N, 2)", "(2,)")),
    ("bytes", lambda: MLP([2, 3])(X.byte()), TypeError, ("uint8", "float")),
    ("a list for X", lambda: ManualMLP([2, 3])([[0.0, 1.0]]), TypeError, ("X", "Tensor", "list")),
    ("dtypes", lambda: ManualMLP([2, 3])(X.double()), TypeError, ("float32", "float64")),
    ("grad_Y", lambda: forwarded().backward(X), ValueError, ("grad_Y", "(4, 3)", "(4, 2)")),
    ("backward first", lambda: ManualMLP([2, 3]).backward(SCORES), RuntimeError, ("batch first",)),
    ("a before forward", lambda: ManualMLP([2, 3]).a, RuntimeError, ("batch first",)),
    ("delta before backward", lambda: forwarded().delta, RuntimeError, ("backward",)),
    ("sign", lambda: ManualMLP([2, 3, 1], "sign"), ValueError, ("sign", "derivative 0", "relu")),
    ("heaviside", lambda: Elementwise("heaviside"), ValueError, ("heaviside", "derivative 0")),
    ("no layers", lambda: ManualNetwork([]), ValueError, ("at least one layer",)),
    ("not an MLP", lambda: ManualMLP.from_module(torch.nn.ReLU()), TypeError, ("MLP", "ReLU")),
    (
        "other sizes",
        lambda: ManualMLP([2, 3]).load_module(MLP([2, 4])),
        ValueError,
        ("[2, 3]", "[2, 4]"),
    ),
    (
        "other activation",
        lambda: ManualMLP([2, 3]).load_module(MLP([2, 3], "tanh")),
        ValueError,
        ("relu", "tanh"),
    ),
    (
        "other parameters",
        lambda: ManualMLP([2, 3]).load_state_dict({"weight": X}),
        ValueError,
        ("layers.0.weight", "got weight"),
    ),
    (
        "other shapes",
        lambda: ManualMLP([2, 3]).load_state_dict(ManualMLP([2, 4]).state_dict()),
        ValueError,
        ("layers.0.weight", "(3, 2)", "(4, 2)"),
    ),
    (
        "unknown loss",
        lambda: check_gradients(ManualMLP([2, 3]), X, CLASSES, "mse"),
        ValueError,
        ("'mse'", "square_error"),
    ),
    # Descent
    ("a number's gradient", lambda: descend(lambda x: x.sum()), ValueError, ("(2,)", "()")),
    ("longer gradient", lambda: descend(lambda x: x.repeat(2)), ValueError, ("(2,)", "(4,)")),
    ("float gradient", lambda: descend(lambda x: 1.0), TypeError, ("grad(x)", "Tensor", "float")),
    ("integer start", lambda: descend(torch.clone, SIGNS), TypeError, ("x0", "int64")),
    ("step 0", lambda: descend(torch.clone, step=0.0), ValueError, ("step", "positive")),
    ("-1 steps", lambda: descend(torch.clone, n=-1), ValueError, ("n ", "at least 0", "-1")),
    ("not square", lambda: largest_step(X), ValueError, ("square", "(4, 2)")),
    ("not symmetric", lambda: largest_step(torch.ones(2, 2).tril()), ValueError, ("symmetric",)),
    (
        "indefinite",
        lambda: largest_step(torch.eye(2) * -1),
        ValueError,
        ("positive definite", "-1"),
    ),
    ("NaN matrix", lambda: largest_step(torch.eye(2) * NAN), ValueError, ("A", "nan")),
    ("float32", lambda: numerical_gradient(torch.sum, X[0]), TypeError, ("float64", "float32")),
    (
        "a matrix",
        lambda: numerical_gradient(torch.sum, X.double()),
        TypeError,
        ("vector", "(4, 2)"),
    ),
    ("eps", lambda: numerical_gradient(torch.sum, X[0].double(), 0), ValueError, ("eps",)),
    ("no samples to draw", lambda: learn(n_samples=0), ValueError, ("n_samples", "at least 1")),
    ("empty batches", lambda: learn(batch_size=0), ValueError, ("batch_size", "at least 1")),
    ("lr of sgd", lambda: learn(lr=-0.1), ValueError, ("lr", "positive", "-0.1")),
    ("epochs", lambda: learn(epochs=1.5), TypeError, ("epochs", "integer", "1.5")),
    (
        "sgd's gradient",
        lambda: learn(grad_batch=lambda W, batch: W[:1]),
        ValueError,
        ("grad_batch", "(2,)", "(1,)"),
    ),
]


@pytest.mark.parametrize(
    ("call", "error", "words"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_bad_input_is_told_what_was_expected_and_what_came(call, error, words) -> None:
    with pytest.raises(error) as raised:
        call()
    for word in words:
        assert word in str(raised.value)


def test_gradient_descent_finds_the_wrong_shape_at_the_first_step() -> None:
    calls = []
    with pytest.raises(ValueError, match="shape"):
        descend(lambda x: calls.append(x) or x.sum(), n=1000)  # type: ignore[func-returns-value]
    assert len(calls) == 1

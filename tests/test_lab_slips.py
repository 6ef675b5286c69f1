"""Slips that no list of known mistakes can hold, whatever their numbers, are told all the same."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from course_dl.calls.backend import LocalBackend, Outcome, Rules, StudentError
from course_dl.lab import Exercise, Student
from course_dl.lab.catalog import find_lab
from course_dl.lab.errors import MEANINGS, meaning
from course_dl.lab.found import explain
from course_dl.lab.judge import run_exercise
from course_dl.lab.same import same_numbers


def told(lab_name: str, number: str, name: str, answer: Callable[..., Any]) -> str:
    """The sentence on the first failure of a check with this answer."""
    lab = find_lab(lab_name)
    solutions = vars(importlib.import_module(f"course_dl.labs.{lab.name}.solutions"))
    exercise = lab.exercise(number)
    result = run_exercise(exercise, LocalBackend({**solutions, name: answer}), hidden=False)
    failed = result.first_failure
    assert failed is not None and failed.failure is not None
    return failed.failure.told


def test_another_order_of_the_samples_is_seen_whatever_drew_it() -> None:
    def train_perceptron(X: Any, d: Any, w0: Any, lr: float = 1.0, max_epochs: int = 100) -> Any:
        w, mistakes, drawing = w0, [], np.random.default_rng(42)
        for _ in range(max_epochs):
            wrong = 0
            for i in drawing.permutation(len(X)):
                if (1 if w @ X[i] >= 0 else -1) != d[i]:
                    w, wrong = w + lr * d[i] * X[i], wrong + 1
            mistakes.append(wrong)
            if wrong == 0:
                break
        return w, mistakes

    assert "another order" in told("lab01", "1.5", "train_perceptron", train_perceptron)


def test_weights_that_would_do_for_steps_are_told_so() -> None:
    def xor_network() -> Any:
        return torch.ones(2, 2), torch.tensor([-0.5, -1.5]), torch.tensor([1.0, -1.0]), -0.5

    assert "would be XOR" in told("lab02", "2.6", "xor_network", xor_network)


@pytest.mark.parametrize("share", [0.1, 0.5])
def test_dropout_in_a_network_is_seen(share: float) -> None:
    class MLP(nn.Module):
        def __init__(self, sizes: Any, activation: Any = torch.relu) -> None:
            super().__init__()
            self.layers = nn.ModuleList(nn.Linear(m, n) for m, n in pairwise(sizes))
            self.activation = activation

        def forward(self, x: Any) -> Any:
            *hidden, output = self.layers
            for one in hidden:
                x = F.dropout(self.activation(one(x)), share)
            return output(x)

    assert "changes from call to call" in told("lab02", "2.7", "MLP", MLP)


@pytest.mark.parametrize("strength", [1e-4, 0.3])
def test_weight_decay_in_a_gradient_is_seen_whatever_its_strength(strength: float) -> None:
    def minibatch_gradient(W: Any, X: Any, d: Any, batch: Any) -> Any:
        X, d = X[batch], d[batch]
        return (torch.softmax(X @ W.T, 1) - F.one_hot(d, len(W))).T @ X + strength * W

    said = told("lab03", "3.5", "minibatch_gradient", minibatch_gradient)
    assert f"plus {strength:g} times W" in said


@pytest.mark.parametrize("decay", [0.5, 0.95])
def test_a_step_of_another_length_is_seen(decay: float) -> None:
    def sgd(g: Any, W: Any, n: int, size: int, lr: float, epochs: int, generator: Any) -> Any:
        for epoch in range(epochs):
            for batch in torch.randperm(n, generator=generator).split(size):
                W = W - lr * decay**epoch * g(W, batch)
        return W

    assert "times the gradient of its batch" in told("lab03", "3.6", "sgd", sgd)


@pytest.mark.parametrize("size", [1, 64])
def test_a_size_of_the_batch_written_into_a_network_is_seen(size: int) -> None:
    class LeNet(nn.Module):
        def __init__(self, n_classes: int = 10) -> None:
            super().__init__()
            self.conv, self.output = nn.Conv2d(1, 2, 5), nn.Linear(2 * 6 * 6, n_classes)

        def forward(self, X: Any) -> Any:
            h = F.max_pool2d(torch.relu(self.conv(X)), 4)
            return self.output(h.view(size, -1))

    assert f"works for {size} image" in told("lab06", "6.6", "LeNet", LeNet)


def raising(answer: Callable[[Any], Any]) -> str | None:
    """What is told of an answer that raises."""
    exercise = Exercise("0.1", ["f"], points=1, difficulty=1, minutes=1, hints=[])

    @exercise.test("called")
    def called(student: Student) -> None:
        student.f(torch.ones(2, 3))

    names = {"f": answer}
    return explain(run_exercise(exercise, LocalBackend(names)), [], [], names)


def in_place(x: torch.Tensor) -> Any:
    x = x.clone().requires_grad_()
    e = torch.exp(x)
    e /= e.sum()
    return e.sum().backward()


ERRORS: list[Callable[[Any], Any]] = [
    lambda x: 1 if x > 0 else 0,
    in_place,
    lambda x: x.requires_grad_().add_(1),
    lambda x: float(x),
    lambda x: x.clone().requires_grad_().numpy(),
    lambda x: x - x.max(dim=1),
    lambda x: torch.maximum(x, 0),
    lambda x: x.double() @ torch.ones(3, 2),
    lambda x: x @ x,
    lambda x: x.reshape(4, 2),
    lambda x: torch.stack([1.0, 2.0]),  # type: ignore[list-item]
    lambda x: x.to(torch.complex64).max(),
    lambda x: x.sum().backward(),
]


@pytest.mark.parametrize("place", range(len(MEANINGS)))
def test_common_errors_of_torch_are_told_with_what_they_mean(place: int) -> None:
    assert raising(ERRORS[place]) == MEANINGS[place][2]


@pytest.mark.parametrize(
    "ordering",
    [
        lambda z: z.min(0),
        lambda z: z.argmax(),
        lambda z: torch.maximum(z, z),
        lambda z: z.sort(),
        lambda z: z.topk(1),
        lambda z: z.median(),
        lambda z: z.clamp(min=0),
        lambda z: z <= 1,
        lambda z: max(z),
        lambda z: sorted(z[0].tolist()),
    ],
)
def test_whoever_puts_complex_numbers_in_order_is_told_that_they_have_none(
    ordering: Callable[[Any], Any],
) -> None:
    told = raising(lambda x: ordering(x.to(torch.complex64)))
    assert told is not None and told.startswith("Complex numbers have no order")


def test_of_complex_numbers_nothing_is_told_where_no_order_is_meant() -> None:
    message = "\"log_softmax\" not implemented for 'ComplexFloat'"
    assert meaning(StudentError("NotImplementedError", message)) is None


def test_of_an_error_of_torch_no_frames_of_c_are_told() -> None:
    backend = LocalBackend({"f": lambda x: x.unflatten(0, (-2, 1))})
    error = backend.call("student:f", (torch.ones(2),), {}, Rules()).error
    assert error is not None and "invalid shape dimension -2" in error.message
    assert "frame #" not in error.message


def test_of_other_errors_nothing_is_told() -> None:
    assert meaning(StudentError("ZeroDivisionError", "division by zero")) is None


def test_numbers_are_the_same_in_a_list_and_in_a_tensor_of_as_many() -> None:
    assert same_numbers(Outcome([1, 2.0]), Outcome(torch.tensor([1.0, 2.0])))
    assert not same_numbers(Outcome([1, 2.5]), Outcome(torch.tensor([1.0, 2.0])))


def test_of_a_list_of_another_length_no_number_is_read() -> None:
    class Unread(list[float]):
        def __iter__(self) -> Any:
            raise AssertionError("it was read")

    for other in (torch.tensor([1.0, 2.0]), 1.0, [1.0, 2.0]):
        assert not same_numbers(Outcome(Unread([1.0] * 3)), Outcome(other))

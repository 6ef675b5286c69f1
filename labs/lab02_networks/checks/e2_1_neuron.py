"""Exercise 2.1: one neuron, with activations of the library and without a name."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from course_dl.lab import Exercise, Inputs, Student, close, require, shaped

from .shared import DTYPES, Unit, bump, identity, output, step

neuron = Exercise(
    "2.1",
    ["neuron"],
    points=1,
    difficulty=1,
    minutes=5,
    hints=[
        "Three things happen, one after another: a weighted sum of the inputs, the bias, the "
        "activation.",
        "<w, x> is the sum of all products w_k x_k. For two vectors, w @ x is that sum.",
        "return g(w @ x + b)",
    ],
)


@neuron.test("any inputs, any activation")
def test_neuron_values(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        for D, g in [(3, torch.tanh), (5, torch.exp), (2, torch.sigmoid)]:
            check_neuron(student, rng, D, g, dtype)


@neuron.test("the bias as a 0-d tensor and as a float")
def test_neuron_bias(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        for b in (0.5, -2.0, 0.0):
            check_neuron(student, rng, 4, torch.sin, dtype, b)
            check_neuron(student, rng, 4, torch.sin, dtype, torch.tensor(b, dtype=dtype))


@neuron.test("the logic gates of McCulloch and Pitts")
def test_neuron_gates(student: Student) -> None:
    inputs = torch.tensor([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=torch.float64)
    for gate, w, b, truth in [
        ("AND", [1, 1], -2.0, [0, 0, 0, 1]),
        ("OR", [1, 1], -1.0, [0, 1, 1, 1]),
        ("x_1 AND NOT x_2", [1, -1], -1.0, [0, 0, 1, 0]),
        ("NOT x_1", [-1, 0], 0.0, [1, 1, 0, 0]),
    ]:
        weights = torch.tensor(w, dtype=torch.float64)
        for x, y in zip(inputs, truth, strict=True):
            got = scalar(student.neuron(x, weights, b, step), x.dtype, "the output of the neuron")
            require(
                float(got) == y,
                f"{gate} of {tuple(x.int().tolist())} should be {y}; your neuron says "
                f"{float(got):g}.",
                ("w", str(tuple(w))),
                ("b", f"{b:g}"),
                ("g", "Heaviside's step: 1 for a >= 0, else 0"),
            )


@neuron.test("one input, many inputs, activations without a name", hidden=True)
def test_neuron_sizes(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        for D in (1, 2, 20):
            check_neuron(student, rng, D, bump, dtype)
            check_neuron(student, rng, D, identity, dtype)
            check_neuron(student, rng, D, torch.relu, dtype, 1.5)


def scalar(got: Any, dtype: torch.dtype, what: str) -> Tensor:
    """A Python number or a 0-d tensor of this dtype, as the latter."""
    if isinstance(got, int | float) and not isinstance(got, bool):
        return torch.tensor(got, dtype=dtype)
    return shaped(got, (), dtype, what)


def check_neuron(
    student: Student,
    rng: Inputs,
    D: int,
    g: Unit,
    dtype: torch.dtype,
    b: Tensor | float | None = None,
) -> None:
    """Several samples, so that no wrong output is a mere factor away from a right one."""
    N, D = rng.sizes(4, D)
    g = rng.simpler(g, torch.square)
    X, w = rng.normal(N, D, dtype=dtype), rng.normal(D, dtype=dtype)
    if b is None:
        b = rng.normal(1, dtype=dtype)[0]
    truth = output(X, [w[None]], [torch.as_tensor(b, dtype=dtype)[None]], [g])[:, 0]
    got = [scalar(student.neuron(x, w, b, g), dtype, "the output of the neuron") for x in X]
    samples = "a sample" if N == 1 else f"{N} samples"
    close(torch.stack(got), truth, f"the output of the neuron for {samples}")

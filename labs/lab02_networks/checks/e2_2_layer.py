"""Exercise 2.2: a layer for a batch, compared with ``F.linear``."""

from __future__ import annotations

import torch

from course_dl.lab import Exercise, Inputs, Student, close

from .shared import DTYPES, Unit, bump, identity, output, step

layer = Exercise(
    "2.2",
    ["layer"],
    points=2,
    difficulty=1,
    minutes=10,
    hints=[
        "Write down entry (i, m) of the result: it is the output of neuron m, whose weights are "
        "row m of W, for sample i, which is row i of X.",
        "All scalar products of rows of X and rows of W at once are the product X W^T. What is its "
        "shape, and along which of its axes does b (M,) belong?",
        "return g(X @ W.T + b): a vector (M,) is added to every row.",
    ],
)


@layer.test("three samples, three inputs, three neurons")
def test_layer_equal_sizes(student: Student, rng: Inputs) -> None:
    check_layer(student, rng, 3, 3, 3, torch.tanh)


@layer.test("different numbers of samples, inputs and neurons")
def test_layer_sizes(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        check_layer(student, rng, 5, 2, 4, torch.relu, dtype)
        check_layer(student, rng, 2, 6, 3, torch.exp, dtype)
        check_layer(student, rng, 4, 3, 1, torch.sigmoid, dtype)


@layer.test("one sample")
def test_layer_one_sample(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        check_layer(student, rng, 1, 3, 4, torch.cos, dtype)


@layer.test("one input, activations without a name", hidden=True)
def test_layer_one_input(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        check_layer(student, rng, 4, 3, 4, bump, dtype)
        check_layer(student, rng, 4, 1, 3, identity, dtype)
        check_layer(student, rng, 1, 1, 1, torch.exp, dtype)
        check_layer(student, rng, 7, 4, 2, step, dtype)


def check_layer(
    student: Student,
    rng: Inputs,
    N: int,
    D: int,
    M: int,
    g: Unit,
    dtype: torch.dtype = torch.float64,
) -> None:
    N, D, M = rng.sizes(N, D, M)
    g = rng.simpler(g, torch.square)
    X, W, b = (rng.normal(*shape, dtype=dtype) for shape in ((N, D), (M, D), (M,)))
    close(student.layer(X, W, b, g), output(X, [W], [b], [g]), "the output of the layer")

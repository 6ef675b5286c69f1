"""Exercise 2.3: the output of a network, compared with layers of ``F.linear``."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from course_dl.lab import Exercise, Inputs, Student, close

from .shared import DTYPES, Unit, bump, identity, network, output

forward = Exercise(
    "2.3",
    ["forward"],
    points=2,
    difficulty=1,
    minutes=10,
    hints=[
        "The output of a layer is the input of the next one. A variable H, which is X at the "
        "start, goes through all of them.",
        "zip(weights, biases, activations) gives W_k, b_k and g_k of one layer after another; your "
        "`layer` does the rest.",
        "H = X; for W, b, g in zip(weights, biases, activations): H = layer(H, W, b, g); at the "
        "end, after the loop, return H.",
    ],
)


@forward.test("three layers of three units")
def test_forward_equal_sizes(student: Student, rng: Inputs) -> None:
    check_forward(student, rng, 3, [3, 3, 3, 3], [torch.tanh, torch.exp, torch.sin])


@forward.test("layers of different sizes, each with its own activation")
def test_forward_sizes(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        check_forward(student, rng, 5, [2, 4, 3], [torch.relu, torch.tanh], dtype)
        check_forward(student, rng, 4, [3, 5, 2, 4], [torch.sin, bump, identity], dtype)


@forward.test("one layer, one sample, one output")
def test_forward_one(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        check_forward(student, rng, 4, [3, 2], [torch.tanh], dtype)
        check_forward(student, rng, 1, [2, 3, 4], [torch.tanh, torch.cos], dtype)
        check_forward(student, rng, 5, [2, 3, 1], [torch.sin, torch.sigmoid], dtype)


@forward.test("the same call gives the same again")
def test_forward_again(student: Student, rng: Inputs) -> None:
    weights, biases = network(rng, [2, 3, 2])
    units = [torch.tanh, torch.cos]
    for X in (first := rng.normal(4, 2), rng.normal(3, 2), first):
        got = student.forward(X, weights, biases, units)
        close(got, output(X, weights, biases, units), "the output of the network")


@forward.test("layers of one unit", hidden=True)
def test_forward_one_unit(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        check_forward(student, rng, 1, [3, 4, 2], [torch.cos, torch.sigmoid], dtype)
        check_forward(student, rng, 3, [1, 1, 1], [bump, torch.tanh], dtype)
        check_forward(student, rng, 1, [4, 1], [identity], dtype)


@forward.test("a deep network", hidden=True)
def test_forward_deep(student: Student, rng: Inputs) -> None:
    units: list[Unit] = [torch.tanh, identity, torch.relu, torch.sigmoid, torch.sin, torch.cos]
    for dtype in DTYPES:
        check_forward(student, rng, 6, [3, 4, 4, 2, 5, 3, 2], units, dtype)


def check_forward(
    student: Student,
    rng: Inputs,
    N: int,
    sizes: Sequence[int],
    units: list[Unit],
    dtype: torch.dtype = torch.float64,
) -> None:
    (N,), sizes = rng.sizes(N), rng.layers(sizes)
    usual = units[-len(sizes) + 1 :]
    units = rng.simpler(usual, [torch.square, torch.relu, torch.neg, *usual][: len(usual)])
    weights, biases = network(rng, sizes, dtype)
    X = rng.normal(N, sizes[0], dtype=dtype)
    got = student.forward(X, weights, biases, units)
    close(got, output(X, weights, biases, units), "the output of the network")

"""Exercise 2.5: linear layers in one: it gives the network's output for every input."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch.nn import functional as F

from course_dl.lab import Exercise, Inputs, Student, close, shaped, unpack

from .shared import DTYPES, identity, network, output

collapse = Exercise(
    "2.5",
    ["collapse"],
    points=2,
    difficulty=2,
    minutes=15,
    hints=[
        "Take two layers and write the second one's output with the first one put in: "
        "W_2 (W_1 x + b_1) + b_2. Multiply out.",
        "So two layers are one layer with W = W_2 W_1 and b = W_2 b_1 + b_2. Put this one together "
        "with the third, and so on.",
        "W, b = weights[0], biases[0]; then for each further W_k, b_k: W, b = W_k @ W, W_k @ b + "
        "b_k.",
    ],
)


@collapse.test("three layers of three units")
def test_collapse_equal_sizes(student: Student, rng: Inputs) -> None:
    check_collapse(student, rng, [3, 3, 3, 3])


@collapse.test("layers of different sizes")
def test_collapse_sizes(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        check_collapse(student, rng, [2, 5, 3], dtype)
        check_collapse(student, rng, [4, 3, 6, 2, 5], dtype)


@collapse.test("one layer is itself")
def test_collapse_one_layer(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        check_collapse(student, rng, [3, 2], dtype)


@collapse.test("layers of one unit, many layers", hidden=True)
def test_collapse_one_unit(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        check_collapse(student, rng, [1, 1, 1], dtype)
        check_collapse(student, rng, [4, 1, 3], dtype)
        check_collapse(student, rng, [1, 3, 1], dtype)
        check_collapse(student, rng, [2, 3, 2, 4, 3, 2, 3], dtype)


def check_collapse(
    student: Student, rng: Inputs, sizes: Sequence[int], dtype: torch.dtype = torch.float64
) -> None:
    sizes = rng.layers(sizes)
    weights, biases = network(rng, sizes, dtype)
    W, b = unpack(student.collapse(weights, biases), "W, b")
    shaped(W, (sizes[-1], sizes[0]), dtype, "W")
    shaped(b, (sizes[-1],), dtype, "b")
    units = [identity] * len(weights)
    zero = torch.zeros(1, sizes[0], dtype=dtype)
    close(b, output(zero, weights, biases, units)[0], "b, the network's output for x = 0,")
    X = rng.normal(5, sizes[0], dtype=dtype)
    close(F.linear(X, W, b), output(X, weights, biases, units), "X W^T + b")
    without_biases = [torch.zeros_like(b_k) for b_k in biases]
    close(W, output(torch.eye(sizes[0], dtype=dtype), weights, without_biases, units).T, "W")

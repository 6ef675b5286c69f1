"""Exercise 4.1: the forward pass of one sample, which keeps ``a`` and ``h`` of each layer."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from course_dl.lab import Exercise, Inputs, Student, close_all, unpack

from .shared import DTYPES, Unit, forward, network

forward_pass = Exercise(
    "4.1",
    ["forward_pass"],
    points=2,
    difficulty=1,
    minutes=10,
    autograd=False,
    answers=["course_dl.backprop"],
    seconds=2.0,
    hints=[
        "One pass of a loop for each layer. What does a layer need from the one before it?",
        "Start with a = [] and h = [x]; in each layer, h[-1] is the input h_{k-1}.",
        "a.append(W @ h[-1] + b), then h.append(g(a[-1])), but in the last layer h.append(a[-1]).",
    ],
)


@forward_pass.test("three layers of three units")
def test_forward_pass_equal_sizes(student: Student, rng: Inputs) -> None:
    check_forward(student, rng, ([3, 3, 3, 3], torch.tanh))


@forward_pass.test("layers of different sizes")
def test_forward_pass_sizes(student: Student, rng: Inputs) -> None:
    one, two = ([2, 5, 3], torch.relu), ([4, 3, 1, 2, 5], torch.sigmoid)
    check_forward(student, rng, one, two, single=[one, ([3, 2, 1], torch.tanh)])


@forward_pass.test("no hidden layer: a linear map")
def test_forward_pass_one_layer(student: Student, rng: Inputs) -> None:
    check_forward(student, rng, ([4, 3], torch.tanh))


@forward_pass.test("the same call gives the same again")
def test_forward_pass_again(student: Student, rng: Inputs) -> None:
    sizes = rng.layers([2, 4, 3])
    weights, biases = network(rng, sizes)
    x, other = rng.normal(sizes[0]), rng.normal(sizes[0])
    net = (weights, biases, rng.simpler(torch.tanh, torch.square))
    results = student.forward_pass.each([(x, *net), (other, *net), (x, *net)])
    first, _, again = (unpack(got, "a, h") for got in results)
    close_all(again[0], first[0], "a, at the second call,")
    close_all(again[1], first[1], "h, at the second call,", first=0)


@forward_pass.test("layers of one unit", hidden=True)
def test_forward_pass_one_unit(student: Student, rng: Inputs) -> None:
    check_forward(student, rng, ([1, 1, 1], torch.cos), ([3, 1], torch.relu))


@forward_pass.test("a deep network, any activation", hidden=True)
def test_forward_pass_deep(student: Student, rng: Inputs) -> None:
    deep = [3, 4, 4, 2, 6, 3, 2]
    single = [([5, 2, 7], torch.sin)]
    check_forward(student, rng, (deep, lambda a: a / (1 + a * a)), single=single)


def check_forward(
    student: Student,
    rng: Inputs,
    *cases: tuple[Sequence[int], Unit],
    single: Sequence[tuple[Sequence[int], Unit]] = (),
) -> None:
    """A random network and sample for each case: sizes of the layers, activation."""
    asked = []
    for dtype, some in zip(DTYPES, (cases, single), strict=True):
        for usual, unit in some:
            sizes, g = rng.layers(usual), rng.simpler(unit, torch.square)
            asked.append((rng.normal(sizes[0], dtype=dtype), *network(rng, sizes, dtype), g))
    for given, got in zip(asked, student.forward_pass.each(asked), strict=True):
        a, h = unpack(got, "a, h")
        true_a, true_h = forward(*given)
        close_all(a, true_a, "a")
        close_all(h, true_h, "h", first=0)

"""Exercise 4.4: the way back through all layers, compared with autograd's."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch.nn import functional as F

from course_dl.lab import Exercise, Inputs, Student

from .shared import DTYPES, Unit, check_gradients, forward, gradients, loss_gradients, network

backward_pass = Exercise(
    "4.4",
    ["backward_pass"],
    points=3,
    difficulty=2,
    minutes=20,
    autograd=False,
    answers=["course_dl.backprop"],
    seconds=2.0,
    hints=[
        "A loop over the layers, from the last to the first, in which each layer hands its "
        "grad_h_prev to the layer before it. What does the last layer start from?",
        "In layer k you need W_k, a_k and h_{k-1}, that is weights[k-1], a[k-1] and h[k-1]. The "
        "output is linear: there g' = 1, whatever dg says.",
        "delta = grad_y; for k in reversed(range(L)): put torch.outer(delta, h[k]) and delta at "
        "the front of the two lists; if k > 0: delta = (weights[k].T @ delta) * dg(a[k - 1]).",
    ],
)


@backward_pass.test("three layers of three units")
def test_backward_pass_equal_sizes(student: Student, rng: Inputs) -> None:
    check_backward_pass(student, rng, ([3, 3, 3, 3], torch.sin, torch.cos))


@backward_pass.test("agreement with autograd, loss and all")
def test_backward_pass_autograd(student: Student, rng: Inputs) -> None:
    sizes = rng.layers([4, 5])
    weights, biases = network(rng, [*sizes, 3])
    x, d = rng.normal(sizes[0]), torch.tensor(1)
    a, h = forward(x, weights, biases, F.softplus)
    grad_y = torch.softmax(h[-1], 0) - F.one_hot(d, 3)
    got = student.backward_pass(grad_y, a, h, weights, torch.sigmoid)
    check_gradients(got, loss_gradients(weights, biases, F.softplus, x, d, "cross_entropy"))


@backward_pass.test("layers of different sizes")
def test_backward_pass_sizes(student: Student, rng: Inputs) -> None:
    one, two = ([2, 4, 3], torch.tanh, torch.cos), ([5, 2, 4, 3], torch.sin, torch.cos)
    three = ([3, 1, 4, 1], torch.sin, torch.cos)
    check_backward_pass(student, rng, one, two, three, single=[two])


@backward_pass.test("no hidden layer")
def test_backward_pass_one_layer(student: Student, rng: Inputs) -> None:
    check_backward_pass(student, rng, ([3, 2], torch.sin, torch.cos))


@backward_pass.test("deep networks", hidden=True)
def test_backward_pass_deep(student: Student, rng: Inputs) -> None:
    deep = [3, 4, 4, 2, 5, 3, 2]
    check_backward_pass(
        student, rng, (deep, torch.sin, torch.cos), ([2] * 6, torch.tanh, torch.exp)
    )


@backward_pass.test("layers of one unit", hidden=True)
def test_backward_pass_one_unit(student: Student, rng: Inputs) -> None:
    units = torch.sin, torch.cos
    single = [([3, 1, 4, 1], *units)]
    check_backward_pass(student, rng, ([1, 1, 1, 1], *units), ([2, 1], *units), single=single)


def check_backward_pass(
    student: Student,
    rng: Inputs,
    *cases: tuple[Sequence[int], Unit, Unit],
    single: Sequence[tuple[Sequence[int], Unit, Unit]] = (),
) -> None:
    """A random network and sample for each case: sizes of the layers, g, dg."""
    asked = []
    for dtype, some in zip(DTYPES, (cases, single), strict=True):
        for usual, unit, slope in some:
            sizes = rng.layers(usual)
            g, dg = rng.simpler((unit, slope), (torch.relu, torch.square))
            weights, biases = network(rng, sizes, dtype)
            a, h = forward(rng.normal(sizes[0], dtype=dtype), weights, biases, g)
            asked.append((rng.normal(sizes[-1], dtype=dtype), a, h, weights, dg))
    for given, got in zip(asked, student.backward_pass.each(asked), strict=True):
        check_gradients(got, gradients(*given))

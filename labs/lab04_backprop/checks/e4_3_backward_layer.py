"""Exercise 4.3: the way back through one layer, compared with autograd's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from course_dl.lab import Exercise, Inputs, Student, close, unpack

from .shared import DTYPES, Unit

backward_layer = Exercise(
    "4.3",
    ["backward_layer"],
    points=3,
    difficulty=2,
    minutes=15,
    autograd=False,
    answers=["course_dl.backprop"],
    seconds=2.0,
    hints=[
        "Go back the way you came: first through h = g(a), then through a = W h_prev + b. Call the "
        "gradient with respect to a delta.",
        "delta = grad_h * dg(a). From here on the activation plays no part. The shapes tell much: "
        "grad_W is as large as W, grad_h_prev as h_prev.",
        "grad_W is the outer product of delta and h_prev, grad_b is delta, and grad_h_prev is "
        "W.T @ delta.",
    ],
)


@backward_layer.test("as many units as inputs")
def test_backward_layer_square(student: Student, rng: Inputs) -> None:
    check_backward_layer(student, rng, (3, 3, torch.cos))


@backward_layer.test("agreement with autograd through a layer of softplus")
def test_backward_layer_autograd(student: Student, rng: Inputs) -> None:
    M, D = rng.sizes(4, 2)
    grad_h, h_prev, W, b = (rng.normal(*shape) for shape in ((M,), (D,), (M, D), (M,)))
    leaves = [leaf.clone().requires_grad_() for leaf in (W, b, h_prev)]
    a = leaves[0] @ leaves[2] + leaves[1]
    expected = torch.autograd.grad((grad_h * F.softplus(a)).sum(), leaves)
    got = student.backward_layer(grad_h, a.detach(), h_prev, W, torch.sigmoid)
    check_layer(got, expected)


@backward_layer.test("any sizes, any activation")
def test_backward_layer_sizes(student: Student, rng: Inputs) -> None:
    one, two = (3, 5, torch.sin), (4, 2, torch.exp)
    check_backward_layer(student, rng, one, two, single=[(2, 3, torch.cos)])


@backward_layer.test("a layer of one unit, or of one input")
def test_backward_layer_one_unit(student: Student, rng: Inputs) -> None:
    unit, one_input = (1, 4, torch.cos), (4, 1, torch.sin)
    check_backward_layer(student, rng, unit, one_input, single=[(1, 1, torch.exp)])


@backward_layer.test("where the activation is flat, nothing comes back", hidden=True)
def test_backward_layer_flat(student: Student, rng: Inputs) -> None:
    check_backward_layer(student, rng, (3, 2, torch.zeros_like), (6, 4, torch.relu))


@backward_layer.test("large layers", hidden=True)
def test_backward_layer_large(student: Student, rng: Inputs) -> None:
    check_backward_layer(student, rng, (20, 30, torch.sin), single=[(40, 8, torch.square)])


def check_backward_layer(
    student: Student,
    rng: Inputs,
    *cases: tuple[int, int, Unit],
    single: Sequence[tuple[int, int, Unit]] = (),
) -> None:
    """A random layer for each case: units, inputs, derivative of the activation."""
    asked: list[Any] = []
    for dtype, some in zip(DTYPES, (cases, single), strict=True):
        for units, inputs, slope in some:
            (M, D), dg = rng.sizes(units, inputs), rng.simpler(slope, torch.square)
            shapes = (M,), (M,), (D,), (M, D)
            asked.append((*(rng.normal(*shape, dtype=dtype) for shape in shapes), dg))
    for given, got in zip(asked, student.backward_layer.each(asked), strict=True):
        check_layer(got, layer_gradients(*given))


def layer_gradients(grad_h: Tensor, a: Tensor, h_prev: Tensor, W: Tensor, dg: Unit) -> list[Tensor]:
    """Autograd's gradients of ``<grad_h, h>``, ``h`` having the slope ``dg(a)``."""
    leaves = [leaf.clone().requires_grad_() for leaf in (W, torch.zeros_like(a), h_prev)]
    tangent = (grad_h * dg(a) * F.linear(leaves[2], leaves[0], leaves[1])).sum()
    return list(torch.autograd.grad(tangent, leaves))


def check_layer(got: Any, expected: Sequence[Tensor]) -> None:
    names = "grad_W, grad_b, grad_h_prev"
    for answer, truth, name in zip(unpack(got, names), expected, names.split(", "), strict=True):
        close(answer, truth, name)

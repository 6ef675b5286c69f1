"""Exercise 4.6: a check of gradients, which is given right ones and wrong ones."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from course_dl.lab import Exercise, Inputs, Student, require

from .shared import Network, Unit, loss_gradients, network

gradients_agree = Exercise(
    "4.6",
    ["gradients_agree"],
    points=2,
    difficulty=2,
    minutes=15,
    answers=["course_dl.gradcheck", "course_dl.backprop"],
    seconds=10.0,  # torch.func, whose first use takes seconds, is one way to do it
    hints=[
        "Copy weights and biases, ask for gradients of the copies, compute E, and let "
        "torch.autograd.grad differentiate it. Then compare parameter by parameter.",
        "W = [w.detach().clone().requires_grad_() for w in weights], the same for the biases; "
        "torch.autograd.grad(E, W + b) gives the gradients in that order.",
        "For each pair: (own - true).abs().max() divided by the largest absolute entry, unless "
        "that is 0. Return the largest of all these as a float.",
    ],
)


@gradients_agree.test("right gradients agree")
def test_gradients_agree_right(student: Student, rng: Inputs) -> None:
    units = torch.tanh, torch.relu
    claims = [problem(rng, [2, 4, 3], loss, g) for loss in LOSSES for g in units]
    check_agreement(student, *claims)


@gradients_agree.test("an error in the weights of any layer is seen")
def test_gradients_agree_weights(student: Student, rng: Inputs) -> None:
    losses = ("square", "cross_entropy", "square")
    right = [problem(rng, [2, 4, 3, 3], loss) for loss in losses]
    off = [one.off_by_a_thousandth(0, k, 1 - 2 * (k % 2)) for k, one in enumerate(right)]
    other = problem(rng, [2, 4, 3, 3], "cross_entropy")
    upside_down = other.given[0][2].flip(0)
    check_agreement(
        student, *off, other.but(0, 2, upside_down, "grad_W_3 has its rows upside down")
    )


@gradients_agree.test("an error in the biases of any layer is seen")
def test_gradients_agree_biases(student: Student, rng: Inputs) -> None:
    losses = ("cross_entropy", "square", "cross_entropy")
    right = [problem(rng, [2, 4, 3, 3], loss) for loss in losses]
    off = [one.off_by_a_thousandth(1, k, 1 - 2 * (k % 2)) for k, one in enumerate(right)]
    check_agreement(student, *off)


@gradients_agree.test("an error in small gradients is seen")
def test_gradients_agree_small(student: Student, rng: Inputs) -> None:
    def small() -> Claim:
        """grad_W_1 = delta_1 x^T is a thousand times smaller than the others."""
        _, net, g, x, d, loss, _ = problem(rng, [2, 4, 3], "square")
        return claim(net, g, x * 1e-3, d, loss)

    check_agreement(student, small(), small().off_by_a_thousandth(0, 0, -1))


@gradients_agree.test("gradients that are wholly 0")
def test_gradients_agree_zero(student: Student, rng: Inputs) -> None:
    def flat(loss: str) -> Claim:
        """With relu, no hidden unit is active."""
        _, (weights, biases), _, x, d, _, _ = problem(rng, [2, 4, 3], loss)
        return claim((weights, [biases[0] - 100, biases[1]]), torch.relu, x, d, loss)

    half = torch.full((4, 2), 0.5, dtype=torch.float64)
    other = problem(rng, [2, 4, 3], "cross_entropy")
    check_agreement(
        student,
        *map(flat, LOSSES),
        flat("square").but(0, 0, half, "grad_W_1 should be wholly 0"),
        other.but(1, 0, torch.zeros_like(other.given[1][0]), "grad_b_1 should not be 0"),
    )


@gradients_agree.test("requires_grad stays as it was")
def test_gradients_agree_requires_grad(student: Student, rng: Inputs) -> None:
    right, other = (problem(rng, [2, 4, 3], "square") for _ in range(2))
    for weights, biases in (right.net, other.net):
        for parameter in (*weights, *biases):
            parameter.requires_grad_()
    check_agreement(student, right, other.off_by_a_thousandth(1, 0, 1))


@gradients_agree.test("scores of 1e4")
def test_gradients_agree_large(student: Student) -> None:
    W = torch.tensor([[5000, 0], [-4000, -2000], [0, 9999]], dtype=torch.float64)
    net = ([torch.eye(2).double(), W], [torch.zeros(n).double() for n in (2, 3)])
    x = torch.tensor([2.0, 1.0], dtype=torch.float64)
    check_agreement(
        student, *(claim(net, torch.relu, x, d, "cross_entropy") for d in torch.arange(3))
    )


@gradients_agree.test("one layer, and many", hidden=True)
def test_gradients_agree_depth(student: Student, rng: Inputs) -> None:
    one_layer = problem(rng, [3, 2], "cross_entropy", torch.sigmoid)
    one_unit = problem(rng, [1, 1, 1], "square", torch.sigmoid)
    deep = [2, 3, 1, 4, 2, 3, 2]
    right, *others = (problem(rng, deep, "square", torch.tanh) for _ in range(3))
    places = ((0, 3), (1, 5))
    off = [one.off_by_a_thousandth(*at, -1) for one, at in zip(others, places, strict=True)]
    check_agreement(student, one_layer.off_by_a_thousandth(0, 0, -1), one_unit, right, *off)


@gradients_agree.test("in float32", hidden=True)
def test_gradients_agree_float32(student: Student, rng: Inputs) -> None:
    losses = (*LOSSES, "cross_entropy")
    *right, other = (problem(rng, [2, 4, 3], loss, dtype=torch.float32) for loss in losses)
    more = other.but(0, 0, other.given[0][0] * 1.2, "grad_W_1 is a fifth too large")
    check_agreement(student, *right, more, below=1e-3, above=1e-2)


AGREE, DIFFER = 1e-10, 1e-4
LOSSES = ("square", "cross_entropy")


class Claim(NamedTuple):
    """Gradients of a network's loss; ``off`` says what is wrong with them, if anything is."""

    given: Network
    net: Network
    g: Unit
    x: Tensor
    d: Tensor
    loss: str
    off: str = ""

    def but(self, kind: int, k: int, tensor: Tensor, off: str) -> Claim:
        """The same with another tensor for one parameter: weights (0) or biases (1), layer k."""
        changed = ([*self.given[0]], [*self.given[1]])
        changed[kind][k] = tensor
        return self._replace(given=changed, off=off)

    def off_by_a_thousandth(self, kind: int, k: int, sign: int) -> Claim:
        """The same, with each entry of one parameter a thousandth of itself larger (or smaller)."""
        right = self.given[kind][k]
        said = f"{('grad_W', 'grad_b')[kind]}_{k + 1} is off by a thousandth"
        return self.but(kind, k, right + sign * 1e-3 * right.abs(), said)


def claim(net: Network, g: Unit, x: Tensor, d: Tensor, loss: str) -> Claim:
    """The right gradients."""
    return Claim(loss_gradients(*net, g, x, d, loss), net, g, x, d, loss)


def problem(
    rng: Inputs,
    sizes: Sequence[int],
    loss: str,
    g: Unit = torch.tanh,
    dtype: torch.dtype = torch.float64,
) -> Claim:
    """The right gradients of a random network, for a random sample and what is desired of it."""
    net, x, K = network(rng, sizes, dtype), rng.normal(sizes[0], dtype=dtype), sizes[-1]
    d = rng.normal(K, dtype=dtype) if loss == "square" else rng.integers(0, K, 1)[0]
    return claim(net, g, x, d, loss)


def check_agreement(
    student: Student, *claims: Claim, below: float = AGREE, above: float = DIFFER
) -> None:
    """Claims of a problem each: of one alone they would show which of the gradients are right."""
    asked = [(*c.given, *c.net, c.g, c.x, c.d, c.loss) for c in claims]
    for one, got in zip(claims, student.gradients_agree.each(asked), strict=True):
        check_distance(got, one.loss, one.off, below, above)


def check_distance(got: Any, loss: str, off: str, below: float, above: float) -> None:
    require(got is not None, "The result is None: is a return missing?")
    scalar = isinstance(got, Tensor) and got.dim() == 0 and not got.is_complex()
    require(
        not isinstance(got, bool) and (scalar or isinstance(got, int | float)),
        "The result should be a single number, how far the gradients are apart.",
        ("It was", repr(got)[:200]),
    )
    value = float(got.detach()) if isinstance(got, Tensor) else float(got)
    came = (("Loss", loss), ("Came", f"{value:.4g}"))
    # Where the true gradient is wholly 0, a relative difference is infinite: it says "they differ".
    infinite = off.endswith("should be wholly 0") and value == math.inf
    require(math.isfinite(value) or infinite, "The result is not a finite number.", *came)
    if off:
        require(
            value > above,
            f"The gradients differ ({off}), and yet the result says that they agree.",
            *came,
            ("Expected", f"more than {above:g}"),
        )
        require(
            value < 0.5 or "thousandth" not in off,
            f"The gradients differ by little ({off}); the result should tell how little.",
            *came,
        )
    else:
        require(
            not below <= value < 1e-5,
            "The gradients are right, and your result is small, but larger than rounding errors: "
            "finite differences err by so much. Let torch.autograd give the true gradient.",
            *came,
            ("Expected", f"less than {below:g}"),
        )
        require(
            -below < value < below,
            "The gradients are right, and yet the result says that they differ.",
            *came,
            ("Expected", f"less than {below:g}"),
        )

"""The checks of lab 4.

Gradients are compared with autograd's. Where the derivative ``dg`` that is handed in belongs to no
activation, autograd differentiates the network's tangent instead: the same network with each
activation replaced by a straight line of slope ``dg(a_k)``, see `gradients`. Then neither autograd
nor the derivative of one known activation can be in a student's answer unnoticed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from course_dl.data import moons
from course_dl.lab import (
    Exercise,
    Inputs,
    Student,
    Wrong,
    close,
    close_all,
    in_turn,
    require,
    unpack,
)

Unit = Callable[[Tensor], Tensor]
Network = tuple[list[Tensor], list[Tensor]]
DTYPES = (torch.float64, torch.float32)  # of the cases of a test, and of its cases in ``single``


# What is true.


def network(rng: Inputs, sizes: Sequence[int], dtype: torch.dtype = torch.float64) -> Network:
    """Random weights and biases of layers of these sizes."""
    weights = [rng.normal(m, n, dtype=dtype) for n, m in pairwise(sizes)]
    return weights, [rng.normal(m, dtype=dtype) for m in sizes[1:]]


def forward(x: Tensor, weights: list[Tensor], biases: list[Tensor], g: Unit) -> Network:
    """``a`` and ``h`` of a sample (N_0,) or of a batch (N, N_0)."""
    a, h = [], [x]
    for W, b in zip(weights, biases, strict=True):
        a.append(F.linear(h[-1], W, b))
        h.append(g(a[-1]))
    return a, [*h[:-1], a[-1]]


def gradients(
    grad_y: Tensor, a: list[Tensor], h: list[Tensor], weights: list[Tensor], dg: Unit
) -> Network:
    """Autograd's gradients of ``<grad_y, y>``, ``h_k`` having the slope ``dg(a_k)`` at ``a_k``."""
    W = [w.clone().requires_grad_() for w in weights]
    b = [w.new_zeros(len(w), requires_grad=True) for w in weights]
    H = h[0]
    for k in range(len(W)):
        A = F.linear(H, W[k], b[k])
        H = h[k + 1] + dg(a[k]) * (A - A.detach())
    found = torch.autograd.grad((grad_y * A).sum(), W + b)
    return list(found[: len(W)]), list(found[len(W) :])


def loss_value(y: Tensor, d: Tensor, loss: str) -> Tensor:
    """The loss of one sample."""
    if loss == "square":
        return F.mse_loss(y, d, reduction="sum") / 2
    return F.cross_entropy(y, d)


def loss_gradients(
    weights: list[Tensor], biases: list[Tensor], g: Unit, x: Tensor, d: Tensor, loss: str
) -> Network:
    """Autograd's gradients of the loss of one sample with respect to all weights and biases."""
    W = [w.detach().clone().requires_grad_() for w in weights]
    b = [w.detach().clone().requires_grad_() for w in biases]
    E = loss_value(forward(x, W, b, g)[1][-1], d, loss)
    found = torch.autograd.grad(E, W + b)
    return list(found[: len(W)]), list(found[len(W) :])


# 4.1

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


def judge_forward(
    student: Student,
    rng: Inputs,
    *cases: tuple[Sequence[int], Unit],
    single: Sequence[tuple[Sequence[int], Unit]] = (),
) -> None:
    """A random network and sample for each case: sizes of the layers, activation."""
    asked = [
        (rng.normal(n[0], dtype=dtype), *network(rng, n, dtype), g)
        for dtype, some in zip(DTYPES, (cases, single), strict=True)
        for n, g in some
    ]
    for given, got in zip(asked, student.forward_pass.each(asked), strict=True):
        a, h = unpack(got, "a, h")
        true_a, true_h = forward(*given)
        close_all(a, true_a, "a")
        close_all(h, true_h, "h", first=0)


@forward_pass.test("three layers of three units")
def test_forward_pass_equal_sizes(student: Student, rng: Inputs) -> None:
    judge_forward(student, rng, ([3, 3, 3, 3], torch.tanh))


@forward_pass.test("layers of different sizes")
def test_forward_pass_sizes(student: Student, rng: Inputs) -> None:
    one, two = ([2, 5, 3], torch.relu), ([4, 3, 1, 2, 5], torch.sigmoid)
    judge_forward(student, rng, one, two, single=[one, ([3, 2, 1], torch.tanh)])


@forward_pass.test("no hidden layer: a linear map")
def test_forward_pass_one_layer(student: Student, rng: Inputs) -> None:
    judge_forward(student, rng, ([4, 3], torch.tanh))


@forward_pass.test("the same call gives the same again")
def test_forward_pass_again(student: Student, rng: Inputs) -> None:
    weights, biases = network(rng, [2, 4, 3])
    x, other = rng.normal(2), rng.normal(2)
    net = (weights, biases, torch.tanh)
    results = student.forward_pass.each([(x, *net), (other, *net), (x, *net)])
    first, _, again = (unpack(got, "a, h") for got in results)
    close_all(again[0], first[0], "a, at the second call,")
    close_all(again[1], first[1], "h, at the second call,", first=0)


@forward_pass.test("layers of one unit", hidden=True)
def test_forward_pass_one_unit(student: Student, rng: Inputs) -> None:
    judge_forward(student, rng, ([1, 1, 1], torch.cos), ([3, 1], torch.relu))


@forward_pass.test("a deep network, any activation", hidden=True)
def test_forward_pass_deep(student: Student, rng: Inputs) -> None:
    deep = [3, 4, 4, 2, 6, 3, 2]
    single = [([5, 2, 7], torch.sin)]
    judge_forward(student, rng, (deep, lambda a: a / (1 + a * a)), single=single)


# 4.2

output_gradient = Exercise(
    "4.2",
    ["output_gradient"],
    points=2,
    difficulty=1,
    minutes=10,
    autograd=False,
    answers=["course_dl.losses"],
    seconds=2.0,
    hints=[
        "Write down E as a function of y_1, ..., y_K and take the derivative for one y_j.",
        "Cross-entropy: log sum_k exp(y_k) has the derivative softmax(y)_j, and -y_d has -1 where "
        "j = d, else 0.",
        "Square error: y - d. Cross-entropy: torch.softmax(y, dim=0) less a vector that is 1 at d, "
        "else 0.",
    ],
)


def judge_output_gradient(student: Student, cases: Sequence[tuple[Tensor, Tensor, str]]) -> None:
    leaves = [y.clone().requires_grad_() for y, _, _ in cases]
    losses = [loss_value(leaf, d, loss) for leaf, (_, d, loss) in zip(leaves, cases, strict=True)]
    expected = torch.autograd.grad(losses, leaves)
    results = student.output_gradient.each(cases)
    for (_, _, loss), truth, got in zip(cases, expected, results, strict=True):
        close(got, truth, f"the gradient of the {loss} loss")


@output_gradient.test("square error")
def test_output_gradient_square(student: Student, rng: Inputs) -> None:
    sizes = [(torch.float64, 4), (torch.float64, 1), (torch.float32, 3)]
    pairs = [(rng.normal(K, dtype=dtype), rng.normal(K, dtype=dtype)) for dtype, K in sizes]
    judge_output_gradient(student, [(y, d, "square") for y, d in pairs])


@output_gradient.test("cross-entropy, every class in turn")
def test_output_gradient_cross_entropy(student: Student, rng: Inputs) -> None:
    scores = [rng.normal(4), rng.normal(2, dtype=torch.float32)]
    pairs = [(y, torch.tensor(d)) for y in scores for d in reversed(range(len(y)))]
    judge_output_gradient(student, [(y, d, "cross_entropy") for y, d in pairs])


@output_gradient.test("scores of 1e4")
def test_output_gradient_large(student: Student, rng: Inputs) -> None:
    y = torch.tensor([1e4, -1e4, 1e4 - 1, 0.0], dtype=torch.float64)
    cases = [(y * (-1) ** d, torch.tensor(d), "cross_entropy") for d in range(4)]
    cases += [(-y, torch.tensor(0), "cross_entropy"), (y, 1e4 * rng.normal(4), "square")]
    judge_output_gradient(student, cases)


@output_gradient.test("a single class: nothing to learn", hidden=True)
def test_output_gradient_one_class(student: Student, rng: Inputs) -> None:
    scores = (rng.normal(1), torch.tensor([1e4], dtype=torch.float64))
    cases = [(y, torch.tensor(0), "cross_entropy") for y in scores]
    for y, got in zip(scores, student.output_gradient.each(cases), strict=True):
        close(got, torch.zeros_like(y), "the gradient with one class")


@output_gradient.test("two classes and many", hidden=True)
def test_output_gradient_sizes(student: Student, rng: Inputs) -> None:
    cases = [(torch.zeros(3), torch.tensor(1), "cross_entropy")]
    for K in (3, 10):
        cases += [(3 * rng.normal(K), torch.tensor(d), "cross_entropy") for d in (0, K - 1)]
        cases += [(rng.normal(K), rng.normal(K), "square")]
    judge_output_gradient(student, cases)


# 4.3

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


def judge_backward_layer(
    student: Student,
    rng: Inputs,
    *cases: tuple[int, int, Unit],
    single: Sequence[tuple[int, int, Unit]] = (),
) -> None:
    """A random layer for each case: units, inputs, derivative of the activation."""
    asked = [
        (*(rng.normal(*n, dtype=dtype) for n in ((M,), (M,), (D,), (M, D))), dg)
        for dtype, some in zip(DTYPES, (cases, single), strict=True)
        for M, D, dg in some
    ]
    for given, got in zip(asked, student.backward_layer.each(asked), strict=True):
        judge_layer(got, layer_gradients(*given))


def layer_gradients(grad_h: Tensor, a: Tensor, h_prev: Tensor, W: Tensor, dg: Unit) -> list[Tensor]:
    """Autograd's gradients of ``<grad_h, h>``, ``h`` having the slope ``dg(a)``."""
    leaves = [leaf.clone().requires_grad_() for leaf in (W, torch.zeros_like(a), h_prev)]
    tangent = (grad_h * dg(a) * F.linear(leaves[2], leaves[0], leaves[1])).sum()
    return list(torch.autograd.grad(tangent, leaves))


def judge_layer(got: Any, expected: Sequence[Tensor]) -> None:
    names = "grad_W, grad_b, grad_h_prev"
    for answer, truth, name in zip(unpack(got, names), expected, names.split(", "), strict=True):
        close(answer, truth, name)


@backward_layer.test("as many units as inputs")
def test_backward_layer_square(student: Student, rng: Inputs) -> None:
    judge_backward_layer(student, rng, (3, 3, torch.cos))


@backward_layer.test("agreement with autograd through a layer of softplus")
def test_backward_layer_autograd(student: Student, rng: Inputs) -> None:
    grad_h, h_prev, W, b = rng.normal(4), rng.normal(2), rng.normal(4, 2), rng.normal(4)
    leaves = [leaf.clone().requires_grad_() for leaf in (W, b, h_prev)]
    a = leaves[0] @ leaves[2] + leaves[1]
    expected = torch.autograd.grad((grad_h * F.softplus(a)).sum(), leaves)
    got = student.backward_layer(grad_h, a.detach(), h_prev, W, torch.sigmoid)
    judge_layer(got, expected)


@backward_layer.test("any sizes, any activation")
def test_backward_layer_sizes(student: Student, rng: Inputs) -> None:
    one, two = (3, 5, torch.sin), (4, 2, torch.exp)
    judge_backward_layer(student, rng, one, two, single=[(2, 3, torch.cos)])


@backward_layer.test("a layer of one unit, or of one input")
def test_backward_layer_one_unit(student: Student, rng: Inputs) -> None:
    unit, one_input = (1, 4, torch.cos), (4, 1, torch.sin)
    judge_backward_layer(student, rng, unit, one_input, single=[(1, 1, torch.exp)])


@backward_layer.test("where the activation is flat, nothing comes back", hidden=True)
def test_backward_layer_flat(student: Student, rng: Inputs) -> None:
    judge_backward_layer(student, rng, (3, 2, torch.zeros_like), (6, 4, torch.relu))


@backward_layer.test("large layers", hidden=True)
def test_backward_layer_large(student: Student, rng: Inputs) -> None:
    judge_backward_layer(student, rng, (20, 30, torch.sin), single=[(40, 8, torch.square)])


# 4.4

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


def judge_backward_pass(
    student: Student,
    rng: Inputs,
    *cases: tuple[Sequence[int], Unit, Unit],
    single: Sequence[tuple[Sequence[int], Unit, Unit]] = (),
) -> None:
    """A random network and sample for each case: sizes of the layers, g, dg."""
    asked = []
    for dtype, some in zip(DTYPES, (cases, single), strict=True):
        for sizes, g, dg in some:
            weights, biases = network(rng, sizes, dtype)
            a, h = forward(rng.normal(sizes[0], dtype=dtype), weights, biases, g)
            asked.append((rng.normal(sizes[-1], dtype=dtype), a, h, weights, dg))
    for given, got in zip(asked, student.backward_pass.each(asked), strict=True):
        judge_gradients(got, gradients(*given))


def judge_gradients(got: Any, expected: Network) -> None:
    grad_weights, grad_biases = unpack(got, "grad_weights, grad_biases")
    close_all(grad_weights, expected[0], "grad_W")
    close_all(grad_biases, expected[1], "grad_b")


@backward_pass.test("three layers of three units")
def test_backward_pass_equal_sizes(student: Student, rng: Inputs) -> None:
    judge_backward_pass(student, rng, ([3, 3, 3, 3], torch.sin, torch.cos))


@backward_pass.test("agreement with autograd, loss and all")
def test_backward_pass_autograd(student: Student, rng: Inputs) -> None:
    weights, biases = network(rng, [4, 5, 3])
    x, d = rng.normal(4), torch.tensor(1)
    a, h = forward(x, weights, biases, F.softplus)
    grad_y = torch.softmax(h[-1], 0) - F.one_hot(d, 3)
    got = student.backward_pass(grad_y, a, h, weights, torch.sigmoid)
    judge_gradients(got, loss_gradients(weights, biases, F.softplus, x, d, "cross_entropy"))


@backward_pass.test("layers of different sizes")
def test_backward_pass_sizes(student: Student, rng: Inputs) -> None:
    one, two = ([2, 4, 3], torch.tanh, torch.cos), ([5, 2, 4, 3], torch.sin, torch.cos)
    three = ([3, 1, 4, 1], torch.sin, torch.cos)
    judge_backward_pass(student, rng, one, two, three, single=[two])


@backward_pass.test("no hidden layer")
def test_backward_pass_one_layer(student: Student, rng: Inputs) -> None:
    judge_backward_pass(student, rng, ([3, 2], torch.sin, torch.cos))


@backward_pass.test("deep networks", hidden=True)
def test_backward_pass_deep(student: Student, rng: Inputs) -> None:
    deep = [3, 4, 4, 2, 5, 3, 2]
    judge_backward_pass(
        student, rng, (deep, torch.sin, torch.cos), ([2] * 6, torch.tanh, torch.exp)
    )


@backward_pass.test("layers of one unit", hidden=True)
def test_backward_pass_one_unit(student: Student, rng: Inputs) -> None:
    units = torch.sin, torch.cos
    single = [([3, 1, 4, 1], *units)]
    judge_backward_pass(student, rng, ([1, 1, 1, 1], *units), ([2, 1], *units), single=single)


# 4.5

backward_pass_batch = Exercise(
    "4.5",
    ["backward_pass_batch"],
    points=3,
    difficulty=3,
    minutes=20,
    autograd=False,
    answers=["course_dl.backprop"],
    seconds=10.0,  # torch.func, whose first use takes seconds, is one way to do it
    hints=[
        "Same loop over the layers as before; only now each delta is a matrix with one sample a "
        "row. How do you add up the outer products of all rows with one product of matrices?",
        "sum_i delta_i h_i^T is delta.T @ H. Going back, each row is multiplied by W^T from the "
        "left, so the matrix of all rows is multiplied by W from the right.",
        "grad_W is delta.T @ H[k], grad_b is delta.sum(0), and then (for k > 0) "
        "delta = (delta @ weights[k]) * dg(A[k - 1]).",
    ],
)


def judge_batch(
    student: Student,
    rng: Inputs,
    *cases: tuple[int, Sequence[int], Unit, Unit],
    single: Sequence[tuple[int, Sequence[int], Unit, Unit]] = (),
) -> None:
    """A random network and batch for each case: samples, sizes of the layers, g, dg."""
    asked = []
    for dtype, some in zip(DTYPES, (cases, single), strict=True):
        for N, sizes, g, dg in some:
            weights, biases = network(rng, sizes, dtype)
            A, H = forward(rng.normal(N, sizes[0], dtype=dtype), weights, biases, g)
            asked.append((rng.normal(N, sizes[-1], dtype=dtype), A, H, weights, dg))
    for given, got in zip(asked, student.backward_pass_batch.each(asked), strict=True):
        judge_gradients(got, gradients(*given))


@backward_pass_batch.test("three samples, three layers of three units")
def test_backward_pass_batch_equal_sizes(student: Student, rng: Inputs) -> None:
    judge_batch(student, rng, (3, [3, 3, 3, 3], torch.sin, torch.cos))


@backward_pass_batch.test("a batch is the sum of its samples")
def test_backward_pass_batch_sum(student: Student, rng: Inputs) -> None:
    weights, biases = network(rng, [3, 4, 2])
    A, H = forward(rng.normal(5, 3), weights, biases, torch.sin)
    grad_Y = rng.normal(5, 2)
    samples = [
        gradients(grad_Y[i], [a[i] for a in A], [h[i] for h in H], weights, torch.cos)
        for i in range(5)
    ]
    expected = tuple(
        [torch.stack(of_layer).sum(0) for of_layer in zip(*(s[kind] for s in samples), strict=True)]
        for kind in (0, 1)
    )
    got = student.backward_pass_batch(grad_Y, A, H, weights, torch.cos)
    judge_gradients(got, (expected[0], expected[1]))


@backward_pass_batch.test("batches and layers of different sizes")
def test_backward_pass_batch_sizes(student: Student, rng: Inputs) -> None:
    two_sizes = (6, [2, 4, 3], torch.tanh, torch.cos), (4, [5, 2, 4, 3], torch.sin, torch.cos)
    shapes: list[tuple[int, list[int]]] = [(7, [3, 2]), (5, [3, 1, 2, 1]), (1, [3, 4, 2])]
    others = [(N, sizes, torch.sin, torch.cos) for N, sizes in shapes]
    judge_batch(student, rng, *two_sizes, *others, single=two_sizes[1:])


@backward_pass_batch.test("no loop over the samples")
def test_backward_pass_batch_no_loop(student: Student, rng: Inputs) -> None:
    weights, biases = network(rng, [3, 4, 2])

    def operations(N: int) -> int:
        A, H = forward(rng.normal(N, 3), weights, biases, torch.sin)
        return student.backward_pass_batch.operations(rng.normal(N, 2), A, H, weights, torch.cos)

    few, many = operations(4), operations(404)
    require(
        many - few < 400,
        "The work in Python grows with the number of samples: is there a loop over them?",
        ("Operations for 4 samples", str(few)),
        ("Operations for 404 samples", str(many)),
    )


@backward_pass_batch.test("batches of one sample", hidden=True)
def test_backward_pass_batch_one_sample(student: Student, rng: Inputs) -> None:
    single = [(1, [1, 1, 1], torch.sin, torch.cos)]
    judge_batch(student, rng, (1, [5, 2, 4, 3], torch.tanh, torch.exp), single=single)


@backward_pass_batch.test("deep networks, layers of one unit", hidden=True)
def test_backward_pass_batch_deep(student: Student, rng: Inputs) -> None:
    deep = (5, [3, 4, 4, 2, 5, 3, 2], torch.tanh, torch.exp)
    single = [(2, [2, 1, 3, 1], torch.sin, torch.cos)]
    judge_batch(student, rng, deep, (40, [2, 3], torch.sin, torch.cos), single=single)


# 4.6

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


def judge_agreement(
    student: Student, *claims: Claim, below: float = AGREE, above: float = DIFFER
) -> None:
    """Claims of a problem each: of one alone they would show which of the gradients are right."""
    asked = [(*c.given, *c.net, c.g, c.x, c.d, c.loss) for c in claims]
    for one, got in zip(claims, student.gradients_agree.each(asked), strict=True):
        judge_distance(got, one.loss, one.off, below, above)


def judge_distance(got: Any, loss: str, off: str, below: float, above: float) -> None:
    require(got is not None, "The result is None: is a return missing?")
    scalar = isinstance(got, Tensor) and got.dim() == 0 and not got.is_complex()
    require(
        not isinstance(got, bool) and (scalar or isinstance(got, int | float)),
        "The result should be a single number, how far the gradients are apart.",
        ("It was", repr(got)[:200]),
    )
    value = float(got.detach()) if isinstance(got, Tensor) else float(got)
    came = (("Loss", loss), ("Came", f"{value:.4g}"))
    require(math.isfinite(value), "The result is not a finite number.", *came)
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
            -below < value < below,
            "The gradients are right, and yet the result says that they differ.",
            *came,
            ("Expected", f"less than {below:g}"),
        )


@gradients_agree.test("right gradients agree")
def test_gradients_agree_right(student: Student, rng: Inputs) -> None:
    units = torch.tanh, torch.relu
    claims = [problem(rng, [2, 4, 3], loss, g) for loss in LOSSES for g in units]
    judge_agreement(student, *claims)


@gradients_agree.test("an error in the weights of any layer is seen")
def test_gradients_agree_weights(student: Student, rng: Inputs) -> None:
    losses = ("square", "cross_entropy", "square")
    right = [problem(rng, [2, 4, 3, 3], loss) for loss in losses]
    off = [one.off_by_a_thousandth(0, k, 1 - 2 * (k % 2)) for k, one in enumerate(right)]
    other = problem(rng, [2, 4, 3, 3], "cross_entropy")
    upside_down = other.given[0][2].flip(0)
    judge_agreement(
        student, *off, other.but(0, 2, upside_down, "grad_W_3 has its rows upside down")
    )


@gradients_agree.test("an error in the biases of any layer is seen")
def test_gradients_agree_biases(student: Student, rng: Inputs) -> None:
    losses = ("cross_entropy", "square", "cross_entropy")
    right = [problem(rng, [2, 4, 3, 3], loss) for loss in losses]
    off = [one.off_by_a_thousandth(1, k, 1 - 2 * (k % 2)) for k, one in enumerate(right)]
    judge_agreement(student, *off)


@gradients_agree.test("an error in small gradients is seen")
def test_gradients_agree_small(student: Student, rng: Inputs) -> None:
    def small() -> Claim:
        """grad_W_1 = delta_1 x^T is a thousand times smaller than the others."""
        _, net, g, x, d, loss, _ = problem(rng, [2, 4, 3], "square")
        return claim(net, g, x * 1e-3, d, loss)

    judge_agreement(student, small(), small().off_by_a_thousandth(0, 0, -1))


@gradients_agree.test("gradients that are wholly 0")
def test_gradients_agree_zero(student: Student, rng: Inputs) -> None:
    def flat(loss: str) -> Claim:
        """With relu, no hidden unit is active."""
        _, (weights, biases), _, x, d, _, _ = problem(rng, [2, 4, 3], loss)
        return claim((weights, [biases[0] - 100, biases[1]]), torch.relu, x, d, loss)

    half = torch.full((4, 2), 0.5, dtype=torch.float64)
    other = problem(rng, [2, 4, 3], "cross_entropy")
    judge_agreement(
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
    judge_agreement(student, right, other.off_by_a_thousandth(1, 0, 1))


@gradients_agree.test("scores of 1e4")
def test_gradients_agree_large(student: Student) -> None:
    W = torch.tensor([[5000, 0], [-4000, -2000], [0, 9999]], dtype=torch.float64)
    net = ([torch.eye(2).double(), W], [torch.zeros(n).double() for n in (2, 3)])
    x = torch.tensor([2.0, 1.0], dtype=torch.float64)
    judge_agreement(
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
    judge_agreement(student, one_layer.off_by_a_thousandth(0, 0, -1), one_unit, right, *off)


@gradients_agree.test("in float32", hidden=True)
def test_gradients_agree_float32(student: Student, rng: Inputs) -> None:
    losses = (*LOSSES, "cross_entropy")
    *right, other = (problem(rng, [2, 4, 3], loss, dtype=torch.float32) for loss in losses)
    more = other.but(0, 0, other.given[0][0] * 1.2, "grad_W_1 is a fifth too large")
    judge_agreement(student, *right, more, below=1e-3, above=1e-2)


# 4.7

accumulate = Exercise(
    "4.7",
    ["accumulate"],
    points=1,
    difficulty=1,
    minutes=5,
    hints=[
        "Go through both lists side by side: zip(total, new).",
        "t + n makes a new tensor; t += n changes the one that your caller still holds.",
        "[t + n for t, n in zip(total, new)]",
    ],
)

SHAPES: list[tuple[int, ...]] = [(3, 2), (3,), (1, 3), (1,)]


def judge_sums(student: Student, pairs: Sequence[tuple[list[Tensor], list[Tensor]]]) -> None:
    for pair, got in zip(pairs, student.accumulate.each(pairs), strict=True):
        close_all(
            got, [torch.stack(of_layer).sum(0) for of_layer in zip(*pair, strict=True)], "sum"
        )


def tensors(rng: Inputs, shapes: Sequence[tuple[int, ...]], dtype: torch.dtype) -> list[Tensor]:
    return [rng.normal(*shape, dtype=dtype) for shape in shapes]


@accumulate.test("a list of sums")
def test_accumulate_sums(student: Student, rng: Inputs) -> None:
    judge_sums(student, [(tensors(rng, SHAPES, t), tensors(rng, SHAPES, t)) for t in DTYPES])


@accumulate.test("again and again, from zeros")
def test_accumulate_repeatedly(student: Student, rng: Inputs) -> None:
    total = [torch.zeros(shape, dtype=torch.float64) for shape in SHAPES]
    given = [tensors(rng, SHAPES, torch.float64) for _ in range(3)]
    for new in given:
        total = student.accumulate(total, new)
    expected = [torch.stack(of_layer).sum(0) for of_layer in zip(*given, strict=True)]
    close_all(total, expected, "sum")


@accumulate.test("a list of one tensor, tensors of one shape", hidden=True)
def test_accumulate_shapes(student: Student, rng: Inputs) -> None:
    lists: list[list[tuple[int, ...]]] = [[(4, 3)], [(2, 2)] * 3, [(), (5,)], [(2, 3, 4), (1, 1)]]
    pairs = [tuple(tensors(rng, shapes, torch.float64) for _ in range(2)) for shapes in lists]
    judge_sums(student, [(first, second) for first, second in pairs])


# 4.8

manual_mlp = Exercise(
    "4.8",
    ["ManualMLP"],
    points=4,
    difficulty=3,
    minutes=40,
    autograd=False,
    answers=["course_dl.backprop"],
    hints=[
        "You have written nearly all of it: forward is exercise 4.1 for a batch, backward is 4.5 "
        "followed by 4.7. What must forward keep for backward?",
        "forward: self.A, self.H = [], [X], then for each layer self.H[-1] @ W.T + b. backward: "
        "new = backward_pass_batch(grad_Y, self.A, self.H, self.weights, self.dg), and both lists "
        "of new are added to the gradients.",
        "Weights: torch.randn(n_out, n_in, generator=generator) * (2 / n_in) ** 0.5 for each two "
        "neighbouring sizes. step: every W becomes W - lr * grad_W. zero_grad: lists of "
        "torch.zeros_like(W) and torch.zeros_like(b).",
    ],
)


Step = tuple[Any, ...]


class Trainee:
    """A student's ``ManualMLP``: what can be asked of it, as steps for `results`."""

    def __init__(self, net: Any, drew_elsewhere: bool) -> None:
        self._net = net
        self.drew_elsewhere = drew_elsewhere

    def read(self, kind: str = "") -> Step:
        """Its weights and biases, or (``kind`` is ``"grad_"``) their gradients: see `lists`."""
        return self._net, "getattrs", f"{kind}weights", f"{kind}biases"

    def put(self, net: Network) -> Step:
        """Weights and biases into its lists: see `judge_put`."""
        return self._net, "fill", {"weights": net[0], "biases": net[1]}

    def forward(self, X: Tensor) -> Step:
        return self._net, "method", "forward", X

    def backward(self, grad_Y: Tensor) -> Step:
        return self._net, "method", "backward", grad_Y

    def passes(self, X: Tensor, grad_Y: Tensor) -> Step:
        """Forward and backward: the output, and the gradients as `read` gives them."""
        return self._net, "forward and backward", X, grad_Y

    def step(self, lr: float) -> Step:
        return self._net, "method", "step", lr

    def zero_grad(self) -> Step:
        return self._net, "method", "zero_grad"

    def descend(self, X: Tensor, d: Tensor, lr: float, steps: int) -> Step:
        return self._net, "descend", X, d, lr, steps


def trainees(
    student: Student,
    *cases: tuple[list[int], Unit, Unit],
    generators: Sequence[torch.Generator] = (),
) -> Iterator[Trainee]:
    """A new network for each case: sizes, g, dg."""
    drawn = generators or [torch.Generator().manual_seed(1)] * len(cases)
    asked = [(*case, generator) for case, generator in zip(cases, drawn, strict=True)]
    for net in student.ManualMLP.each(asked):
        yield Trainee(net, student.calls[-1].outcome.used_randomness)


def sines(student: Student, *sizes: list[int]) -> Iterator[Trainee]:
    """A new network of sines for each list of sizes."""
    return trainees(student, *((one, torch.sin, torch.cos) for one in sizes))


def results(student: Student, *steps: Step) -> Iterator[Any]:
    """What the steps give, one after the other; an attribute that is lacking is told."""
    coming = in_turn(*steps)
    for _ in steps:
        try:
            got = next(coming)
        except Wrong:
            error = student.calls[-1].outcome.error
            if error is None or error.kind != "AttributeError" or error.where:
                raise
            name = re.search(r"attribute '(\w+)'", error.message)
            raise Wrong(
                f"The network has no {name[1] if name else 'such part'}. It needs the lists "
                "weights, biases, grad_weights and grad_biases, and the methods forward, backward, "
                "step and zero_grad.",
                ("What happened", error.message),
            ) from None
        yield got


def lists(got: Any, kind: str = "") -> Network:
    """The two lists that a network's ``read`` gave."""
    for name, found in zip((f"{kind}weights", f"{kind}biases"), got, strict=True):
        if not isinstance(found, list):
            told = f"{name} should be a list, with one tensor for each layer."
            raise Wrong(told, ("It was", repr(found)[:200]))
    return got[0], got[1]


def judge_put(got: Any, net: Network) -> None:
    """See that the weights and biases have stayed where they were put."""
    for name, now, given in zip(("weights", "biases"), lists(got), net, strict=True):
        require(
            len(now) == len(given)
            and all(
                isinstance(own, Tensor) and torch.equal(own.detach(), put)
                for own, put in zip(now, given, strict=True)
            ),
            f"The check put tensors into the list {name}, and they did not stay there: keep "
            f"one list self.{name}, and compute with the tensors in it.",
        )


def judge_length(name: str, found: Sequence[Any], expected: Sequence[Tensor]) -> None:
    require(
        len(found) == len(expected),
        f"{name} has {len(found)} entries; it should have one a layer, {len(expected)}.",
    )


def judge_state(got: Any, net: Network, kind: str) -> None:
    """Compare the network's weights and biases, or (``kind`` is ``"grad_"``) their gradients."""
    weights, biases = lists(got, kind)
    close_all(weights, net[0], f"{kind}W")
    close_all(biases, net[1], f"{kind}b")


def judge_output(got: Any, X: Tensor, net: Network, g: Unit, what: str = "of forward") -> None:
    close(got, forward(X, *net, g)[1][-1], f"the output {what}")


def batch_gradients(net: Network, g: Unit, dg: Unit, X: Tensor, grad_Y: Tensor) -> Network:
    return gradients(grad_Y, *forward(X, *net, g), net[0], dg)


def plus(first: Network, second: Network, factor: float = 1.0) -> Network:
    """``first + factor * second``, parameter by parameter."""
    weights, biases = (
        [p + factor * q for p, q in zip(*pair, strict=True)]
        for pair in zip(first, second, strict=True)
    )
    return weights, biases


def zeros(sizes: Sequence[int]) -> Network:
    return [torch.zeros(m, n) for n, m in pairwise(sizes)], [torch.zeros(m) for m in sizes[1:]]


def judge_passes(student: Student, rng: Inputs, *cases: tuple[int, list[int], Unit, Unit]) -> None:
    """Forward and backward with given weights, for each case: samples, sizes, g, dg."""
    nets = [network(rng, sizes, torch.float32) for _, sizes, _, _ in cases]
    given = [
        (rng.normal(N, sizes[0]).float(), rng.normal(N, sizes[-1]).float())
        for N, sizes, _, _ in cases
    ]
    made = list(trainees(student, *(case[1:] for case in cases)))
    steps: list[Step] = []
    for trainee, net, (X, grad_Y) in zip(made, nets, given, strict=True):
        steps += [trainee.put(net), trainee.passes(X, grad_Y)]
    came = results(student, *steps)
    for (_, _, g, dg), net, (X, grad_Y) in zip(cases, nets, given, strict=True):
        judge_put(next(came), net)
        Y, *found = next(came)
        judge_output(Y, X, net, g)
        judge_state(found, batch_gradients(net, g, dg, X, grad_Y), "grad_")


def judge_last_forward(
    student: Student, rng: Inputs, sizes: list[int], batches: Sequence[int]
) -> None:
    """One batch after another goes forward, then the gradient of the last one goes back."""
    net, [trainee] = network(rng, sizes, torch.float32), sines(student, sizes)
    inputs = [rng.normal(N, sizes[0]).float() for N in batches]
    grad_Y = rng.normal(batches[-1], sizes[-1]).float()
    back = trainee.backward(grad_Y), trainee.read("grad_")
    came = results(student, trainee.put(net), *map(trainee.forward, inputs), *back)
    judge_put(next(came), net)
    for X in inputs:
        judge_output(next(came), X, net, torch.sin)
    next(came)
    found = batch_gradients(net, torch.sin, torch.cos, inputs[-1], grad_Y)
    judge_state(next(came), found, "grad_")


@manual_mlp.test("a new network: its lists, and gradients of zeros")
def test_manual_mlp_new(student: Student) -> None:
    many = [3, 4, 2], [2, 2, 2]
    made = list(sines(student, *many))
    came = results(student, *(step for one in made for step in (one.read("grad_"), one.read())))
    for sizes in many:
        judge_state(next(came), zeros(sizes), "grad_")
        own_lists = lists(next(came))
        for name, own, expected in zip(("weights", "biases"), own_lists, zeros(sizes), strict=True):
            judge_length(name, own, expected)
            for k, (tensor, zero) in enumerate(zip(own, expected, strict=True), start=1):
                scaled = tensor * 0 if isinstance(tensor, Tensor) else tensor
                close(scaled, zero, f"{name[0]}_{k}")


@manual_mlp.test("weights from the generator, hidden units different")
def test_manual_mlp_start(student: Student, rng: Inputs) -> None:
    generator, other = rng.generator(), rng.generator()
    case = ([4, 5, 3, 2], torch.sin, torch.cos)
    made = []
    for trainee in trainees(student, case, case, case, generators=(generator, generator, other)):
        require(
            not trainee.drew_elsewhere,
            "The network drew random numbers from a global generator: take them all from the "
            "generator that you were given.",
        )
        made.append(trainee)
    came = results(student, *(trainee.read() for trainee in made))
    (weights, biases), again, (different, _) = map(lists, came)
    for k, W in enumerate(weights[:-1], start=1):
        require(
            len(torch.unique(W.detach(), dim=0)) == len(W),
            f"In layer {k}, units start with the same weights. They get the same gradients and "
            "stay the same for ever: draw the weights at random.",
            ("W", str(W.tolist())),
        )
    for name, first, second in zip(("weights", "biases"), (weights, biases), again, strict=True):
        require(
            all(torch.equal(p, q) for p, q in zip(first, second, strict=True)),
            f"Two networks from generators in the same state have different {name}.",
        )
    require(
        not any(torch.equal(p, q) for p, q in zip(different[:-1], weights[:-1], strict=True)),
        "Two networks from different generators have the same weights.",
    )


@manual_mlp.test("forward and backward, three samples and units everywhere")
def test_manual_mlp_equal_sizes(student: Student, rng: Inputs) -> None:
    judge_passes(student, rng, (3, [3, 3, 3, 3], torch.sin, torch.cos))


@manual_mlp.test("forward and backward, any sizes")
def test_manual_mlp_sizes(student: Student, rng: Inputs) -> None:
    one, two = (6, [2, 4, 3], F.softplus, torch.sigmoid), (5, [3, 2], torch.sin, torch.cos)
    judge_passes(student, rng, one, two)


@manual_mlp.test("backward goes with the last forward")
def test_manual_mlp_last_forward(student: Student, rng: Inputs) -> None:
    judge_last_forward(student, rng, [3, 3, 3], (3, 3))


@manual_mlp.test("gradients add up until zero_grad")
def test_manual_mlp_accumulates(student: Student, rng: Inputs) -> None:
    sizes = [3, 4, 2]
    net, [trainee] = network(rng, sizes, torch.float32), sines(student, sizes)
    rounds = [
        [(rng.normal(N, 3).float(), rng.normal(N, 2).float()) for N in batches]
        for batches in ((5, 1, 3), (2,))
    ]
    steps = [trainee.put(net)]
    for batches in rounds:
        for X, grad_Y in batches:
            steps.append(trainee.passes(X, grad_Y))
        steps += [trainee.zero_grad(), trainee.read("grad_")]
    came = results(student, *steps, trainee.read())
    judge_put(next(came), net)
    for batches in rounds:
        total = zeros(sizes)
        for X, grad_Y in batches:
            total = plus(total, batch_gradients(net, torch.sin, torch.cos, X, grad_Y))
            _, *found = next(came)
            judge_state(found, total, "grad_")
        next(came)
        judge_state(next(came), zeros(sizes), "grad_")
    judge_state(next(came), net, "")


@manual_mlp.test("a step goes downhill, by lr")
def test_manual_mlp_step(student: Student, rng: Inputs) -> None:
    sizes, rates = [3, 4, 2], (0.5, 0.125)
    net, [trainee] = network(rng, sizes, torch.float32), sines(student, sizes)
    X, grad_Y = rng.normal(4, 3).float(), rng.normal(4, 2).float()
    steps = [trainee.put(net)]
    for lr in rates:
        steps += [trainee.zero_grad(), trainee.passes(X, grad_Y), trainee.step(lr)]
        steps += [trainee.read(), trainee.read("grad_"), trainee.forward(X)]
    came = results(student, *steps)
    judge_put(next(came), net)
    for lr in rates:
        found = batch_gradients(net, torch.sin, torch.cos, X, grad_Y)
        net = plus(net, found, -lr)
        *_, own, own_gradients = (next(came) for _ in range(5))
        judge_state(own, net, "")
        judge_state(own_gradients, found, "grad_")
        judge_output(next(came), X, net, torch.sin, "after a step")


@manual_mlp.test("two networks keep apart")
def test_manual_mlp_two(student: Student, rng: Inputs) -> None:
    sizes = [2, 3, 2]
    nets = [network(rng, sizes, torch.float32) for _ in range(2)]
    X, grad_Y = rng.normal(4, 2).float(), rng.normal(4, 2).float()
    first, second = sines(student, sizes, sizes)
    steps = [first.put(nets[0]), second.put(nets[1]), first.forward(X), second.forward(X)]
    steps += [first.backward(grad_Y), first.read("grad_"), second.read("grad_")]
    came = results(student, *steps, first.step(0.5), second.read())
    for net in nets:
        judge_put(next(came), net)
    for net in nets:
        judge_output(next(came), X, net, torch.sin)
    next(came)
    found = batch_gradients(nets[0], torch.sin, torch.cos, X, grad_Y)
    judge_state(next(came), found, "grad_")
    judge_state(next(came), zeros(sizes), "grad_")
    next(came)
    judge_state(next(came), nets[1], "")


@manual_mlp.test("any depth, any activation", hidden=True)
def test_manual_mlp_deep(student: Student, rng: Inputs) -> None:
    deep, units = (
        (4, [3, 4, 4, 2, 5, 2], torch.tanh, torch.cos),
        (1, [1] * 3, torch.relu, torch.exp),
    )
    judge_passes(student, rng, deep, units, (7, [4, 1], torch.tanh, torch.cos))


@manual_mlp.test("backward goes with the last of several forwards", hidden=True)
def test_manual_mlp_several_forwards(student: Student, rng: Inputs) -> None:
    judge_last_forward(student, rng, [3, 4, 2], (6, 2, 3))


# Width, activation, its derivative, scale of the samples, lr, steps: the first is quick from most
# first weights, the second gets away from small ones.
TRAININGS = (
    (64, torch.sin, torch.cos, 3.0, 1.0, 100),
    (32, F.softplus, torch.sigmoid, 5.0, 1.0, 500),
)


@manual_mlp.test("trains on two moons to 99 %", last=True)
def test_manual_mlp_moons(student: Student, rng: Inputs) -> None:
    X, d = moons(100, noise=0.05, generator=rng.generator())
    X, best = X - X.mean(0), 0.0
    for width, g, dg, scale, lr, most in TRAININGS:
        case = ([2, width, 2], g, dg)
        [trainee] = trainees(student, case, generators=[rng.generator()])
        for _ in range(most // 10):
            descent, forward = trainee.descend(scale * X, d, lr, 10), trainee.forward(scale * X)
            _, Y = results(student, descent, forward)
            best = max(best, float((Y.argmax(1) == d).float().mean()))
            if best >= 0.99:
                return
            if not bool(torch.isfinite(Y).all()):
                break
    raise Wrong(
        "After 500 steps of gradient descent on two moons the network is not right on 99 % of "
        "the samples. Are the first weights too large, or far too small?",
        ("Best accuracy", f"{best:.0%}"),
    )

"""The checks of lab 4.

Gradients are compared with autograd's. Where the derivative ``dg`` that is handed in belongs to no
activation, autograd differentiates the network's tangent instead: the same network with each
activation replaced by a straight line of slope ``dg(a_k)``, see `gradients`. Then neither autograd
nor the derivative of one known activation can be in a student's answer unnoticed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from itertools import cycle, pairwise
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from course_dl.data import moons
from course_dl.lab import (
    Exercise,
    Inputs,
    Student,
    Wrong,
    attributes,
    close,
    close_all,
    descend,
    fill,
    method,
    require,
    unpack,
)

Unit = Callable[[Tensor], Tensor]
Network = tuple[list[Tensor], list[Tensor]]
DTYPES = (torch.float64, torch.float32)


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
    sizes: Sequence[int],
    g: Unit,
    dtype: torch.dtype = torch.float64,
) -> None:
    weights, biases = network(rng, sizes, dtype)
    x = rng.normal(sizes[0], dtype=dtype)
    a, h = unpack(student.forward_pass(x, weights, biases, g), "a, h")
    true_a, true_h = forward(x, weights, biases, g)
    close_all(a, true_a, "a")
    close_all(h, true_h, "h", first=0)


@forward_pass.test("three layers of three units")
def test_forward_pass_equal_sizes(student: Student, rng: Inputs) -> None:
    judge_forward(student, rng, [3, 3, 3, 3], torch.tanh)


@forward_pass.test("layers of different sizes")
def test_forward_pass_sizes(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        judge_forward(student, rng, [2, 5, 3], torch.relu, dtype)
    judge_forward(student, rng, [4, 3, 1, 2, 5], torch.sigmoid)
    judge_forward(student, rng, [3, 2, 1], torch.tanh)


@forward_pass.test("no hidden layer: a linear map")
def test_forward_pass_one_layer(student: Student, rng: Inputs) -> None:
    judge_forward(student, rng, [4, 3], torch.tanh)


@forward_pass.test("the same call gives the same again")
def test_forward_pass_again(student: Student, rng: Inputs) -> None:
    weights, biases = network(rng, [2, 4, 3])
    x, other = rng.normal(2), rng.normal(2)
    first = unpack(student.forward_pass(x, weights, biases, torch.tanh), "a, h")
    student.forward_pass(other, weights, biases, torch.tanh)
    again = unpack(student.forward_pass(x, weights, biases, torch.tanh), "a, h")
    close_all(again[0], first[0], "a, at the second call,")
    close_all(again[1], first[1], "h, at the second call,", first=0)


@forward_pass.test("layers of one unit", hidden=True)
def test_forward_pass_one_unit(student: Student, rng: Inputs) -> None:
    judge_forward(student, rng, [1, 1, 1], torch.cos)
    judge_forward(student, rng, [3, 1], torch.relu)


@forward_pass.test("a deep network, any activation", hidden=True)
def test_forward_pass_deep(student: Student, rng: Inputs) -> None:
    judge_forward(student, rng, [3, 4, 4, 2, 6, 3, 2], lambda a: a / (1 + a * a))
    judge_forward(student, rng, [5, 2, 7], torch.sin, torch.float32)


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


def judge_output_gradient(student: Student, y: Tensor, d: Tensor, loss: str) -> None:
    leaf = y.clone().requires_grad_()
    (expected,) = torch.autograd.grad(loss_value(leaf, d, loss), leaf)
    close(student.output_gradient(y, d, loss), expected, f"the gradient of the {loss} loss")


@output_gradient.test("square error")
def test_output_gradient_square(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        for K in (4, 1):
            y, d = rng.normal(K, dtype=dtype), rng.normal(K, dtype=dtype)
            judge_output_gradient(student, y, d, "square")


@output_gradient.test("cross-entropy, every class in turn")
def test_output_gradient_cross_entropy(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        for K in (4, 2):
            y = rng.normal(K, dtype=dtype)
            for d in reversed(range(K)):
                judge_output_gradient(student, y, torch.tensor(d), "cross_entropy")


@output_gradient.test("scores of 1e4")
def test_output_gradient_large(student: Student, rng: Inputs) -> None:
    y = torch.tensor([1e4, -1e4, 1e4 - 1, 0.0], dtype=torch.float64)
    for d in range(4):
        judge_output_gradient(student, y, torch.tensor(d), "cross_entropy")
        judge_output_gradient(student, -y, torch.tensor(d), "cross_entropy")
    judge_output_gradient(student, y, 1e4 * rng.normal(4), "square")


@output_gradient.test("a single class: nothing to learn", hidden=True)
def test_output_gradient_one_class(student: Student, rng: Inputs) -> None:
    for y in (rng.normal(1), torch.tensor([1e4], dtype=torch.float64)):
        got = student.output_gradient(y, torch.tensor(0), "cross_entropy")
        close(got, torch.zeros_like(y), "the gradient with one class")


@output_gradient.test("two classes and many", hidden=True)
def test_output_gradient_sizes(student: Student, rng: Inputs) -> None:
    for K in (2, 3, 10):
        for d in (0, K - 1):
            y = 3 * rng.normal(K)
            judge_output_gradient(student, y, torch.tensor(d), "cross_entropy")
        judge_output_gradient(student, rng.normal(K), rng.normal(K), "square")
    judge_output_gradient(student, torch.zeros(3), torch.tensor(1), "cross_entropy")


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
    student: Student, rng: Inputs, M: int, D: int, dg: Unit, dtype: torch.dtype = torch.float64
) -> None:
    grad_h, a, h_prev = (rng.normal(n, dtype=dtype) for n in (M, M, D))
    W, b = rng.normal(M, D, dtype=dtype), torch.zeros(M, dtype=dtype)
    leaves = [leaf.clone().requires_grad_() for leaf in (W, b, h_prev)]
    tangent = (grad_h * dg(a) * F.linear(leaves[2], leaves[0], leaves[1])).sum()
    expected = torch.autograd.grad(tangent, leaves)
    names = "grad_W, grad_b, grad_h_prev"
    got = unpack(student.backward_layer(grad_h, a, h_prev, W, dg), names)
    for answer, truth, name in zip(got, expected, names.split(", "), strict=True):
        close(answer, truth, name)


@backward_layer.test("as many units as inputs")
def test_backward_layer_square(student: Student, rng: Inputs) -> None:
    judge_backward_layer(student, rng, 3, 3, torch.cos)


@backward_layer.test("agreement with autograd through a layer of tanh")
def test_backward_layer_autograd(student: Student, rng: Inputs) -> None:
    grad_h, h_prev, W, b = rng.normal(4), rng.normal(2), rng.normal(4, 2), rng.normal(4)
    leaves = [leaf.clone().requires_grad_() for leaf in (W, b, h_prev)]
    a = leaves[0] @ leaves[2] + leaves[1]
    expected = torch.autograd.grad((grad_h * torch.tanh(a)).sum(), leaves)
    got = student.backward_layer(grad_h, a.detach(), h_prev, W, lambda a: 1 - torch.tanh(a) ** 2)
    grad_W, grad_b, grad_h_prev = unpack(got, "grad_W, grad_b, grad_h_prev")
    close(grad_W, expected[0], "grad_W")
    close(grad_b, expected[1], "grad_b")
    close(grad_h_prev, expected[2], "grad_h_prev")


@backward_layer.test("any sizes, any activation")
def test_backward_layer_sizes(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        judge_backward_layer(student, rng, 3, 5, torch.sin, dtype)
        judge_backward_layer(student, rng, 4, 2, torch.exp, dtype)


@backward_layer.test("a layer of one unit, or of one input")
def test_backward_layer_one_unit(student: Student, rng: Inputs) -> None:
    judge_backward_layer(student, rng, 1, 4, torch.cos)
    judge_backward_layer(student, rng, 4, 1, torch.sin)
    judge_backward_layer(student, rng, 1, 1, torch.exp, torch.float32)


@backward_layer.test("where the activation is flat, nothing comes back", hidden=True)
def test_backward_layer_flat(student: Student, rng: Inputs) -> None:
    judge_backward_layer(student, rng, 3, 2, torch.zeros_like)
    judge_backward_layer(student, rng, 6, 4, lambda a: (a > 0).to(a.dtype))


@backward_layer.test("large layers", hidden=True)
def test_backward_layer_large(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        judge_backward_layer(student, rng, 20, 30, torch.sin, dtype)
        judge_backward_layer(student, rng, 40, 8, torch.square, dtype)


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
    sizes: Sequence[int],
    g: Unit,
    dg: Unit,
    dtype: torch.dtype = torch.float64,
) -> None:
    weights, biases = network(rng, sizes, dtype)
    a, h = forward(rng.normal(sizes[0], dtype=dtype), weights, biases, g)
    grad_y = rng.normal(sizes[-1], dtype=dtype)
    judge_gradients(
        student.backward_pass(grad_y, a, h, weights, dg), gradients(grad_y, a, h, weights, dg)
    )


def judge_gradients(got: Any, expected: Network) -> None:
    grad_weights, grad_biases = unpack(got, "grad_weights, grad_biases")
    close_all(grad_weights, expected[0], "grad_W")
    close_all(grad_biases, expected[1], "grad_b")


@backward_pass.test("three layers of three units")
def test_backward_pass_equal_sizes(student: Student, rng: Inputs) -> None:
    judge_backward_pass(student, rng, [3, 3, 3, 3], torch.sin, torch.cos)


@backward_pass.test("agreement with autograd, loss and all")
def test_backward_pass_autograd(student: Student, rng: Inputs) -> None:
    weights, biases = network(rng, [4, 5, 3])
    x, d = rng.normal(4), torch.tensor(1)
    a, h = forward(x, weights, biases, torch.relu)
    grad_y = torch.softmax(h[-1], 0) - F.one_hot(d, 3)
    got = student.backward_pass(grad_y, a, h, weights, lambda a: (a > 0).to(a.dtype))
    judge_gradients(got, loss_gradients(weights, biases, torch.relu, x, d, "cross_entropy"))


@backward_pass.test("layers of different sizes")
def test_backward_pass_sizes(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        judge_backward_pass(student, rng, [2, 4, 3], torch.tanh, torch.cos, dtype)
        judge_backward_pass(student, rng, [5, 2, 4, 3], torch.sin, torch.cos, dtype)
    judge_backward_pass(student, rng, [3, 1, 4, 1], torch.sin, torch.cos)


@backward_pass.test("no hidden layer")
def test_backward_pass_one_layer(student: Student, rng: Inputs) -> None:
    judge_backward_pass(student, rng, [3, 2], torch.sin, torch.cos)


@backward_pass.test("deep networks", hidden=True)
def test_backward_pass_deep(student: Student, rng: Inputs) -> None:
    judge_backward_pass(student, rng, [3, 4, 4, 2, 5, 3, 2], torch.sin, torch.cos)
    judge_backward_pass(student, rng, [2, 2, 2, 2, 2, 2], torch.tanh, torch.exp)


@backward_pass.test("layers of one unit", hidden=True)
def test_backward_pass_one_unit(student: Student, rng: Inputs) -> None:
    judge_backward_pass(student, rng, [1, 1, 1, 1], torch.sin, torch.cos)
    judge_backward_pass(student, rng, [3, 1, 4, 1], torch.sin, torch.cos, torch.float32)
    judge_backward_pass(student, rng, [2, 1], torch.sin, torch.cos)


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
    N: int,
    sizes: Sequence[int],
    g: Unit,
    dg: Unit,
    dtype: torch.dtype = torch.float64,
) -> None:
    weights, biases = network(rng, sizes, dtype)
    A, H = forward(rng.normal(N, sizes[0], dtype=dtype), weights, biases, g)
    grad_Y = rng.normal(N, sizes[-1], dtype=dtype)
    got = student.backward_pass_batch(grad_Y, A, H, weights, dg)
    judge_gradients(got, gradients(grad_Y, A, H, weights, dg))


@backward_pass_batch.test("three samples, three layers of three units")
def test_backward_pass_batch_equal_sizes(student: Student, rng: Inputs) -> None:
    judge_batch(student, rng, 3, [3, 3, 3, 3], torch.sin, torch.cos)


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
    for dtype in DTYPES:
        judge_batch(student, rng, 6, [2, 4, 3], torch.tanh, torch.cos, dtype)
        judge_batch(student, rng, 4, [5, 2, 4, 3], torch.sin, torch.cos, dtype)
    judge_batch(student, rng, 7, [3, 2], torch.sin, torch.cos)
    judge_batch(student, rng, 5, [3, 1, 2, 1], torch.sin, torch.cos)
    judge_batch(student, rng, 1, [3, 4, 2], torch.sin, torch.cos)


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
    judge_batch(student, rng, 1, [5, 2, 4, 3], torch.tanh, torch.exp)
    judge_batch(student, rng, 1, [1, 1, 1], torch.sin, torch.cos, torch.float32)


@backward_pass_batch.test("deep networks, layers of one unit", hidden=True)
def test_backward_pass_batch_deep(student: Student, rng: Inputs) -> None:
    judge_batch(student, rng, 5, [3, 4, 4, 2, 5, 3, 2], torch.tanh, torch.exp)
    judge_batch(student, rng, 2, [2, 1, 3, 1], torch.sin, torch.cos, torch.float32)
    judge_batch(student, rng, 40, [2, 3], torch.sin, torch.cos)


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


def judge_agreement(
    student: Student,
    given: Network,
    net: Network,
    g: Unit,
    x: Tensor,
    d: Tensor,
    loss: str,
    *,
    off: str = "",
    below: float = AGREE,
    above: float = DIFFER,
) -> None:
    """``given`` are gradients of ``net``; ``off`` says what is wrong with them, if anything is."""
    got = student.gradients_agree(*given, *net, g, x, d, loss)
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


def problem(
    rng: Inputs, sizes: Sequence[int], loss: str, dtype: torch.dtype = torch.float64
) -> tuple[Network, Tensor, Tensor]:
    """A network, a sample, and what is desired of it."""
    net, x, K = network(rng, sizes, dtype), rng.normal(sizes[0], dtype=dtype), sizes[-1]
    d = rng.normal(K, dtype=dtype) if loss == "square" else rng.integers(0, K, 1)[0]
    return net, x, d


def off_by_a_thousandth(given: Network, kind: int, k: int, sign: int) -> Network:
    """``given``, with each entry of one parameter a thousandth of itself larger (or smaller)."""
    changed = ([*given[0]], [*given[1]])
    changed[kind][k] = given[kind][k] + sign * 1e-3 * given[kind][k].abs()
    return changed


@gradients_agree.test("right gradients agree")
def test_gradients_agree_right(student: Student, rng: Inputs) -> None:
    for loss in ("square", "cross_entropy"):
        for g in (torch.tanh, torch.relu):
            net, x, d = problem(rng, [2, 4, 3], loss)
            right = loss_gradients(*net, g, x, d, loss)
            judge_agreement(student, right, net, g, x, d, loss)


@gradients_agree.test("an error in the weights of any layer is seen")
def test_gradients_agree_weights(student: Student, rng: Inputs) -> None:
    signs = cycle((1, -1))  # three layers: each gets one sign with one loss, one with the other
    for loss in ("square", "cross_entropy"):
        net, x, d = problem(rng, [2, 4, 3, 3], loss)
        right = loss_gradients(*net, torch.tanh, x, d, loss)
        for k in range(3):
            wrong = off_by_a_thousandth(right, 0, k, next(signs))
            said = f"grad_W_{k + 1} is off by a thousandth"
            judge_agreement(student, wrong, net, torch.tanh, x, d, loss, off=said)
        wrong = ([*right[0][:2], right[0][2].flip(0)], right[1])
        judge_agreement(
            student, wrong, net, torch.tanh, x, d, loss, off="grad_W_3 has its rows upside down"
        )


@gradients_agree.test("an error in the biases of any layer is seen")
def test_gradients_agree_biases(student: Student, rng: Inputs) -> None:
    signs = cycle((1, -1))  # three layers: each gets one sign with one loss, one with the other
    for loss in ("square", "cross_entropy"):
        net, x, d = problem(rng, [2, 4, 3, 3], loss)
        right = loss_gradients(*net, torch.tanh, x, d, loss)
        for k in range(3):
            wrong = off_by_a_thousandth(right, 1, k, next(signs))
            said = f"grad_b_{k + 1} is off by a thousandth"
            judge_agreement(student, wrong, net, torch.tanh, x, d, loss, off=said)


@gradients_agree.test("an error in small gradients is seen")
def test_gradients_agree_small(student: Student, rng: Inputs) -> None:
    net, x, d = problem(rng, [2, 4, 3], "square")
    x = x * 1e-3  # so grad_W_1 = delta_1 x^T is a thousand times smaller than the others
    right = loss_gradients(*net, torch.tanh, x, d, "square")
    judge_agreement(student, right, net, torch.tanh, x, d, "square")
    for sign in (1, -1):
        wrong = off_by_a_thousandth(right, 0, 0, sign)
        said = "grad_W_1, which is small here, is off by a thousandth"
        judge_agreement(student, wrong, net, torch.tanh, x, d, "square", off=said)


@gradients_agree.test("gradients that are wholly 0")
def test_gradients_agree_zero(student: Student, rng: Inputs) -> None:
    for loss in ("square", "cross_entropy"):
        (weights, biases), x, d = problem(rng, [2, 4, 3], loss)
        net = (weights, [biases[0] - 100, biases[1]])  # with relu, no hidden unit is active
        right = loss_gradients(*net, torch.relu, x, d, loss)
        judge_agreement(student, right, net, torch.relu, x, d, loss)
        wrong = ([torch.full_like(right[0][0], 0.5), right[0][1]], right[1])
        said = "grad_W_1 should be wholly 0"
        judge_agreement(student, wrong, net, torch.relu, x, d, loss, off=said)
        net, x, d = problem(rng, [2, 4, 3], loss)
        right = loss_gradients(*net, torch.tanh, x, d, loss)
        wrong = (right[0], [torch.zeros_like(right[1][0]), right[1][1]])
        said = "grad_b_1 should not be 0"
        judge_agreement(student, wrong, net, torch.tanh, x, d, loss, off=said)


@gradients_agree.test("requires_grad stays as it was")
def test_gradients_agree_requires_grad(student: Student, rng: Inputs) -> None:
    for needs in (False, True):
        net, x, d = problem(rng, [2, 4, 3], "square")
        right = loss_gradients(*net, torch.tanh, x, d, "square")
        for parameter in (*net[0], *net[1]):
            parameter.requires_grad_(needs)
        judge_agreement(student, right, net, torch.tanh, x, d, "square")
        wrong = off_by_a_thousandth(right, 1, 0, 1)
        said = "grad_b_1 is off by a thousandth"
        judge_agreement(student, wrong, net, torch.tanh, x, d, "square", off=said)


@gradients_agree.test("scores of 1e4")
def test_gradients_agree_large(student: Student) -> None:
    W = torch.tensor([[5000, 0], [-4000, -2000], [0, 9999]], dtype=torch.float64)
    net = ([torch.eye(2).double(), W], [torch.zeros(n).double() for n in (2, 3)])
    x = torch.tensor([2.0, 1.0], dtype=torch.float64)
    for d in torch.arange(3):
        right = loss_gradients(*net, torch.relu, x, d, "cross_entropy")
        judge_agreement(student, right, net, torch.relu, x, d, "cross_entropy")


@gradients_agree.test("one layer, and many", hidden=True)
def test_gradients_agree_depth(student: Student, rng: Inputs) -> None:
    for sizes in ([3, 2], [1, 1, 1], [2, 3, 1, 4, 3]):
        net, x, d = problem(rng, sizes, "square")
        right = loss_gradients(*net, torch.sigmoid, x, d, "square")
        judge_agreement(student, right, net, torch.sigmoid, x, d, "square")
        for k in range(len(sizes) - 1):
            wrong = off_by_a_thousandth(right, k % 2, k, -1)
            said = f"{('grad_W', 'grad_b')[k % 2]}_{k + 1} is off by a thousandth"
            judge_agreement(student, wrong, net, torch.sigmoid, x, d, "square", off=said)


@gradients_agree.test("in float32", hidden=True)
def test_gradients_agree_float32(student: Student, rng: Inputs) -> None:
    for loss in ("square", "cross_entropy"):
        net, x, d = problem(rng, [2, 4, 3], loss, torch.float32)
        right = loss_gradients(*net, torch.tanh, x, d, loss)
        judge_agreement(student, right, net, torch.tanh, x, d, loss, below=1e-3)
        wrong = ([right[0][0] * 1.2, right[0][1]], right[1])
        said = "grad_W_1 is a fifth too large"
        judge_agreement(student, wrong, net, torch.tanh, x, d, loss, off=said, above=1e-2)


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


@accumulate.test("a list of sums")
def test_accumulate_sums(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        total = [rng.normal(*shape, dtype=dtype) for shape in SHAPES]
        new = [rng.normal(*shape, dtype=dtype) for shape in SHAPES]
        expected = [torch.stack(pair).sum(0) for pair in zip(total, new, strict=True)]
        close_all(student.accumulate(total, new), expected, "sum")


@accumulate.test("again and again, from zeros")
def test_accumulate_repeatedly(student: Student, rng: Inputs) -> None:
    total = [torch.zeros(shape, dtype=torch.float64) for shape in SHAPES]
    given = [[rng.normal(*shape) for shape in SHAPES] for _ in range(3)]
    for new in given:
        total = student.accumulate(total, new)
    expected = [torch.stack(of_layer).sum(0) for of_layer in zip(*given, strict=True)]
    close_all(total, expected, "sum")


@accumulate.test("a list of one tensor, tensors of one shape", hidden=True)
def test_accumulate_shapes(student: Student, rng: Inputs) -> None:
    for shapes in ([(4, 3)], [(2, 2)] * 3, [(), (5,)], [(2, 3, 4), (1, 1)]):
        total = [rng.normal(*shape) for shape in shapes]
        new = [rng.normal(*shape) for shape in shapes]
        expected = [torch.stack(pair).sum(0) for pair in zip(total, new, strict=True)]
        close_all(student.accumulate(total, new), expected, "sum")
        close_all(student.accumulate(new, total), expected, "sum")


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


class Trainee:
    """A student's ``ManualMLP``, with clear words where something is not called as it should be."""

    def __init__(
        self,
        student: Student,
        sizes: list[int],
        g: Unit = torch.sin,
        dg: Unit = torch.cos,
        generator: torch.Generator | None = None,
    ) -> None:
        self._student = student
        self._net = student.ManualMLP(sizes, g, dg, generator or torch.Generator().manual_seed(1))
        self.drew_elsewhere = student.calls[-1].outcome.used_randomness

    def read(self, kind: str = "") -> Network:
        """The lists of weights and biases, or (``kind`` is ``"grad_"``) of their gradients."""
        names = f"{kind}weights", f"{kind}biases"
        weights, biases = self.asked(attributes, *names)
        for name, found in zip(names, (weights, biases), strict=True):
            if not isinstance(found, list):
                told = f"{name} should be a list, with one tensor for each layer."
                raise Wrong(told, ("It was", repr(found)[:200]))
        return list(weights), list(biases)

    def put(self, net: Network) -> None:
        """Put weights and biases into its lists, and see that they stay."""
        names = "weights", "biases"
        for name, present, tensors in zip(names, self.read(), net, strict=True):
            require(
                len(present) == len(tensors),
                f"{name} has {len(present)} entries; it should have one a layer, {len(tensors)}.",
            )
        filled = fill(self._net, weights=net[0], biases=net[1])
        for name, now, tensors in zip(names, filled, net, strict=True):
            stayed = isinstance(now, list) and len(now) == len(tensors)
            require(
                stayed
                and all(
                    isinstance(own, Tensor) and torch.equal(own.detach(), put)
                    for own, put in zip(now, tensors, strict=True)
                ),
                f"The check put tensors into the list {name}, and they did not stay there: keep "
                f"one list self.{name}, and compute with the tensors in it.",
            )

    def forward(self, X: Tensor) -> Any:
        return self.asked(method, "forward", X)

    def backward(self, grad_Y: Tensor) -> None:
        self.asked(method, "backward", grad_Y)

    def step(self, lr: float) -> None:
        self.asked(method, "step", lr)

    def zero_grad(self) -> None:
        self.asked(method, "zero_grad")

    def descend(self, X: Tensor, d: Tensor, lr: float, steps: int) -> None:
        self.asked(descend, X, d, lr, steps)

    def asked(self, how: Callable[..., Any], *args: Any) -> Any:
        """What ``how`` gives for the student's network; an attribute that it lacks is told."""
        try:
            return how(self._net, *args)
        except Wrong:
            error = self._student.calls[-1].outcome.error
            if error is None or error.kind != "AttributeError" or error.where:
                raise
            name = re.search(r"attribute '(\w+)'", error.message)
            raise Wrong(
                f"The network has no {name[1] if name else 'such part'}. It needs the lists "
                "weights, biases, grad_weights and grad_biases, and the methods forward, backward, "
                "step and zero_grad.",
                ("What happened", error.message),
            ) from None


def judge_state(trainee: Trainee, net: Network, kind: str) -> None:
    """Compare the network's weights and biases, or (``kind`` is ``"grad_"``) their gradients."""
    weights, biases = trainee.read(kind)
    close_all(weights, net[0], f"{kind}W")
    close_all(biases, net[1], f"{kind}b")


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


def judge_passes(
    student: Student, rng: Inputs, N: int, sizes: list[int], g: Unit, dg: Unit
) -> None:
    """Forward and backward with given weights."""
    net, trainee = network(rng, sizes, torch.float32), Trainee(student, sizes, g, dg)
    trainee.put(net)
    X, grad_Y = rng.normal(N, sizes[0]).float(), rng.normal(N, sizes[-1]).float()
    close(trainee.forward(X), forward(X, *net, g)[1][-1], "the output of forward")
    trainee.backward(grad_Y)
    judge_state(trainee, batch_gradients(net, g, dg, X, grad_Y), "grad_")


def judge_last_forward(
    student: Student, rng: Inputs, sizes: list[int], batches: Sequence[int]
) -> None:
    """One batch after another goes forward, then the gradient of the last one goes back."""
    net, trainee = network(rng, sizes, torch.float32), Trainee(student, sizes)
    trainee.put(net)
    for N in batches:
        X = rng.normal(N, sizes[0]).float()
        close(trainee.forward(X), forward(X, *net, torch.sin)[1][-1], "the output of forward")
    grad_Y = rng.normal(N, sizes[-1]).float()
    trainee.backward(grad_Y)
    judge_state(trainee, batch_gradients(net, torch.sin, torch.cos, X, grad_Y), "grad_")


@manual_mlp.test("a new network: its lists, and gradients of zeros")
def test_manual_mlp_new(student: Student) -> None:
    for sizes in ([3, 4, 2], [2, 2, 2]):
        trainee = Trainee(student, sizes)
        judge_state(trainee, zeros(sizes), "grad_")
        lists = zip(("weights", "biases"), trainee.read(), zeros(sizes), strict=True)
        for name, found, expected in lists:
            require(
                len(found) == len(expected),
                f"{name} has {len(found)} entries; it should have one a layer, {len(expected)}.",
            )
            for k, (own, zero) in enumerate(zip(found, expected, strict=True), start=1):
                close(own * 0 if isinstance(own, Tensor) else own, zero, f"{name[0]}_{k}")


@manual_mlp.test("weights from the generator, hidden units different")
def test_manual_mlp_start(student: Student, rng: Inputs) -> None:
    sizes, generator, other = [4, 5, 3, 2], rng.generator(), rng.generator()
    trainee = Trainee(student, sizes, generator=generator)
    require(
        not trainee.drew_elsewhere,
        "The network drew random numbers from a global generator: take them all from the "
        "generator that you were given.",
    )
    weights, biases = trainee.read()
    for k, W in enumerate(weights[:-1], start=1):
        require(
            len(torch.unique(W.detach(), dim=0)) == len(W),
            f"In layer {k}, units start with the same weights. They get the same gradients and "
            "stay the same for ever: draw the weights at random.",
            ("W", str(W.tolist())),
        )
    again = Trainee(student, sizes, generator=generator).read()
    for name, first, second in zip(("weights", "biases"), (weights, biases), again, strict=True):
        require(
            all(torch.equal(p, q) for p, q in zip(first, second, strict=True)),
            f"Two networks from generators in the same state have different {name}.",
        )
    different, _ = Trainee(student, sizes, generator=other).read()
    require(
        not any(torch.equal(p, q) for p, q in zip(different[:-1], weights[:-1], strict=True)),
        "Two networks from different generators have the same weights.",
    )


@manual_mlp.test("forward and backward, three samples and units everywhere")
def test_manual_mlp_equal_sizes(student: Student, rng: Inputs) -> None:
    judge_passes(student, rng, 3, [3, 3, 3, 3], torch.sin, torch.cos)


@manual_mlp.test("forward and backward, any sizes")
def test_manual_mlp_sizes(student: Student, rng: Inputs) -> None:
    judge_passes(student, rng, 6, [2, 4, 3], torch.tanh, lambda a: 1 - torch.tanh(a) ** 2)
    judge_passes(student, rng, 5, [3, 2], torch.sin, torch.cos)


@manual_mlp.test("backward goes with the last forward")
def test_manual_mlp_last_forward(student: Student, rng: Inputs) -> None:
    judge_last_forward(student, rng, [3, 3, 3], (3, 3))


@manual_mlp.test("gradients add up until zero_grad")
def test_manual_mlp_accumulates(student: Student, rng: Inputs) -> None:
    sizes = [3, 4, 2]
    net, trainee = network(rng, sizes, torch.float32), Trainee(student, sizes)
    trainee.put(net)
    for batches in ((5, 1, 3), (2,)):
        total = zeros(sizes)
        for N in batches:
            X, grad_Y = rng.normal(N, 3).float(), rng.normal(N, 2).float()
            trainee.forward(X)
            trainee.backward(grad_Y)
            total = plus(total, batch_gradients(net, torch.sin, torch.cos, X, grad_Y))
            judge_state(trainee, total, "grad_")
        trainee.zero_grad()
        judge_state(trainee, zeros(sizes), "grad_")
    judge_state(trainee, net, "")


@manual_mlp.test("a step goes downhill, by lr")
def test_manual_mlp_step(student: Student, rng: Inputs) -> None:
    sizes = [3, 4, 2]
    net, trainee = network(rng, sizes, torch.float32), Trainee(student, sizes)
    trainee.put(net)
    X, grad_Y = rng.normal(4, 3).float(), rng.normal(4, 2).float()
    for lr in (0.5, 0.125):
        trainee.zero_grad()
        trainee.forward(X)
        trainee.backward(grad_Y)
        found = batch_gradients(net, torch.sin, torch.cos, X, grad_Y)
        trainee.step(lr)
        net = plus(net, found, -lr)
        judge_state(trainee, net, "")
        judge_state(trainee, found, "grad_")
        close(trainee.forward(X), forward(X, *net, torch.sin)[1][-1], "the output after a step")


@manual_mlp.test("two networks keep apart")
def test_manual_mlp_two(student: Student, rng: Inputs) -> None:
    sizes = [2, 3, 2]
    nets = [network(rng, sizes, torch.float32) for _ in range(2)]
    X, grad_Y = rng.normal(4, 2).float(), rng.normal(4, 2).float()
    trainees = [Trainee(student, sizes) for _ in nets]
    for trainee, net in zip(trainees, nets, strict=True):
        trainee.put(net)
    for trainee, net in zip(trainees, nets, strict=True):
        close(trainee.forward(X), forward(X, *net, torch.sin)[1][-1], "the output of forward")
    trainees[0].backward(grad_Y)
    judge_state(trainees[0], batch_gradients(nets[0], torch.sin, torch.cos, X, grad_Y), "grad_")
    judge_state(trainees[1], zeros(sizes), "grad_")
    trainees[0].step(0.5)
    judge_state(trainees[1], nets[1], "")


@manual_mlp.test("any depth, any activation", hidden=True)
def test_manual_mlp_deep(student: Student, rng: Inputs) -> None:
    judge_passes(student, rng, 4, [3, 4, 4, 2, 5, 2], torch.tanh, torch.cos)
    judge_passes(student, rng, 1, [1, 1, 1], torch.relu, torch.exp)
    judge_passes(student, rng, 7, [4, 1], torch.tanh, torch.cos)


@manual_mlp.test("backward goes with the last of several forwards", hidden=True)
def test_manual_mlp_several_forwards(student: Student, rng: Inputs) -> None:
    judge_last_forward(student, rng, [3, 4, 2], (6, 2, 3))


@manual_mlp.test("trains on two moons to 99 %", last=True)
def test_manual_mlp_moons(student: Student, rng: Inputs) -> None:
    X, d = moons(100, noise=0.05, generator=rng.generator())
    X = 3 * (X - X.mean(0))
    trainee = Trainee(student, [2, 64, 2], F.softplus, torch.sigmoid, rng.generator())
    best = 0.0
    for steps in (0, *[25] * 20):
        trainee.descend(X, d, 2.0, steps)
        Y = trainee.forward(X)
        best = max(best, float((Y.argmax(1) == d).float().mean()))
        if best >= 0.99 or not bool(torch.isfinite(Y).all()):
            break
    require(
        best >= 0.99,
        "After 500 steps of gradient descent on two moons the network is not right on 99 % of "
        "the samples. Are the first weights too large, or far too small?",
        ("Best accuracy", f"{best:.0%}"),
    )

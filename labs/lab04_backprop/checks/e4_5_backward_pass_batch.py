"""Exercise 4.5: the way back for a batch: the sum over its samples, and no loop over them."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from course_dl.lab import Exercise, Inputs, Student, require

from .shared import DTYPES, Unit, check_gradients, forward, gradients, network

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


@backward_pass_batch.test("three samples, three layers of three units")
def test_backward_pass_batch_equal_sizes(student: Student, rng: Inputs) -> None:
    check_batch(student, rng, (3, [3, 3, 3, 3], torch.sin, torch.cos))


@backward_pass_batch.test("a batch is the sum of its samples")
def test_backward_pass_batch_sum(student: Student, rng: Inputs) -> None:
    (N,), sizes = rng.sizes(5), rng.layers([3, 4, 2])
    g, dg = rng.simpler((torch.sin, torch.cos), (torch.relu, torch.square))
    weights, biases = network(rng, sizes)
    A, H = forward(rng.normal(N, sizes[0]), weights, biases, g)
    grad_Y = rng.normal(N, sizes[-1])
    samples = [
        gradients(grad_Y[i], [a[i] for a in A], [h[i] for h in H], weights, dg) for i in range(N)
    ]
    expected = tuple(
        [torch.stack(of_layer).sum(0) for of_layer in zip(*(s[kind] for s in samples), strict=True)]
        for kind in (0, 1)
    )
    got = student.backward_pass_batch(grad_Y, A, H, weights, dg)
    check_gradients(got, (expected[0], expected[1]))


@backward_pass_batch.test("batches and layers of different sizes")
def test_backward_pass_batch_sizes(student: Student, rng: Inputs) -> None:
    two_sizes = (6, [2, 4, 3], torch.tanh, torch.cos), (4, [5, 2, 4, 3], torch.sin, torch.cos)
    shapes: list[tuple[int, list[int]]] = [(7, [3, 2]), (5, [3, 1, 2, 1]), (1, [3, 4, 2])]
    others = [(N, sizes, torch.sin, torch.cos) for N, sizes in shapes]
    check_batch(student, rng, *two_sizes, *others, single=two_sizes[1:])


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
    check_batch(student, rng, (1, [5, 2, 4, 3], torch.tanh, torch.exp), single=single)


@backward_pass_batch.test("deep networks, layers of one unit", hidden=True)
def test_backward_pass_batch_deep(student: Student, rng: Inputs) -> None:
    deep = (5, [3, 4, 4, 2, 5, 3, 2], torch.tanh, torch.exp)
    single = [(2, [2, 1, 3, 1], torch.sin, torch.cos)]
    check_batch(student, rng, deep, (40, [2, 3], torch.sin, torch.cos), single=single)


def check_batch(
    student: Student,
    rng: Inputs,
    *cases: tuple[int, Sequence[int], Unit, Unit],
    single: Sequence[tuple[int, Sequence[int], Unit, Unit]] = (),
) -> None:
    """A random network and batch for each case: samples, sizes of the layers, g, dg."""
    asked = []
    for dtype, some in zip(DTYPES, (cases, single), strict=True):
        for samples, usual, unit, slope in some:
            (N,), sizes = rng.sizes(samples), rng.layers(usual)
            g, dg = rng.simpler((unit, slope), (torch.relu, torch.square))
            weights, biases = network(rng, sizes, dtype)
            A, H = forward(rng.normal(N, sizes[0], dtype=dtype), weights, biases, g)
            asked.append((rng.normal(N, sizes[-1], dtype=dtype), A, H, weights, dg))
    for given, got in zip(asked, student.backward_pass_batch.each(asked), strict=True):
        check_gradients(got, gradients(*given))

"""Exercise 3.6: stochastic gradient descent, judged by the calls that it makes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor

from course_dl.lab import (
    Exercise,
    Inputs,
    Student,
    Wrong,
    close,
    require,
    shaped,
    shown_as,
    summary,
)

from .shared import DTYPES, taken

sgd = Exercise(
    "3.6",
    ["sgd"],
    points=4,
    difficulty=3,
    minutes=20,
    answers=["course_dl.descent"],
    hints=[
        "Two loops: one over the epochs, and in it one over the batches. At the beginning of each "
        "epoch, put the samples into a new random order.",
        "torch.randperm(n_samples, generator=generator) is such an order. Cut it into pieces of "
        "batch_size: order[start:start + batch_size], or order.split(batch_size).",
        "For each piece: W = W - lr * grad_batch(W, batch), which makes a new W and leaves W0 "
        "alone. After all epochs return W.",
    ],
)


@sgd.test("W <- W - lr * grad_batch(W, batch), batch after batch")
def test_sgd_steps(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        check_sgd(student, rng, 12, 4, 0.05, 3, dtype=dtype)
    check_sgd(student, rng, 6, 2, 0.3, 2, shape=(4,))


@sgd.test("the last, smaller batch counts")
def test_sgd_last_batch(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        check_sgd(student, rng, 10, 4, 0.1, 2, dtype=dtype)
    check_sgd(student, rng, 7, 3, 0.02, 4)


@sgd.test("each epoch visits the samples in a fresh random order")
def test_sgd_fresh_order(student: Student, rng: Inputs) -> None:
    T, W0 = targets(rng, 20, (2,), torch.float64), rng.normal(2)
    _, calls = train(student, T, W0, 6, 0.01, 6, rng.generator())
    visits = orders(calls, 20, 6, 6)
    told = (("Epoch 1", str(visits[0])), ("Epoch 2", str(visits[1])))
    steps = [b - a for order in visits for a, b in pairwise(order)]
    require(
        sum(abs(step) == 1 for step in steps) < len(steps) / 2,
        "The samples are not in random order: most neighbours follow each other.",
        *told,
    )
    require(
        len({tuple(order) for order in visits}) == len(visits),
        "The order is the same in several epochs: draw a new one at the beginning of each.",
        *told,
    )
    pairs = [{frozenset(pair) for pair in pairwise(order)} for order in visits]
    require(
        all(len(a & b) < 10 for k, a in enumerate(pairs) for b in pairs[:k]),
        "The samples follow each other in several epochs as they did in another: draw a wholly new "
        "order at the beginning of each.",
        *told,
    )
    batches = [
        {frozenset(order[start : start + 6]) for start in range(0, 20, 6)} for order in visits
    ]
    require(
        all(a != b for k, a in enumerate(batches) for b in batches[:k]),
        "The batches hold the same samples in several epochs: shuffle all samples, then cut.",
        *told,
    )


@sgd.test("the order comes from generator, and from nothing else")
def test_sgd_generator(student: Student, rng: Inputs) -> None:
    T, W0 = targets(rng, 15, (2,), torch.float64), rng.normal(2)
    generator, other = rng.generator(), rng.generator()

    def visits(generator: torch.Generator) -> list[list[int]]:
        calls = train(student, T, W0, 4, 0.02, 2, generator)[1]
        require(
            not student.calls[-1].outcome.used_randomness,
            "Random numbers came from a global generator: hand generator=generator to "
            "torch.randperm, so that a training can be repeated.",
        )
        return orders(calls, 15, 4, 2)

    first = visits(generator)
    require(
        visits(generator) == first,
        "With the same generator, a second training visits the samples in another order.",
    )
    require(
        visits(other) != first,
        "With another generator the order stays the same: it should come from generator.",
    )


@sgd.test("one sample at a time, all at once, more than there are", hidden=True)
def test_sgd_batch_sizes(student: Student, rng: Inputs) -> None:
    check_sgd(student, rng, 5, 1, 0.2, 3)
    check_sgd(student, rng, 8, 8, 0.05, 4, dtype=torch.float32)
    check_sgd(student, rng, 4, 9, 0.1, 3)
    check_sgd(student, rng, 1, 1, 0.5, 2)


@sgd.test("other sizes, one epoch", hidden=True)
def test_sgd_sizes(student: Student, rng: Inputs) -> None:
    check_sgd(student, rng, 23, 5, 0.03, 1, shape=(10, 4))
    check_sgd(student, rng, 9, 2, 1.0, 2, shape=(1, 1))
    check_sgd(student, rng, 16, 5, 0.01, 5, shape=(3, 3), dtype=torch.float32)


Batches = list[tuple[Tensor, Tensor]]  # W and the indices of every call, in order


def targets(rng: Inputs, n: int, shape: Sequence[int], dtype: torch.dtype) -> Tensor:
    return rng.normal(n, *shape, dtype=dtype)


def pull(W: Tensor, batch: Tensor, T: Tensor) -> Tensor:
    """The gradient of sum_{i in S} 1/2 ||W - T_i||^2."""
    return (W - T[batch].to(W.dtype)).sum(0)


def train(
    student: Student,
    T: Tensor,
    W0: Tensor,
    batch_size: int,
    lr: float,
    epochs: int,
    generator: torch.Generator,
) -> tuple[Any, Batches]:
    """The trained W, and the calls of grad_batch on the way."""
    calls: Batches = []

    def grad_batch(W: Tensor, batch: Tensor) -> Tensor:
        W = taken(W, W0.shape, "W")
        if not isinstance(batch, Tensor) or batch.dtype != torch.int64 or batch.dim() != 1:
            raise TypeError(
                f"batch should be a 1-d tensor of int64 indices, it was {summary(batch)}"
            )
        calls.append((W, batch.clone()))
        return pull(W, batch, T)

    shown = shown_as(grad_batch, lambda W, batch: (W - T[batch].to(W.dtype)).sum(0))
    trained = student.sgd(shown, W0, len(T), batch_size, lr, epochs, generator)
    return trained, calls


def orders(calls: Batches, n: int, batch_size: int, epochs: int) -> list[list[int]]:
    """The samples of each epoch in the order of their visit, if each is visited once."""
    batches = [batch.tolist() for _, batch in calls]
    per_epoch = math.ceil(n / batch_size)
    asked = f"{epochs} epoch{'s' * (epochs != 1)} over {n} samples in batches of {batch_size}"
    require(
        len(batches) == epochs * per_epoch,
        f"{asked}: calls of grad_batch should be {epochs * per_epoch}, yours are {len(batches)} "
        "(the last batch of an epoch may be smaller, and counts).",
        ("Sizes of the first batches", str([len(batch) for batch in batches[: per_epoch + 1]])),
    )
    sizes = [len(range(start, min(start + batch_size, n))) for start in range(0, n, batch_size)]
    visits = []
    for epoch in range(epochs):
        own = batches[epoch * per_epoch : (epoch + 1) * per_epoch]
        require(
            [len(batch) for batch in own] == sizes,
            f"The batches of epoch {epoch + 1} have other sizes than asked for.",
            ("Expected", f"{sizes}: {n} samples, {batch_size} at a time"),
            ("Came", str([len(batch) for batch in own])),
        )
        order = [i for batch in own for i in batch]
        missed = sorted(set(range(n)) - set(order))
        require(
            sorted(order) == list(range(n)),
            f"Epoch {epoch + 1} does not visit every sample once.",
            ("Visited", str(order)),
            ("Left out", str(missed)),
        )
        visits.append(order)
    return visits


def check_sgd(
    student: Student,
    rng: Inputs,
    n: int,
    batch_size: int,
    lr: float,
    epochs: int,
    shape: Sequence[int] = (2, 3),
    dtype: torch.dtype = torch.float64,
) -> None:
    """Every call gets the W that the calls before it lead to, and the last one gives the result."""
    shape, (epochs,) = rng.sizes(*shape), rng.sizes(epochs)
    T, W0 = targets(rng, n, shape, dtype), rng.normal(*shape, dtype=dtype)
    trained, calls = train(student, T, W0, batch_size, lr, epochs, rng.generator())
    trained = shaped(trained, shape, dtype, "the trained W")
    orders(calls, n, batch_size, epochs)
    W = W0
    given = [W_given for W_given, _ in calls]
    for number_of_call, (W_given, batch) in enumerate(calls, start=1):
        with judging_steps(given[:number_of_call], calls, T, lr):
            close(W_given, W, f"the W that grad_batch gets in call {number_of_call}")
        W = W - lr * pull(W, batch, T)
    with judging_steps([*given, trained], calls, T, lr):
        close(trained, W, "the trained W")


@contextmanager
def judging_steps(given: Sequence[Tensor], calls: Batches, T: Tensor, lr: float) -> Iterator[None]:
    """Where the last W given is wrong: whether the last step has another length than lr."""
    try:
        yield
    except Wrong as wrong:
        k = len(given) - 1
        if k == 0 or wrong.failure.kind != "values":
            raise
        gradient = pull(given[k - 1], calls[k - 1][1], T).double().flatten()
        step = (given[k - 1] - given[k]).double().flatten()
        times = float(step @ gradient / (gradient @ gradient))
        if (step - times * gradient).abs().max() > 1e-4 * step.abs().max():
            raise
        raise Wrong(
            f"Step {k} takes off {times:.4g} times the gradient of its batch; it should be lr "
            f"= {lr:g} times, in every step.",
            *wrong.failure.details,
            kind="length of a step",
        ) from None

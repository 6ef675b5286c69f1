"""Exercise 10.1: attention, compared with PyTorch's, and its laws."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from course_dl.lab import ATTENTION, Exercise, Inputs, Student, about, close

from .shared import ANSWERS, DTYPES, FLOAT32, FLOAT64, some_mask

attention = Exercise(
    "10.1",
    ["attention"],
    points=3,
    difficulty=2,
    minutes=20,
    library=ATTENTION,
    answers=ANSWERS,
    hints=[
        "First the scores: for each query its scalar product with each key, (..., T, S), by one "
        "matrix product. Keys are rows, so which two axes of k have to be exchanged? "
        "k.transpose(-1, -2) does it for any number of axes before.",
        "Divide the scores by the root of D, the length of a query, and take the softmax over the "
        "keys, which are the last axis. Its rows are the weights of a mean: multiply by v.",
        "A key that may not be seen gets the score minus infinity, *before* the softmax, so that "
        "its weight is 0 and the others sum to 1: scores.masked_fill(~mask, float('-inf')).",
    ],
)


@attention.test("two keys, by hand")
def test_attention_by_hand(student: Student) -> None:
    for dtype in DTYPES:
        q = torch.tensor([[2.0, 0, 0, 0]], dtype=dtype)  # q . k / sqrt(4) is k_1
        k = torch.zeros(2, 4, dtype=dtype)
        k[1, 0] = math.log(3)
        v = torch.tensor([[0.0], [4.0]], dtype=dtype)
        close(student.attention(q, k, v), torch.tensor([[3.0]], dtype=dtype), "the mean")


@attention.test("queries, keys and values of several sizes")
def test_attention_any(student: Student, rng: Inputs) -> None:
    for sizes in [(3, 2, 4, 2), (2, 4, 3, 5), (3, 3, 3, 3)]:
        T, S, D, E = rng.sizes(*sizes)
        check_attention(student, rng, (T, S, D, E))
    T, S, D, E = rng.sizes(2, 3, 2, 1)
    check_attention(student, rng, (T, S, D, E), dtype=FLOAT32)


@attention.test("a mask: True where a query may look")
def test_attention_mask(student: Student, rng: Inputs) -> None:
    for sizes in [(2, 3, 2, 2), (4, 4, 3, 1)]:
        (T, D, E), (S,) = rng.sizes(sizes[0], *sizes[2:]), rng.sizes(sizes[1], at_least=2)
        check_attention(student, rng, (T, S, D, E), masked=True)
    (T, D, E), (S,) = rng.sizes(3, 2, 2), rng.sizes(3, at_least=2)
    check_attention(student, rng, (T, S, D, E), masked=True, dtype=FLOAT32)


@attention.test("many samples and heads before the last two axes")
def test_attention_batched(student: Student, rng: Inputs) -> None:
    N, heads, T, S, D, E = rng.sizes(2, 3, 4, 2, 3, 2)
    check_attention(student, rng, (T, S, D, E), before=(N, heads))
    (S,) = rng.sizes(3, at_least=2)
    check_attention(student, rng, (T, S, D, E), before=(N,), masked=True)


@attention.test("with values of 1 the weights of each query sum to 1, whatever the mask")
def test_attention_sums(student: Student, rng: Inputs) -> None:
    (T, D), (S,) = rng.sizes(3, 2), rng.sizes(4, at_least=2)
    q, k, ones = rng.normal(T, D), rng.normal(S, D), torch.ones(S, 1, dtype=FLOAT64)
    for mask in (None, some_mask(rng, T, S)):
        close(student.attention(q, k, ones, mask), ones[:1].expand(T, 1), "the sums of the weights")


@attention.test("scores of 10,000, with a mask too")
def test_attention_large(student: Student, rng: Inputs) -> None:
    (T, D, E), (S,) = rng.sizes(3, 2, 2), rng.sizes(4, at_least=2)
    for masked in (False, True):
        check_attention(student, rng, (T, S, D, E), masked=masked, size=100.0)


@attention.test("gradients", hidden=True)
def test_attention_gradients(student: Student, rng: Inputs) -> None:
    for masked in (False, True):
        q, k, v = given = rng.normal(2, 4, 3), rng.normal(2, 5, 3), rng.normal(2, 5, 2)
        mask = some_mask(rng, 4, 5) if masked else None
        leaves = [t.clone().requires_grad_() for t in given]
        truth = torch.autograd.grad(F.scaled_dot_product_attention(*leaves, mask).sum(), leaves)
        for name, got, right in zip(
            ("q", "k", "v"),
            student.attention.gradient(q, k, v, mask, wrt=(0, 1, 2)),
            truth,
            strict=True,
        ):
            close(got, right, f"the gradient with respect to {name}")


@attention.test("keys in another order, together with their values", hidden=True)
def test_attention_order(student: Student, rng: Inputs) -> None:
    q, k, v = rng.normal(3, 4), rng.normal(6, 4), rng.normal(6, 2)
    order = rng.permutation(6)
    close(student.attention(q, k[order], v[order]), student.attention(q, k, v), "the result")


@attention.test("one key, one query, many of both", hidden=True)
def test_attention_extremes(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        for sizes in [(3, 1, 2, 4), (1, 7, 1, 1), (40, 30, 16, 8)]:
            check_attention(student, rng, sizes, dtype=dtype)
    check_attention(student, rng, (5, 6, 3, 2), before=(2, 1, 3), masked=True)
    check_attention(student, rng, (6, 6, 4, 4), masked=True, size=100.0, dtype=FLOAT32)


def check_attention(
    student: Student,
    rng: Inputs,
    sizes: tuple[int, ...],
    *,
    before: tuple[int, ...] = (),
    masked: bool = False,
    size: float = 1.0,
    dtype: torch.dtype = FLOAT64,
) -> None:
    """``sizes`` are T, S, D and E; queries and keys are ``size`` times as large as usual."""
    T, S, D, E = sizes
    q, k = (size * rng.normal(*before, n, D, dtype=dtype) for n in (T, S))
    v = rng.normal(*before, S, E, dtype=dtype)
    if size > 1:  # then all scores are far below 0, and a hidden one has to be lower still
        q[..., 0], k[..., 0] = size, k[..., 0] - 4 * size
    mask = some_mask(rng, T, S) if masked else None
    got = student.attention(q, k, v) if mask is None else student.attention(q, k, v, mask)
    with about(student.calls[-1]):
        close(
            got, weighted(q, k, v, mask).to(dtype), "the result", tolerance=tolerance(size, dtype)
        )


def tolerance(size: float, dtype: torch.dtype) -> float:
    """A score of 10,000 has lost its last digits."""
    return {FLOAT64: 1e-9, FLOAT32: 1e-4}[dtype] * (100 if size > 1 else 1)


def weighted(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> Tensor:
    q, k, v = (t.double() for t in (q, k, v))
    return F.scaled_dot_product_attention(q, k, v, mask)

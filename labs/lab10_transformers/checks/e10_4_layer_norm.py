"""Exercise 10.4: layer norm, compared with PyTorch's."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from course_dl.lab import Exercise, Inputs, Student, about, close

from .shared import ANSWERS, DTYPES, FLOAT64

layer_norm = Exercise(
    "10.4",
    ["layer_norm"],
    points=1,
    difficulty=1,
    minutes=10,
    library=[
        "layer_norm",
        "native_layer_norm",
        "group_norm",
        "native_group_norm",
        "instance_norm",
        "batch_norm",
        "native_batch_norm",
    ],
    answers=[*ANSWERS, "course_dl.residual"],
    hints=[
        "This is batch_norm of lab 7 with other axes: mean and variance are those of one token, "
        "so of which axis? keepdim=True leaves them beside x.",
        "The variance is the mean of the squares of x - mean (not x.var(), which divides by one "
        "less), eps stands under the root.",
        "gamma * (x - mean) / torch.sqrt(var + eps) + beta: gamma and beta lie along the last "
        "axis, as they come.",
    ],
)


@layer_norm.test("one token of two numbers, by hand")
def test_layer_norm_by_hand(student: Student) -> None:
    for dtype in DTYPES:
        x, gamma = torch.tensor([[1.0, 5]], dtype=dtype), torch.tensor([2.0, 10], dtype=dtype)
        beta = torch.tensor([0.0, 1], dtype=dtype)
        # mean 3, variance 4; with eps = 12 the root is 4
        truth = torch.tensor([[-1.0, 6]], dtype=dtype)
        close(student.layer_norm(x, gamma, beta, 12.0), truth, "the result")


@layer_norm.test("two axes, three, four")
def test_layer_norm_any(student: Student, rng: Inputs) -> None:
    for shape in [(3, 2), (2, 2, 3), (2, 2, 1, 2)]:
        check_norm(student, rng, (*rng.sizes(*shape[:-1]), *rng.sizes(shape[-1], at_least=2)))
    check_norm(student, rng, (*rng.sizes(2), *rng.sizes(3, at_least=2)), dtype=torch.float32)


@layer_norm.test("another eps")
def test_layer_norm_eps(student: Student, rng: Inputs) -> None:
    check_norm(student, rng, (*rng.sizes(2), *rng.sizes(3, at_least=2)), eps=0.5)


@layer_norm.test("as many tokens as numbers; small numbers; gradients", hidden=True)
def test_layer_norm_others(student: Student, rng: Inputs) -> None:
    for shape in [(4, 4), (3, 3, 3), (1, 5, 6), (2, 3, 4, 5)]:
        check_norm(student, rng, shape)
        check_norm(student, rng, shape, size=1e-3)
    x, gamma, beta = 2 * rng.normal(3, 4, 5), rng.normal(5), rng.normal(5)
    leaves = [t.clone().requires_grad_() for t in (x, gamma, beta)]
    power = torch.autograd.grad(F.layer_norm(leaves[0], (5,), leaves[1], leaves[2]).sum(), leaves)
    got = student.layer_norm.gradient(x, gamma, beta, wrt=(0, 1, 2))
    for name, own, right in zip(("x", "gamma", "beta"), got, power, strict=True):
        close(own + 1, right + 1, f"the gradient with respect to {name}, plus 1")


def check_norm(
    student: Student,
    rng: Inputs,
    shape: tuple[int, ...],
    *,
    eps: float | None = None,
    size: float = 2.0,
    dtype: torch.dtype = FLOAT64,
) -> None:
    x, D = size * rng.normal(*shape, dtype=dtype) + size, shape[-1]
    gamma, beta = rng.normal(D, dtype=dtype), rng.normal(D, dtype=dtype)
    given = () if eps is None else (eps,)
    got = student.layer_norm(x, gamma, beta, *given)
    with about(student.calls[-1]):
        close(got, F.layer_norm(x, (D,), gamma, beta, *given), "the result")

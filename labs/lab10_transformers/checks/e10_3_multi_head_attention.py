"""Exercise 10.3: the class ``MultiHeadAttention``, with the arrays of PyTorch's."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from course_dl.lab import (
    ATTENTION,
    Exercise,
    Inputs,
    Remote,
    Student,
    about,
    check_network,
    check_shapes,
    close,
    drive,
)

from ..drivers import output_and_gradients, set_arrays
from .shared import ANSWERS, FLOAT32, FLOAT64, layer, some_mask, tokens

multi_head_attention = Exercise(
    "10.3",
    ["MultiHeadAttention"],
    points=4,
    difficulty=3,
    minutes=30,
    library=ATTENTION,
    answers=ANSWERS,
    hints=[
        "self.qkv(x) is (N, T, 3 dim): .chunk(3, dim=-1) gives q, k and v, (N, T, dim) each. Then "
        "cut each token into heads: .view(N, T, heads, dim // heads). Which axes does your "
        "attention look at? The last two must be T and the numbers of one head.",
        "view(N, heads, T, d) has the right shape and mixes tokens with heads. First "
        "view(N, T, heads, d), in the order in which the numbers lie, then transpose(1, 2).",
        "After attention(q, k, v, mask), (N, heads, T, d), go back the same way: transpose(1, 2), "
        "and then reshape(N, T, dim), which puts the heads side by side. The last layer comes "
        "then.",
    ],
)

ADVICE = "There is one nn.Linear(dim, 3 * dim), and one nn.Linear(dim, dim) at the end."
Case = tuple[int, int, int, int]  # N, T, heads, numbers of a head


@multi_head_attention.test("its parameters")
def test_multi_head_attention_parameters(student: Student) -> None:
    for dim, heads in [(4, 2), (6, 3), (3, 1)]:
        made(student, dim, heads)


@multi_head_attention.test("one head")
def test_multi_head_attention_one(student: Student, rng: Inputs) -> None:
    N, T, d = rng.sizes(2, 3, 2)
    check_heads(student, rng, (N, T, 1, d))


@multi_head_attention.test("several heads")
def test_multi_head_attention_several(student: Student, rng: Inputs) -> None:
    for case in [(2, 3, 2, 2), (2, 2, 2, 3), (3, 3, 2, 1)]:
        N, T, heads, d = rng.sizes(*case)
        check_heads(student, rng, (N, T, heads, d))
    N, T, heads, d = rng.sizes(1, 4, 3, 2)
    check_heads(student, rng, (N, T, heads, d), dtype=FLOAT32)


@multi_head_attention.test("a mask, for all samples and heads")
def test_multi_head_attention_mask(student: Student, rng: Inputs) -> None:
    (N, heads, d), (T,) = rng.sizes(2, 2, 2), rng.sizes(3, at_least=2)
    check_heads(student, rng, (N, T, heads, d), masked=True)


@multi_head_attention.test("gradients of everything", hidden=True)
def test_multi_head_attention_gradients(student: Student, rng: Inputs) -> None:
    N, T, heads, d = 2, 4, 2, 3
    net, truth = twins(student, rng, heads, d, FLOAT64)
    x, mask = tokens(rng, N, T, heads * d), some_mask(rng, T, T)
    grad_out = rng.normal(*x.shape)
    leaf = x.clone().requires_grad_()
    expected = heads_of(truth, leaf, mask)
    leaves = [leaf, truth.in_proj_weight, truth.out_proj.weight]
    rights = torch.autograd.grad((grad_out * expected).sum(), leaves)
    names = ("the output", "grad_x", "the gradient of the first W", "the gradient of the last W")
    got = drive(output_and_gradients, net, x, mask, grad_out)
    for name, own, right in zip(names, got, (expected, *rights), strict=True):
        close(own, right, name, tolerance=1e-8)


@multi_head_attention.test("more heads and tokens; a second network", hidden=True)
def test_multi_head_attention_others(student: Student, rng: Inputs) -> None:
    for case in [(4, 4, 4, 4), (1, 1, 2, 3), (5, 2, 5, 1), (2, 12, 3, 8)]:
        check_heads(student, rng, case)
        check_heads(student, rng, case, masked=case[1] > 1)


def made(student: Student, dim: int, heads: int) -> Remote:
    """A new network of the student's, whose parameters have the right shapes."""
    net: Remote = student.MultiHeadAttention(dim, heads)
    check_network(net, "MultiHeadAttention")
    check_shapes(net, [(3 * dim, dim), (3 * dim,), (dim, dim), (dim,)], ADVICE)
    return net


def twins(
    student: Student, rng: Inputs, heads: int, d: int, dtype: torch.dtype
) -> tuple[Remote, nn.MultiheadAttention]:
    """The student's heads and PyTorch's, with the same arrays."""
    dim = heads * d
    net = made(student, dim, heads)
    first, last = layer(rng, 3 * dim, dim, dtype), layer(rng, dim, dim, dtype)
    truth = nn.MultiheadAttention(dim, heads, batch_first=True, dtype=dtype)
    truth.load_state_dict(
        {
            "in_proj_weight": first[0],
            "in_proj_bias": first[1],
            "out_proj.weight": last[0],
            "out_proj.bias": last[1],
        }
    )
    if dtype is FLOAT64:
        net.double()
    drive(set_arrays, net, [first, last], [])
    return net, truth


def heads_of(truth: nn.MultiheadAttention, x: Tensor, mask: Tensor | None) -> Tensor:
    """PyTorch's heads, where True in a mask means: may not look."""
    hidden = None if mask is None else ~mask
    out: Tensor = truth(x, x, x, attn_mask=hidden, need_weights=False)[0]
    return out


def check_heads(
    student: Student,
    rng: Inputs,
    case: Case,
    *,
    masked: bool = False,
    dtype: torch.dtype = FLOAT64,
) -> None:
    N, T, heads, d = case
    net, truth = twins(student, rng, heads, d, dtype)
    x = tokens(rng, N, T, heads * d, dtype)
    mask = some_mask(rng, T, T) if masked else None
    with torch.no_grad():
        expected = heads_of(truth, x, mask)
    got = net(x) if mask is None else net(x, mask)
    with about(student.calls[-1]):
        what = f"the output of {heads} head{'s' * (heads > 1)}"
        close(got, expected, what, tolerance=1e-3 if dtype is FLOAT32 else 1e-8)

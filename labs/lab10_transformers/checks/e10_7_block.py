"""Exercise 10.7: the class ``Block``, with the arrays of PyTorch's encoder layer."""

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
from .shared import ANSWERS, FLOAT32, FLOAT64, Layer, layer, some_mask, tokens

block = Exercise(
    "10.7",
    ["Block"],
    points=3,
    difficulty=2,
    minutes=20,
    library=[*ATTENTION, "transformer_encoder_layer_fwd"],
    answers=ANSWERS,
    hints=[
        "Four parts in __init__: nn.LayerNorm(dim), MultiHeadAttention(dim, heads), another "
        "nn.LayerNorm(dim), and the MLP, nn.Sequential of two linear layers with nn.GELU() "
        "between.",
        "Twice the same in forward: norm, then the part, then add what you had before the norm. "
        "The second half begins with what the first one gave.",
        "x = x + self.attention(self.norm1(x), mask), then return x + self.mlp(self.norm2(x)).",
    ],
)

ADVICE = (
    "There are two norms of their own, a MultiHeadAttention, and an MLP of nn.Linear(dim, hidden) "
    "and nn.Linear(hidden, dim)."
)
Case = tuple[int, int, int, int, int]  # N, T, heads, numbers of a head, hidden


@block.test("its parameters")
def test_block_parameters(student: Student) -> None:
    for dim, heads, hidden in [(4, 2, 5), (3, 1, 7)]:
        made(student, dim, heads, hidden)


@block.test("last layers at 0: what is left is the shortcut")
def test_block_identity(student: Student, rng: Inputs) -> None:
    (N, T), (d,) = rng.sizes(2, 3), rng.sizes(2, at_least=2)
    check_block(student, rng, (N, T, 2, d, 5), silent=True)


@block.test("attention and MLP")
def test_block_any(student: Student, rng: Inputs) -> None:
    for N, T, heads, d, hidden in [(2, 3, 2, 2, 5), (1, 2, 1, 3, 7)]:
        (N, T), (d,) = rng.sizes(N, T), rng.sizes(d, at_least=2)
        check_block(student, rng, (N, T, heads, d, hidden))
    check_block(student, rng, (N, T, heads, d, hidden), dtype=FLOAT32)


@block.test("a mask")
def test_block_mask(student: Student, rng: Inputs) -> None:
    (N,), (T, d) = rng.sizes(2), rng.sizes(3, 2, at_least=2)
    check_block(student, rng, (N, T, 2, d, 5), masked=True)


@block.test("in evaluation as in training")
def test_block_evaluation(student: Student, rng: Inputs) -> None:
    (N, T), (d,) = rng.sizes(2, 3), rng.sizes(2, at_least=2)
    check_block(student, rng, (N, T, 2, d, 5), evaluated=True)


@block.test("gradients of everything; larger blocks", hidden=True)
def test_block_gradients(student: Student, rng: Inputs) -> None:
    case = (2, 4, 2, 3, 8)
    net, truth = twins(student, rng, case, FLOAT64)
    x, mask = tokens(rng, 2, 4, 6), some_mask(rng, 4, 4)
    grad_out = rng.normal(*x.shape)
    leaf = x.clone().requires_grad_()
    expected = truth(leaf, src_mask=~mask)
    (right,) = torch.autograd.grad((grad_out * expected).sum(), leaf)
    got = drive(output_and_gradients, net, x, mask, grad_out)
    close(got[0], expected, "the output", tolerance=1e-8)
    close(got[1], right, "grad_x", tolerance=1e-7)
    for other in [(3, 5, 4, 4, 10), (1, 1, 1, 2, 3), (4, 2, 2, 5, 1)]:
        check_block(student, rng, other, masked=other[1] > 1)


def made(student: Student, dim: int, heads: int, hidden: int) -> Remote:
    """A new block of the student's, whose parameters have the right shapes."""
    net: Remote = student.Block(dim, heads, hidden)
    check_network(net, "Block")
    of_attention: list[tuple[int, ...]] = [(3 * dim, dim), (3 * dim,), (dim, dim), (dim,)]
    of_mlp: list[tuple[int, ...]] = [(hidden, dim), (hidden,), (dim, hidden), (dim,)]
    check_shapes(net, [(dim,), (dim,), *of_attention, (dim,), (dim,), *of_mlp], ADVICE)
    return net


def twins(
    student: Student, rng: Inputs, case: Case, dtype: torch.dtype, silent: bool = False
) -> tuple[Remote, nn.TransformerEncoderLayer]:
    """The student's block and PyTorch's layer, with the same arrays.

    With ``silent``, the last layers of attention and MLP are 0.
    """
    _, _, heads, d, hidden = case
    dim = heads * d
    net = made(student, dim, heads, hidden)
    shapes = [(3 * dim, dim), (dim, dim), (hidden, dim), (dim, hidden)]
    layers: list[Layer] = [layer(rng, *shape, dtype) for shape in shapes]
    if silent:
        layers[1::2] = [[torch.zeros_like(t) for t in last] for last in layers[1::2]]
    norms = [[rng.normal(dim, dtype=dtype) for _ in range(2)] for _ in range(2)]
    truth = nn.TransformerEncoderLayer(
        dim, heads, hidden, 0.0, "gelu", batch_first=True, norm_first=True, dtype=dtype
    )
    arrays = [t for k in (0, 1, 2, 3) for t in layers[k]] + [t for pair in norms for t in pair]
    with torch.no_grad():
        for p, value in zip(truth.parameters(), arrays, strict=True):
            p.copy_(value)
    if dtype is FLOAT64:
        net.double()
    drive(set_arrays, net, layers, norms)
    return net, truth


def check_block(
    student: Student,
    rng: Inputs,
    case: Case,
    *,
    masked: bool = False,
    silent: bool = False,
    evaluated: bool = False,
    dtype: torch.dtype = FLOAT64,
) -> None:
    N, T, heads, d, _ = case
    net, truth = twins(student, rng, case, dtype, silent)
    if evaluated:
        net.eval()
    x = tokens(rng, N, T, heads * d, dtype)
    mask = some_mask(rng, T, T) if masked else None
    expected: Tensor = truth(x, src_mask=None if mask is None else ~mask).detach()
    got = net(x) if mask is None else net(x, mask)
    what = "with both last layers at 0" if silent else "of the block"
    with about(student.calls[-1]):
        close(got, expected, f"the output {what}", tolerance=1e-3 if dtype is FLOAT32 else 1e-8)

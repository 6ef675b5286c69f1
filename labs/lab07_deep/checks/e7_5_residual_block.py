"""Exercise 7.5: the class ``ResidualBlock``, compared with the formula in torch's functions."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from course_dl.lab import (
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

from ..drivers import one_after_the_other, output_and_gradients, set_filters, set_scales
from .shared import FLOAT32, FLOAT64, maps, vectors

EPS, MOMENTUM = 1e-5, 0.1

residual_block = Exercise(
    "7.5",
    ["ResidualBlock"],
    points=3,
    difficulty=2,
    minutes=25,
    answers=["course_dl.residual"],
    hints=[
        "Two convolutions, nn.Conv2d(..., 3, padding=1, bias=False), each with a norm of its own. "
        "What has to happen to x where stride or channels change, so that it can be added?",
        "In forward keep x: h = relu(norm1(conv1(x))), then h = norm2(conv2(h)), then add the "
        "shortcut, and only then the second ReLU.",
        "The shortcut is nn.Identity() if stride == 1 and c_in == c_out, else "
        "nn.Sequential(nn.Conv2d(c_in, c_out, 1, stride=stride, bias=False), "
        "nn.BatchNorm2d(c_out)). The stride belongs to the first convolution and to this one.",
    ],
)

ADVICE = (
    "There are two convolutions 3 x 3 and a norm for each, and, only where the shape changes, a "
    "convolution 1 x 1 with its norm. No convolution has a bias."
)


@residual_block.test("its layers")
def test_residual_block_layers(student: Student) -> None:
    for sizes in [(2, 2, 1), (2, 3, 1), (2, 2, 2), (3, 2, 2)]:
        made(student, *sizes)


@residual_block.test("filters at 0: what is left is the shortcut")
def test_residual_block_shortcut(student: Student, rng: Inputs) -> None:
    (C,) = rng.sizes(2)
    check_block(student, rng, (C, C, 1), silent=True)
    check_block(student, rng, (C, C + 1, 1), silent=True)


@residual_block.test("channels that stay")
def test_residual_block_same(student: Student, rng: Inputs) -> None:
    (C,) = rng.sizes(2)
    check_block(student, rng, (C, C, 1))


@residual_block.test("more channels, or fewer")
def test_residual_block_channels(student: Student, rng: Inputs) -> None:
    (C,) = rng.sizes(2)
    check_block(student, rng, (C, C + 1, 1))
    check_block(student, rng, (C + 1, C, 1), dtype=FLOAT32)


@residual_block.test("a stride of 2")
def test_residual_block_stride(student: Student, rng: Inputs) -> None:
    (C,) = rng.sizes(2)
    check_block(student, rng, (C, C, 2))
    check_block(student, rng, (C, C + 1, 2), shape=(2, 5, 4))


@residual_block.test("through forty blocks with filters at 0, the error signal stays as it is")
def test_residual_block_forty(student: Student, rng: Inputs) -> None:
    (C,) = rng.sizes(2)
    net = made(student, C, C, 1).double()
    drive(set_filters, net, [torch.zeros(C, C, 3, 3, dtype=FLOAT64)] * 2)
    x = maps(rng, (2, C, 1, 2)).abs() + 1
    out, gradient = drive(one_after_the_other, net, x, 40)
    close(out, x, "the output after 40 blocks, for x above 0")
    close(gradient, torch.ones_like(x), "the gradient of its sum with respect to x")


@residual_block.test("gradients of everything", hidden=True)
def test_residual_block_gradients(student: Student, rng: Inputs) -> None:
    for sizes in [(2, 2, 1), (2, 3, 2)]:
        net, numbers = twins(student, rng, *sizes, FLOAT64)
        x = maps(rng, (3, sizes[0], 4, 3)).requires_grad_()
        expected = block(x, *sizes, numbers).out
        grad_out = rng.normal(*expected.shape)
        (right,) = torch.autograd.grad((grad_out * expected).sum(), x)
        got = drive(output_and_gradients, net, x.detach(), grad_out)
        close(got[0], expected, "the output")
        close(got[1], right, "grad_x", tolerance=1e-7)


@residual_block.test("training, then evaluation; other sizes", hidden=True)
def test_residual_block_evaluation(student: Student, rng: Inputs) -> None:
    cases = [
        ((3, 3, 1), (2, 4, 4)),
        ((2, 4, 2), (3, 5, 5)),
        ((4, 4, 3), (2, 7, 6)),
        ((1, 1, 1), (3, 2, 2)),
    ]
    for sizes, shape in cases:
        check_block(student, rng, sizes, shape=shape, evaluation=True)


class Numbers(NamedTuple):
    """What a block computes with; the shortcut's filters are None where it is x itself."""

    first: Tensor
    second: Tensor
    shortcut: Tensor | None
    gamma: Tensor
    beta: Tensor


class Passed(NamedTuple):
    """The output, and what running mean and variance each norm has after it."""

    out: Tensor
    running: list[tuple[Tensor, Tensor]]


def made(student: Student, c_in: int, c_out: int, stride: int) -> Remote:
    """A new block of the student's, whose parameters have the right shapes."""
    given = () if stride == 1 else (stride,)  # 1 is the default
    net: Remote = student.ResidualBlock(c_in, c_out, *given)
    check_network(net, "ResidualBlock")
    changes = stride != 1 or c_in != c_out
    shapes: list[tuple[int, ...]] = [(c_out, c_in, 3, 3), (c_out, c_out, 3, 3)]
    shapes += [(c_out, c_in, 1, 1)] * changes + [(c_out,)] * (6 if changes else 4)
    check_shapes(net, shapes, ADVICE)
    return net


def twins(
    student: Student,
    rng: Inputs,
    c_in: int,
    c_out: int,
    stride: int,
    dtype: torch.dtype,
    silent: bool = False,
) -> tuple[Remote, Numbers]:
    """A block on the student's side and the numbers that it holds.

    All norms get the same gamma and beta, so that their order does not matter.
    """
    net = made(student, c_in, c_out, stride)
    first, second = rng.normal(c_out, c_in, 3, 3), rng.normal(c_out, c_out, 3, 3)
    changes = stride != 1 or c_in != c_out
    gamma, beta = vectors(rng, 2, c_out)
    if silent:
        first, second, beta = torch.zeros_like(first), torch.zeros_like(second), beta.abs()
    shortcut = rng.normal(c_out, c_in, 1, 1) if changes else None
    given = (first, second, *([] if shortcut is None else [shortcut]))
    filters = [w.to(dtype) for w in given]
    gamma, beta = gamma.to(dtype), beta.to(dtype)
    if dtype is FLOAT64:
        net.double()
    drive(set_filters, net, filters)
    norms = 2 + changes
    drive(set_scales, net, norms * [gamma], norms * [beta])
    return net, Numbers(filters[0], filters[1], filters[2] if changes else None, gamma, beta)


def block(
    x: Tensor,
    c_in: int,
    c_out: int,
    stride: int,
    numbers: Numbers,
    running: list[tuple[Tensor, Tensor]] | None = None,
) -> Passed:
    """The block by torch's functions: in training, or in evaluation with running statistics."""
    left = list(running) if running is not None else None
    kept: list[tuple[Tensor, Tensor]] = []

    def norm(h: Tensor) -> Tensor:
        if left is not None:
            mean, var = left.pop(0)
            return F.batch_norm(h, mean, var, numbers.gamma, numbers.beta, False, MOMENTUM, EPS)
        mean, var = torch.zeros_like(numbers.gamma), torch.ones_like(numbers.gamma)
        out = F.batch_norm(h, mean, var, numbers.gamma, numbers.beta, True, MOMENTUM, EPS)
        kept.append((mean, var))
        return out

    h = torch.relu(norm(F.conv2d(x, numbers.first, stride=stride, padding=1)))
    h = norm(F.conv2d(h, numbers.second, padding=1))
    if numbers.shortcut is not None:
        x = norm(F.conv2d(x, numbers.shortcut, stride=stride))
    return Passed(torch.relu(h + x), kept)


def check_block(
    student: Student,
    rng: Inputs,
    sizes: tuple[int, int, int],
    *,
    shape: tuple[int, int, int] = (2, 3, 2),
    silent: bool = False,
    evaluation: bool = False,
    dtype: torch.dtype = FLOAT64,
) -> None:
    c_in, c_out, stride = sizes
    net, numbers = twins(student, rng, *sizes, dtype, silent=silent)
    N, H, W = shape
    x = maps(rng, (N, c_in, H, W), dtype) - 1
    expected = block(x, *sizes, numbers)
    of = f"(from {c_in} to {c_out} channels, stride {stride})"
    got = net(x)
    with about(student.calls[-1]):
        close(got, expected.out, f"the output {of}", tolerance=1e-3 if dtype is FLOAT32 else 1e-8)
    if evaluation:
        net.eval()
        got = net(x[:1])
        truth = block(x[:1], *sizes, numbers, expected.running).out
        close(got, truth, f"the output in evaluation {of}", tolerance=1e-8)

"""Exercise 2.6: a network that computes XOR, judged by its output for the four points."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from course_dl.lab import Exercise, Student, Wrong, require, shaped, summary, unpack

from .shared import DTYPES

xor_network = Exercise(
    "2.6",
    ["xor_network"],
    points=2,
    difficulty=2,
    minutes=15,
    hints=[
        "Look at the sum s = x_1 + x_2: the output must be 0, 1, 0 for s = 0, 1, 2. Draw this "
        "function of s. Where does its slope change?",
        "relu(s) rises with slope 1 from s = 0 on. At s = 1 the slope must become -1: what has to "
        "be added there?",
        "h_1 = relu(x_1 + x_2) and h_2 = relu(x_1 + x_2 - 1) are rows (1, 1), (1, 1) of W1 and "
        "b1 = (0, -1); the output is h_1 - 2 h_2.",
    ],
)


@xor_network.test("four tensors of the right shapes")
def test_xor_network_shapes(student: Student) -> None:
    read_xor(student.xor_network())


@xor_network.test("the output for the four points")
def test_xor_network_outputs(student: Student) -> None:
    check_xor(student)


@xor_network.test("the output again, of a second call", hidden=True)
def test_xor_network_again(student: Student) -> None:
    read_xor(student.xor_network())
    check_xor(student)


POINTS = ((0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0))


def check_xor(student: Student) -> None:
    W1, b1, w2, b2 = read_xor(student.xor_network())
    A = (torch.tensor(POINTS, dtype=W1.dtype)[:, None, :] * W1).sum(-1) + b1
    H = A.clamp(min=0)
    Y = (H * w2).sum(-1) + b2
    rounding = 4 * torch.finfo(W1.dtype).eps  # as left by thirds and tenths
    truths = torch.tensor([float(x != y) for x, y in POINTS], dtype=W1.dtype)
    by_steps = ((A >= 0).to(A.dtype) * w2).sum(-1) + b2
    between = bool(((Y != 0) & (Y != 1)).any())
    if (Y - truths).abs().max() > rounding and between and torch.equal(by_steps > 0, truths > 0):
        raise Wrong(
            "With hidden units that step from 0 to 1, this would be XOR; but relu hands on a "
            "itself where it is positive, and the output is to be exactly 0 or 1.",
            ("The outputs for (0, 0), (0, 1), (1, 0), (1, 1)", summary(Y)),
        )
    for x, a, h, y in zip(POINTS, A, H, Y, strict=True):
        truth = float(x[0] != x[1])
        require(
            abs(float(y) - truth) <= rounding,
            f"The output for ({x[0]:g}, {x[1]:g}) should be exactly {truth:g}; it is "
            f"{float(y):.8g}.",
            ("a = W1 x + b1", summary(a)),
            ("h = relu(a)", summary(h)),
            ("The outputs for (0, 0), (0, 1), (1, 0), (1, 1)", summary(Y)),
        )


def read_xor(got: Any) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The four parameters, all in the dtype of the first."""
    W1, b1, w2, b2 = unpack(got, "W1, b1, w2, b2")
    for name, tensor, shape in (("W1", W1, (2, 2)), ("b1", b1, (2,)), ("w2", w2, (2,))):
        shaped(tensor, shape, what=name)
        require(
            tensor.dtype in DTYPES,
            f"{name} holds {str(tensor.dtype).removeprefix('torch.')}, which no float32 X can be "
            "multiplied with: write 1.0 in place of 1.",
        )
    require(
        isinstance(b2, int | float | Tensor) and not isinstance(b2, bool),
        "b2 should be a number, or a 0-d tensor.",
        ("It was", summary(b2)),
    )
    b2 = shaped(torch.as_tensor(b2), (), what="b2")
    W1, b1, w2, b2 = (p.detach().to(W1.dtype) for p in (W1, b1, w2, b2))
    return W1, b1, w2, b2

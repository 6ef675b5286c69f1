"""Exercise 9.1: the class ``AffineCoupling``, compared with formula and autograd's Jacobian."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from course_dl.lab import (
    Exercise,
    Inputs,
    Remote,
    Student,
    about,
    check_network,
    close,
    drive,
    unpack,
)

from ..drivers import gradients, jacobians
from .shared import ANSWERS, FLOAT32, FLOAT64, Make, twins

affine_coupling = Exercise(
    "9.1",
    ["AffineCoupling"],
    points=3,
    difficulty=2,
    minutes=25,
    answers=ANSWERS,
    hints=[
        "The network sees the half that stays, and nothing else: so inverse, which has y alone, "
        "can compute the same s and t.",
        "s, t = self.net(kept).chunk(2, dim=1). The Jacobian is triangular, with ones and exp(s) "
        "on its diagonal: what is the logarithm of its determinant?",
        "log_det = s.sum(dim=1), one number for each sample. inverse undoes in the opposite order: "
        "(changed - t) * torch.exp(-s).",
    ],
)


@affine_coupling.test("y: one half stays, the other is scaled and shifted")
def test_affine_coupling_y(student: Student, rng: Inputs) -> None:
    check_forward(student, rng, 2, 2, flip=None, log_det=False)
    check_forward(student, rng, 3, 4, flip=False, log_det=False)


@affine_coupling.test("flip: the second half stays")
def test_affine_coupling_flip(student: Student, rng: Inputs) -> None:
    check_forward(student, rng, 2, 2, flip=True, log_det=False)
    check_forward(student, rng, 3, 4, flip=True, log_det=False)


@affine_coupling.test("log_det, a number for each sample")
def test_affine_coupling_log_det(student: Student, rng: Inputs) -> None:
    for flip in (False, True):
        check_forward(student, rng, 3, 4, flip=flip)


@affine_coupling.test("inverse undoes forward")
def test_affine_coupling_inverse(student: Student, rng: Inputs) -> None:
    for flip in (False, True):
        check_inverse(student, rng, 3, 4, flip)


@affine_coupling.test("gradients reach x and the network's parameters")
def test_affine_coupling_gradients(student: Student, rng: Inputs) -> None:
    for flip in (False, True):
        coupling, net = made(student, rng, 4, flip)
        x, grad_y, grad_log_det = rng.normal(3, 4), rng.normal(3, 4), rng.normal(3)
        got = drive(gradients, coupling, x, grad_y, grad_log_det)
        expected = gradients(Formula(net, flip), x, grad_y, grad_log_det)
        names = [
            "the gradient of x",
            *(f"that of the network's {n}" for n in ("W_1", "b_1", "W_2", "b_2")),
        ]
        for name, own, right in zip(names, got, expected, strict=True):
            close(own, right, name)


@affine_coupling.test("log_det is that of autograd's Jacobian; other sizes", hidden=True)
def test_affine_coupling_jacobian(student: Student, rng: Inputs) -> None:
    for N, D, flip in [(4, 6, False), (3, 8, True), (1, 2, True)]:
        coupling, _ = made(student, rng, D, flip)
        x = rng.normal(N, D)
        _, log_det = unpack(coupling(x), "y, log_det")
        call = student.calls[-1]
        J = torch.stack(list(drive(jacobians, coupling, x)))
        with about(call):
            close(log_det, torch.linalg.slogdet(J).logabsdet, "log_det")
        check_forward(student, rng, N, D, flip=flip)
        check_inverse(student, rng, N, D, flip)


@affine_coupling.test("float32", hidden=True)
def test_affine_coupling_float32(student: Student, rng: Inputs) -> None:
    for flip in (False, True):
        check_forward(student, rng, 5, 4, flip=flip, dtype=FLOAT32)


class Formula(nn.Module):
    """The formula, by columns."""

    def __init__(self, net: nn.Module, flip: bool) -> None:
        super().__init__()
        self.twin, self.flip = net, flip

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        half = x.shape[1] // 2
        low, high = x[:, :half], x[:, half:]
        out = self.twin(high if self.flip else low)
        s, t = out[:, :half], out[:, half:]
        y = [low * s.exp() + t, high] if self.flip else [low, high * s.exp() + t]
        return torch.cat(y, dim=1), s.sum(dim=1)


def made(
    student: Student,
    rng: Inputs,
    D: int,
    flip: bool | None,
    dtype: torch.dtype = FLOAT64,
) -> tuple[Remote, nn.Module]:
    """A coupling with a curved network, and the network's twin."""

    def curved(make: Make) -> nn.Module:
        ends = make("nn.Linear", D // 2, 3), make("nn.Linear", 3, D)
        net: nn.Module = make("nn.Sequential", ends[0], make("nn.Tanh"), ends[1])
        return net

    theirs, ours = twins(student, rng, curved, dtype)
    given = () if flip is None else (flip,)
    coupling: Remote = student.AffineCoupling(theirs, *given)
    check_network(coupling, "AffineCoupling")
    return coupling, ours


def check_forward(
    student: Student,
    rng: Inputs,
    N: int,
    D: int,
    flip: bool | None,
    log_det: bool = True,
    dtype: torch.dtype = FLOAT64,
) -> None:
    n, half = rng.sizes(N, D // 2)
    coupling, net = made(student, rng, 2 * half, flip, dtype)
    x = rng.normal(n, 2 * half, dtype=dtype)
    y, sums = unpack(coupling(x), "y, log_det")
    expected = Formula(net, bool(flip))(x)
    with about(student.calls[-1]):
        close(y, expected[0], "y")
        if log_det:
            close(sums, expected[1], "log_det")


def check_inverse(student: Student, rng: Inputs, N: int, D: int, flip: bool) -> None:
    n, half = rng.sizes(N, D // 2)
    coupling, net = made(student, rng, 2 * half, flip)
    x = rng.normal(n, 2 * half)
    y = Formula(net, flip)(x)[0].detach()
    got = coupling.inverse(y)
    with about(student.calls[-1]):
        close(got, x, "x", tolerance=1e-10)

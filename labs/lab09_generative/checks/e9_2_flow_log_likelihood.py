"""Exercise 9.2: the density of a flow, against Gaussians in closed form and autograd's Jacobian."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.distributions import Independent, MultivariateNormal, Normal

from course_dl.lab import Exercise, Inputs, Student, about, close, drive, require, shaped

from ..drivers import affine_layer, curved_layer
from .shared import ANSWERS, CONSTANTS, FLOAT32, FLOAT64

flow_log_likelihood = Exercise(
    "9.2",
    ["flow_log_likelihood"],
    points=2,
    difficulty=2,
    minutes=20,
    answers=ANSWERS,
    hints=[
        "Let x go through the layers in a loop, and add up the log_det of all of them.",
        "log N(z; 0, I) is a sum over the D columns of -z^2 / 2 - log(2 pi) / 2: the second part "
        "counts D times.",
        "z, log_det = layer(z); total = total + log_det. At the end "
        "total - 0.5 * (z**2 + math.log(2 * math.pi)).sum(dim=1).",
    ],
)


@flow_log_likelihood.test("one layer")
def test_flow_log_likelihood_one(student: Student, rng: Inputs) -> None:
    check_flow(student, rng, 3, 1, "a")
    check_flow(student, rng, 3, 2, "a")


@flow_log_likelihood.test("a layer whose log_det is not the same for all samples")
def test_flow_log_likelihood_curved(student: Student, rng: Inputs) -> None:
    check_flow(student, rng, 3, 2, "c")


@flow_log_likelihood.test("several layers, the first one first")
def test_flow_log_likelihood_several(student: Student, rng: Inputs) -> None:
    check_flow(student, rng, 2, 2, "aa")
    check_flow(student, rng, 3, 2, "ca")
    check_flow(student, rng, 4, 3, "acaca")


@flow_log_likelihood.test("the density integrates to one")
def test_flow_log_likelihood_mass(student: Student, rng: Inputs) -> None:
    side = torch.linspace(-8, 8, 101, dtype=FLOAT64)
    grid = torch.cartesian_prod(side, side)
    layers = made(student, rng, 2, "cc")[0]
    log_p = shaped(student.flow_log_likelihood(grid, layers), (len(grid),), FLOAT64)
    mass = float(log_p.detach().exp().sum() * (side[1] - side[0]) ** 2)
    require(
        abs(mass - 1) < 1e-2,
        "The density of a flow does not integrate to one.",
        ("The sum over a fine grid", f"{mass:.4g}"),
        ("It should be", "1"),
    )


@flow_log_likelihood.test("more columns, one sample, float32", hidden=True)
def test_flow_log_likelihood_sizes(student: Student, rng: Inputs) -> None:
    check_flow(student, rng, 1, 4, "aca")
    check_flow(student, rng, 6, 5, "cacc")
    check_flow(student, rng, 5, 3, "ac", dtype=FLOAT32)


@flow_log_likelihood.test("a Gaussian in closed form", hidden=True)
def test_flow_log_likelihood_gaussian(student: Student, rng: Inputs) -> None:
    D, zero = 4, torch.zeros(4, dtype=FLOAT64)
    probe = student.torch("nn.Identity")
    A, b, x = rng.normal(D, D), rng.normal(D), rng.normal(5, D)
    got = student.flow_log_likelihood(x, [drive(affine_layer, probe, A, b)])
    inverse = torch.linalg.inv(A)
    truth = MultivariateNormal(zero - inverse @ b, inverse @ inverse.T)
    close(got, truth.log_prob(x), "the log-likelihood", tolerance=CONSTANTS[FLOAT64])


def made(
    student: Student, rng: Inputs, D: int, kinds: str, dtype: torch.dtype = FLOAT64
) -> tuple[list[Any], list[Any]]:
    """Layers on the student's side and here: affine (a) and curved (c) ones."""
    probe = student.torch("nn.Identity")
    theirs, ours = [], []
    for kind in kinds:
        if kind == "a":
            A = rng.normal(D, D, dtype=dtype) + 4 * torch.eye(D, dtype=dtype)
            numbers: tuple[Tensor, ...] = A, rng.normal(D, dtype=dtype)
            layer = affine_layer
        else:
            numbers, layer = (rng.normal(D, dtype=dtype).abs(),), curved_layer
        theirs.append(drive(layer, probe, *numbers))
        ours.append(layer(None, *numbers))
    return theirs, ours


def check_flow(
    student: Student, rng: Inputs, N: int, D: int, kinds: str, dtype: torch.dtype = FLOAT64
) -> None:
    n, width = rng.sizes(N, D)
    theirs, ours = made(student, rng, width, kinds, dtype)
    x = rng.normal(n, width, dtype=dtype)
    got = student.flow_log_likelihood(x, theirs)
    with about(student.calls[-1]):
        close(
            got, true_log_likelihood(x, ours), "the log-likelihood", tolerance=CONSTANTS.get(dtype)
        )


def true_log_likelihood(x: Tensor, layers: list[Any]) -> Tensor:
    """By the Jacobian of all layers together, in double precision."""

    def through(row: Tensor) -> Tensor:
        z = row[None]
        for layer in layers:
            z = layer(z)[0]
        return z[0]

    normal = Independent(Normal(torch.zeros_like(x[0]), 1.0), 1)
    truth = [
        normal.log_prob(through(row))
        + torch.linalg.slogdet(torch.autograd.functional.jacobian(through, row)).logabsdet
        for row in x
    ]
    return torch.stack(truth)

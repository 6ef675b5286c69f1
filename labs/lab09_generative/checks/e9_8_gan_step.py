"""Exercise 9.8: one step of each player, parameter by parameter beside players that are known."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from course_dl.lab import Exercise, Inputs, Student, close, drive, number, require, unpack

from ..drivers import leave_gradients
from .shared import ANSWERS, FLOAT32, FLOAT64, Make, here, twins

gan_step = Exercise(
    "9.8",
    ["gan_step"],
    points=4,
    difficulty=3,
    minutes=30,
    seconds=10,  # the first optimizer of a process takes some of them to make
    answers=ANSWERS,
    hints=[
        "Two halves, each with zero_grad, backward and step of one optimizer. In D's half what G "
        "draws is data: no gradient shall reach G.",
        "D(G(z_d).detach()) in the first half; D(G(z_g)) in the second, once opt_D has stepped. "
        "loss_G.backward() leaves gradients in D too: they must be gone before D's next step.",
        "loss_D = discriminator_loss(D(x), D(G(z_d).detach())); opt_D.zero_grad(); "
        "loss_D.backward(); opt_D.step(). The second half is the same with generator_loss, opt_G "
        "and without detach.",
    ],
)


@gan_step.test("the two losses")
def test_gan_step_losses(student: Student, rng: Inputs) -> None:
    check_steps(student, rng, lr_G=0.0, lr_D=0.0, parameters=False)


@gan_step.test("D's half: D moves, by its own loss")
def test_gan_step_discriminator(student: Student, rng: Inputs) -> None:
    check_steps(student, rng, lr_G=0.0, lr_D=0.5)


@gan_step.test("G's half: G moves, by its own loss alone")
def test_gan_step_generator(student: Student, rng: Inputs) -> None:
    check_steps(student, rng, lr_G=0.5, lr_D=0.0)


@gan_step.test("one after the other: G learns from the new D")
def test_gan_step_both(student: Student, rng: Inputs) -> None:
    check_steps(student, rng, lr_G=0.5, lr_D=0.5)


@gan_step.test("three calls: no gradient is left over")
def test_gan_step_three(student: Student, rng: Inputs) -> None:
    check_steps(student, rng, lr_G=0.3, lr_D=0.2, calls=3)


@gan_step.test("gradients of before the call do not count")
def test_gan_step_old_gradients(student: Student, rng: Inputs) -> None:
    check_steps(student, rng, lr_G=0.3, lr_D=0.2, old_gradients=True)


@gan_step.test("with momentum, more samples", hidden=True)
def test_gan_step_momentum(student: Student, rng: Inputs) -> None:
    check_steps(student, rng, N=7, lr_G=0.2, lr_D=0.3, calls=3, momentum=0.9)


@gan_step.test("Adam, float32, one sample", hidden=True)
def test_gan_step_adam(student: Student, rng: Inputs) -> None:
    check_steps(student, rng, N=5, lr_G=0.02, lr_D=0.01, calls=3, optimizer="Adam")
    check_steps(student, rng, N=1, lr_G=0.1, lr_D=0.1, dtype=FLOAT32)


@gan_step.test("modes and requires_grad stay as they were", hidden=True)
def test_gan_step_modes(student: Student, rng: Inputs) -> None:
    for mode in (True, False):
        (G, _), (D, _) = players(student, rng, FLOAT64)
        G.train(mode)
        D.train(not mode)
        opt_G = student.torch("optim.SGD", G.parameters(), lr=0.1)
        opt_D = student.torch("optim.SGD", D.parameters(), lr=0.1)
        x, z_d, z_g = rng.normal(3, 2), rng.normal(3, 3), rng.normal(3, 3)
        student.gan_step(G, D, x, z_d, z_g, opt_G, opt_D)
        require(
            (G.training, D.training) == (mode, not mode),
            "After the call a player is in another mode than before it: leave train() and eval() "
            "to who calls.",
        )
        asked = [p.requires_grad for net in (G, D) for p in net.parameters()]
        require(
            all(asked),
            "After the call there are parameters whose requires_grad is False: let it be as it "
            "was.",
        )


def players(student: Student, rng: Inputs, dtype: torch.dtype) -> tuple[Any, Any]:
    """G, from 3 numbers to 2, and D, from 2 to a score; each with its twin here."""

    def discriminator(make: Make) -> Any:
        return make("nn.Sequential", make("nn.Linear", 2, 1), make("nn.Flatten", 0))

    def generator(make: Make) -> Any:
        return make("nn.Sequential", make("nn.Linear", 3, 2))

    return twins(student, rng, generator, dtype), twins(student, rng, discriminator, dtype)


def check_steps(
    student: Student,
    rng: Inputs,
    *,
    lr_G: float,
    lr_D: float,
    N: int = 3,
    calls: int = 1,
    momentum: float = 0.0,
    optimizer: str = "SGD",
    old_gradients: bool = False,
    parameters: bool = True,
    dtype: torch.dtype = FLOAT64,
) -> None:
    (G, own_G), (D, own_D) = players(student, rng, dtype)
    options = {"momentum": momentum} if optimizer == "SGD" else {}
    steps = {}
    for name, make, nets in (("ours", here, (own_G, own_D)), ("theirs", student.torch, (G, D))):
        steps[name] = [
            make(f"optim.{optimizer}", net.parameters(), lr=lr, **options)
            for net, lr in zip(nets, (lr_G, lr_D), strict=True)
        ]
    if old_gradients:
        for net in (G, D):
            drive(leave_gradients, net, 7.0)
    for k in range(1, calls + 1):
        x = rng.normal(N, 2, dtype=dtype) + 1
        z_d, z_g = rng.normal(N, 3, dtype=dtype), rng.normal(N, 3, dtype=dtype)
        got = student.gan_step(G, D, x, z_d, z_g, *steps["theirs"])
        expected = true_step(own_G, own_D, x, z_d, z_g, *steps["ours"])
        after = "after one call" if k == 1 else f"after {k} calls"
        if parameters:
            for what, net, own in (("D", D, own_D), ("G", G, own_G)):
                for name, right in own.state_dict().items():
                    kind = "weights" if name.endswith("weight") else "bias"
                    close(net.state_dict()[name], right, f"the {kind} of {what} ({after})")
        losses = unpack(got, "loss_D, loss_G")
        for name, told, truth in zip(("loss_D", "loss_G"), losses, expected, strict=True):
            number(told, truth, name, tolerance=1e-5, at_least=1e-3)


def true_step(
    G: nn.Module, D: nn.Module, x: Tensor, z_d: Tensor, z_g: Tensor, opt_G: Any, opt_D: Any
) -> tuple[float, float]:
    """Each player is given its own gradients, and no others."""

    def step(net: nn.Module, loss: Tensor, optimizer: Any) -> float:
        leaves = list(net.parameters())
        for p, gradient in zip(leaves, torch.autograd.grad(loss, leaves), strict=True):
            p.grad = gradient
        optimizer.step()
        return loss.item()

    bce = F.binary_cross_entropy_with_logits
    ones, zeros = torch.ones_like(x[:, 0]), torch.zeros_like(x[:, 0])
    loss_D = step(D, bce(D(x), ones) + bce(D(G(z_d)), zeros), opt_D)
    return loss_D, step(G, bce(D(G(z_g)), ones), opt_G)

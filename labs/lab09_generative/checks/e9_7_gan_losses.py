"""Exercise 9.7: the losses of both players, compared with torch's logistic loss."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from course_dl.lab import Exercise, Inputs, Student, about, close, number, require

from .shared import ANSWERS, FLOAT32, FLOAT64

gan_losses = Exercise(
    "9.7",
    ["discriminator_loss", "generator_loss"],
    points=2,
    difficulty=2,
    minutes=20,
    library=["binary_cross_entropy_with_logits", "binary_cross_entropy"],
    answers=ANSWERS,
    hints=[
        "The logistic loss of lab 2: a real sample costs softplus(-score), a drawn one "
        "softplus(score).",
        "D has two means, one over the real scores and one over the drawn ones, and adds them. G "
        "wants its samples to be taken for real: which of the two costs does it pay?",
        "F.softplus(-real).mean() + F.softplus(fake).mean(), and for G F.softplus(-fake).mean(): "
        "not -F.softplus(fake).mean(), which has no gradient where D is sure.",
    ],
)


@gan_losses.test("D: real scores, and drawn ones")
def test_gan_losses_discriminator(student: Student, rng: Inputs) -> None:
    for N, M in [(1, 1), (3, 3), (4, 2)]:
        n, m = rng.sizes(N, M)
        check_discriminator(student, rng.normal(n), rng.normal(m))


@gan_losses.test("G: scores of what it drew")
def test_gan_losses_generator(student: Student, rng: Inputs) -> None:
    for M in (1, 3):
        (m,) = rng.sizes(M)
        check_generator(student, rng.normal(m))


@gan_losses.test("where D is sure, G still learns")
def test_gan_losses_sure(student: Student, rng: Inputs) -> None:
    for M in (1, 4):
        fake = torch.full((M,), -30.0, dtype=FLOAT64)
        (got,) = student.generator_loss.gradient(fake)
        expected = torch.full((M,), -1 / M, dtype=FLOAT64)
        with about(student.calls[-1]):
            close(got, expected, "the gradient of G's loss at scores of -30", tolerance=1e-6)


@gan_losses.test("scores of 10,000")
def test_gan_losses_far(student: Student, rng: Inputs) -> None:
    far = torch.full((3,), 1e4, dtype=FLOAT64)
    for sign in (1, -1):
        check_discriminator(student, sign * far, far)
        check_discriminator(student, sign * far, -far)
        check_generator(student, sign * far)


@gan_losses.test("gradients", hidden=True)
def test_gan_losses_gradients(student: Student, rng: Inputs) -> None:
    real, fake = rng.normal(5), rng.normal(3)
    of_real, of_fake = student.discriminator_loss.gradient(real, fake, wrt=(0, 1))
    close(of_real, -torch.sigmoid(-real) / 5, "the gradient of D's loss with respect to real")
    close(of_fake, torch.sigmoid(fake) / 3, "the gradient of D's loss with respect to fake")
    (of_fake,) = student.generator_loss.gradient(fake)
    close(of_fake, -torch.sigmoid(-fake) / 3, "the gradient of G's loss with respect to fake")


@gan_losses.test("many scores, float32", hidden=True)
def test_gan_losses_many(student: Student, rng: Inputs) -> None:
    for dtype in (FLOAT32, FLOAT64):
        real, fake = 4 * rng.normal(50, dtype=dtype) + 1, 4 * rng.normal(20, dtype=dtype)
        check_discriminator(student, real, fake)
        check_generator(student, fake)


def check_discriminator(student: Student, real: Tensor, fake: Tensor) -> None:
    bce = F.binary_cross_entropy_with_logits
    expected = bce(real, torch.ones_like(real)) + bce(fake, torch.zeros_like(fake))
    check_scalar(student, student.discriminator_loss(real, fake), expected, "the loss of D")


def check_generator(student: Student, fake: Tensor) -> None:
    expected = F.binary_cross_entropy_with_logits(fake, torch.ones_like(fake))
    check_scalar(student, student.generator_loss(fake), expected, "the loss of G")


def check_scalar(student: Student, got: Any, expected: Tensor, what: str) -> None:
    with about(student.calls[-1]):
        require(
            not isinstance(got, float | int),
            f"{what[0].upper()}{what[1:]} is a Python number, through which no gradient goes: "
            "return a tensor.",
        )
        number(got, expected, what, tolerance=1e-5, at_least=1e-3)

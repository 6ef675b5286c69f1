"""Exercise 5.7: the challenge on MNIST."""

from __future__ import annotations

from functools import cache

from torch import Tensor

from course_dl.data import mnist
from course_dl.lab import SLACK, Challenge, Exercise, Inputs, Student, built, check_scores

from .shared import FLOAT32

SECONDS = 10.0  # to train

challenge = Exercise(
    "5.7",
    ["build_model", "train"],
    points=4,
    difficulty=3,
    minutes=40,
    seconds=SECONDS + SLACK,
    answers=["course_dl.training"],
    hints=[
        "Begin with what you have: two layers with a ReLU between them, and batches in random "
        "order until time is up. That is worth about 97.5 %. Look at the clock after every batch.",
        "Adam or AdamW with lr=0.001 to 0.003 learns faster than plain SGD, and a learning rate "
        "that falls to 0 towards the end of the budget is worth half a percent.",
        "A digit shifted by a pixel is the same digit: shift each batch at random (torch.roll). "
        "And a network may look at a picture as a picture: nn.Unflatten(1, (1, 28, 28)), then "
        "nn.Conv2d with a stride of 3.",
    ],
)


@challenge.test("ten scores for each image")
def test_challenge_scores(student: Student, rng: Inputs) -> None:
    model = built(student)
    model.eval()
    for N in (6, 1):
        check_scores(model(rng.normal(N, 784, dtype=FLOAT32)), N, 10)


@challenge.test("train changes the model in place, and is back in time")
def test_challenge_in_place(student: Student) -> None:
    race.check_in_place(student)


@challenge.test(f"accuracy on test images after {SECONDS:g} seconds", measured=True, last=True)
def test_challenge_accuracy(student: Student, rng: Inputs) -> None:
    race.check_accuracy(student, rng)


LADDER = ((0.97, 2), (0.98, 3), (0.985, 4))  # accuracy and points, with all of MNIST
SMALL_LADDER = ((0.94, 2), (0.95, 3), (0.96, 4))  # with the 5,000 images inside the package


@cache
def digits() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Standardized digits to train on, their classes, and those to test on."""
    return *mnist("train").tensors(), *mnist("test").tensors()


race = Challenge(challenge, SECONDS, digits, {60_000: LADDER, 5_000: SMALL_LADDER})

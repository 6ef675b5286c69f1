"""Exercise 6.8: the challenge on Fashion-MNIST."""

from __future__ import annotations

from functools import cache

from torch import Tensor

from course_dl.data import fashion_mnist
from course_dl.lab import SLACK, Challenge, Exercise, Inputs, Student, built, check_scores

from .shared import images

SECONDS = 20.0  # to train

challenge = Exercise(
    "6.8",
    ["build_model", "train"],
    points=4,
    difficulty=3,
    minutes=40,
    seconds=SECONDS + SLACK,
    answers=["course_dl.training"],
    hints=[
        "Begin with what you have: LeNet, and batches in random order until time is up, with Adam "
        "and a learning rate of 0.001 to 0.004. Look at the clock after every batch.",
        "A learning rate that falls to 0 towards the end of the budget is worth a percent. Time is "
        "short, and a network that is twice as fast sees twice as many images: how much of the "
        "work does the first layer make, and all pooling?",
        "A stride of 2 halves the image without pooling: 16 filters of 5 x 5, then 48 of 3 x 3, "
        "both with stride=2, then two linear layers. And a shoe that points to the left is a shoe: "
        "mirror half of the batches, X.flip(3). Scores normalized before the last non-linearity, "
        "nn.BatchNorm1d, are worth half a percent.",
    ],
)


@challenge.test("ten scores for each image")
def test_challenge_scores(student: Student, rng: Inputs) -> None:
    model = built(student)
    model.eval()
    for N in (6, 1):
        check_scores(model(images(rng, N)), N, 10)


@challenge.test("train changes the model in place, and is back in time")
def test_challenge_in_place(student: Student) -> None:
    race.check_in_place(student)


@challenge.test(f"accuracy on test images after {SECONDS:g} seconds", measured=True, last=True)
def test_challenge_accuracy(student: Student, rng: Inputs) -> None:
    race.check_accuracy(student, rng)


LADDER = ((0.88, 2), (0.90, 3), (0.91, 4))  # accuracy and points, with all of Fashion-MNIST
SMALL_LADDER = ((0.80, 2), (0.82, 3), (0.83, 4))  # with the 3,000 images inside the package


@cache
def clothes() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Standardized images to train on, their classes, and those to test on."""
    train, test = (fashion_mnist(split).tensors(flat=False) for split in ("train", "test"))
    return *train, *test


race = Challenge(challenge, SECONDS, clothes, {60_000: LADDER, 3_000: SMALL_LADDER})

"""Exercise 8.10: the challenge, a class for every pixel of new scenes."""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor

from course_dl.data import scenes
from course_dl.lab import SLACK, Exercise, Inputs, SegmentationChallenge, Student, built, shaped

from .shared import FLOAT32

SECONDS = 25.0  # to train
SIDE, CLASSES = 48, 11

challenge = Exercise(
    "8.10",
    ["build_model", "train"],
    points=4,
    difficulty=3,
    minutes=40,
    seconds=SECONDS + SLACK,
    answers=["course_dl.training", "course_dl.segmentation"],
    hints=[
        "Begin with the U-Net of section 3: two levels down and up at half the size, with "
        "F.pixel_unshuffle before and your pixel_shuffle after it. Batches of 16 in random order "
        "until time is up, AdamW with a learning rate of 0.01 that falls to 0, and a cross-entropy "
        "with weights, 1 / sqrt(number of pixels) of each class.",
        "Time is short, so think of what a step costs. Most of a scene is background, of which the "
        "network has soon seen enough: squares of 32 x 32 pixels around a random pixel of a digit "
        "take half the time, and hold more of what is to be learnt.",
        "Train on whole scenes for the last fifth of the time, so that the running statistics of "
        "the batch norms are those of whole scenes. One convolution at each step of the way up is "
        "enough, and x.contiguous(memory_format=torch.channels_last) at the beginning makes "
        "convolutions faster.",
    ],
)


@challenge.test("eleven scores for each pixel")
def test_challenge_scores(student: Student, rng: Inputs) -> None:
    model = built(student)
    model.eval()
    for N in (3, 1):
        X = rng.normal(N, 1, SIDE, SIDE, dtype=FLOAT32)
        what = f"the model's output for {N} images" if N > 1 else "the model's output for one image"
        shaped(model(X), (N, CLASSES, SIDE, SIDE), FLOAT32, what)


@challenge.test("train changes the model in place, and is back in time")
def test_challenge_in_place(student: Student) -> None:
    race.check_in_place(student)


@challenge.test(f"mean IoU on new scenes after {SECONDS:g} seconds", measured=True, last=True)
def test_challenge_iou(student: Student, rng: Inputs) -> None:
    race.check_accuracy(student, rng)


LADDER = ((0.10, 2), (0.16, 3), (0.22, 4))  # mean IoU of the ten digits, and points
TRAIN, TEST = 4000, 445  # scenes; of those for the test, nine tenths are drawn


@cache
def pictures() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Standardized scenes and label maps to train on and, of other digits, to test on."""
    train, test = (
        scenes(split, n, SIDE, generator=torch.Generator().manual_seed(seed)).tensors(flat=False)
        for seed, (split, n) in enumerate([("train", TRAIN), ("test", TEST)])
    )
    return *train, *test


race = SegmentationChallenge(challenge, SECONDS, pictures, {TRAIN: LADDER})

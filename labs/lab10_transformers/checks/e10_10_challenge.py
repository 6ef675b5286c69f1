"""Exercise 10.10: the challenge, the likelihood of test digits in tokens of their patches."""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor

from course_dl.data import codebook, mnist
from course_dl.lab import SLACK, Exercise, Inputs, LikelihoodChallenge, Student

from .shared import ANSWERS

SECONDS = 25.0  # to train
WORDS = 256
TRAIN = 20_000  # digits, more than are seen in this time

challenge = Exercise(
    "10.10",
    ["build_model", "train"],
    points=4,
    difficulty=3,
    minutes=40,
    seconds=SECONDS + SLACK,
    answers=[*ANSWERS, "course_dl.training"],
    hints=[
        "The class first: its vector, then those of the tokens but the last one, make 49 tokens, "
        "so that row t stands behind the tokens before t. Add a learnt position, then blocks with "
        "the causal mask, a norm and a linear layer to the words.",
        "Time is short: many small steps teach more than a few large ones. Two blocks of 48 "
        "numbers and 4 heads and batches of 24 see much more in 25 seconds than three wide ones.",
        "AdamW with lr=0.012, betas=(0.9, 0.98), a short warm-up and a learning rate that falls to "
        "0 at the end. Vectors of words start small, nn.init.normal_(..., std=0.02), positions "
        "larger. F.scaled_dot_product_attention in place of your own formula makes steps shorter.",
    ],
)


@challenge.test("a logit for each word, at each place")
def test_challenge_logits(student: Student, rng: Inputs) -> None:
    race.check_logits(student, rng)


@challenge.test("computed from the class and from the tokens before")
def test_challenge_causal(student: Student, rng: Inputs) -> None:
    race.check_causal(student, rng)


@challenge.test("train changes the model in place, and is back in time")
def test_challenge_in_place(student: Student) -> None:
    race.check_in_place(student)


@challenge.test(f"nats a test digit after {SECONDS:g} seconds", measured=True, last=True)
def test_challenge_nats(student: Student, rng: Inputs) -> None:
    race.check_nats(student, rng)


LADDER = ((78.0, 2), (71.0, 3), (66.0, 4))  # nats and points, whatever the set


@cache
def digits() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Tokens and classes, to train on and to test on; the codebook is of the training digits."""
    train, test = (mnist(split) for split in ("train", "test"))
    train = train[:TRAIN]
    X, X_test = (some.images[:, None].float() / 255 for some in (train, test))
    book = codebook(X[:5000], 4, WORDS, generator=torch.Generator().manual_seed(0))
    return book.encode(X), train.labels, book.encode(X_test), test.labels


race = LikelihoodChallenge(challenge, SECONDS, digits, WORDS, {TRAIN: LADDER})

"""Exercise 5.1: standardized images, one a row."""

from __future__ import annotations

import torch
from torch import Tensor

from course_dl.lab import Exercise, Inputs, Student, Wrong, close, require, shaped, summary

from .shared import FLOAT32

standardize = Exercise(
    "5.1",
    ["standardize"],
    points=1,
    difficulty=1,
    minutes=10,
    hints=[
        "Three steps: numbers from 0 to 1; mean and standard deviation taken out; a row an image.",
        "uint8 knows neither fractions nor negative numbers: images.float() first, then / 255.",
        "((images.float() / 255) - 0.1307) / 0.3081, and .flatten(1) makes a row of each image.",
    ],
)


@standardize.test("black, white, and what lies between")
def test_standardize_grey_values(student: Student) -> None:
    greys = torch.arange(256, dtype=torch.uint8)
    images = torch.cat([greys, greys.flip(0), greys, greys[:16]]).view(1, 28, 28).repeat(2, 1, 1)
    images[1] = 255 - images[0]
    for batch in (images, torch.zeros(1, 28, 28), torch.full((3, 28, 28), 255)):
        check_standardize(student, batch.to(torch.uint8))


@standardize.test("pixels stay in their order, images in theirs")
def test_standardize_order(student: Student, rng: Inputs) -> None:
    for N in (5, 2):
        check_standardize(student, pixels(rng, N))


@standardize.test("one image, and as many images as pixels in a row", hidden=True)
def test_standardize_one(student: Student, rng: Inputs) -> None:
    for N in (1, 28):
        check_standardize(student, pixels(rng, N))


@standardize.test("batches of very dark and of very bright images", hidden=True)
def test_standardize_scale(student: Student, rng: Inputs) -> None:
    for images in (pixels(rng, 3) // 64, 255 - pixels(rng, 3) // 64, pixels(rng, 100)):
        check_standardize(student, images)


def pixels(rng: Inputs, N: int) -> Tensor:
    """Images of noise, with both ends of the scale in each."""
    images = rng.integers(0, 256, N, 28, 28, dtype=torch.uint8)
    images[:, 0, 0], images[:, 27, 27] = 0, 255
    return images


def check_standardize(student: Student, images: Tensor) -> None:
    truth = (images.double() / 255).sub(0.1307).div(0.3081).flatten(1).float()
    got = student.standardize(images)
    try:
        X = shaped(got, truth.shape, what="X")
        require(
            X.dtype == FLOAT32,
            "X should be float32, which networks compute in.",
            ("It was", str(X.dtype).removeprefix("torch.")),
        )
        close(X, truth, "X", tolerance=1e-5)
    except Wrong as wrong:
        told = wrong.failure
        rows = wrong_greys(images, truth, got) if told.kind == "values" else ()
        raise Wrong(
            told.message,
            ("The call", f"standardize(images), {len(images)} of them"),
            *rows,
            kind=told.kind,
            relation=told.relation,
            relations=told.relations,
        ) from None


def wrong_greys(images: Tensor, truth: Tensor, X: Tensor) -> list[tuple[str, str]]:
    """Some grey values whose pixels came out wrong, from black to white, with what they became."""
    greys = images.flatten(1)
    wrong = ((X.detach() - truth).abs() > 1e-5 * truth.abs().max()).flatten()
    values, places = greys.flatten()[wrong].sort()
    some = torch.linspace(0, len(values) - 1, 5).long().unique()
    places = wrong.nonzero().flatten()[places[some]]
    return [
        ("Grey values", summary(values[some])),
        ("Expected", summary(truth.flatten()[places])),
        ("Came", summary(X.detach().flatten()[places])),
    ]

"""Exercise 8.4: intersection over union, compared with sets of pixels."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from course_dl.lab import Exercise, Inputs, Student, about, close, require, shaped

from .shared import FLOAT64

iou = Exercise(
    "8.4",
    ["iou"],
    points=2,
    difficulty=2,
    minutes=15,
    answers=["course_dl.segmentation"],
    hints=[
        "For one class there are two sets of pixels: those that were given it, and those that have "
        "it. prediction == k and d == k are these sets, as booleans. How do you count?",
        "& and | make intersection and union of booleans, .sum() counts over all images at once. "
        "Count first and divide then: 0 / 0 of tensors is NaN by itself.",
        "(P & D).sum().double() / (P | D).sum().double() for each class k, and torch.stack.",
    ],
)

Pair = tuple[Tensor, Tensor, int]  # prediction, d, n_classes


@iou.test("two classes, by hand")
def test_iou_by_hand(student: Student) -> None:
    prediction = torch.tensor([[[0, 0, 1], [1, 1, 1]]])
    d = torch.tensor([[[0, 0, 0], [0, 1, 1]]])
    check_iou(student, [(prediction, d, 2)])  # 2 of 4 pixels, 2 of 4
    check_iou(student, [(prediction, torch.ones_like(d), 2)])  # 0 of 2, 4 of 6


@iou.test("several classes")
def test_iou_classes(student: Student, rng: Inputs) -> None:
    check_iou(student, [maps(rng, (1, 2, 3), 2), maps(rng, (1, 3, 4), 3), maps(rng, (1, 6, 5), 4)])


@iou.test("several images: the pixels of all are counted together")
def test_iou_images(student: Student, rng: Inputs) -> None:
    check_iou(student, [maps(rng, (2, 2, 2), 2), maps(rng, (3, 2, 4), 3)])


@iou.test("a class that is in neither has NaN")
def test_iou_nan(student: Student, rng: Inputs) -> None:
    prediction, d, n_classes = maps(rng, (2, 2, 3), 2)
    check_iou(student, [(prediction, d, n_classes + 1), (2 * prediction, 2 * d, 2 * n_classes)])


@iou.test("all right, all wrong; one class alone", hidden=True)
def test_iou_extremes(student: Student, rng: Inputs) -> None:
    _, d, n_classes = maps(rng, (2, 3, 3), 3)
    zeros = torch.zeros(1, 1, 1, dtype=torch.int64)
    check_iou(
        student,
        [
            (d, d, n_classes),
            ((d + 1) % n_classes, d, n_classes),
            (zeros, zeros, 1),
            (zeros, zeros, 3),
            (zeros, zeros + 2, 3),
        ],
    )


@iou.test("larger maps, many classes", hidden=True)
def test_iou_larger(student: Student, rng: Inputs) -> None:
    check_iou(student, [maps(rng, (4, 15, 12), 7), maps(rng, (1, 1, 40), 11)])


def maps(rng: Inputs, shape: tuple[int, int, int], n_classes: int) -> Pair:
    """A map of random classes, and one that agrees with it at about every second pixel."""
    (N, H, W), (K,) = rng.sizes(*shape), rng.sizes(n_classes, at_least=2)
    d, other = rng.classes(N * H * W, K), rng.classes(N * H * W, K)
    prediction = torch.where(rng.classes(N * H * W, 2).bool(), d, other)
    return prediction.view(N, H, W), d.view(N, H, W), K


def check_iou(student: Student, pairs: Sequence[Pair]) -> None:
    results = list(student.iou.each(pairs))
    calls = student.calls[-len(pairs) :]
    for result, (prediction, d, n_classes), call in zip(results, pairs, calls, strict=True):
        truth = true_iou(prediction, d, n_classes)
        with about(call):
            got = shaped(result, (n_classes,), FLOAT64, "the result").detach()
            for k, (own, right) in enumerate(zip(got.tolist(), truth.tolist(), strict=True)):
                require(
                    math.isnan(own) or not math.isnan(right),
                    f"Class {k} is neither in the prediction nor in d: its IoU should be NaN.",
                    ("It was", f"{own:g}"),
                )
            there = ~truth.isnan()
            close(got[there], truth[there], "the IoU of the classes that occur", tolerance=1e-12)


def true_iou(prediction: Tensor, d: Tensor, n_classes: int) -> Tensor:
    """By Python's sets of numbered pixels."""
    quotients = []
    for k in range(n_classes):
        P, D = ({i for i, c in enumerate(t.flatten().tolist()) if c == k} for t in (prediction, d))
        quotients.append(len(P & D) / len(P | D) if P | D else math.nan)
    return torch.tensor(quotients, dtype=FLOAT64)

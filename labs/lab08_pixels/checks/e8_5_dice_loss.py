"""Exercise 8.5: the Dice loss, compared with the sums of each class, and with sets of pixels."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from course_dl.lab import Exercise, Inputs, Student, about, close

from .shared import DTYPES, FLOAT32, FLOAT64, Shape, label_map, sized

dice_loss = Exercise(
    "8.5",
    ["dice_loss"],
    points=2,
    difficulty=2,
    minutes=15,
    answers=["course_dl.segmentation"],
    hints=[
        "Three sums for each class, over dim=(0, 2, 3): of p * o, of p and of o. What are p and o, "
        "and which shape must o have so that it fits p?",
        "p = scores.softmax(dim=1). F.one_hot(d, K) is (N, H, W, K): its last axis has to move to "
        "the second place, .permute(0, 3, 1, 2), and its integers become .to(p.dtype).",
        "((2 * both + eps) / (p_sum + o_sum + eps)).mean() over the classes, and 1 minus that: a "
        "tensor, not a float, since it is to be differentiated.",
    ],
)


@dice_loss.test("one pixel, by hand")
def test_dice_loss_by_hand(student: Student) -> None:
    scores = torch.tensor([1.0, 3.0]).log().view(1, 2, 1, 1)  # p = 1/4, 3/4
    d = torch.ones(1, 1, 1, dtype=torch.int64)
    # class 0: (0 + 1) / (1/4 + 0 + 1), class 1: (2 * 3/4 + 1) / (3/4 + 1 + 1)
    expected = torch.tensor(1 - (0.8 + 2.5 / 2.75) / 2)
    close(student.dice_loss(scores, d), expected, "the loss")


@dice_loss.test("batches, several classes")
def test_dice_loss_any(student: Student, rng: Inputs) -> None:
    shapes = [(1, 2, 1, 3), (2, 3, 1, 2), (3, 4, 3, 2), (2, 3, 3, 3)]
    check_loss(student, rng, shapes)
    check_loss(student, rng, shapes[1:2], dtype=FLOAT32)


@dice_loss.test("another eps")
def test_dice_loss_eps(student: Student, rng: Inputs) -> None:
    check_loss(student, rng, [(1, 2, 1, 3), (2, 3, 2, 2)], 0.25)
    check_loss(student, rng, [(2, 2, 1, 2)], 3.0)


@dice_loss.test("scores of +-10,000: one minus Dice of sets, with the eps")
def test_dice_loss_hard(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        N, K, H, W = sized(rng, (2, 3, 2, 3), 2)
        d, prediction = label_map(rng, N, H, W, K), label_map(rng, N, H, W, K)
        classes = torch.arange(K)[:, None, None]
        scores = torch.where(prediction[:, None] == classes, 1e4, -1e4).to(dtype)
        close(student.dice_loss(scores, d), of_sets(prediction, d, K).to(dtype), "the loss")


@dice_loss.test("its gradient")
def test_dice_loss_gradient(student: Student, rng: Inputs) -> None:
    N, K, H, W = sized(rng, (2, 3, 1, 2), 2)
    scores, d = rng.normal(N, K, H, W), label_map(rng, N, H, W, K)
    leaf = scores.clone().requires_grad_()
    (truth,) = torch.autograd.grad(true_loss(leaf, d), leaf)
    (got,) = student.dice_loss.gradient(scores, d)
    close(got, truth, "the gradient of the loss", tolerance=1e-8)


@dice_loss.test("a class without pixels, one pixel, eps = 0, larger maps", hidden=True)
def test_dice_loss_extremes(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        check_loss(student, rng, [(1, 3, 1, 1), (1, 5, 1, 2), (2, 6, 7, 5)], dtype=dtype)
        check_loss(student, rng, [(2, 3, 3, 2)], 0.0, dtype=dtype)
    check_loss(student, rng, [(5, 2, 1, 1), (2, 2, 2, 2)], 1e-3)


def check_loss(
    student: Student,
    rng: Inputs,
    shapes: Sequence[Shape],
    eps: float | None = None,
    dtype: torch.dtype = FLOAT64,
) -> None:
    given: list[tuple[Tensor, Tensor]] = []
    for shape in shapes:
        N, K, H, W = sized(rng, shape, 2)
        given.append((rng.normal(N, K, H, W, dtype=dtype), label_map(rng, N, H, W, K)))
    steps = () if eps is None else (eps,)
    results = list(student.dice_loss.each([(*pair, *steps) for pair in given]))
    calls = student.calls[-len(given) :]
    for got, pair, call in zip(results, given, calls, strict=True):
        with about(call):
            close(got, true_loss(*pair, *steps), "the loss")


def true_loss(scores: Tensor, d: Tensor, eps: float = 1.0) -> Tensor:
    """Class by class, from the pixels of each."""
    log_p = scores.double() - scores.double().logsumexp(1, keepdim=True)
    quotients = []
    for k in range(scores.shape[1]):
        p, own = log_p[:, k].exp(), d == k
        quotients.append((2 * p[own].sum() + eps) / (p.sum() + own.sum() + eps))
    return (1 - torch.stack(quotients).mean()).to(scores.dtype)


def of_sets(prediction: Tensor, d: Tensor, n_classes: int) -> Tensor:
    dice = []
    for k in range(n_classes):
        P, D = ({i for i, c in enumerate(t.flatten().tolist()) if c == k} for t in (prediction, d))
        dice.append((2 * len(P & D) + 1) / (len(P) + len(D) + 1))
    return torch.tensor(1 - sum(dice) / n_classes, dtype=FLOAT64)

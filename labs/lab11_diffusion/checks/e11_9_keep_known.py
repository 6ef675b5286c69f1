"""Exercise 11.9: a picture of which a part is known, put in as noisy as the rest is."""

from __future__ import annotations

import torch
from torch import Tensor

from course_dl.lab import Exercise, Inputs, Student, about, close

from .shared import ANSWERS, CONSTANTS, DTYPES, FLOAT32, FLOAT64

keep_known = Exercise(
    "11.9",
    ["keep_known"],
    points=2,
    difficulty=1,
    minutes=15,
    answers=ANSWERS,
    hints=[
        "x_s is noisy and y is clean. Which of the earlier formulas makes y as noisy as x_s is, "
        "and with which level?",
        "known = sqrt(abar_s) y + sqrt(1 - abar_s) noise. Then the mask chooses, pixel by pixel: "
        "known where it is 1, x_s where it is 0.",
        "mask * known + (1 - mask) * x_s; abar_s ** 0.5 takes floats and tensors.",
    ],
)


@keep_known.test("four pixels, by hand")
def test_keep_known_by_hand(student: Student) -> None:
    for dtype in DTYPES:
        rows = [5.0, 5, 5, 5], [10.0, 0, 10, 10], [1.0, 1, 1, 0], [0.0, 10, 10, 10]
        x_s, y, mask, noise = (torch.tensor([row], dtype=dtype) for row in rows)
        got = student.keep_known(x_s, y, mask, 0.64, noise)
        check_values(student, got, torch.tensor([[8.0, 6, 14, 5]], dtype=dtype))


@keep_known.test("points and pictures, a level as a float and as a tensor")
def test_keep_known_any(student: Student, rng: Inputs) -> None:
    for shape in [(3, 2), (3, 3), (2, 1, 3, 4)]:
        sizes = rng.sizes(*shape)
        for dtype in DTYPES:
            abar = rng.simpler(float(rng.uniform(1, low=0.1, high=0.9)), 0.36)
            check_known(student, rng, sizes, abar, dtype)
            check_known(student, rng, sizes, torch.tensor(abar, dtype=dtype), dtype)


@keep_known.test("without noise, abar_s = 1: y itself where it is known")
def test_keep_known_clean(student: Student, rng: Inputs) -> None:
    for abar in (1.0, torch.tensor(1.0, dtype=FLOAT64)):
        check_known(student, rng, rng.sizes(3, 2), abar)


@keep_known.test("all is known, or nothing")
def test_keep_known_all(student: Student, rng: Inputs) -> None:
    N, D = rng.sizes(2, 3)
    x_s, y, noise = (rng.normal(N, D) for _ in range(3))
    got = student.keep_known(x_s, y, torch.zeros_like(y), 0.36, noise)
    check_values(student, got, x_s)
    got = student.keep_known(x_s, y, torch.ones_like(y), 0.36, noise)
    check_values(student, got, 0.6 * y + 0.8 * noise)


@keep_known.test("all noise, three axes, one sample, a level in another dtype", hidden=True)
def test_keep_known_others(student: Student, rng: Inputs) -> None:
    for shape, abar in [((1, 1, 4, 4), 0.0), ((4, 3, 5), 0.3), ((5, 5), 4e-5), ((1, 1), 0.9)]:
        for dtype in DTYPES:
            check_known(student, rng, shape, abar, dtype)
    check_known(student, rng, (2, 1, 3, 3), torch.tensor(0.3, dtype=FLOAT64), FLOAT32)


def check_known(
    student: Student,
    rng: Inputs,
    shape: tuple[int, ...],
    abar_s: float | Tensor,
    dtype: torch.dtype = FLOAT64,
) -> None:
    x_s, y, noise = (rng.normal(*shape, dtype=dtype) for _ in range(3))
    mask = rng.integers(0, 2, *shape, dtype=dtype)
    got = student.keep_known(x_s, y, mask, abar_s, noise)
    truth = x_s.double().clone()
    level = float(abar_s)
    for k in mask.flatten().nonzero()[:, 0].tolist():
        known = level**0.5 * float(y.flatten()[k]) + (1 - level) ** 0.5 * float(noise.flatten()[k])
        truth.view(-1)[k] = known
    check_values(student, got, truth.to(dtype))


def check_values(student: Student, got: Tensor, truth: Tensor) -> None:
    with about(student.calls[-1]):
        close(got, truth, "the result", tolerance=CONSTANTS.get(truth.dtype))

"""Exercise 10.6: positions as sines and cosines, in closed form, and the law of their products."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from course_dl.lab import Exercise, Inputs, Student, about, close, shaped

from .shared import ANSWERS, FLOAT32, FLOAT64

sinusoids = Exercise(
    "10.6",
    ["sinusoids"],
    points=2,
    difficulty=2,
    minutes=15,
    answers=ANSWERS,
    hints=[
        "How many waves are there, and what are their frequencies? For dim = 4: i = 0 and 1, so "
        "1 and 1 / 10000^(2/4) = 1/100.",
        "All angles at once, (T, dim/2): positions as a column times frequencies as a row.",
        "torch.cat([angles.sin(), angles.cos()], dim=1): the sines side by side, then the cosines. "
        "Integers as positions become floating-point numbers first: positions.float().",
    ],
)


@sinusoids.test("two waves, by hand")
def test_sinusoids_by_hand(student: Student) -> None:
    s = torch.tensor([0.0, math.pi / 2], dtype=FLOAT64)
    slow = math.pi / 200
    truth = torch.tensor([[0.0, 0, 1, 1], [1, math.sin(slow), 0, math.cos(slow)]], dtype=FLOAT64)
    close(student.sinusoids(s, 4), truth, "the vectors")


@sinusoids.test("several positions, several numbers of waves")
def test_sinusoids_any(student: Student, rng: Inputs) -> None:
    for size, dim in [(3, 2), (4, 4), (2, 6), (3, 16)]:
        (T,) = rng.sizes(size)
        check_waves(student, torch.arange(T, dtype=FLOAT64) + 1, rng.simpler(dim, min(dim, 4)))


@sinusoids.test("positions that are integers, or float32")
def test_sinusoids_dtypes(student: Student, rng: Inputs) -> None:
    (T,) = rng.sizes(4)
    for dtype in (torch.int64, FLOAT32):
        check_waves(student, torch.arange(T).to(dtype), rng.simpler(6, 4))


@sinusoids.test("the scalar product of two vectors depends on their distance alone", hidden=True)
def test_sinusoids_distance(student: Student, rng: Inputs) -> None:
    waves = shaped(student.sinusoids(torch.arange(30, dtype=FLOAT64), 8), (30, 8), FLOAT64)
    products = waves @ waves.T
    for distance in (0, 1, 5):
        diagonal = products.diagonal(distance)
        close(diagonal, diagonal[:1].expand_as(diagonal), f"products at distance {distance}")


@sinusoids.test("far positions, any order, no whole numbers, many waves", hidden=True)
def test_sinusoids_far(student: Student, rng: Inputs) -> None:
    check_waves(student, 1000 * rng.uniform(7), 64)
    check_waves(student, -5 * rng.uniform(3), 10)
    check_waves(student, rng.permutation(101), 32)


def check_waves(student: Student, positions: Tensor, dim: int) -> None:
    got = student.sinusoids(positions, dim)
    dtype = positions.dtype if positions.is_floating_point() else FLOAT32
    with about(student.calls[-1]):
        close(
            got,
            waves_of(positions, dim).to(dtype),
            "the vectors",
            tolerance=1e-9 if dtype is FLOAT64 else 1e-4,
        )


def waves_of(positions: Tensor, dim: int) -> Tensor:
    """Number by number, in double precision."""
    rows = []
    for s in positions.tolist():
        angles = [s * 10000 ** (-2 * i / dim) for i in range(dim // 2)]
        rows.append([math.sin(a) for a in angles] + [math.cos(a) for a in angles])
    return torch.tensor(rows, dtype=FLOAT64)

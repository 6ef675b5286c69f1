"""Exercise 8.9: the peak signal-to-noise ratio, compared with the formula in Python's numbers."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from course_dl.lab import Exercise, Inputs, Student, about, number

from .shared import DTYPES

psnr = Exercise(
    "8.9",
    ["psnr"],
    points=2,
    difficulty=1,
    minutes=10,
    answers=["course_dl.denoising"],
    hints=[
        "First the mean of the squared differences, over all images and pixels. What is the "
        "difference of 3 and 5 in uint8?",
        "x.double() - y.double() has a sign. Of no error at all the logarithm is infinite: what "
        "does math.log10 say to a division by 0?",
        "mse = (x.double() - y.double()).square().mean().item(), and then "
        "10 * math.log10(peak**2 / mse) if mse > 0, else math.inf.",
    ],
)


@psnr.test("one pixel, by hand")
def test_psnr_by_hand(student: Student) -> None:
    for dtype in DTYPES:
        x, y = torch.tensor([[0.5]], dtype=dtype), torch.tensor([[0.6]], dtype=dtype)
        check_decibels(student, x, y, (), 20.0)  # 10 log10(1 / 0.01)
    check_decibels(student, torch.tensor([[7.0]]), torch.tensor([[-3.0]]), (100.0,), 20.0)


@psnr.test("any images; the error of all of them together")
def test_psnr_any(student: Student, rng: Inputs) -> None:
    for shape in [(1, 2, 3), (3, 2, 2), (4, 1, 5, 5)]:
        x = rng.uniform(*rng.sizes(*shape))
        noise = rng.normal(*x.shape)
        noise *= 0.3 / (1 + torch.arange(len(x))).view(-1, *[1] * (x.dim() - 1))
        for dtype in DTYPES:
            check_psnr(student, x.to(dtype), (x + noise).to(dtype))


@psnr.test("another peak")
def test_psnr_peak(student: Student, rng: Inputs) -> None:
    x = rng.normal(*rng.sizes(2, 3))
    for peak in (2.0, 0.5, 255):
        check_psnr(student, x, x + 0.1 * rng.normal(*x.shape), peak)


@psnr.test("bytes, with peak=255")
def test_psnr_bytes(student: Student, rng: Inputs) -> None:
    shape = rng.sizes(2, 3)
    x, y = (rng.integers(0, 256, *shape, dtype=torch.uint8) for _ in range(2))
    check_psnr(student, x, y, 255)
    check_psnr(student, torch.tensor([[3, 250]]).byte(), torch.tensor([[5, 10]]).byte(), 255)


@psnr.test("equal images: infinity")
def test_psnr_equal(student: Student, rng: Inputs) -> None:
    x = rng.normal(*rng.sizes(2, 3))
    check_psnr(student, x, x)
    check_psnr(student, torch.full((2, 2), 9).byte(), torch.full((2, 2), 9).byte(), 255)


@psnr.test("errors larger than the peak, small ones, many pixels", hidden=True)
def test_psnr_extremes(student: Student, rng: Inputs) -> None:
    x = rng.uniform(2, 1, 40, 30)
    for size in (30.0, 1e-3):
        check_psnr(student, x, x + size * rng.normal(*x.shape))
    check_psnr(student, torch.zeros(1), torch.ones(1))
    x, y = (rng.integers(0, 256, 3, 9, dtype=torch.uint8) for _ in range(2))
    check_psnr(student, x, y, 255)


def check_psnr(student: Student, x: Tensor, y: Tensor, *peak: float) -> None:
    errors = [(a - b) ** 2 for a, b in zip(x.flatten().tolist(), y.flatten().tolist(), strict=True)]
    mse = math.fsum(errors) / len(errors)
    expected = 10 * math.log10((peak or (1.0,))[0] ** 2 / mse) if mse else math.inf
    check_decibels(student, x, y, peak, expected)


def check_decibels(
    student: Student, x: Tensor, y: Tensor, peak: tuple[float, ...], expected: float
) -> None:
    given = {"peak": peak[0]} if peak else {}
    got = student.psnr(x, y, **given)
    with about(student.calls[-1]):
        number(got, expected, "the PSNR", tolerance=1e-5, at_least=1.0)

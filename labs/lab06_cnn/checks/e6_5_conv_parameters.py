"""Exercise 6.5: the number of a layer's parameters, as torch's layer has it."""

from __future__ import annotations

import torch

from course_dl.lab import Exercise, Inputs, Student, integer

conv_parameters = Exercise(
    "6.5",
    ["conv_parameters"],
    points=1,
    difficulty=1,
    minutes=5,
    hints=[
        "How many numbers are in one filter? It looks at all channels of its input.",
        "c_out filters of c_in * kernel * kernel weights, and a bias each.",
        "c_out * (c_in * kernel**2 + 1)",
    ],
)


@conv_parameters.test("LeNet's two convolutions")
def test_conv_parameters_lenet(student: Student) -> None:
    check_parameters(student, (1, 6, 5), (6, 16, 5))


@conv_parameters.test("other channels, other filters")
def test_conv_parameters_others(student: Student) -> None:
    check_parameters(student, (3, 8, 3), (8, 3, 3), (3, 3, 1), (16, 4, 7))


@conv_parameters.test("one of each, and many", hidden=True)
def test_conv_parameters_extremes(student: Student, rng: Inputs) -> None:
    check_parameters(student, (1, 1, 1), (64, 128, 3), (512, 512, 3), (1, 9, 2))
    for _ in range(5):
        c_in, c_out, kernel = rng.integers(1, 20, 3).tolist()
        check_parameters(student, (c_in, c_out, kernel))


def check_parameters(student: Student, *cases: tuple[int, int, int]) -> None:
    results = [student.conv_parameters(*case) for case in cases]
    for got, (c_in, c_out, kernel) in zip(results, cases, strict=True):
        layer = torch.nn.Conv2d(c_in, c_out, kernel, device="meta")
        truth = sum(p.numel() for p in layer.parameters())
        call = f"conv_parameters({c_in}, {c_out}, {kernel})"
        integer(got, truth, "The number of parameters", call)

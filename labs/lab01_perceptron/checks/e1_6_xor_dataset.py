"""Exercise 1.6: the four points of XOR and their labels."""

from __future__ import annotations

import torch

from course_dl.lab import Exercise, Student, require, shaped, summary, unpack

xor_dataset = Exercise(
    "1.6",
    ["xor_dataset"],
    points=1,
    difficulty=1,
    minutes=5,
    hints=[
        "XOR is true where exactly one of the two inputs is 1. True is the label +1, false is -1.",
        "X has the rows (0, 0), (0, 1), (1, 0), (1, 1), in any order; which two of them are true?",
        "torch.tensor([[0.0, 0.0], ...]) is float32 if you write the numbers with a decimal point.",
    ],
)


@xor_dataset.test("four points, and their labels")
def test_xor_dataset_points(student: Student) -> None:
    X, d = unpack(student.xor_dataset(), "X, d")
    for values, shape, name in [(X, (4, 2), "X"), (d, (4,), "d")]:
        dtype = shaped(values, shape, what=name).dtype
        require(dtype == torch.float32, f"{name} should be float32.", ("It was", str(dtype)))
    points = [tuple(row) for row in X.tolist()]
    require(
        sorted(points) == [(0, 0), (0, 1), (1, 0), (1, 1)],
        "X should hold each of the four points with coordinates 0 and 1 once.",
        ("It holds", str(points)),
    )
    require(
        bool((d.abs() == 1).all()),
        "The labels of a perceptron are -1 and +1.",
        ("They are", summary(d)),
    )
    for (x_1, x_2), label in zip(points, d.tolist(), strict=True):
        truth = 1 if x_1 != x_2 else -1
        require(
            label == truth,
            f"The label of ({x_1:g}, {x_2:g}) should be {truth:+d}: XOR is true (+1) where exactly "
            "one of the two is 1.",
            ("It was", f"{label:+g}"),
        )

"""Exercise 1.5: training, compared with the course's own perceptron where nothing is rounded."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations
from typing import Any

import torch
from torch import Tensor

from course_dl.lab import Exercise, Inputs, Student, close, equal, require, shaped, summary, unpack
from course_dl.perceptron import Perceptron

from .shared import DTYPES, apart, integers, placed, separator

train_perceptron = Exercise(
    "1.5",
    ["train_perceptron"],
    points=4,
    difficulty=3,
    minutes=25,
    answers=["course_dl.perceptron", "course_dl._fast.rosenblatt"],
    hints=[
        "Two loops: one over the epochs, and in it one over the samples, in the order of the rows.",
        "Count the mistakes as you meet them, with the weights of that moment; the count starts at "
        "0 in every epoch, the weights do not start anew.",
        "At the end of an epoch append the count to the list, and break if it is 0: this 0 belongs "
        "to the list too.",
    ],
)


@train_perceptron.test("worked out by hand")
def test_train_perceptron_by_hand(student: Student) -> None:
    # From w = (0, 0). x = 3, d = +1: score 0, right. x = 1, d = -1: score 0, wrong, w = (-1, -1).
    # Epoch 2: score -4, wrong, w = (0, 2); score 2, wrong, w = (-1, 1).
    # Epoch 3: score 2, right; score 0, wrong, w = (-2, 0).
    # Epoch 4: score -2, wrong, w = (-1, 3); score 2, wrong, w = (-2, 2).
    # Epoch 5: score 4, right; score 0, wrong, w = (-3, 1).
    # Epoch 6: score 0, right; score -2, right.
    first = ([3, 1], [1, -1], [0, 0], 1.0), ([1, 2, 1, 2, 1, 0], [-3, 1])
    # The second likewise, from w = (0, 1) with lr = 0.5.
    second = ([-1, 1, 2], [1, 1, -1], [0, 1], 0.5), ([2, 2, 1, 0], [0.5, -0.5])
    check_order(student)
    for dtype in DTYPES:
        got = []
        for (x, d, w0, lr), _ in (first, second):
            X = torch.tensor([[1, value] for value in x], dtype=dtype)
            start, labels = torch.tensor(w0, dtype=dtype), torch.tensor(d, dtype=dtype)
            got.append(student.train_perceptron(X, labels, start, lr=lr))
        for result, (_, (counts, weights)) in zip(got, (first, second), strict=True):
            w, mistakes = unpack(result, "w, mistakes")
            shaped(w, (2,), dtype, "w")
            check_mistakes(mistakes, counts)
            close(w, torch.tensor(weights, dtype=dtype), "w")


@train_perceptron.test("weights and mistakes of Rosenblatt's rule, sample by sample")
def test_train_perceptron_rule(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        for most, D, lr, scale in [
            (5, 2, 1.0, 1.0),
            (8, 3, 0.5, 1.0),
            (12, 2, 2.0**-60, 2.0**-60),
        ]:
            n, D = rng.sizes(most, D)
            w0 = scale * rng.integers(-5, 6, D + 1, dtype=torch.float64)
            check_training(student, *separable(rng, n, D), w0, dtype, lr=lr)


@train_perceptron.test("weights that are right already: one epoch, nothing learnt")
def test_train_perceptron_right_already(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        n, D = rng.sizes(6, 3)
        w0, distances = separator(rng, D), apart(rng, n)
        X, d = placed(rng, w0, distances), distances.sign()
        given = X.to(dtype), d.to(dtype), w0.to(dtype)
        w, mistakes = unpack(student.train_perceptron(*given), "w, mistakes")
        shaped(w, (D + 1,), dtype, "w")
        check_mistakes(mistakes, [0])
        equal(w, w0.to(dtype), "w")


@train_perceptron.test("samples that no line separates: max_epochs epochs")
def test_train_perceptron_endless(student: Student, rng: Inputs) -> None:
    X = torch.tensor([[1, 2], [1, 2], [1, -1]], dtype=torch.float64)
    d = torch.tensor([1, -1, 1], dtype=torch.float64)
    for dtype in DTYPES:
        check_training(student, X, d, torch.zeros(2), dtype)  # 100 epochs by default
        check_training(student, X, d, torch.ones(2), dtype, max_epochs=1)
        X_any, d_any = integers(rng, 9, 3), rng.signs(9)
        check_training(student, X_any, d_any, torch.zeros(4), dtype, lr=0.5, max_epochs=7)


@train_perceptron.test("it ends where it has learnt all: features that are no integers")
def test_train_perceptron_converges(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        truth, distances = separator(rng, 2), apart(rng, 20, low=0.4)
        X, d = placed(rng, truth, distances).to(dtype), distances.sign().to(dtype)
        w0 = rng.normal(3, dtype=dtype)
        result = student.train_perceptron(X, d, w0, 0.1, 1000)
        w, mistakes = unpack(result, "w, mistakes")
        shaped(w, (3,), dtype, "w")
        counts = counted(mistakes)
        require(
            bool(counts) and counts[-1] == 0 and 0 not in counts[:-1],
            "These samples can be separated: training should end with the first epoch that has no "
            "mistake, which counts 0.",
            ("Mistakes", beginning(counts)),
        )
        scores = (d * (X @ w)).double()
        require(
            bool((scores > -1e-5 * w.double().norm()).all()),
            "After an epoch without a mistake all samples should lie on their right side of w.",
            ("Misclassified", f"{int((scores < 0).sum())} of {len(d)}"),
        )


@train_perceptron.test("a shorter run is the beginning of a longer one", hidden=True)
def test_train_perceptron_shorter(student: Student, rng: Inputs) -> None:
    X, d = separable(rng, 10, 2)
    w0 = torch.tensor([30, -30, 30], dtype=torch.float64)
    epochs = len(Perceptron(max_epochs=500).fit(X[:, 1:], d, w0).mistakes_)
    for limit in sorted({epochs, max(1, epochs - 1), max(1, epochs // 2), 2, 1}):
        check_training(student, X, d, w0, torch.float64, max_epochs=limit)


@train_perceptron.test("other sizes, steps and starts", hidden=True)
def test_train_perceptron_sizes(student: Student, rng: Inputs) -> None:
    # A step so small that float32 would lose it.
    X, d, w0 = integers(rng, 9, 3), rng.signs(9), rng.integers(1, 6, 4, dtype=torch.float64)
    check_training(student, X, d, w0, torch.float64, lr=2.0**-26, max_epochs=3)
    for n, D, lr in [(1, 1, 1.0), (1, 6, 0.25), (4, 4, 2.0), (3, 8, 1.0), (15, 1, 0.5)]:
        for dtype in DTYPES:
            w0 = 2 * rng.integers(-3, 4, D + 1, dtype=torch.float64)
            check_training(student, *separable(rng, n, D), w0, dtype, lr=lr)
            check_training(
                student, integers(rng, n, D), rng.signs(n), w0, dtype, lr=lr, max_epochs=4
            )


def separable(rng: Inputs, n: int, D: int) -> tuple[Tensor, Tensor]:
    """Integer samples that a separator with integer weights tells apart."""
    X = integers(rng, n, D)
    w = rng.integers(1, 4, D + 1, dtype=torch.float64) * rng.signs(D + 1)
    w[0] += 0.5  # no sample lies on it
    return X, (X @ w).sign()


# Samples that every order but that of the rows learns otherwise, all with several mistakes, and
# where to start.
ORDERED = [
    ([[-2, -2], [-2, -1], [-3, 0], [-1, -1]], [-1, 1, -1, -1], [2, 2, 0]),
    ([[-3, 1], [3, -1], [0, -3], [1, -2]], [-1, -1, -1, 1], [-2, -1, -1]),
]


def check_order(student: Student) -> None:
    """Fail where the samples were visited in another order; let other mistakes pass."""
    got, outcomes = [], []
    for features, d, w0 in ORDERED:
        X = torch.tensor([[1, *x] for x in features], dtype=torch.float64)
        start, labels = (torch.tensor(values, dtype=torch.float64) for values in (w0, d))
        got.append(student.train_perceptron(X, labels, start, max_epochs=1))
        outcomes.append([epoch(X, labels, start, order) for order in permutations(range(4))])
    came = [outcome_of(result) for result in got]
    if all(one in some for one, some in zip(came, outcomes, strict=True)):
        require(
            all(one == some[0] for one, some in zip(came, outcomes, strict=True)),
            "Your result is that of an epoch in which the samples come in another order: visit "
            "them in the order of the rows, in every epoch.",
        )


def epoch(X: Tensor, d: Tensor, w0: Tensor, order: Sequence[int]) -> tuple[list[float], int]:
    """The weights after one epoch in this order, and the number of mistakes in it."""
    truth = Perceptron(max_epochs=1).fit(X[list(order), 1:], d[list(order)], w0)
    return truth.weights_.tolist(), truth.mistakes_[0]


def outcome_of(result: Any) -> Any:
    """Likewise of a student's result; None where it is of another kind."""
    try:
        w, (mistakes,) = result
        return w.tolist(), int(mistakes)
    except (TypeError, ValueError, AttributeError):
        return None


def check_training(
    student: Student, X: Tensor, d: Tensor, w0: Tensor, dtype: torch.dtype, **options: Any
) -> None:
    """Compare with the course's own perceptron; on integers nothing is rounded."""
    truth = Perceptron(**options).fit(X[:, 1:], d, w0)
    given = X.to(dtype), d.to(dtype), w0.to(dtype)
    w, mistakes = unpack(student.train_perceptron(*given, **options), "w, mistakes")
    shaped(w, w0.shape, dtype, "w")
    check_mistakes(mistakes, truth.mistakes_)
    close(w, truth.weights_.to(dtype), "w")


def check_mistakes(got: Any, expected: list[int]) -> None:
    counts = counted(got)
    told = (("Expected", beginning(expected)), ("Came", beginning(counts)))
    for epoch, (came, truth) in enumerate(zip(counts, expected, strict=False), start=1):
        require(
            came == truth,
            f"The number of mistakes in epoch {epoch} is {truth}; your list says {came}.",
            *told,
        )
    require(
        len(counts) == len(expected),
        f"Your list of mistakes has length {len(counts)}; it should have {len(expected)}, one "
        "number an epoch, up to the first epoch without a mistake or to max_epochs.",
        *told,
    )


def counted(mistakes: Any) -> list[int]:
    """The list of ints that the student's list is."""
    require(
        isinstance(mistakes, list | tuple),
        f"mistakes should be a list, one int an epoch; it is of type {type(mistakes).__name__}.",
    )
    for count in mistakes:
        require(is_int(count), "mistakes should hold ints.", ("It holds", summary(count)))
    return [int(count) for count in mistakes]


def is_int(value: Any) -> bool:
    """A Python int, or a 0-d tensor of integers."""
    if isinstance(value, Tensor):
        return value.dim() == 0 and value.dtype in (torch.int64, torch.int32)
    return isinstance(value, int) and not isinstance(value, bool)


def beginning(counts: list[int]) -> str:
    return f"[{', '.join(map(str, counts[:12]))}{', ...' if len(counts) > 12 else ''}]"

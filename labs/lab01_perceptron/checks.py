"""Checks of lab 1. Samples are placed at known distances from a known separator.

Several calls are made before any is judged where that tells one mistake from another.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from course_dl.lab import (
    Exercise,
    Inputs,
    Student,
    Wrong,
    close,
    equal,
    number,
    require,
    shaped,
    unpack,
)
from course_dl.lab.values import summary
from course_dl.perceptron import Perceptron

DTYPES = (torch.float32, torch.float64)
TOLERANCE = {torch.float32: 1e-4, torch.float64: 1e-9}

add_bias = Exercise(
    "1.1",
    ["add_bias"],
    points=1,
    difficulty=1,
    minutes=5,
    hints=[
        "The result has one column more than X. What is in it, and on which side does it stand?",
        "Make a column of ones, of shape (N, 1) and of X's dtype: X.new_ones has that dtype by "
        "itself.",
        "torch.cat([column, X], dim=1) puts columns side by side.",
    ],
)

predict = Exercise(
    "1.2",
    ["predict"],
    points=2,
    difficulty=1,
    minutes=10,
    answers=["course_dl.perceptron"],
    hints=[
        "Compute the scores of all samples first: which product of X (N, D+1) and w (D+1,) has "
        "shape (N,)?",
        "torch.sign(0) is 0, but here a score of 0 is to give +1. Ask instead whether the score "
        "is >= 0.",
        "torch.where(scores >= 0, 1, -1) chooses entry by entry; .to(X.dtype) turns the integers "
        "into X's dtype.",
    ],
)

perceptron_loss = Exercise(
    "1.3",
    ["perceptron_loss"],
    points=2,
    difficulty=1,
    minutes=10,
    answers=["course_dl.losses", "course_dl.perceptron"],
    hints=[
        "d_i <w, x_i> is positive where the sample is on its right side. Such a sample costs "
        "nothing.",
        "Compute the scores, then -d * scores, then replace what is negative by 0.",
        "(-d * scores).clamp(min=0) is the loss of each sample; the course adds them up.",
    ],
)

perceptron_step = Exercise(
    "1.4",
    ["perceptron_step"],
    points=3,
    difficulty=2,
    minutes=15,
    answers=["course_dl.perceptron"],
    hints=[
        "There are two cases: the sample is classified rightly, or not. Your predict can tell.",
        "predict wants a batch: x[None] is a batch of one sample. Compare its answer with d; then "
        "a score of 0 needs no thought.",
        "Where they differ return w + lr * d * x, which is a new tensor (w += ... would change the "
        "caller's); else return w.",
    ],
)

train_perceptron = Exercise(
    "1.5",
    ["train_perceptron"],
    points=4,
    difficulty=3,
    minutes=25,
    answers=["course_dl.perceptron"],
    hints=[
        "Two loops: one over the epochs, and in it one over the samples, in the order of the rows.",
        "Count the mistakes as you meet them, with the weights of that moment; the count starts at "
        "0 in every epoch, the weights do not start anew.",
        "At the end of an epoch append the count to the list, and break if it is 0: this 0 belongs "
        "to the list too.",
    ],
)

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

margin = Exercise(
    "1.7",
    ["margin"],
    points=2,
    difficulty=2,
    minutes=10,
    hints=[
        "The distance of a point from the line <w, x> = 0 is its score divided by a length. Which?",
        "The bias moves the line, it does not turn it: it has no part in the length, w[1:].norm().",
        "d * (X @ w) is positive for the samples on their right side: take the smallest of these "
        "numbers, then divide by the length.",
    ],
)


# Samples with a known truth


def separator(rng: Inputs, D: int) -> Tensor:
    """Weights (D+1,) whose bias is well away from 0."""
    w = rng.normal(D + 1)
    w[0] = 1.5 * rng.signs(1)[0]
    w[1:] += 0.5 * w[1:].sign()
    return w


def placed(rng: Inputs, w: Tensor, distances: Tensor) -> Tensor:
    """Samples (N, D+1) at these signed distances from the separator of w, ones in column 0."""
    length = w[1:].norm()
    unit = w[1:] / length
    along = rng.normal(len(distances), len(unit))
    along -= torch.outer(along @ unit, unit)
    X = torch.ones(len(distances), len(w), dtype=w.dtype)
    X[:, 1:] = (distances - w[0] / length)[:, None] * unit + along
    return X


def apart(rng: Inputs, n: int, low: float = 0.2, high: float = 2.0) -> Tensor:
    """``n`` distances on both sides, none near 0."""
    return rng.signs(n) * rng.uniform(n, low=low, high=high)


def integers(rng: Inputs, n: int, D: int) -> Tensor:
    """Samples (n, D+1) of small integers, ones in column 0: whatever is computed is exact."""
    X = rng.integers(-4, 5, n, D + 1, dtype=torch.float64)
    X[:, 0] = 1
    return X


def scalar(got: Any, truth: float | Tensor, what: str, dtype: torch.dtype) -> None:
    """A number, or a 0-d tensor of this dtype."""
    number(got, truth, what, tolerance=TOLERANCE[dtype], at_least=1.0)
    if isinstance(got, Tensor):
        shaped(got, (), dtype, what)


# 1.1


@add_bias.test("a column of ones, then X as it was")
def test_add_bias_values(student: Student, rng: Inputs) -> None:
    for shape in [(4, 2), (3, 5), (6, 1)]:
        for dtype in DTYPES:
            check_add_bias(student, rng.normal(*shape, dtype=dtype))


@add_bias.test("one sample, and columns of ones that were there before", hidden=True)
def test_add_bias_one_sample(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        check_add_bias(student, rng.normal(1, 7, dtype=dtype))
        check_add_bias(student, rng.normal(1, 1, dtype=dtype))
        check_add_bias(student, torch.ones(5, 2, dtype=dtype))


def check_add_bias(student: Student, X: Tensor) -> None:
    N, D = X.shape
    got = shaped(student.add_bias(X), (N, D + 1), X.dtype)
    require(
        bool((got[:, 0] == 1).all()),
        "Column 0 should hold ones: the bias is weight 0.",
        ("Column 0", summary(got[:, 0])),
    )
    equal(got[:, 1:], X, "what stands after column 0")


# 1.2


@predict.test("samples on either side of the separator")
def test_predict_sides(student: Student, rng: Inputs) -> None:
    for n, D in [(5, 2), (8, 3), (30, 10)]:
        for dtype in DTYPES:
            w, distances = separator(rng, D), apart(rng, n)
            check_predict(student, w, placed(rng, w, distances), distances.sign(), dtype)


@predict.test("a score of 0 gives +1, one just below gives -1")
def test_predict_zero(student: Student) -> None:
    X = torch.tensor([[1, x] for x in (-2, 0, 1, 2, 3, 5)], dtype=torch.float64)
    w = torch.tensor([-2, 1], dtype=torch.float64)
    d = torch.tensor([-1, -1, -1, 1, 1, 1], dtype=torch.float64)
    for dtype in DTYPES:
        check_predict(student, w, X, d, dtype)
        check_predict(student, torch.zeros(2), X, torch.ones(6), dtype)
        check_predict(student, 2.0**-60 * w, X, d, dtype)


@predict.test("one sample")
def test_predict_one_sample(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        for side in (-1.0, 1.0):
            w, at = separator(rng, 4), torch.tensor([side], dtype=torch.float64)
            check_predict(student, w, placed(rng, w, at), at, dtype)


@predict.test("many ties, large scores, features that differ little", hidden=True)
def test_predict_ties(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        X = integers(rng, 12, 1)
        through = torch.stack([-X[0, 1], X[0, 0]])  # the separator goes through the first sample
        check_predict(student, through, X, 2.0 * (X[:, 1] >= X[0, 1]) - 1, dtype)
        w, distances = 1e4 * separator(rng, 3), apart(rng, 9)
        check_predict(student, w, placed(rng, w, distances), distances.sign(), dtype)
    X = torch.tensor([[1, 2**30 + k] for k in (-1, 0, 1)], dtype=torch.float64)
    w = torch.tensor([-(2**30), 1], dtype=torch.float64)
    check_predict(student, w, X, torch.tensor([-1.0, 1.0, 1.0]), torch.float64)


def check_predict(student: Student, w: Tensor, X: Tensor, d: Tensor, dtype: torch.dtype) -> None:
    y = shaped(student.predict(w.to(dtype), X.to(dtype)), (len(X),), dtype, "y")
    require(
        bool((y.abs() == 1).all()),
        "A prediction is -1 or +1, nothing else (a score of 0 gives +1).",
        ("Came", summary(y)),
    )
    wrong = (y != d.to(dtype)).nonzero().flatten().tolist()
    if wrong:
        i = wrong[0]
        raise Wrong(
            f"{len(wrong)} of {len(d)} predictions are on the wrong side.",
            (f"Sample {i}", summary(X[i])),
            ("The weights", summary(w)),
            ("Expected", f"{d[i]:+g}"),
            ("Came", f"{y[i]:+g}"),
        )


# 1.3


@perceptron_loss.test("worked out by hand")
def test_perceptron_loss_by_hand(student: Student) -> None:
    w = torch.tensor([-1, 1], dtype=torch.float64)
    X = torch.tensor([[1, x] for x in (0, 4, 3, 1, -4)], dtype=torch.float64)
    # The scores are -1, 3, 2, 0, -5.
    cases = [((1, 1, -1, -1, -1), 1 + 2), ((-1, -1, 1, 1, 1), 3 + 5)]
    for dtype in DTYPES:
        labels = [torch.tensor(d, dtype=dtype) for d, _ in cases]
        got = [student.perceptron_loss(w.to(dtype), X.to(dtype), d) for d in labels]
        for loss, (d, truth) in zip(got, cases, strict=True):
            scalar(loss, truth, f"the loss of scores -1, 3, 2, 0, -5 and labels {d}", dtype)


@perceptron_loss.test("the sum over the misclassified samples")
def test_perceptron_loss_values(student: Student, rng: Inputs) -> None:
    for n, D in [(6, 2), (4, 3), (25, 8)]:
        for dtype in DTYPES:
            check_perceptron_loss(
                student, rng, separator(rng, D), apart(rng, n), rng.signs(n), dtype
            )


@perceptron_loss.test("0 where every sample is on its right side")
def test_perceptron_loss_all_right(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        for n in (1, 7):
            distances = apart(rng, n)
            check_perceptron_loss(
                student, rng, separator(rng, 3), distances, distances.sign(), dtype
            )


@perceptron_loss.test("one sample, all samples wrong, scores of 1e4", hidden=True)
def test_perceptron_loss_extremes(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        for n, D in [(1, 4), (9, 2), (3, 1)]:
            distances = apart(rng, n)
            check_perceptron_loss(
                student, rng, separator(rng, D), distances, -distances.sign(), dtype
            )
    check_perceptron_loss(
        student, rng, 1e4 * separator(rng, 3), apart(rng, 10), rng.signs(10), torch.float64
    )


def check_perceptron_loss(
    student: Student, rng: Inputs, w: Tensor, distances: Tensor, d: Tensor, dtype: torch.dtype
) -> None:
    X = placed(rng, w, distances)
    truth = distances[distances.sign() != d].abs().sum() * w[1:].norm()
    got = student.perceptron_loss(w.to(dtype), X.to(dtype), d.to(dtype))
    scalar(got, truth, "the loss", dtype)


# 1.4


@perceptron_step.test("a misclassified sample moves w by lr d x")
def test_perceptron_step_wrong(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        cases: list[Any] = []
        for D in (1, 2, 5):
            for d, lr in [(1, 0.5), (-1, 1.0), (-1.0, 2.0)]:
                w, x = off_zero(rng, D, -d, dtype)
                cases += [(w, x, d, lr), (0.25 * w, x, torch.tensor(d, dtype=dtype), lr)]
        check_steps(student, cases, [True] * len(cases))


@perceptron_step.test("a sample on its right side leaves w as it is")
def test_perceptron_step_right(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        cases: list[Any] = []
        for D in (1, 2, 5):
            for d in (1, -1):
                w, x = off_zero(rng, D, d, dtype)
                cases += [(w, x, d, 0.5), (0.25 * w, x, torch.tensor(d, dtype=dtype), 1.0)]
        check_steps(student, cases, [False] * len(cases))


@perceptron_step.test("a score of 0 is right for d = +1 and wrong for d = -1")
def test_perceptron_step_zero(student: Student) -> None:
    for dtype in DTYPES:
        x = torch.tensor([1, 2, -1], dtype=dtype)
        for start in ([0, 0, 0], [-2, 1, 0], [3, -1, 1]):
            w = torch.tensor(start, dtype=dtype)
            minus = torch.tensor(-1, dtype=dtype)
            cases = [(w, x, -1, 1.0), (w, x, 1, 1.0), (w, x, minus, 0.5), (w, x, -minus, 0.5)]
            check_steps(student, cases, [True, False, True, False])


@perceptron_step.test("other features, scores next to 0", hidden=True)
def test_perceptron_step_any(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        for D in (3, 12):
            for side in (-1, 1):
                w = separator(rng, D)
                x = placed(rng, w, torch.tensor([0.3 * side], dtype=torch.float64))[0]
                near, y = off_zero(rng, D, side, dtype)
                label = torch.tensor(side, dtype=dtype)
                cases = [
                    (w.to(dtype), x.to(dtype), -label, 0.125),
                    (w.to(dtype), x.to(dtype), label, 0.125),
                    (2.0**-60 * near, y, -side, 1.0),
                    (2.0**-60 * near, y, side, 1.0),
                ]
                check_steps(student, cases, [True, False, True, False])


def off_zero(rng: Inputs, D: int, side: float, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """Integer weights, and an integer sample at least 1 away from score 0 on this side."""
    x = integers(rng, 1, D)[0]
    w = rng.integers(-4, 5, D + 1, dtype=torch.float64)
    score = float(w @ x)
    if side * score <= 0:
        w[0] += side * (1 + abs(score))
    return w.to(dtype), x.to(dtype)


def check_steps(student: Student, cases: list[Any], moves: list[bool]) -> None:
    """Cases are ``(w, x, d, lr)``; ``moves`` says in which of them the sample is misclassified."""
    steps = [student.perceptron_step(*case) for case in cases]
    for got, (w, x, d, lr), wrong in zip(steps, cases, moves, strict=True):
        new = shaped(got, w.shape, w.dtype, "the new w")
        told = (
            ("Score <w, x>", f"{float(w @ x):g}"),
            ("Label d", f"{float(d):+g}"),
            ("w", summary(w)),
            ("x", summary(x)),
            ("Came", summary(new)),
        )
        stays = torch.equal(new, w)
        if wrong:
            require(not stays, "The sample is misclassified: w should have learnt from it.", *told)
            close(new, w + lr * d * x, "the new w")
        else:
            require(stays, "The sample is classified rightly: w should stay as it is.", *told)


# 1.5


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
        for n, D, lr, scale in [(5, 2, 1.0, 1.0), (8, 3, 0.5, 1.0), (12, 2, 2.0**-60, 2.0**-60)]:
            w0 = scale * rng.integers(-5, 6, D + 1, dtype=torch.float64)
            check_training(student, *separable(rng, n, D), w0, dtype, lr=lr)


@train_perceptron.test("weights that are right already: one epoch, nothing learnt")
def test_train_perceptron_right_already(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        w0, distances = separator(rng, 3), apart(rng, 6)
        X, d = placed(rng, w0, distances), distances.sign()
        given = X.to(dtype), d.to(dtype), w0.to(dtype)
        w, mistakes = unpack(student.train_perceptron(*given), "w, mistakes")
        shaped(w, (4,), dtype, "w")
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


# 1.6


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


# 1.7


@margin.test("worked out by hand")
def test_margin_by_hand(student: Student) -> None:
    w = torch.tensor([-10, 3, 4], dtype=torch.float64)
    X = torch.tensor([[1, 3, 4], [1, 1, -1], [1, 0, 0]], dtype=torch.float64)
    # Signed distances 15 / 5, -11 / 5 and -10 / 5 from the line 3 x_1 + 4 x_2 = 10.
    cases = [((1, -1, -1), 2.0), ((-1, -1, -1), -3.0), ((1, 1, -1), -2.2), ((1, 1, 1), -2.2)]
    for dtype in DTYPES:
        labels = [torch.tensor(d, dtype=dtype) for d, _ in cases]
        got = [student.margin(w.to(dtype), X.to(dtype), d) for d in labels]
        for answer, (d, truth) in zip(got, cases, strict=True):
            scalar(answer, truth, f"the margin of distances 3, -2.2, -2 and labels {d}", dtype)


@margin.test("all samples on their right side")
def test_margin_right(student: Student, rng: Inputs) -> None:
    for n, D in [(6, 2), (4, 3), (30, 8)]:
        for dtype in DTYPES:
            distances = apart(rng, n)
            check_margin(student, rng, separator(rng, D), distances, distances.sign(), dtype)


@margin.test("misclassified samples make it negative")
def test_margin_wrong(student: Student, rng: Inputs) -> None:
    for n, D in [(6, 2), (4, 3), (30, 8)]:
        for dtype in DTYPES:
            d = rng.signs(n)
            check_margin(student, rng, separator(rng, D), apart(rng, n), d, dtype)


@margin.test("one sample, one feature, longer and shorter w", hidden=True)
def test_margin_extremes(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        for n, D, c in [(1, 3, 1.0), (5, 1, 1.0), (7, 2, 100.0), (7, 2, 0.01)]:
            w, distances = c * separator(rng, D), apart(rng, n)
            check_margin(student, rng, w, distances, distances.sign(), dtype)
            check_margin(student, rng, w, distances, -distances.sign(), dtype)


def check_margin(
    student: Student, rng: Inputs, w: Tensor, distances: Tensor, d: Tensor, dtype: torch.dtype
) -> None:
    X = placed(rng, w, distances)
    got = student.margin(w.to(dtype), X.to(dtype), d.to(dtype))
    scalar(got, (d * distances).min(), "the margin", dtype)

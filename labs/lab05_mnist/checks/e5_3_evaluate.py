"""Exercise 5.3: the accuracy of a model, which is left as it was found."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from course_dl.lab import Exercise, Inputs, Student, number, require

from .shared import FLOAT32, FLOAT64, Make, loader, normalized, perceptron, twins

evaluate = Exercise(
    "5.3",
    ["evaluate"],
    points=3,
    difficulty=2,
    minutes=15,
    answers=["course_dl.training"],
    hints=[
        "The class that a network predicts is the place of its largest score: .argmax(dim=1). "
        "Count the right ones and the samples of all batches, and divide once, at the end.",
        "model.training tells the mode. Note it down, call model.eval(), and at the end "
        "model.train(noted): train takes True or False.",
        "with torch.no_grad(): around the loop. right += (model(X).argmax(1) == d).sum().item()",
    ],
)


@evaluate.test("the share of samples that are right")
def test_evaluate_share(student: Student, rng: Inputs) -> None:
    cases = [([8], [6]), ([4, 4, 2], [4, 3, 0]), ([6, 1], [1, 1])]
    check_accuracy(student, rng, perceptron, *cases)


@evaluate.test("in evaluation mode")
def test_evaluate_mode(student: Student, rng: Inputs) -> None:
    for training in (True, False):
        check_accuracy(student, rng, muted, ([5, 5, 3], [4, 5, 1]), training=training)
        check_accuracy(student, rng, normalized, ([6, 3], [2, 3]), training=training)


@evaluate.test("the model is left as it was found, in its mode and ready to be trained")
def test_evaluate_leaves_model(student: Student, rng: Inputs) -> None:
    theirs, ours = twins(student, rng, perceptron)
    X, d = labelled(rng, ours, [4, 2], [3, 2])
    given = loader(student, X, d, 4)
    left = {}
    for training in (True, False):
        theirs.train(training)
        student.evaluate(theirs, given)
        left[training] = theirs.training
    for training, now in left.items():
        require(
            now == training,
            f"The model was in {mode(training)} mode; evaluate should leave it so.",
            ("It was left in", f"{mode(now)} mode"),
        )
    require(
        theirs(X).requires_grad,
        "After evaluate, the model cannot be trained any more: its parameters ask for no gradient "
        "(requires_grad is False).",
    )


@evaluate.test("no graph is built")
def test_evaluate_no_graph(student: Student, rng: Inputs) -> None:
    graphs: list[bool] = []

    def look(scores: Tensor) -> Tensor:
        graphs.append(scores.requires_grad)
        return scores

    theirs, ours = twins(student, rng, perceptron)
    X, d = labelled(rng, ours, [3, 3, 2], [3, 1, 0])
    probe = student.torch("nn.Identity")
    probe.forward = look
    watched = student.torch("nn.Sequential", theirs, probe)
    given = loader(student, X, d, 3)
    got = student.evaluate(watched, given)
    require(
        bool(graphs) and not any(graphs),
        "While the model ran, autograd built a graph for gradients that nobody asks for: it costs "
        "time and memory. Run the model under torch.no_grad().",
    )
    number(got, 4 / 8, "the accuracy", tolerance=1e-6)


@evaluate.test("all right, all wrong, one sample, two classes", hidden=True)
def test_evaluate_extremes(student: Student, rng: Inputs) -> None:
    def two(make: Make) -> Any:
        return make("nn.Linear", 3, 2)

    cases = [([3, 3], [3, 3]), ([4, 1], [0, 0]), ([1], [1])]
    check_accuracy(student, rng, perceptron, *cases)
    check_accuracy(student, rng, two, ([5, 5, 1], [5, 1, 1]), dtype=FLOAT32)


@evaluate.test("larger batches, ten classes", hidden=True)
def test_evaluate_larger(student: Student, rng: Inputs) -> None:
    def ten(make: Make) -> Any:
        return make("nn.Sequential", make("nn.Flatten"), make("nn.Linear", 12, 10))

    theirs, ours = twins(student, rng, ten, FLOAT32)
    X = rng.normal(150, 3, 4, dtype=FLOAT32)
    d = ours(X).argmax(1)
    wrong = rng.permutation(150)[:47]
    d[wrong] = (d[wrong] + 1 + rng.integers(0, 9, 47)) % 10
    for batch_size in (64, 150):
        got = student.evaluate(theirs, loader(student, X, d, batch_size))
        number(got, 103 / 150, "the accuracy", tolerance=1e-6)


def muted(make: Make) -> Any:
    """A network with a dropout of everything: in training mode all its samples look the same."""
    return make("nn.Sequential", make("nn.Dropout", 1.0), make("nn.Linear", 3, 4))


def mode(training: bool) -> str:
    return "training" if training else "evaluation"


def labelled(
    rng: Inputs, model: nn.Module, sizes: list[int], right: list[int]
) -> tuple[Tensor, Tensor]:
    """Samples in batches of these sizes, of each batch so many with the class that is predicted."""
    dtype = next(model.parameters()).dtype
    X = rng.normal(sum(sizes), 3, dtype=dtype)
    model.eval()
    with torch.no_grad():
        Y = model(X)
    d = Y.argmax(1)
    start = 0
    for size, hits in zip(sizes, right, strict=True):
        wrong = start + rng.permutation(size)[hits:]
        d[wrong] = (d[wrong] + rng.integers(1, Y.shape[1], len(wrong))) % Y.shape[1]
        start += size
    return X, d


def check_accuracy(
    student: Student,
    rng: Inputs,
    build: Callable[[Make], Any],
    *cases: tuple[list[int], list[int]],
    training: bool = True,
    dtype: torch.dtype = FLOAT64,
) -> None:
    """Cases are sizes of batches, and how many samples of each are classified rightly."""
    theirs, ours = twins(student, rng, build, dtype)
    before = theirs.state_dict()
    results = []
    for sizes, right in cases:
        given = loader(student, *labelled(rng, ours, sizes, right), sizes[0])
        theirs.train(training)
        results.append(student.evaluate(theirs, given))
    after = theirs.state_dict()
    for got, (sizes, right) in zip(results, cases, strict=True):
        listed = ", ".join(f"{hits} of {size}" for hits, size in zip(right, sizes, strict=True))
        told = f"the accuracy, where of each batch {listed} are right,"
        number(got, sum(right) / sum(sizes), told, tolerance=1e-6)
    for name, value in before.items():
        require(
            torch.equal(value, after[name]),
            f"The model's {name} is another one after evaluate: in training mode, batch "
            "normalization learns from what it sees.",
        )

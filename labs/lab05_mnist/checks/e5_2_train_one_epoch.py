"""Exercise 5.2: one epoch, compared with the training of a twin on the same batches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader, TensorDataset

from course_dl import fit
from course_dl.lab import Exercise, Inputs, Student, Wrong, backward, close, number, require

from .shared import FLOAT32, FLOAT64, Make, here, loader, normalized, perceptron, twins

train_one_epoch = Exercise(
    "5.2",
    ["train_one_epoch"],
    points=4,
    difficulty=2,
    minutes=25,
    answers=["course_dl.training"],
    hints=[
        "model.train() once, then for X, d in loader: loss, zero_grad, backward, step.",
        "loss_fn gives the mean of a batch. What has to be added up, so that a small last batch "
        "does not count as much as a whole one?",
        "total += loss.item() * len(X) and n += len(X) in the loop, before or after the step: the "
        "loss was computed before it. At the end return total / n.",
    ],
)


@train_one_epoch.test("one batch: the loss before the step, and the weights after it")
def test_train_one_epoch_one_batch(student: Student, rng: Inputs) -> None:
    check_epoch(student, rng, perceptron, N=6, batch_size=6)
    check_epoch(student, rng, perceptron, N=1, batch_size=4)


@train_one_epoch.test("several batches, a smaller one at the end")
def test_train_one_epoch_batches(student: Student, rng: Inputs) -> None:
    check_epoch(student, rng, perceptron, N=10, batch_size=4)
    check_epoch(student, rng, perceptron, N=9, batch_size=8)


@train_one_epoch.test("the model is in training mode")
def test_train_one_epoch_mode(student: Student, rng: Inputs) -> None:
    for found in (False, True):
        check_epoch(student, rng, normalized, N=11, batch_size=4, found=found)


@train_one_epoch.test("gradients of before the call are forgotten")
def test_train_one_epoch_old_gradients(student: Student, rng: Inputs) -> None:
    try:
        check_epoch(student, rng, perceptron, N=7, batch_size=4, old_gradients=True)
        check_epoch(student, rng, perceptron, N=5, batch_size=5, old_gradients=True)
    except Wrong as wrong:
        wrong.points = MOST_OF_IT
        raise


@train_one_epoch.test("the loss and the optimizer that it is given")
def test_train_one_epoch_loss_and_optimizer(student: Student, rng: Inputs) -> None:
    check_epoch(student, rng, perceptron, N=10, batch_size=4, optimizer="SGD", momentum=0.9)
    check_epoch(student, rng, perceptron, N=8, batch_size=3, optimizer="Adam")
    check_epoch(student, rng, perceptron, N=8, batch_size=3, loss="MSELoss")


@train_one_epoch.test("a second epoch, shuffled", hidden=True)
def test_train_one_epoch_again(student: Student, rng: Inputs) -> None:
    check_epoch(student, rng, perceptron, N=10, batch_size=3, epochs=3, momentum=0.9)
    check_epoch(student, rng, normalized, N=14, batch_size=4, epochs=2, shuffle=True)


@train_one_epoch.test("float32, other losses, batches of one sample", hidden=True)
def test_train_one_epoch_others(student: Student, rng: Inputs) -> None:
    check_epoch(student, rng, perceptron, N=13, batch_size=6, dtype=FLOAT32)
    check_epoch(student, rng, perceptron, N=4, batch_size=1, loss="L1Loss")
    check_epoch(student, rng, perceptron, N=9, batch_size=2, optimizer="AdamW", lr=0.05)


MOST_OF_IT = 3.0  # points of an epoch that is right but for gradients of before the call


def check_epoch(
    student: Student,
    rng: Inputs,
    build: Callable[[Make], Any],
    N: int,
    batch_size: int,
    *,
    loss: str = "CrossEntropyLoss",
    optimizer: str = "SGD",
    lr: float = 0.25,
    dtype: torch.dtype = FLOAT64,
    found: bool = True,
    old_gradients: bool = False,
    epochs: int = 1,
    shuffle: bool = False,
    **options: Any,
) -> None:
    """Train both twins; compare their weights, then what was told of the loss.

    ``found`` is whether the model is in training mode when it is handed over.
    """
    theirs, ours = twins(student, rng, build, dtype)
    X = rng.normal(N, 3, dtype=dtype)
    d = rng.classes(N, 4) if loss == "CrossEntropyLoss" else rng.normal(N, 4, dtype=dtype)
    order: dict[str, Any] = {"shuffle": True, "generator": rng.generator()} if shuffle else {}
    given = loader(student, X, d, batch_size, **order)
    loss_fn = student.torch(f"nn.{loss}")
    # The first optimizer of a process takes seconds to make, which are to be none of the student's.
    own_steps = here(f"optim.{optimizer}", ours.parameters(), lr=lr, **options)
    steps = student.torch(f"optim.{optimizer}", theirs.parameters(), lr=lr, **options)
    if old_gradients:
        backward(theirs, loss_fn, 3 * rng.normal(N, 3, dtype=dtype), d)
    theirs.train(found)

    before = theirs.state_dict()
    told = [student.train_one_epoch(theirs, given, loss_fn, steps) for _ in range(epochs)]
    after, training = theirs.state_dict(), theirs.training

    pairs = TensorDataset(X, d)
    truth = fit(
        ours,
        DataLoader(pairs, batch_size, **order),
        epochs=epochs,
        loss=here(f"nn.{loss}"),
        optimizer=own_steps,
        device="cpu",
        progress=False,
    )
    batch = f"N = {N}, batches of {batch_size}"
    check_state(before, after, ours.state_dict(), batch)
    for epoch, (mean, row) in enumerate(zip(told, truth.rows, strict=True), start=1):
        what = "the mean loss" if epochs == 1 else f"the mean loss of epoch {epoch}"
        number(mean, row.loss, f"{what} ({batch})", tolerance=1e-5)
    require(
        training or not found,
        "The model was in training mode; after the epoch it is in evaluation mode.",
    )


def check_state(
    before: dict[str, Tensor], after: dict[str, Tensor], truth: dict[str, Tensor], batch: str
) -> None:
    """The parameters and buffers of a model after an epoch."""
    require(
        any(not torch.equal(before[name], after[name]) for name in before),
        "The model is as it was before the epoch: does optimizer.step() follow loss.backward()?",
    )
    seen = "1.num_batches_tracked"
    if seen in truth and not torch.equal(after[seen], truth[seen]):
        raise Wrong(
            "Batch normalization did not see each batch once in training mode.",
            ("Batches there were", str(int(truth[seen]))),
            ("Seen in training mode", str(int(after[seen]))),
        )
    for name, expected in truth.items():
        close(after[name], expected, f"the model's {name} after the epoch ({batch})")

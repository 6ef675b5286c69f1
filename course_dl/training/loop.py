"""Training and evaluation of any network: by autograd, or by the course's own backward pass."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

import torch
from torch import Tensor, nn

from course_dl._arguments import check_count
from course_dl.training.checkpoint import Checkpoint
from course_dl.training.device import device_name, on_device, pick_device
from course_dl.training.feed import Feed
from course_dl.training.history import History
from course_dl.training.learner import Learner, check_model, make_learner
from course_dl.training.metrics import Metrics, Tally
from course_dl.training.objective import Objective, objective
from course_dl.training.progress import Progress
from course_dl.training.randomness import isolated_randomness, reseed
from course_dl.training.schedule import Schedule
from course_dl.training.threads import few_threads

__all__ = ["Metrics", "NonFiniteLoss", "evaluate", "fit", "mode"]

_EVAL_BATCH = 1024


class NonFiniteLoss(FloatingPointError):
    """The loss of a batch is NaN or infinite; raised before the weights are changed.

    Attributes: ``epoch`` and ``step`` (batches in all), both from 1, ``value``, and ``history``
    up to there.
    """

    def __init__(self, epoch: int, value: float, advice: str, history: History) -> None:
        step = len(history.steps) + 1
        super().__init__(
            f"the loss is {value} in epoch {epoch}, step {step}; the weights are those before this "
            f"step. {advice}"
        )
        self.epoch, self.step, self.value, self.history = epoch, step, value, history


def fit(
    model: Any,
    train: Any,
    *,
    epochs: int,
    loss: Any = None,
    optimizer: Any = None,
    scheduler: Any = None,
    val: Any = None,
    batch_size: int = 128,
    lr: float | None = None,
    device: torch.device | str | None = None,
    seed: int = 0,
    checkpoint: str | Path | None = None,
    progress: bool = True,
) -> History:
    """Train ``model`` in place: for every batch, forward, loss, backward, step.

    The same start, data and seed give the same weights, and the caller's random state stays as it
    was. Ctrl-C (the notebook's stop button) ends the training and returns the history so far.

    Parameters
    ----------
    model : an ``nn.Module``, or a manual network of `course_dl.backprop`, whose steps are then made
        by the fast form in `course_dl._fast.descent`. Submodules that were put in evaluation mode
        within a model in training mode (a frozen BatchNorm) stay in it.
    train, val : a pair (X, d) of tensors, `course_dl.data.Batches`, an image set, or any loader
        of pairs (x, d), such as a DataLoader.
    epochs : number of passes over the training set.
    loss : a name or `Loss` of `course_dl.losses`, an ``nn`` loss, or any function ``loss(y, d)``
        that returns the mean over the batch. What is minimised is always a mean over samples: sums
        are divided. By default cross-entropy for int64 targets, square error for floats.
    optimizer : a ``torch.optim`` optimizer, or a function that makes one from the parameters, such
        as ``torch.optim.Adam``. SGD by default.
    scheduler : a scheduler of ``torch.optim.lr_scheduler``, or a function that makes one from the
        optimizer; see `course_dl.training.schedule`.
    batch_size : samples a batch, if ``train`` does not come in batches.
    lr : learning rate, for an optimizer made here; 0.1 for SGD by default.
    device : the device to compute on; by default an accelerator, if there is one. At the end the
        model is back on its own device.
    seed : of the order of the samples, of dropout and the like.
    checkpoint : a file, written after every epoch. If it exists, training goes on from it, and ends
        with the same weights as a training without interruption.
    progress : whether a bar is shown.

    Returns
    -------
    `History` : a row for each epoch, a loss for each step.

    Raises
    ------
    NonFiniteLoss
        If a loss is NaN or infinite, before the step that would spoil the weights.
    CheckpointError
        If the file is damaged or belongs to another training.
    TypeError, ValueError
        If arguments, shapes or types do not fit.
    """
    check_count(epochs, "epochs")
    check_count(batch_size, "batch_size")
    check_count(seed, "seed", least=0)
    check_model(model)
    place = pick_device(device, model)
    with (
        isolated_randomness(place),
        on_device(place, model, loss, optimizer=optimizer),
        few_threads(model, train, batch_size),
        mode(model, training=True),
    ):
        learner = make_learner(model, loss, optimizer, lr)
        schedule = Schedule(scheduler, learner.optimizer)
        batches = Feed(train, model, batch_size, shuffle=True, name="train")
        held_out = None if val is None else Feed(val, model, _EVAL_BATCH, shuffle=False, name="val")

        history = History()
        if checkpoint is not None:
            file = Checkpoint(
                Path(checkpoint),
                {
                    "model": model,
                    "optimizer": learner.optimizer,
                    "scheduler": schedule,
                    "train": batches,
                },
                fingerprint={"seed": seed, **batches.fingerprint, **schedule.fingerprint},
            )
            history = file.resume()
        history.device = device_name(place)
        schedule.check_length((epochs - len(history)) * batches.count)

        bar = Progress(progress, epochs, done=len(history), batches=batches.count)
        try:
            for epoch in range(len(history) + 1, epochs + 1):
                reseed(place, seed, epoch)  # an epoch then does not depend on those before
                start, rate = perf_counter(), schedule.lr
                met = _train_epoch(epoch, batches, learner, schedule, history, bar)
                reached = None
                if held_out is not None:
                    reached = _measure(model, held_out, learner.objective)
                schedule.after_epoch((reached or met).loss)
                history.append(epoch, met, reached, rate, perf_counter() - start)
                if checkpoint is not None:
                    file.save(history)
        except KeyboardInterrupt:
            history.interrupted = True
        finally:
            bar.close()
            learner.zero_grad()
    if history.interrupted:
        print(
            f"Interrupted in epoch {len(history) + 1} of {epochs}: the model keeps the weights of "
            f"its last step, the history the {len(history)} epochs completed."
        )
    return history


def evaluate(
    model: Any,
    data: Any,
    *,
    loss: Any = None,
    batch_size: int = 1024,
    device: torch.device | str | None = None,
) -> Metrics:
    """Mean loss and accuracy of ``model`` over ``data``, in evaluation mode and without a graph.

    Arguments are those of `fit`. Modes and random state are at the end as they were.
    """
    check_count(batch_size, "batch_size")
    check_model(model)
    place = pick_device(device, model)
    with (
        isolated_randomness(place),
        on_device(place, model, loss),
        few_threads(model, data, batch_size),
    ):
        feed = Feed(data, model, batch_size, shuffle=False, name="data")
        return _measure(model, feed, objective(loss))


@contextmanager
def mode(model: Any, *, training: bool) -> Iterator[None]:
    """Put a module in training or evaluation mode; at the end, each submodule back in its own.

    For training, a module that is in training mode already stays as it is: its submodules in
    evaluation mode were put there on purpose.
    """
    parts = model.modules() if isinstance(model, nn.Module) else ()
    found = {part: part.training for part in parts}
    if found and not (training and model.training):
        model.train(training)
    try:
        yield
    finally:
        for part, was in found.items():
            part.training = was


def _train_epoch(
    epoch: int, batches: Feed, learner: Learner, schedule: Schedule, history: History, bar: Progress
) -> Metrics:
    tally = Tally(learner.objective)
    for x, d in batches:
        y, loss = learner.forward(x, d)
        value = loss.item()
        if not math.isfinite(value):
            raise NonFiniteLoss(epoch, value, _advice(x, d, y, schedule.lr), history)
        learner.update()
        schedule.after_batch()
        history.steps.append(value)
        tally.add(value, y, d)
        bar.step(epoch, tally)
    bar.show(epoch, tally)
    return tally.metrics()


@torch.no_grad()
def _measure(model: Any, batches: Feed, objective: Objective) -> Metrics:
    tally = Tally(objective)
    with mode(model, training=False):
        for x, d in batches:
            y = model(x)
            tally.add(objective.mean(y, d).item(), y, d)
    return tally.metrics()


def _advice(x: Any, d: Any, y: Any, lr: float) -> str:
    for name, values in (("inputs", x), ("targets", d)):
        if _extreme(values, float("inf")):
            return f"The {name} of this batch hold NaN or infinity: find and remove these."
    if _extreme(y, 1e6):
        return (
            "The outputs have grown out of bounds, as weights do after too large steps: try a "
            f"smaller lr (it is {lr:g}), and inputs of mean 0 and standard deviation 1."
        )
    return (
        "Inputs, targets and outputs are as they should be: look in the loss for a log or 1/x of 0."
    )


def _extreme(values: Any, bound: float) -> bool:
    """Whether an entry is NaN, or as large as ``bound``."""
    return isinstance(values, Tensor) and not bool((values.abs() < bound).all())

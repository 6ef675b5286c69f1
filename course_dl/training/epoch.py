"""One epoch of a training, and one pass over a set to measure."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from course_dl.training.budget import Budget
from course_dl.training.feed import Feed
from course_dl.training.history import History
from course_dl.training.incoming import check_all_finite
from course_dl.training.learner import Learner, Met, NotFinite
from course_dl.training.metrics import Metrics, Tally
from course_dl.training.norms import explained
from course_dl.training.progress import Progress
from course_dl.training.schedule import Schedules

__all__ = ["NonFiniteLoss", "as_metrics", "measure", "mode", "train_epoch"]


class NonFiniteLoss(FloatingPointError):
    """The loss of a batch is NaN or infinite; raised before the weights are changed.

    Attributes: ``epoch`` and ``step`` (batches in all), both from 1, ``value``, and ``history``
    up to there.
    """

    def __init__(
        self, epoch: int, value: float, advice: str, history: History, what: str = "loss is"
    ) -> None:
        step = len(history.steps) + 1
        super().__init__(
            f"the {what} {value} in epoch {epoch}, step {step}; the weights are those before this "
            f"step. {advice}"
        )
        self.epoch, self.step, self.value, self.history = epoch, step, value, history


class Meter(Protocol):
    """Measures a batch, without a step."""

    def measure(self, batch: Any) -> Met | None:
        """The numbers of a batch; None if nothing of it counts."""


def train_epoch(
    epoch: int,
    batches: Feed,
    learner: Learner,
    schedules: Schedules,
    after_step: Callable[[], None],
    history: History,
    bar: Progress,
    budget: Budget,
) -> Metrics:
    """Go through the batches once, with a step for each; the steps' losses go to ``history``."""
    tally = Tally()
    budget.begin_epoch()
    with explained(batches.name):
        for batch in batches:
            try:
                met = learner.step(batch)
            except NotFinite as bad:
                advice = _advice(batch, bad.y, schedules.lr)
                raise NonFiniteLoss(epoch, bad.value, advice, history, bad.what) from None
            schedules.after_batch()
            if met is not None:
                after_step()
                history.steps.append(met.loss)
                tally.add(met.loss, met.weight, met.n, met.named)
            bar.step(epoch, tally)
            if budget.is_spent():
                break
    bar.show(epoch, tally)
    return _told(tally, batches.name)


@torch.no_grad()
def measure(model: Any, batches: Feed, meter: Meter) -> Metrics:
    """Go through the batches once, in evaluation mode, without a graph."""
    tally = Tally()
    with mode(model, training=False):
        for batch in batches:
            met = meter.measure(batch)
            if met is None:
                continue
            if not math.isfinite(met.loss):
                check_all_finite(batch, batches.name)
            tally.add(met.loss, met.weight, met.n, met.named)
    return _told(tally, batches.name)


@torch.no_grad()
def as_metrics(model: Any, function: Callable[[Any], Any]) -> Metrics:
    """What a function of the model says of it in evaluation mode: metrics, a number, or a dict."""
    with mode(model, training=False):
        said = function(model)
    if isinstance(said, Metrics):
        return said
    numbers = said if isinstance(said, Mapping) else {"loss": said}
    try:
        named = {str(name): float(value) for name, value in numbers.items()}
    except (TypeError, ValueError):
        raise TypeError(
            f"val(model) must return a number, a dict of numbers or metrics, got {said!r}"
        ) from None
    # NaN stands for no loss, which only a function of the model may leave out.
    loss, accuracy = named.pop("loss", float("nan")), named.pop("accuracy", None)
    return Metrics(loss, accuracy, 0, named)


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


def _told(tally: Tally, name: str) -> Metrics:
    if tally.empty:
        raise ValueError(
            f"{name} holds no target that counts: the loss leaves out all of them (ignore_index, "
            "or a weight of 0)"
        )
    return tally.metrics()


def _advice(batch: Any, y: Any, lr: float) -> str:
    pieces = batch if isinstance(batch, tuple) else (batch,)
    for name, values in zip(("inputs", "targets"), pieces, strict=False):
        if _extreme(values, float("inf")):
            return f"The {name} of this batch hold NaN or infinity: find and remove these."
    if _extreme(y, 1e6):
        return (
            "The outputs have grown out of bounds, as weights do after too large steps: try a "
            f"smaller lr (it is {lr:g}), and inputs of mean 0 and standard deviation 1."
        )
    return (
        "Inputs, targets and outputs are as they should be: look in the loss for a log or 1/x of 0."
        if y is not None
        else f"Look in the step for a log or 1/x of 0, or try a smaller lr (it is {lr:g})."
    )


def _extreme(values: Any, bound: float) -> bool:
    """Whether an entry is NaN, or as large as ``bound``."""
    return isinstance(values, Tensor) and not bool((values.abs() < bound).all())

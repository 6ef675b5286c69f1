"""The parts of a training, put together and checked before the first step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import nn
from torch.nn.parameter import is_lazy

from course_dl._arguments import check_positive
from course_dl.backprop import ManualNetwork
from course_dl.training.epoch import Meter, as_metrics, measure, mode
from course_dl.training.feed import Feed
from course_dl.training.learner import AutogradLearner, Learner, ManualLearner, Supervised
from course_dl.training.metrics import Metrics, check_metrics
from course_dl.training.objective import course_loss, objective
from course_dl.training.optimizers import make_optimizers
from course_dl.training.order import Order
from course_dl.training.schedule import Schedules
from course_dl.training.steps import StepLearner

__all__ = ["Training", "assemble", "make_meter"]

_EVAL_BATCH = 1024


@dataclass(frozen=True)
class Training:
    """All that takes part in a training.

    Attributes
    ----------
    minimised : the loss or the step, as it was given.
    validate : measures the model after an epoch.
    held_out : the validation set, if it is one.
    order : what the step, the loss and the model draw from besides the global generators.
    """

    model: Any
    batches: Feed
    learner: Learner
    schedules: Schedules
    minimised: Any
    clip: float | None
    validate: Callable[[], Metrics] | None
    held_out: Feed | None
    average: Any
    order: Order

    def after_step(self) -> None:
        """Update the average of the weights, if there is one."""
        if self.average is not None:
            self.average.update_parameters(self.model)


def assemble(
    model: Any,
    train: Any,
    *,
    loss: Any,
    step: Any,
    optimizer: Any,
    scheduler: Any,
    val: Any,
    metrics: Any,
    clip: float | None,
    average: Any,
    batch_size: int,
    lr: float | None,
) -> Training:
    """The parts of a training from the arguments of `course_dl.fit`."""
    metrics = check_metrics(metrics)
    _check_combination(model, loss, step, metrics, clip, average)
    pairs = step is None
    batches = Feed(train, model, batch_size, training=True, name="train", pairs=pairs)
    _initialize_lazy(model, batches, step)

    given = optimizer.values() if isinstance(optimizer, Mapping) else (optimizer,)
    known = [average, scheduler, *given]
    measuring = val if val is not None and _is_function(val) else None
    order = Order(known=known, model=model, loss=loss, step=step, val=measuring)
    if optimizer is None and step is not None and order.optimizers:
        optimizer = order.optimizers  # the step's own
    learner = _make_learner(model, loss, step, metrics, optimizer, lr, clip)
    schedules = Schedules(scheduler, learner.optimizers)

    validate, held_out = None, None
    if measuring is not None:
        validate = partial(as_metrics, model, measuring)
    elif val is not None:
        held_out = Feed(val, model, _EVAL_BATCH, training=False, name="val", pairs=pairs)
        meter: Meter = learner
        if isinstance(learner, (AutogradLearner, ManualLearner)):  # the first batch is checked
            meter = Supervised(model, learner.judge.objective, metrics, "val")
        validate = partial(measure, model, held_out, meter)
    return Training(
        model=model,
        batches=batches,
        learner=learner,
        schedules=schedules,
        minimised=loss if step is None else step,
        clip=clip,
        validate=validate,
        held_out=held_out,
        average=average,
        order=order,
    )


def make_meter(model: Any, loss: Any, step: Any, metrics: Any) -> Meter:
    """What measures batches for `course_dl.evaluate`."""
    metrics = check_metrics(metrics)
    _check_combination(model, loss, step, metrics, None, None)
    if step is not None:
        return StepLearner(model, step, {})
    return Supervised(model, objective(loss), metrics, "data")


def _make_learner(
    model: Any, loss: Any, step: Any, metrics: Any, optimizer: Any, lr: Any, clip: Any
) -> Learner:
    if isinstance(model, ManualNetwork):
        if optimizer is not None:
            raise TypeError(
                "a manual network makes its own step, W <- W - lr * grad: give lr, not optimizer"
            )
        return ManualLearner(
            model, Supervised(model, objective(course_loss(loss)), metrics, "train"), lr
        )
    optimizers = make_optimizers(model, optimizer, lr)
    if step is not None:
        return StepLearner(model, step, optimizers, clip)
    return AutogradLearner(
        model, Supervised(model, objective(loss), metrics, "train"), optimizers, clip
    )


def _check_combination(
    model: Any, loss: Any, step: Any, metrics: Any, clip: Any, average: Any
) -> None:
    manual = isinstance(model, ManualNetwork)
    if manual and not (step is None and clip is None and average is None):
        raise TypeError(
            "a manual network takes its own step: no step=, clip= or average= goes with it"
        )
    if step is not None and loss is not None:
        raise TypeError("give loss= or step=: a step computes its loss itself")
    if step is not None and metrics:
        raise TypeError(
            "a step hands on its own numbers: put them into its dict, not into metrics="
        )
    if clip is not None:
        check_positive(clip, "clip")
    if average is not None and not callable(getattr(average, "update_parameters", None)):
        raise TypeError(
            "average must be a torch.optim.swa_utils.AveragedModel of the model, which has "
            f"update_parameters, got {average!r}"
        )


def _initialize_lazy(model: Any, batches: Feed, step: Any) -> None:
    """Give layers that do not know their sizes yet one batch, as PyTorch asks for."""
    if not isinstance(model, nn.Module) or not any(map(is_lazy, model.parameters())):
        return
    if step is not None:
        raise ValueError("the model has lazy layers: call it on one batch before, then train it")
    found = batches.state_dict()
    with torch.no_grad(), mode(model, training=False):
        model(next(iter(batches))[0])
    batches.load_state_dict(found)


def _is_function(val: Any) -> bool:
    return callable(val) and not hasattr(val, "__iter__") and not hasattr(val, "tensors")

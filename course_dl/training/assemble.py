"""The parts of a training, put together and checked before the first step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn.parameter import is_lazy

from course_dl._arguments import check_positive
from course_dl.backprop import ManualNetwork
from course_dl.training import fingerprint as of
from course_dl.training.checkpoint import Checkpoint
from course_dl.training.epoch import Meter, as_metrics, measure, mode
from course_dl.training.feed import Feed
from course_dl.training.history import History
from course_dl.training.learner import AutogradLearner, Learner, ManualLearner, Supervised
from course_dl.training.metrics import Metrics, check_metrics
from course_dl.training.objective import course_loss, objective
from course_dl.training.optimizers import make_optimizers
from course_dl.training.order import Order
from course_dl.training.schedule import Schedules
from course_dl.training.steps import StepLearner
from course_dl.training.telling import warn

__all__ = ["Training", "assemble", "make_meter", "resume"]

_EVAL_BATCH = 1024


@dataclass(frozen=True)
class Training:
    """All that takes part in a training.

    ``order`` is what the step, the loss and the model draw from besides the global generators.
    ``settings`` are the values in which trainings differ, and ``data`` what it trains and validates
    on, of which digests are among them.
    """

    model: Any
    batches: Feed
    learner: Learner
    schedules: Schedules
    validate: Callable[[], Metrics] | None
    average: Any
    order: Order
    settings: Mapping[str, Any]
    data: Mapping[str, Any]

    def after_step(self) -> None:
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

    known = [average, *(optimizer.values() if isinstance(optimizer, Mapping) else ())]
    order = Order(known=[*known, optimizer, scheduler], model=model, loss=loss, step=step, val=val)
    if optimizer is None and step is not None and order.optimizers:
        optimizer = order.optimizers  # the step's own
    learner = _make_learner(model, loss, step, metrics, optimizer, lr, clip)
    optimizers = learner.optimizers
    schedules = Schedules(scheduler, optimizers)

    validate, held_out = None, None
    if val is not None and _is_function(val):
        validate = lambda: as_metrics(model, val)  # noqa: E731
    elif val is not None:
        held_out = Feed(val, model, _EVAL_BATCH, training=False, name="val", pairs=pairs)
        meter: Meter = (
            learner
            if isinstance(learner, StepLearner)
            else Supervised(model, learner.judge.objective, metrics, "val")  # type: ignore[attr-defined]
        )
        validate = lambda: measure(model, held_out, meter)  # noqa: E731

    settings: dict[str, Any] = {
        "batch_size": batches.batch_size,
        "number of batches": batches.count,
        "number of generators": len(batches.order),
    }
    for name, schedule in schedules.parts.items():
        told = of.of_optimizer(schedule.optimizer, schedule.scheduler)
        told |= {**of.of_scheduler(schedule.scheduler), "per batch": schedule.per_batch}
        several = len(schedules.parts) > 1
        settings |= {f"{key} of {name!r}" if several else key: v for key, v in told.items()}
    settings["loss"] = of.of_function(loss) if step is None else of.of_function(step)
    settings["clip"] = clip
    settings |= of.of_shapes(_bare(model).state_dict())
    settings["parameters in groups"] = [
        [len(group["params"]) for group in made.param_groups] for made in optimizers.values()
    ]
    settings["model"] = of.of_model(_bare(model))
    settings["average"] = None if average is None else type(average).__name__
    data = {"train": batches.source, "val": None if held_out is None else held_out.source}
    return Training(model, batches, learner, schedules, validate, average, order, settings, data)


def resume(training: Training, path: str | Path, seed: int) -> tuple[Checkpoint, History]:
    """The file of a training, and the history up to where it goes on."""
    parts: dict[str, Any] = {"model": _bare(training.model), "train": training.batches}
    for name, schedule in training.schedules.parts.items():
        several = len(training.schedules.parts) > 1
        parts[f"optimizer {name!r}" if several else "optimizer"] = schedule.optimizer
        if schedule.scheduler is not None:
            parts[f"scheduler {name!r}" if several else "scheduler"] = schedule.scheduler
    if training.average is not None:
        parts["average"] = training.average
    parts["order"] = training.order
    # Digests of large sets take a second: they are made here, where they are needed.
    digests = {f"{name} data": of.of_data(data) for name, data in training.data.items()}
    fingerprint = {"seed": seed, **training.settings, **digests}
    file = Checkpoint(path, parts, fingerprint=fingerprint)
    reasons = [*training.batches.order.reasons, *training.order.reasons]
    if reasons and not file.path.exists():
        warn(
            "a training resumed from this checkpoint will not reach the very same weights, since "
            f"the order of the batches cannot be repeated: {'; '.join(reasons)}"
        )
    return file, file.resume()


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


def _bare(model: Any) -> Any:
    """The network itself, where it is wrapped for speed: its parameters have the same names."""
    if isinstance(model, (nn.DataParallel, nn.parallel.DistributedDataParallel)):
        return model.module
    return getattr(model, "_orig_mod", model)


def _is_function(val: Any) -> bool:
    return callable(val) and not hasattr(val, "__iter__") and not hasattr(val, "tensors")

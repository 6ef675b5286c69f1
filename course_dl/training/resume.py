"""A training and its checkpoint: what is kept, what must be the same, where it goes on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from torch import nn

from course_dl.training import fingerprint as of
from course_dl.training.assemble import Training
from course_dl.training.checkpoint import Checkpoint
from course_dl.training.history import History
from course_dl.training.telling import warn

__all__ = ["resume"]


def resume(training: Training, path: str | Path, seed: int) -> tuple[Checkpoint, History]:
    """The file of a training, and the history up to where it goes on."""
    file = Checkpoint(path, _parts(training), fingerprint=_fingerprint(training, seed))
    reasons = [*training.batches.order.reasons, *training.order.reasons]
    if reasons and not file.path.exists():
        warn(
            "a training resumed from this checkpoint will not reach the very same weights, since "
            f"the order of the batches cannot be repeated: {'; '.join(reasons)}"
        )
    return file, file.resume()


def _parts(training: Training) -> dict[str, Any]:
    """All that has a state."""
    parts: dict[str, Any] = {"model": _bare(training.model), "train": training.batches}
    for name, schedule in training.schedules.parts.items():
        of_which = f" {name!r}" if len(training.schedules.parts) > 1 else ""
        parts[f"optimizer{of_which}"] = schedule.optimizer
        if schedule.scheduler is not None:
            parts[f"scheduler{of_which}"] = schedule.scheduler
    if training.average is not None:
        parts["average"] = training.average
    return {**parts, "order": training.order}


def _fingerprint(training: Training, seed: int) -> dict[str, Any]:
    """All in which trainings differ, the plainest first: a message tells no more than a few."""
    batches, model = training.batches, _bare(training.model)
    told: dict[str, Any] = {
        "seed": seed,
        "batch_size": batches.batch_size,
        "number of batches": batches.count,
        "number of generators": len(batches.order),
    }
    for name, schedule in training.schedules.parts.items():
        settings = {
            **of.of_optimizer(schedule.optimizer, schedule.scheduler),
            **of.of_scheduler(schedule.scheduler),
            "per batch": schedule.per_batch,
        }
        of_which = f" of {name!r}" if len(training.schedules.parts) > 1 else ""
        told |= {f"{key}{of_which}": value for key, value in settings.items()}
    told |= {
        "loss": of.of_function(training.minimised),
        "clip": training.clip,
        "average": None if training.average is None else type(training.average).__name__,
        **of.of_shapes(model.state_dict()),
        "parameters in groups": [
            [len(group["params"]) for group in schedule.optimizer.param_groups]
            for schedule in training.schedules
        ],
        "model": of.of_model(model),
        "train data": of.of_data(batches.source),
        "val data": None if training.held_out is None else of.of_data(training.held_out.source),
    }
    return told


def _bare(model: Any) -> Any:
    """The network itself, where it is wrapped for speed: its parameters have the same names."""
    if isinstance(model, (nn.DataParallel, nn.parallel.DistributedDataParallel)):
        return model.module
    return getattr(model, "_orig_mod", model)

"""Learning-rate schedulers, stepped after each batch or each epoch, as each of them needs.

A scheduler is stepped after every epoch. OneCycleLR and CyclicLR, and what has a true attribute
``per_batch``, are stepped after every batch; of any other, `per_batch` says so::

    warm_up = per_batch(lambda optimizer: LinearLR(optimizer, 0.01, total_iters=500))
    fit(net, data, epochs=9, optimizer=torch.optim.Adam, scheduler=warm_up)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch.optim import lr_scheduler

from course_dl.training.metrics import Metrics
from course_dl.training.telling import warn
from course_dl.training.types import SchedulerLike

__all__ = ["Schedule", "Schedules", "per_batch"]

_PER_BATCH = (lr_scheduler.OneCycleLR, lr_scheduler.CyclicLR)
_LENGTHS = ("total_iters", "T_max")  # after how many steps a scheduler has done its work


@dataclass(frozen=True)
class per_batch:
    """Says of a scheduler, or of a function that makes one, that it is meant by the batch."""

    scheduler: SchedulerLike


class Schedule:
    """A scheduler, a function that makes one, or None.

    ReduceLROnPlateau is stepped with what it watches: in mode "min" the loss, in mode "max" the
    accuracy; of the validation set if there is one.
    """

    def __init__(self, scheduler: Any, optimizer: torch.optim.Optimizer) -> None:
        told = isinstance(scheduler, per_batch)
        if isinstance(scheduler, per_batch):
            scheduler = scheduler.scheduler
        if callable(scheduler):
            scheduler = scheduler(optimizer)
        if scheduler is not None and not callable(getattr(scheduler, "step", None)):
            raise TypeError(
                "scheduler must be one of torch.optim.lr_scheduler, or a function that makes one "
                f"of an optimizer, got {scheduler!r}"
            )
        if getattr(scheduler, "optimizer", None) not in (None, optimizer):
            raise ValueError(
                "the scheduler steers another optimizer: give fit the optimizer it was made for, "
                "or a function that makes the scheduler"
            )
        self.scheduler = scheduler
        self.optimizer = optimizer
        self.per_batch = told or any(
            isinstance(part, _PER_BATCH) or getattr(part, "per_batch", False) is True
            for part in _parts(scheduler)
        )
        self._plateau = isinstance(scheduler, lr_scheduler.ReduceLROnPlateau)
        if self._plateau and self.per_batch:
            raise TypeError("ReduceLROnPlateau watches epochs: it cannot be stepped per batch")

    @property
    def lr(self) -> float:
        """The learning rate of the next step (of the first group of parameters)."""
        return float(self.optimizer.param_groups[0]["lr"])

    def after_batch(self) -> None:
        if self.per_batch:
            self.scheduler.step()

    def after_epoch(self, met: Metrics, reached: Metrics | None) -> None:
        if self._plateau:
            self.scheduler.step(self._watched(met, reached))
        elif self.scheduler is not None and not self.per_batch:
            self.scheduler.step()

    def _watched(self, met: Metrics, reached: Metrics | None) -> float:
        watched = reached or met
        if self.scheduler.mode != "max":
            return met.loss if watched.n == 0 and watched.loss != watched.loss else watched.loss
        if watched.accuracy is None:
            raise ValueError(
                "ReduceLROnPlateau with mode='max' watches the accuracy, and this loss has none; "
                "fit steps it with the loss, which is to fall, in mode='min'"
            )
        return watched.accuracy

    def check_length(self, epochs: int | None, batches: int) -> None:
        """Compare the scheduler's length with the epochs to come, of so many batches each.

        Raises ValueError if a OneCycleLR would end before. Warns if a schedule that is stepped
        after every epoch would end long after, as one does that is meant by the batch.
        """
        if epochs is None or self.scheduler is None:
            return
        steps = epochs * batches
        total = getattr(self.scheduler, "total_steps", None)
        if self.per_batch and total is not None and self.scheduler.last_epoch + steps > total:
            done = self.scheduler.last_epoch
            raise ValueError(
                f"the scheduler was made for {total} batches, of which {done} are done, but "
                f"{steps} more are asked for: make it with total_steps={done + steps} (a "
                "checkpoint keeps the number it began with: then train anew, with another file)"
            )
        length = _length(self.scheduler)
        if not self.per_batch and epochs > 0 and length > max(10 * epochs, batches):
            warn(
                f"the scheduler takes {length} steps, and there are {epochs} epochs, after which "
                "fit steps it: if it is meant by the batch, say scheduler=per_batch(...), of "
                "course_dl.training"
            )
        elif not self.per_batch and epochs > 0 and _nearly_off(self.scheduler, epochs):
            warn(
                f"by this scheduler, which fit steps after each epoch, the learning rate stays "
                f"below a tenth of its value in all of {epochs} epochs: if it is meant by the "
                "batch, say scheduler=per_batch(...), of course_dl.training"
            )

    def state_dict(self) -> dict[str, Any]:
        return {} if self.scheduler is None else self.scheduler.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        if self.scheduler is not None:
            self.scheduler.load_state_dict(state)


class Schedules:
    """The schedules of all optimizers; ``scheduler`` is a dict by their names, or one for the only
    optimizer."""

    def __init__(self, scheduler: Any, optimizers: Mapping[str, torch.optim.Optimizer]) -> None:
        if not isinstance(scheduler, Mapping):
            if scheduler is not None and len(optimizers) > 1:
                names = ", ".join(map(repr, optimizers))
                raise TypeError(f"give a dict of schedulers, by the names of optimizers: {names}")
            scheduler = {next(iter(optimizers)): scheduler}
        unknown = [name for name in scheduler if name not in optimizers]
        if unknown:
            raise ValueError(
                f"there is a scheduler {unknown[0]!r}, but no optimizer of this name; there are "
                f"{', '.join(map(repr, optimizers))}"
            )
        self.parts = {
            name: Schedule(scheduler.get(name), optimizer) for name, optimizer in optimizers.items()
        }
        self._active = [part for part in self.parts.values() if part.scheduler is not None]

    def __iter__(self) -> Iterator[Schedule]:
        return iter(self.parts.values())

    @property
    def lr(self) -> float:
        """The learning rate of the next step, of the first optimizer."""
        return next(iter(self)).lr

    def after_batch(self) -> None:
        for part in self._active:
            part.after_batch()

    def after_epoch(self, met: Metrics, reached: Metrics | None) -> None:
        for part in self._active:
            part.after_epoch(met, reached)

    def check_length(self, epochs: int | None, batches: int) -> None:
        for part in self._active:
            part.check_length(epochs, batches)


def _parts(scheduler: Any) -> list[Any]:
    """A scheduler, and those it is made of: chained and sequential ones."""
    return [scheduler, *getattr(scheduler, "_schedulers", ())]


def _length(scheduler: Any) -> int:
    """The steps until a scheduler has done its work, as far as it says so."""
    numbers = [getattr(part, name, 0) for part in _parts(scheduler) for name in _LENGTHS]
    numbers += list(getattr(scheduler, "_milestones", ()))
    return int(max((n for n in numbers if isinstance(n, (int, float))), default=0))


def _nearly_off(scheduler: Any, epochs: int) -> bool:
    """Whether a LambdaLR keeps every rate below a tenth of its value in all epochs."""
    if not isinstance(scheduler, lr_scheduler.LambdaLR):
        return False
    now = scheduler.last_epoch
    return all(
        max(abs(factor(now + epoch)) for epoch in range(min(epochs, 1000))) < 0.1
        for factor in scheduler.lr_lambdas
    )

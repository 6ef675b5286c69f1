"""Learning-rate schedulers, stepped after each batch or each epoch, as each of them needs."""

from __future__ import annotations

from typing import Any

import torch
from torch.optim import lr_scheduler

__all__ = ["Schedule"]

_PER_BATCH = (lr_scheduler.OneCycleLR, lr_scheduler.CyclicLR)


class Schedule:
    """A scheduler of ``torch.optim.lr_scheduler``, a function that makes one, or None.

    It is stepped after every epoch; OneCycleLR and CyclicLR after every batch; ReduceLROnPlateau
    with the loss that it watches.
    """

    def __init__(self, scheduler: Any, optimizer: torch.optim.Optimizer) -> None:
        if callable(scheduler):
            scheduler = scheduler(optimizer)
        if scheduler is not None and not hasattr(scheduler, "step"):
            raise TypeError(
                "scheduler must be one of torch.optim.lr_scheduler, or a function that makes one "
                f"of an optimizer, got {scheduler!r}"
            )
        if scheduler is not None and scheduler.optimizer is not optimizer:
            raise ValueError(
                "the scheduler steers another optimizer: give fit the optimizer it was made for, "
                "or a function that makes the scheduler"
            )
        self.scheduler = scheduler
        self.optimizer = optimizer
        parts = [
            scheduler,
            *getattr(scheduler, "_schedulers", ()),
        ]  # of chained and sequential ones
        self.per_batch = any(isinstance(part, _PER_BATCH) for part in parts)

    @property
    def lr(self) -> float:
        """The learning rate of the next step (of the first group of parameters)."""
        return float(self.optimizer.param_groups[0]["lr"])

    def after_batch(self) -> None:
        if self.per_batch:
            self.scheduler.step()

    def after_epoch(self, watched_loss: float) -> None:
        if isinstance(self.scheduler, lr_scheduler.ReduceLROnPlateau):
            self.scheduler.step(watched_loss)
        elif self.scheduler is not None and not self.per_batch:
            self.scheduler.step()

    def check_length(self, steps: int) -> None:
        """Raise ValueError if a OneCycleLR would end before ``steps`` batches more are trained."""
        total = getattr(self.scheduler, "total_steps", None)
        if self.per_batch and total is not None and self.scheduler.last_epoch + steps > total:
            done = self.scheduler.last_epoch
            raise ValueError(
                f"the scheduler was made for {total} batches, of which {done} are done, but "
                f"{steps} more are asked for: make it with total_steps={done + steps} (a "
                "checkpoint keeps the number it began with: then train anew, with another file)"
            )

    @property
    def fingerprint(self) -> dict[str, Any]:
        """Values in which schedulers and optimizers differ, for `Checkpoint`."""
        groups = self.optimizer.param_groups
        return {
            "optimizer": type(self.optimizer).__name__,
            "scheduler": None if self.scheduler is None else type(self.scheduler).__name__,
            "lr": [float(group.get("initial_lr", group["lr"])) for group in groups],
        }

    def state_dict(self) -> dict[str, Any]:
        return {} if self.scheduler is None else self.scheduler.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        if self.scheduler is not None:
            self.scheduler.load_state_dict(state)

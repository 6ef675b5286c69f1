"""Loss and accuracy of a model over many samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from torch import Tensor

from course_dl.training.objective import Objective

__all__ = ["Metrics", "Tally"]


@dataclass(frozen=True)
class Metrics:
    """Mean loss over ``n`` samples, and the share of right answers, if there are any."""

    loss: float
    accuracy: float | None
    n: int

    def __str__(self) -> str:
        right = "" if self.accuracy is None else f", accuracy {100 * self.accuracy:.2f} %"
        return f"loss {self.loss:.4f}{right}"


class Tally:
    """Running sums over batches; `metrics` gives the means over samples.

    The number of right answers stays on the device until `metrics` reads it. So the loss is the
    only number that is read, and waited for, after every batch.
    """

    def __init__(self, objective: Objective) -> None:
        self._objective = objective
        self._loss = 0.0
        self._correct: Tensor | None = None
        self._answers = 0
        self.n = 0

    def add(self, loss: float, y: Any, d: Any) -> None:
        """Add a batch: its mean loss, outputs and targets."""
        self._loss += loss * len(d)
        self.n += len(d)
        counted = self._objective.count_correct(y, d)
        if counted is not None:
            correct, answers = counted
            self._correct = correct if self._correct is None else self._correct + correct
            self._answers += answers

    def metrics(self) -> Metrics:
        """Means over the samples so far, of which there must be one."""
        accuracy = None if self._correct is None else self._correct.item() / self._answers
        return Metrics(self._loss / self.n, accuracy, self.n)

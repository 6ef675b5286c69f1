"""Loss, accuracy and metrics of one's own, over many samples.

A metric of a batch is a number, its mean over the samples; or a tensor of such numbers, one a
sample; or a pair (numerator, denominator) of numbers or tensors, which are added up over the
batches and then divided. An intersection over union, whose parts are counted over the whole set, is
such a pair::

    def iou(y, d):  # scores (N, K, H, W), classes (N, H, W)
        found = F.one_hot(y.argmax(1), K).bool()
        there = F.one_hot(d, K).bool()
        return (found & there).sum((0, 1, 2)), (found | there).sum((0, 1, 2))

Of several quotients, one a class, the mean is told; a class that is nowhere (0/0) is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from course_dl._arguments import describe

__all__ = ["Metrics", "Quotient", "Tally", "check_metrics", "quotient"]

Quotient = tuple[Any, Any]
TAKEN = ("epoch", "loss", "lr", "seconds")


@dataclass(frozen=True)
class Metrics:
    """Mean loss over ``n`` samples, the share of right answers if there are any, and the rest.

    ``n`` counts the samples that the loss counts. ``named`` holds the metrics of one's own; each is
    reached by its name too: ``metrics["iou"]``.
    """

    loss: float
    accuracy: float | None
    n: int
    named: Mapping[str, float] = field(default_factory=dict)

    def __getitem__(self, name: str) -> float | None:
        return self.named[name] if name in self.named else getattr(self, name)

    def __str__(self) -> str:
        right = "" if self.accuracy is None else f", accuracy {100 * self.accuracy:.2f} %"
        rest = "".join(f", {name} {value:.4g}" for name, value in self.named.items())
        return f"loss {self.loss:.4f}{right}{rest}"


class Tally:
    """Running sums over batches; `metrics` gives the means.

    What is counted stays on the device until `metrics` reads it. So the loss is the only number
    that is read, and waited for, after every batch.
    """

    def __init__(self) -> None:
        self._loss = 0.0
        self._weight = 0.0
        self._sums: dict[str, list[Any]] = {}
        self.n = 0

    def add(self, loss: float, weight: float, n: int, named: Mapping[str, Quotient]) -> None:
        """Add a batch: its mean loss, over how much that is a mean, its samples, its metrics."""
        self._loss += loss * weight
        self._weight += weight
        self.n += n
        for name, (numerator, denominator) in named.items():
            sums = self._sums.setdefault(name, [0, 0])
            sums[0] = sums[0] + numerator
            sums[1] = sums[1] + denominator

    @property
    def empty(self) -> bool:
        return self._weight == 0

    def metrics(self) -> Metrics:
        """Means over what was added so far; the loss is NaN where nothing counted."""
        named = {name: _mean(*sums) for name, sums in self._sums.items()}
        accuracy = named.pop("accuracy", None)
        if accuracy is not None and accuracy != accuracy:
            accuracy = None  # no answer was counted
        loss = self._loss / self._weight if self._weight else float("nan")
        return Metrics(loss, accuracy, self.n, named)


def quotient(value: Any, n: int, name: str) -> Quotient:
    """A metric of a batch of ``n`` samples as (numerator, denominator), to be added up."""
    if isinstance(value, tuple) and len(value) == 2:
        top, bottom = (
            part.detach() if isinstance(part, Tensor) else torch.as_tensor(part) for part in value
        )
        return top, bottom
    if isinstance(value, Tensor):
        value = value.detach()
        return (value * n, n) if value.numel() == 1 else (value.sum(), value.numel())
    try:
        return float(value) * n, n
    except (TypeError, ValueError):
        raise TypeError(
            f"{name} must be a number, a tensor of one number a sample, or a pair (numerator, "
            f"denominator), got a {describe(value)}"
        ) from None


def check_metrics(metrics: Any) -> Mapping[str, Any]:
    """``metrics`` as a dict; raises TypeError or ValueError unless it holds functions by name."""
    if metrics is None:
        return {}
    if not isinstance(metrics, Mapping) or not all(map(callable, metrics.values())):
        raise TypeError(
            'metrics must be functions by name, as {"error": lambda y, d: (y - d).abs().mean()}, '
            f"got {metrics!r}"
        )
    for name in metrics:
        if not isinstance(name, str) or name in (*TAKEN, "accuracy") or name.startswith("val_"):
            raise ValueError(f"a metric cannot be called {name!r}: the history has this name")
    return metrics


def _mean(numerator: Any, denominator: Any) -> float:
    tops, bottoms = (torch.as_tensor(part).cpu().double() for part in (numerator, denominator))
    tops, bottoms = torch.broadcast_tensors(tops, bottoms)
    counted = bottoms != 0
    if not bool(counted.any()):
        return float("nan")
    return float((tops[counted] / bottoms[counted]).mean())

"""Names for what `course_dl.fit` takes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Protocol, TypeAlias

import torch
from torch import Tensor, nn

from course_dl.losses import Loss

__all__ = [
    "Data",
    "LossLike",
    "MetricLike",
    "OptimizerLike",
    "SchedulerLike",
    "StepLike",
    "Tensors",
]


class Tensors(Protocol):
    """What has its samples as tensors, such as an `ImageSet`."""

    def tensors(self) -> tuple[Tensor, Tensor]:
        """``(X, d)``, one sample a row."""


Data: TypeAlias = Tensor | tuple[Tensor, ...] | Tensors | Iterable[Any]
"""Tensors of equal length, an image set, or any loader that can be gone through many times."""

LossLike: TypeAlias = str | Loss | nn.Module | Callable[[Any, Any], Tensor]
"""A name, a `Loss`, an ``nn`` loss, or a function ``loss(y, d)``."""

OptimizerLike: TypeAlias = torch.optim.Optimizer | Callable[..., torch.optim.Optimizer]
"""An optimizer, or a function that makes one from parameters, such as ``torch.optim.Adam``."""

SchedulerLike: TypeAlias = Any
"""What has ``step()``, or a function that makes it from an optimizer."""

Number: TypeAlias = float | Tensor
Handed: TypeAlias = Number | Mapping[str, Any]
StepLike: TypeAlias = Callable[..., Handed | Iterator[Handed]]
"""A function ``step(model, *batch)``: see `course_dl.training.steps`."""

MetricLike: TypeAlias = Callable[[Any, Any], Number | tuple[Number, Number]]
"""A function ``metric(y, d)``: see `course_dl.training.metrics`."""

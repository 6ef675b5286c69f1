"""The loss that a training minimises, a mean over samples, and what counts as a right answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from course_dl._arguments import describe
from course_dl._fast.losses import FAST_CROSS_ENTROPY
from course_dl.losses import LOSSES, Loss, get_loss

__all__ = ["Objective", "by_target", "course_loss", "objective"]

_BINARY = ("binary_cross_entropy", "perceptron_loss")  # judged by the sign of the score


@dataclass(frozen=True)
class Objective:
    """``mean(y, d)`` is the loss of a batch, a mean over its samples, as a 0-d tensor."""

    mean: Callable[[Any, Any], Tensor]
    binary: bool = False

    def count_correct(self, y: Any, d: Any) -> tuple[Tensor, int] | None:
        """(right answers, answers) of a batch; None if right and wrong have no meaning.

        The answer is the class of the largest score, ``argmax_k y_k``, for int64 classes, and
        ``sign(y)`` for a binary loss. If each pixel has a class, each pixel is an answer.
        """
        if not isinstance(y, Tensor) or not isinstance(d, Tensor):
            return None
        if self.binary:
            return ((y >= 0) == (d > 0)).sum(), d.numel()
        if d.dtype == torch.int64 and y.ndim == d.ndim + 1:
            return (y.argmax(1) == d).sum(), d.numel()
        return None


def objective(loss: Any) -> Objective:
    """The `Objective` of a name, a course loss, an ``nn`` loss module, any ``loss(y, d)``, or None.

    A loss with ``reduction="sum"`` or ``"none"`` is divided by the number of samples. Any other
    function must return the mean over the batch. None chooses by the targets (`by_target`).
    """
    if loss is None or isinstance(loss, (str, Loss)) or loss in _FUNCTIONS:
        known = course_loss(loss)
        return Objective(partial(known.value, reduction="mean"), known.name in _BINARY)
    if isinstance(loss, type) or not callable(loss):
        raise TypeError(
            f"loss must be a name ({', '.join(LOSSES)}), a loss such as nn.CrossEntropyLoss() or a "
            f"function loss(y, d), got {loss!r}"
        )
    binary = isinstance(loss, nn.BCEWithLogitsLoss)
    if isinstance(loss, nn.Module) and getattr(loss, "reduction", "mean") != "mean":
        return Objective(lambda y, d: loss(y, d).sum() / len(d), binary)

    def mean(y: Any, d: Any) -> Tensor:
        value = loss(y, d)
        if not isinstance(value, Tensor) or value.numel() != 1:
            raise ValueError(
                f"loss(y, d) must return one number, the mean over the batch, as a tensor; got a "
                f"{describe(value)}"
            )
        return value

    return Objective(mean, binary)


def course_loss(loss: Any) -> Loss:
    """The course's `Loss`, whose gradient is known; None chooses by the targets.

    The cross-entropy is the fast form of `course_dl._fast.losses`.

    Raises ValueError for an unknown name, TypeError for a loss whose gradient is not known.
    """
    if loss is None:
        return by_target
    known = get_loss(loss)
    return FAST_CROSS_ENTROPY if known is LOSSES["cross_entropy"] else known


def _choose(d: Tensor) -> Loss:
    return LOSSES["square_error"] if d.is_floating_point() else FAST_CROSS_ENTROPY


by_target = Loss(
    "cross-entropy for classes, square error for numbers",
    lambda y, d, reduction="sum": _choose(d).value(y, d, reduction),
    lambda y, d, reduction="sum": _choose(d).grad(y, d, reduction),
)

_FUNCTIONS = [loss.value for loss in LOSSES.values()]

"""The loss that a training minimises, a mean, what it counts, and what is a right answer."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from course_dl._arguments import describe
from course_dl._fast.losses import FAST_CROSS_ENTROPY
from course_dl.losses import LOSSES, Loss, get_loss
from course_dl.training.classes import candidates, probed_axis
from course_dl.training.families import as_module, cut, is_elementwise, of_classes, threshold
from course_dl.training.nested import count_samples

__all__ = ["Objective", "by_target", "course_loss", "objective"]

_LEFT_OUT = -100  # the class of places that do not count, as in PyTorch


class Objective:
    """A loss as fit uses it.

    Attributes
    ----------
    loss : the loss itself: a course loss, an ``nn`` loss, or a function.
    axis : where the classes lie in the scores, once it is known.
    """

    def __init__(self, loss: Any, function: Callable[[Any, Any], Tensor]) -> None:
        self.loss = loss
        self._function = function
        self.axis: int | None = None
        self._threshold, self._cut = threshold(loss), cut(loss)
        self._sums = getattr(loss, "reduction", "mean") in ("sum", "none")
        # What the loss leaves out and how it weighs; it says so by PyTorch's own names.
        self._ignored = getattr(loss, "ignore_index", None)
        weighted = isinstance(loss, (nn.CrossEntropyLoss, nn.NLLLoss))
        self._class_weights = loss.weight if weighted else None
        self._batchmean = getattr(loss, "reduction", "mean") == "batchmean"

    def mean(self, y: Any, d: Any) -> Tensor:
        """The loss of a batch as a 0-d tensor, a mean."""
        if not self._sums:
            return self._function(y, d)
        return self._function(y, d).sum() / self.counts(y, d)[0]

    def counts(self, y: Any, d: Any) -> tuple[float, int]:
        """(weight, samples) of a batch: over how much `mean` is a mean, and how many count.

        The weight is a number of samples or of entries, or the sum of their weights; it is 0 if the
        loss leaves out the whole batch.
        """
        kept = self._kept(d)
        if kept is not None:
            weights = self._class_weights
            weight = kept.sum() if weights is None else weights[d[kept]].sum()
            return weight.item(), int(kept.flatten(1).any(1).sum() if d.ndim > 1 else kept.sum())
        n = count_samples(d, y)
        if self._sums or not isinstance(y, Tensor) or self._batchmean:
            return n, n
        if is_elementwise(self.loss):
            return y.numel(), n
        return (d.numel() // d.shape[1] if of_classes(self.loss) and d.ndim > 1 else n), n

    def count_correct(self, y: Any, d: Any) -> tuple[Tensor, Tensor | int] | None:
        """(right answers, answers) of a batch; None if right and wrong have no meaning.

        The answer is the class of the largest score, and for a binary loss whether the score
        reaches the threshold: 0, or 0.5 for probabilities. If each pixel has a class, each pixel
        is an answer. What the loss leaves out is none.
        """
        if not isinstance(y, Tensor) or not isinstance(d, Tensor):
            return None
        if self._threshold is not None:
            if y.shape != d.shape:
                return None
            return ((y >= self._threshold) == (d >= self._cut)).sum(), d.numel()
        if of_classes(self.loss) and d.is_floating_point():  # probabilities of the classes
            return (y.argmax(1) == d.argmax(1)).sum(), d.numel() // d.shape[1]
        axis = self.class_axis(y, d)
        if axis is None:
            return None
        right = y.argmax(axis) == d
        kept = self._kept(d)
        return (right.sum(), d.numel()) if kept is None else ((right & kept).sum(), kept.sum())

    def class_axis(self, y: Tensor, d: Tensor) -> int | None:
        """Where the classes lie in the scores; None if the targets are no classes.

        Raises ValueError if nothing tells it.
        """
        if d.dtype not in (torch.int64, torch.uint8) or y.ndim != d.ndim + 1:
            return None
        if of_classes(self.loss):
            return 1
        found = candidates(y, d)
        if self.axis in found or len(found) < 2:
            return self.axis if self.axis in found else next(iter(found), None)
        if isinstance(self.loss, Loss) and y.ndim > 3:
            return 1  # maps (N, K, H, W): channels come first in PyTorch's images
        if isinstance(self.loss, Loss):
            raise ValueError(
                f"both axis 1 and the last axis of scores {tuple(y.shape)} may be that of the "
                f"classes {tuple(d.shape)}: give loss=nn.CrossEntropyLoss(), for axis 1, or a "
                "function such as lambda y, d: F.cross_entropy(y.transpose(1, 2), d)"
            )
        self.axis = probed_axis(self._function, y, d)
        return self.axis

    def dense(self, y: Tensor, d: Tensor) -> Tensor:
        """The cross-entropy where each sample has many classes, a mean over them."""
        axis = self.class_axis(y, d)
        if axis is None:
            return self.loss.value(y, d, reduction="mean")  # which says what is wrong
        self.axis = axis
        scores = y.movedim(axis, 1)
        kept = d[d != _LEFT_OUT]
        if kept.numel():
            low, high = (int(bound) for bound in kept.aminmax())
            if low < 0 or high >= scores.shape[1]:
                raise ValueError(
                    f"classes must lie in 0..{scores.shape[1] - 1}, or be {_LEFT_OUT} to be left "
                    f"out, for scores {tuple(y.shape)}; got {low if low < 0 else high}"
                )
        return functional.cross_entropy(scores, d, ignore_index=_LEFT_OUT)

    def _of_places(self, d: Tensor) -> bool:
        """Whether a course loss is used for classes of places: pixels, tokens."""
        return _for_classes(self.loss) and d.dtype == torch.int64

    def _kept(self, d: Any) -> Tensor | None:
        """Which targets count; None if all do."""
        if not isinstance(d, Tensor) or d.is_floating_point():
            return None
        if self._ignored is not None:
            return d != self._ignored
        if d.ndim > 1 and self._of_places(d):
            return d != _LEFT_OUT
        return torch.ones_like(d, dtype=torch.bool) if self._class_weights is not None else None


def objective(loss: Any) -> Objective:
    """The `Objective` of a name, a course loss, an ``nn`` loss module, any ``loss(y, d)``, or None.

    A loss with ``reduction="sum"`` or ``"none"`` is divided by what it counts. Any other function
    must return the mean over the batch. None chooses by the targets (`by_target`).
    """
    if loss is None or isinstance(loss, (str, Loss)) or loss in _FUNCTIONS:
        known = course_loss(loss)
        if not _for_classes(known):
            return Objective(known, partial(known.value, reduction="mean"))
        flat = partial(known.value, reduction="mean")

        def of_shape(y: Any, d: Any) -> Tensor:
            dense = isinstance(d, Tensor) and d.ndim > 1 and d.dtype == torch.int64
            return made.dense(y, d) if dense and y.ndim == d.ndim + 1 else flat(y, d)

        made = Objective(known, of_shape)
        return made
    if isinstance(loss, type) or not callable(loss):
        raise TypeError(
            f"loss must be a name ({', '.join(LOSSES)}), a loss such as nn.CrossEntropyLoss() or a "
            f"function loss(y, d), got {loss!r}"
        )
    loss = as_module(loss)
    if getattr(loss, "reduction", "mean") in ("sum", "none"):
        return Objective(loss, loss)

    def mean(y: Any, d: Any) -> Tensor:
        value = loss(y, d)
        if not isinstance(value, Tensor) or value.numel() != 1:
            raise ValueError(
                f"loss(y, d) must return one number, the mean over the batch, as a tensor; got a "
                f"{describe(value)}"
            )
        return value

    return Objective(loss, mean)


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


def _for_classes(loss: Any) -> bool:
    return loss is by_target or loss is FAST_CROSS_ENTROPY


_FUNCTIONS = [loss.value for loss in LOSSES.values()]

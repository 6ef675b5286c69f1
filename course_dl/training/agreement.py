"""Whether outputs and targets of a batch fit each other and the loss, asked at the first batch."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from course_dl._arguments import describe
from course_dl.losses import Loss
from course_dl.training.families import is_elementwise, of_classes
from course_dl.training.objective import Objective
from course_dl.training.telling import warn

__all__ = ["OutOfRangeError", "check_outputs", "check_targets"]


class OutOfRangeError(ValueError, IndexError):
    """A target that is no class of the scores; an IndexError, as PyTorch's own loss raises."""


def check_targets(objective: Objective, d: Any, name: str) -> None:
    """Raise TypeError unless the targets are a tensor, where the loss needs one."""
    if _known(objective.loss) and not isinstance(d, Tensor):
        raise TypeError(
            f"{name} d must be a torch.Tensor, got {describe(d)}: try torch.as_tensor, or give a "
            "loss= that takes such targets"
        )


def check_outputs(objective: Objective, y: Any, d: Any) -> bool:
    """Raise TypeError or ValueError unless ``loss(y, d)`` means what it seems to.

    Returns whether this batch could tell; if not, the next one is to be asked.

    A loss that compares each output with all targets, by broadcasting, teaches a network the mean
    of the targets alone, and nobody is told.
    """
    loss = objective.loss
    if _known(loss) and not isinstance(y, Tensor):
        what = f"a {type(y).__name__}"
        if isinstance(y, (tuple, list)):
            what += f" of {len(y)}"
        raise TypeError(
            f"the model must return scores as a tensor, got {what}: give loss=, a function of all "
            "it returns, or return the first alone"
        )
    if not isinstance(y, Tensor) or not isinstance(d, Tensor) or isinstance(loss, Loss):
        return True  # the course's losses check for themselves, every batch
    if of_classes(loss):
        _check_classes(loss, y, d)
    elif is_elementwise(loss):
        _check_numbers(loss, y, d)
    elif y.shape != d.shape:
        return _check_broadcast(objective, y, d)
    return True


def _known(loss: Any) -> bool:
    return isinstance(loss, Loss) or of_classes(loss) or is_elementwise(loss)


def _check_classes(loss: nn.Module, y: Tensor, d: Tensor) -> None:
    name = type(loss).__name__
    if d.is_floating_point():
        if d.shape != y.shape or not isinstance(loss, nn.CrossEntropyLoss):
            raise TypeError(f"the classes of {name} must be int64, got {describe(d)}: try d.long()")
        return
    if d.dtype not in (torch.int64, torch.uint8):
        raise TypeError(f"the classes of {name} must be int64, got {describe(d)}: try d.long()")
    expected = y.shape[:1] + y.shape[2:] if y.ndim > 1 else y.shape[1:]
    if d.shape != expected:
        advice = "reshape the targets"
        if d.shape == y.shape:
            advice = "these look like one-hot targets: d.argmax(1), or d.float()"
        elif y.ndim > 2 and y.shape[:-1] == d.shape:
            advice = "bring the classes to axis 1: y.movedim(-1, 1)"
        elif d.numel() == expected.numel():
            advice = f"try d.reshape({', '.join(map(str, expected))})"
        raise ValueError(
            f"{name} takes the classes along axis 1: for scores {tuple(y.shape)} the targets must "
            f"have the shape {tuple(expected)}, got {tuple(d.shape)}: {advice}"
        )
    kept = d[d != getattr(loss, "ignore_index", None)] if hasattr(loss, "ignore_index") else d
    if kept.numel():
        low, high = (int(bound) for bound in kept.aminmax())
        if low < 0 or high >= y.shape[1]:
            raise OutOfRangeError(
                f"classes must lie in 0..{y.shape[1] - 1} as y has {y.shape[1]} columns; "
                f"got {low if low < 0 else high}"
            )


def _check_numbers(loss: nn.Module, y: Tensor, d: Tensor) -> None:
    if not d.is_floating_point() and not d.is_complex():
        raise TypeError(
            f"the targets of {type(loss).__name__} must be floating-point numbers, got "
            f"{describe(d)}: try d.float()"
        )
    if y.shape != d.shape:
        raise ValueError(_different(y, d))


def _check_broadcast(objective: Objective, y: Tensor, d: Tensor) -> bool:
    """For a function of one's own, which may well bring outputs and targets together by itself."""
    if _without_ones(y) == _without_ones(d):
        if len(d) < 2 or torch.equal(d.roll(1, 0), d):
            return False  # no difference could show
        if _pairs_all_with_all(objective, y, d):
            raise ValueError(_different(y, d))
    elif y.ndim == d.ndim and d.is_floating_point() and _broadcastable(y, d):
        warn(f"the loss may broadcast: {_different(y, d)}")
    return True


def _different(y: Tensor, d: Tensor) -> str:
    return (
        f"d must have the shape of y, {tuple(y.shape)}, got {tuple(d.shape)}: reshape one to the "
        "other, e.g. d.reshape(y.shape)"
    )


def _without_ones(x: Tensor) -> list[int]:
    return [n for n in x.shape[1:] if n != 1]


def _broadcastable(y: Tensor, d: Tensor) -> bool:
    return all(a == b or 1 in (a, b) for a, b in zip(y.shape, d.shape, strict=True))


@torch.no_grad()
def _pairs_all_with_all(objective: Objective, y: Tensor, d: Tensor) -> bool:
    """Whether the targets may change places and the loss stays as it is."""
    steps = torch.arange(y.numel(), device=y.device).view_as(y) / max(1, y.numel())
    changed = d.roll(1, 0)
    outputs = y + steps.to(y.dtype)
    try:
        value, other = objective.mean(outputs, d), objective.mean(outputs, changed)
    except (RuntimeError, ValueError, TypeError, IndexError):
        return False  # the loss itself says what is wrong
    return torch.allclose(value, other, rtol=1e-5, atol=1e-8)

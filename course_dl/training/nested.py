"""Tensors within tuples, lists and dicts, as batches hold them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor

from course_dl._arguments import describe

__all__ = ["count_samples", "map_tensors", "moved", "parts", "tensors_in"]


def map_tensors(change: Callable[[Tensor], Any], value: Any) -> Any:
    """``value`` with each tensor in it changed; tuples, lists and dicts are made anew."""
    if isinstance(value, Tensor):
        return change(value)
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*(map_tensors(change, part) for part in value))
    if type(value) in (tuple, list):
        return type(value)([map_tensors(change, part) for part in value])
    if type(value) is dict:
        return {key: map_tensors(change, part) for key, part in value.items()}
    return value


def moved(value: Any, device: torch.device) -> Any:
    """``value`` on ``device``: its tensors, and objects that know ``to`` themselves."""
    if isinstance(value, Tensor):
        return value.to(device, non_blocking=True)
    if isinstance(value, (tuple, list, dict)) and not hasattr(value, "to"):
        return map_tensors(lambda part: part.to(device, non_blocking=True), value)
    return value.to(device) if callable(getattr(value, "to", None)) else value


def tensors_in(value: Any) -> Iterator[Tensor]:
    """The tensors of a value, first to last."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, (tuple, list)):
        for part in value:
            yield from tensors_in(part)
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from tensors_in(part)


def count_samples(*values: Any) -> int:
    """The length of the first tensor in ``values``, targets first.

    Raises TypeError if there is no tensor with a row for each sample.
    """
    first = values[0]
    if isinstance(first, Tensor) and first.ndim:  # nearly always, and at every step
        return len(first)
    for value in values:
        for tensor in tensors_in(value):
            if tensor.ndim:
                return len(tensor)
    raise TypeError(
        "the samples of a batch cannot be counted: expected a tensor with a row for each sample "
        f"in the targets or in the inputs, got {' and '.join(map(describe, values))}"
    )


def parts(batch: Any) -> tuple[Any, ...]:
    """What a batch hands to a step: the parts of a tuple or a list, else the batch itself."""
    return tuple(batch) if isinstance(batch, (tuple, list)) else (batch,)

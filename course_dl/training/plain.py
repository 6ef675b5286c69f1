"""Values as a checkpoint can hold them: what is written can be read again without running code."""

from __future__ import annotations

import io
import pickle
from collections import Counter, OrderedDict
from typing import Any

import numpy as np
import torch
from torch import Tensor

__all__ = ["CheckpointError", "UnwritableError", "from_plain", "to_plain"]

_ARRAY = "numpy array"  # the only key of a dict that stands for an array
_SCALARS = (type(None), bool, int, float, complex, str, bytes)


class CheckpointError(ValueError):
    """A file from which this training cannot go on: damaged, or of another training."""


class UnwritableError(CheckpointError, pickle.PicklingError):
    """A value that a checkpoint cannot hold; raised before anything is written."""


def to_plain(value: Any, where: str = "the state") -> Any:
    """``value`` made of tensors, numbers, strings, lists and dicts; `from_plain` is the inverse.

    NumPy's numbers become Python's. Raises UnwritableError, which names the place, for an object
    that could not be read again.
    """
    if type(value) in _SCALARS or isinstance(value, Tensor):
        return value
    if isinstance(value, np.generic):
        return to_plain(value.item(), where)
    if isinstance(value, np.ndarray):
        try:
            # A copy: PyTorch has no arrays that are read-only or have negative strides.
            return {_ARRAY: torch.from_numpy(value.copy())}
        except TypeError as error:
            raise UnwritableError(_refusal(value, where)) from error
    if isinstance(value, (bool, int, float, str)):  # a subclass, such as an enumeration's member
        base = next(kind for kind in (int, float, str) if isinstance(value, kind))
        return base(value)
    if type(value) in (dict, OrderedDict, Counter):
        plain = {to_plain(k, where): to_plain(v, f"{where}[{k!r}]") for k, v in value.items()}
        unchanged = all(a is b for a, b in zip(plain.values(), value.values(), strict=True))
        if unchanged and all(a is b for a, b in zip(plain, value, strict=True)):
            return value  # with what else it holds, such as a state_dict's versions
        return plain
    if type(value) in (list, tuple, set):
        return type(value)([to_plain(part, f"{where}[{k}]") for k, part in enumerate(value)])
    if not _readable(value):
        raise UnwritableError(_refusal(value, where))
    return value


def from_plain(value: Any) -> Any:
    """What `to_plain` was given, up to the types of numbers."""
    if type(value) in (dict, OrderedDict):
        if value.keys() == {_ARRAY}:
            return value[_ARRAY].numpy()
        changed = {key: from_plain(part) for key, part in value.items()}
        return value if all(a is value[key] for key, a in changed.items()) else changed
    if type(value) in (list, tuple):
        return type(value)([from_plain(part) for part in value])
    return value


def _readable(value: Any) -> bool:
    """Whether PyTorch reads the value without running code, as it does its own types."""
    file = io.BytesIO()
    try:
        torch.save(value, file)
        file.seek(0)
        torch.load(file, weights_only=True)
    except Exception:  # whatever pickle or the object itself raises
        return False
    return True


def _refusal(value: Any, where: str) -> str:
    return (
        f"{where} holds a {type(value).__qualname__}, which a checkpoint cannot keep: let it be "
        "made of tensors, numbers, strings, lists and dicts, or train without checkpoint"
    )

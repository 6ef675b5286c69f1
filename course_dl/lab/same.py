"""Whether two runs of a check went the same way: the same calls, with the same outcomes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch

from course_dl.calls.backend import Outcome
from course_dl.calls.values import Handle
from course_dl.lab.compare import TOLERANCE, near

__all__ = ["same_ending", "same_numbers", "same_outcome"]

# Whether a generator was drawn from is none: it belongs to the process, whose other threads (a
# kernel's, a cluster's) draw too.
FLAGS = ("missing", "changed", "used_autograd", "used_library")


def same_outcome(a: Outcome, b: Outcome) -> bool:
    """Whether two calls ended alike: values to rounding, errors by kind and message."""
    if (a.error is None) != (b.error is None):
        return False
    if a.error is not None and b.error is not None:
        return (a.error.kind, a.error.message) == (b.error.kind, b.error.message)
    if bool(a.timed_out) != bool(b.timed_out):
        return False
    return _same(a.value, b.value) and all(getattr(a, flag) == getattr(b, flag) for flag in FLAGS)


def same_numbers(a: Outcome, b: Outcome) -> bool:
    """Whether two calls ended alike but for types: numbers to float32's rounding, errors as ever.

    The same slip may come as an int, in another dtype, or in numpy.
    """
    if a.error is not None or b.error is not None or a.timed_out or b.timed_out:
        return same_outcome(a, b)
    alike = _same_numbers(a.value, b.value)
    return alike and all(getattr(a, flag) == getattr(b, flag) for flag in FLAGS)


def same_ending(a: Outcome, b: Outcome) -> bool:
    """Whether two calls returned, or raised an error of one kind, or took too long, both of them.

    Of calls that depend on the clock no more is alike: a message may tell how far they came.
    """
    kinds = [one.error and one.error.kind for one in (a, b)]
    returned = [type(one.value) for one in (a, b)]
    return (
        kinds[0] == kinds[1] and bool(a.timed_out) == bool(b.timed_out) and len(set(returned)) == 1
    )


def _same_numbers(a: Any, b: Any) -> bool:
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(map(_same_numbers, a, b))
    x, y = _numbers(a, like=b), _numbers(b, like=a)
    if x is None or y is None:
        return _same(a, b)
    return x.shape == y.shape and _same_entries(x, y, TOLERANCE[torch.float32])


def _numbers(value: Any, like: Any) -> torch.Tensor | None:
    """A number or an array as float64, or a list of as many numbers as ``like``; else None."""
    if isinstance(value, torch.Tensor):
        return None if value.is_complex() else value.detach().double()
    if isinstance(value, (np.ndarray, np.generic)):
        value = np.asarray(value)
        return torch.as_tensor(value).double() if value.dtype.kind in "biuf" else None
    if isinstance(value, (bool, int, float)):
        return torch.tensor(float(value), dtype=torch.float64)
    if isinstance(value, (list, tuple)) and value and getattr(like, "shape", ()) == (len(value),):
        entries = [_numbers(item, None) for item in value]
        if all(entry is not None and entry.dim() == 0 for entry in entries):
            return torch.stack([entry for entry in entries if entry is not None])
    return None


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, torch.Tensor) and isinstance(b, torch.Tensor):
        return a.shape == b.shape and a.dtype == b.dtype and _same_entries(a, b)
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(_same(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(_same(a[key], b[key]) for key in a)
    if isinstance(a, Handle) and isinstance(b, Handle):
        return True  # what the objects are shows in what they do
    if isinstance(a, float) and isinstance(b, float):
        return math.isclose(a, b, rel_tol=1e-6, abs_tol=1e-12) or (a != a and b != b)
    if isinstance(a, np.ndarray):
        return isinstance(b, np.ndarray) and _same(torch.as_tensor(a), torch.as_tensor(b))
    return type(a) is type(b) and bool(a == b)


def _same_entries(a: torch.Tensor, b: torch.Tensor, limit: float | None = None) -> bool:
    a, b = a.detach(), b.detach()
    limit = TOLERANCE.get(a.dtype, 0.0) if limit is None else limit
    if a.numel() == 0 or near(a, b, limit):
        return True
    if not b.is_floating_point():
        return torch.equal(a, b)
    finite = b[torch.isfinite(b)].abs()
    scale = float(finite.max()) if finite.numel() else 0.0
    return torch.allclose(a, b, rtol=limit, atol=limit * scale, equal_nan=True)

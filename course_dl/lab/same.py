"""Whether two runs of a check went the same way: the same calls, with the same outcomes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch

from course_dl.calls.backend import Outcome
from course_dl.calls.values import Handle
from course_dl.lab.compare import TOLERANCE, near

__all__ = ["same_outcome"]

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


def _same_entries(a: torch.Tensor, b: torch.Tensor) -> bool:
    a, b = a.detach(), b.detach()
    limit = TOLERANCE.get(a.dtype, 0.0)
    if a.numel() == 0 or near(a, b, limit):
        return True
    if not b.is_floating_point():
        return torch.equal(a, b)
    finite = b[torch.isfinite(b)].abs()
    scale = float(finite.max()) if finite.numel() else 0.0
    return torch.allclose(a, b, rtol=limit, atol=limit * scale, equal_nan=True)

"""Calls that an exercise does without: autograd, and the library's own answer.

Both are found out by what a function *calls*, never by reading its code. The names of calls that
were stopped are kept, so that an ``except`` around them hides nothing.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

import numpy as np
import torch
from torch.autograd import forward_ad
from torch.autograd.variable import Variable
from torch.overrides import TorchFunctionMode

__all__ = ["AutogradUsed", "LibraryUsed", "count_operations", "without_autograd", "without_library"]


class AutogradUsed(RuntimeError):
    """Raised where code that is to do without autograd asks it for a gradient."""


class LibraryUsed(RuntimeError):
    """Raised where code calls the library function that it is to write itself."""


class _NoEngine:
    """Stands in for autograd's engine, through which every backward pass goes."""

    def __init__(self) -> None:
        self.asked = False

    def run_backward(self, *args: Any, **kwargs: Any) -> Any:
        self.asked = True
        raise AutogradUsed("autograd is switched off in this exercise")

    make_dual = run_backward  # forward-mode automatic differentiation begins with this one


@contextlib.contextmanager
def without_autograd() -> Iterator[Callable[[], bool]]:
    """Run the block with no graph and no engine: ``enable_grad`` inside gives no gradient either.

    Yields a function that tells whether the block asked for a gradient.
    """
    nothing = _NoEngine()
    engine, make_dual = Variable._execution_engine, forward_ad.make_dual
    Variable._execution_engine = nothing  # type: ignore[misc, assignment]
    forward_ad.make_dual = nothing.make_dual
    try:
        with torch.no_grad():
            yield lambda: nothing.asked
    finally:
        Variable._execution_engine = engine  # type: ignore[misc]
        forward_ad.make_dual = make_dual


class _Refuse(TorchFunctionMode):
    """Stops torch functions by name, however they are reached (as function, method, module)."""

    def __init__(self, names: frozenset[str]) -> None:
        super().__init__()
        self.names = names
        self.refused = ""

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        name = getattr(func, "__name__", "").split(".")[0].strip("_").removeprefix("special_")
        if name in self.names:
            self.refused = name
            raise LibraryUsed(f"{name} is the answer itself: write it yourself")
        return func(*args, **(kwargs or {}))


@contextlib.contextmanager
def without_library(names: frozenset[str]) -> Iterator[Callable[[], str]]:
    """Run the block with the torch functions of these names refused (``"softmax"``, ...).

    Yields a function that tells the name of the call refused last, or ``""``.
    """
    if not names:
        yield lambda: ""
        return
    with _Refuse(names) as mode:
        yield lambda: mode.refused


class _Rows(np.ndarray[Any, Any]):
    """An array whose rows are handed out by Python, so that a loop of C over them is seen too."""

    def __iter__(self) -> Iterator[Any]:
        for i in range(len(self)):
            yield self[i]


class _CountTorch(TorchFunctionMode):
    """Counts calls, and what is handed out as a list, which C could go through unseen."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        self.calls += 1 + _length(result)
        return result.view(_Rows) if type(result) is np.ndarray else result


def _length(value: Any) -> int:
    return sum(1 + _length(item) for item in value) if isinstance(value, list | tuple) else 0


def count_operations(function: Callable[[], Any]) -> tuple[Any, int]:
    """``function()`` and the work it took: Python instructions run and torch functions called.

    A loop over samples makes the count grow with their number, however it is written (``for``, a
    comprehension, ``map``, recursion, numpy, lists); one product for the whole batch does not.
    """
    count = 0

    def trace(frame: FrameType, event: str, arg: Any) -> Any:
        nonlocal count
        frame.f_trace_opcodes = True
        count += event == "opcode"
        return trace

    tracer = sys.gettrace()
    with _CountTorch() as torch_calls:
        sys.settrace(trace)
        try:
            value = function()
        finally:
            sys.settrace(tracer)
    return value, count + torch_calls.calls

# Runs in: notebook, child, judge
"""Calls that an exercise does without: autograd, and the library's own answer.

Both are found out by what a function *calls*, never by reading its code. The names of calls that
were stopped are kept, so that an ``except`` around them hides nothing.

Python and PyTorch keep what watches a function by thread: while one of the bans holds, and while
operations are counted, no thread is started.
"""

from __future__ import annotations

import _thread
import contextlib
import sys
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

import numpy as np
import torch
from torch.autograd import forward_ad
from torch.autograd.variable import Variable
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

__all__ = [
    "AutogradUsed",
    "LibraryUsed",
    "Refused",
    "count_operations",
    "held",
    "without_autograd",
    "without_library",
]


class AutogradUsed(RuntimeError):
    """Raised where code that is to do without autograd asks it for a gradient."""


class LibraryUsed(RuntimeError):
    """Raised where code calls the library function that it is to write itself."""


class Refused(RuntimeError):
    """Raised where code would go on unwatched: in another thread, or without being traced."""


_holding = 0


def held() -> bool:
    """Whether a ban holds now, or operations are counted."""
    return _holding > 0


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """The block runs in this thread alone."""
    global _holding

    def refuse(*args: Any, **kwargs: Any) -> Any:
        raise Refused("this exercise is done in one thread")

    kept = [(place, name, getattr(place, name)) for place, name in _WAYS_OUT]
    for place, name, _ in kept:
        setattr(place, name, refuse)
    _holding += 1
    try:
        yield
    finally:
        _holding -= 1
        for place, name, function in kept:
            setattr(place, name, function)


_WAYS_OUT = [
    (place, name)
    for place, names in (
        (_thread, ("start_new_thread", "start_joinable_thread")),
        (threading, ("_start_new_thread", "_start_joinable_thread")),
    )
    for name in names
    if hasattr(place, name)
]


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
        with _alone(), torch.no_grad():
            yield lambda: nothing.asked
    finally:
        Variable._execution_engine = engine  # type: ignore[misc]
        forward_ad.make_dual = make_dual


class _Names:
    """What is refused, and what was refused last."""

    def __init__(self, names: frozenset[str]) -> None:
        self._names = names
        self.refused = ""
        self.inside = 0  # calls of torch's functions that are under way

    def check(self, name: str) -> None:
        plain = name.split(".")[0].strip("_").removeprefix("special_")
        if plain in self._names:
            self.refused = plain
            raise LibraryUsed(f"{plain} is the answer itself: write it yourself")

    @contextlib.contextmanager
    def depth(self, calls: int) -> Iterator[None]:
        """So many calls are under way in the block."""
        before, self.inside = self.inside, calls
        try:
            yield
        finally:
            self.inside = before


# What these call is a function of whoever called them.
_CALLING_BACK = {"apply_", "map_", "map2_", "backward"}


class _RefuseFunctions(TorchFunctionMode):
    """Stops torch functions by name, however they are reached (as function, method, module)."""

    def __init__(self, names: _Names) -> None:
        super().__init__()
        self._names = names

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        names, name = self._names, getattr(func, "__name__", "")
        names.check(name)
        own = _with_own(types, "__torch_function__")
        if own is not None:  # PyTorch has taken this mode off, and would run it without
            with self, names.depth(0):
                return own.__torch_function__(func, types, args, kwargs or {})
        with names.depth(0 if name in _CALLING_BACK else names.inside + 1):
            return func(*args, **(kwargs or {}))


class _OperationsMode(TorchDispatchMode):
    """Sees operations. PyTorch would keep its compiler out of ``__torch_dispatch__``, for which it
    imports the compiler: 900 modules. Nothing is compiled here.
    """

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False


class _RefuseOperations(_OperationsMode):
    """Stops operations that no function of torch has asked for: of code that was compiled before,
    or that switched the mode above off. What functions do inside is their own affair.
    """

    def __init__(self, names: _Names) -> None:
        super().__init__()
        self._names = names

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        if not self._names.inside:
            self._names.check(func.__name__)
        own = _with_own(types, "__torch_dispatch__")
        if own is not None:
            with self, self._names.depth(0):
                return own.__torch_dispatch__(func, types, args, kwargs or {})
        return func(*args, **(kwargs or {}))


def _with_own(types: Any, method: str) -> Any:
    """The first of the classes of tensors that brings such a method of its own, which may be code
    of whoever is watched; None if there is none.
    """
    for kind in types:
        home = next((c for c in kind.__mro__ if method in vars(c)), torch.Tensor)
        if not home.__module__.startswith("torch."):
            return kind if home is not torch.Tensor else None
    return None


@contextlib.contextmanager
def without_library(names: frozenset[str]) -> Iterator[Callable[[], str]]:
    """Run the block with the torch functions of these names refused (``"softmax"``, ...).

    Yields a function that tells the name of the call refused last, or ``""``.
    """
    if not names:
        yield lambda: ""
        return
    banned = _Names(names)
    with _alone(), _RefuseOperations(banned), _RefuseFunctions(banned):
        yield lambda: banned.refused


class _Rows(np.ndarray[Any, Any]):
    """An array whose rows are handed out by Python, so that a loop of C over them is seen too."""

    def __iter__(self) -> Iterator[Any]:
        for i in range(len(self)):
            yield self[i]


class _CountFunctions(TorchFunctionMode):
    """Counts calls, and what is handed out as a list, which C could go through unseen."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0
        self.inside = False

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        self.inside = getattr(func, "__name__", "") not in _CALLING_BACK
        try:
            result = func(*args, **(kwargs or {}))
        finally:
            self.inside = False
        self.calls += 1 + _length(result)
        return result.view(_Rows) if type(result) is np.ndarray else result


class _CountOperations(_OperationsMode):
    """Counts operations that no function of torch has asked for, as one that is compiled does."""

    def __init__(self, functions: _CountFunctions) -> None:
        super().__init__()
        self._functions = functions

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        if not self._functions.inside:
            self._functions.calls += 1 + _length(result)
        return result


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
    torch_calls = _CountFunctions()
    with _alone(), _CountOperations(torch_calls), torch_calls:
        sys.settrace(trace)
        try:
            value = function()
            if sys.gettrace() is not trace:
                raise Refused("this exercise is done without switching tracing")
        finally:
            sys.settrace(tracer)
    return value, count + torch_calls.calls

"""The student's functions as a check sees them: called like any function, judged at each call.

``student.softmax(Y)`` calls the student's ``softmax`` through a backend and returns its value, or
raises the verdict that ends the test. What an object (``student.ManualMLP([2, 3, 1], ...)``) holds
and does is reached as if it were here.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import torch

from course_dl.calls.backend import Backend, Request, Rules
from course_dl.calls.values import Handle
from course_dl.lab.call import Call, judge
from course_dl.lab.exercise import Exercise
from course_dl.lab.recording import Asked, Recorded, Recording

__all__ = [
    "Call",
    "Function",
    "Remote",
    "Student",
    "backward",
    "drive",
    "is_network",
    "kind",
    "operate",
    "sent",
]


DEFAULT = Rules()


class Student:
    """What a check is given: every name that the student defined, as an attribute.

    Parameters
    ----------
    backend
        Runs the calls, here or in a sandbox.
    rules
        The exercise's rules for each call.
    exercise
        Whose functions are called: it knows their parameters, and the lab's other exercises.

    Attributes
    ----------
    calls
        Every call made so far, in order.
    notes
        What the check found out besides the verdict (an accuracy, say), for reports.
    told
        Labelled values to be told beside the verdict, passed or not.
    remarks
        What the instructor alone should know of the answer.
    """

    def __init__(
        self, backend: Backend, rules: Rules = DEFAULT, exercise: Exercise | None = None
    ) -> None:
        self.backend = backend
        self.rules = rules
        self._exercise = exercise
        self.calls: list[Call] = []
        self.notes: dict[str, float] = {}
        self.told: list[tuple[str, str]] = []
        self.remarks: list[str] = []
        self._recording: Recording | None = None
        self._sent: Recording | None = None

    def __getattr__(self, name: str) -> Function:
        if name.startswith("__"):
            raise AttributeError(name)
        return Function(self, name)

    def torch(self, path: str, *args: Any, **kwargs: Any) -> Any:
        """Build something of torch on the student's side: ``student.torch("nn.Linear", 2, 1)``."""
        return self._call(f"torch:{path}", args, kwargs, Rules(seconds=self.rules.seconds))

    @contextmanager
    def together(self) -> Iterator[None]:
        """Record the calls in the block, and send them together when it ends.

        What a call gives is a :class:`Recorded`, whose ``value`` is there after the block. The
        calls are judged in order: each when its value is asked for, or one after it; or else before
        the next call, at the latest when the test ends. No call may give away what a later one
        asks, since hostile code can look ahead.
        """
        self.settle()
        self._recording = recording = Recording()
        try:
            yield
        finally:
            self._recording = None
        recording.send(self._calls(recording.asked))
        self._sent = recording

    def settle(self) -> None:
        """Judge what was sent together and not looked at."""
        waiting, self._sent = self._sent, None
        if waiting is not None:
            waiting.settle()

    def forget(self) -> None:
        """Let later calls know nothing of the ones before: in grading they get a new process.

        Objects that were made before are not to be used again.
        """
        self.settle()
        self.backend.forget()

    def _call(
        self, target: str, args: tuple[Any, ...], kwargs: dict[str, Any], rules: Rules
    ) -> Any:
        if self._recording is not None:
            return self._recording.add((target, args, kwargs, rules))
        self.settle()
        return next(self._calls([(target, args, kwargs, rules)]))

    def _calls(self, asked: Sequence[Asked]) -> Iterator[Any]:
        # Another seed for each call, and the same ones wherever the test is repeated.
        seeds = range(len(self.calls), len(self.calls) + len(asked))
        requests = [
            Request(target, sent(args), sent(kwargs), rules._replace(seed=seed))
            for (target, args, kwargs, rules), seed in zip(asked, seeds, strict=True)
        ]
        outcomes = self.backend.calls(requests)
        for (target, args, kwargs, _), request, outcome in zip(
            asked, requests, outcomes, strict=True
        ):
            call = Call(target, args, kwargs, request.rules, outcome)
            self.calls.append(call)
            judge(call, self._exercise)
            yield self._received(outcome.value, call)

    def _received(self, value: Any, call: Call, place: str = "") -> Any:
        """The value with an object in place of each handle, told by its place in the result."""
        if isinstance(value, Handle):
            return Remote(self, value, call, place)
        if isinstance(value, (list, tuple)):
            items = (self._received(v, call, f"{place}[{i}]") for i, v in enumerate(value))
            return type(value)(items)
        if isinstance(value, dict):
            return {k: self._received(v, call, f"{place}[{k!r}]") for k, v in value.items()}
        return value


class Function:
    """One of the student's functions or classes."""

    def __init__(self, student: Student, name: str) -> None:
        self._student = student
        self._target = f"student:{name}"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._student._call(self._target, args, kwargs, self._student.rules)

    def each(self, cases: Iterable[tuple[Any, ...]]) -> Iterator[Any]:
        """The results for several tuples of arguments, in order, each judged as it is taken.

        A grader sends the calls together, which saves much of their time: nothing else may be
        called before the last result is taken, and no case may give away what another one asks,
        since hostile code can look ahead.
        """
        student = self._student
        student.settle()
        return student._calls([(self._target, case, {}, student.rules) for case in cases])

    def gradient(self, *args: Any, wrt: Sequence[int] = (0,)) -> list[torch.Tensor]:
        """Autograd's gradients, through the student's function, of the sum of its result.

        With respect to the arguments at the positions ``wrt``; one tensor for each.
        """
        rules = self._student.rules._replace(gradient=tuple(wrt))
        return self._student._call(self._target, args, {}, rules)

    def operations(self, *args: Any, **kwargs: Any) -> int:
        """How many operations the call took: it grows with N where there is a loop over N."""
        rules = self._student.rules._replace(operations=True)
        self._student.settle()
        next(self._student._calls([(self._target, args, kwargs, rules)]))
        return self._student.calls[-1].outcome.operations


class Remote:
    """An object that the student's code (or torch, on its side) made, used as if it were here.

    It is told by where it comes from: ``MLP([2, 3]).parameters()``.
    """

    def __init__(self, student: Student, handle: Handle, call: Call, place: str) -> None:
        self.__dict__.update(_student=student, _handle=handle, _call=call, _place=place)

    def _on(self, operation: str, *args: Any, **kwargs: Any) -> Any:
        rules = self._student.rules
        return self._student._call(f"on:{operation}", (self, *args), kwargs, rules)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._on("call", *args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._on("getattr", name)

    def __setattr__(self, name: str, value: Any) -> None:
        self._on("setattr", name, value)

    def __getitem__(self, key: Any) -> Any:
        return self._on("getitem", key)

    def __len__(self) -> int:
        return self._on("len")

    def __iter__(self) -> Iterator[Any]:
        return iter(self._on("list"))

    def __repr__(self) -> str:
        return f"{self._call.short}{self._place}"


def kind(value: Any) -> str:
    """The name of the class of ``value``; where it stands for an object, of that object's class."""
    return value._handle.kind if isinstance(value, Remote) else type(value).__name__


def is_network(value: Any) -> bool:
    """Whether ``value`` stands for an ``nn.Module`` on the student's side."""
    return isinstance(value, Remote) and bool(value._on("isinstance", "nn.Module"))


def operate(remote: Remote, operation: str, *args: Any) -> Any:
    """The result of an operation of `course_dl.calls.backend` on an object.

    ``operate(net, "getattrs", "weights", "biases")`` reads two attributes in one call.
    """
    return remote._on(operation, *args)


def drive(function: Callable[..., Any], remote: Remote, *args: Any) -> Any:
    """The result of a lab's driver: a function that is run on the student's side, in one call.

    Parameters
    ----------
    function
        A plain function, ``function(object, *args)``. It is sent as text: it may use PyTorch
        (``torch``) and its arguments, and nothing else of its file.
    remote
        The object that it is given.
    """
    asked = (_text_of(function), remote, *args)
    student = remote._student
    return student._call(f"driver:{function.__name__}", asked, {}, student.rules)


_text_of = lru_cache(maxsize=64)(inspect.getsource)


def backward(model: Remote, loss_fn: Remote, X: torch.Tensor, d: torch.Tensor) -> None:
    """Leave the gradients of ``loss_fn(model(X), d)`` in the model, on the student's side."""
    model._on("backward", loss_fn, X, d)


def sent(value: Any, handles: Mapping[Handle, Handle] = MappingProxyType({})) -> Any:
    """The arguments of a call with a handle in place of each object of the other side.

    ``handles`` maps handles to others, for calls that are repeated elsewhere.
    """
    if isinstance(value, Remote):
        return handles.get(value._handle, value._handle)
    if isinstance(value, Recorded):
        raise TypeError("a recorded call is no argument: hand over its value, after the block")
    if isinstance(value, (list, tuple)):
        return type(value)(sent(item, handles) for item in value)
    if isinstance(value, dict):
        return {key: sent(item, handles) for key, item in value.items()}
    return value

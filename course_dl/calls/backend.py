# Runs in: notebook, child, judge
"""Running student's code: one door through which every check calls, in notebook and grader alike.

A call names its *target*: ``"student:backward_layer"`` (a name that the student defined),
``"on:getattr"`` (an operation on an object that the student's code returned), ``"torch:nn.Linear"``
(something of torch to build a model, a loader or an optimizer from) or ``"driver:descend"`` (a
function of the lab, which comes as text and is run beside such an object).
:class:`LocalBackend` runs it here; the grader runs the same class in a sandboxed process.
"""

from __future__ import annotations
import __future__ as future

import operator
import os
import traceback
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import lru_cache, partial
from opcode import opmap
from typing import Any, NamedTuple

import torch

from course_dl.calls.bans import count_operations, without_autograd, without_library
from course_dl.calls.limits import (
    TimeOut,
    TimeUp,
    call_within,
    captured_output,
    private_randomness,
)
from course_dl.calls.threads import one_thread
from course_dl.calls.values import Handle, Unusable, class_name, copy_value, tensors_in

__all__ = ["Backend", "LocalBackend", "Outcome", "Request", "Rules", "StudentError"]


class Rules(NamedTuple):
    """Under what rules a call runs, and what is wanted of it besides its value.

    ``gradient`` asks for the gradients of the sum of the result with respect to the tensors
    among the arguments at these positions, in place of the result; ``operations`` for the number
    of operations. ``seed`` is what the global random generators start from. Who is ``timed`` is
    told the seconds that it has, and what it does depends on the clock.
    """

    autograd: bool = True
    library: frozenset[str] = frozenset()
    seconds: float = 5.0
    gradient: tuple[int, ...] = ()
    operations: bool = False
    seed: int = 0
    timed: bool = False


@dataclass(frozen=True)
class StudentError:
    """An exception that left the student's code: its type, its message, and where it was raised.

    ``raiser`` is the function of the student's whose ``raise`` it was, or ``""`` where a library
    raised it.
    """

    kind: str
    message: str
    where: str = ""
    raiser: str = ""


@dataclass(frozen=True)
class Outcome:
    """How a call ended. ``value`` holds plain values, tensors and handles only."""

    value: Any = None
    error: StudentError | None = None
    missing: bool = False
    timed_out: TimeOut | None = None
    changed: tuple[str, ...] = ()
    used_randomness: bool = False
    used_autograd: bool = False
    used_library: str = ""
    operations: int = 0
    printed: str = ""


class Request(NamedTuple):
    """A call to be made: its target, its arguments, its rules."""

    target: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    rules: Rules


class Backend(ABC):
    """Whoever can run a call of student's code."""

    @abstractmethod
    def call(
        self, target: str, args: tuple[Any, ...], kwargs: dict[str, Any], rules: Rules
    ) -> Outcome:
        """Run the call named by ``target`` and tell how it ended; never raises for the student."""

    def calls(self, requests: Sequence[Request]) -> Iterator[Outcome]:
        """The outcomes of several calls, in order; what is not asked for need not be run."""
        return (self.call(*request) for request in requests)

    @abstractmethod
    def forget(self) -> None:
        """Let later calls run where nothing is left of earlier ones, as far as that is possible.

        Objects that earlier calls made are not to be used again.
        """


# From a seed, what surrounds a call; it tells whether the call drew from a global generator.
Randomness = Callable[[int], AbstractContextManager[Callable[[], bool]]]


OPERATIONS: dict[str, Callable[..., Any]] = {
    "call": lambda obj, /, *args, **kwargs: obj(*args, **kwargs),
    "getattr": getattr,
    "setattr": setattr,
    "getitem": operator.getitem,
    "setitem": operator.setitem,
    "getattrs": lambda obj, *names: [getattr(obj, name) for name in names],
    "method": lambda obj, name, /, *args: getattr(obj, name)(*args),
    "backward": lambda model, loss_fn, X, d: loss_fn(model(X), d).backward(),
    "len": len,
    "list": list,
    "isinstance": lambda obj, name: isinstance(obj, _torch_object(name)),
}


def _torch_object(path: str) -> Any:
    """``"nn.Linear"`` -> ``torch.nn.Linear``; only what torch itself shows."""
    return operator.attrgetter(path)(torch)


@lru_cache(maxsize=64)
def _driver(name: str, source: str) -> Callable[..., Any]:
    """The function of this name that a text defines, with torch at hand and nothing else."""
    namespace: dict[str, Any] = {"torch": torch}
    code = compile(
        source, f"driver {name}", "exec", future.annotations.compiler_flag, dont_inherit=True
    )
    exec(code, namespace)
    function: Callable[..., Any] = namespace[name]
    return function


TORCH = os.path.dirname(torch.__file__)
_RAISES = {opmap["RAISE_VARARGS"], opmap["RERAISE"]}


class LocalBackend(Backend):
    """Runs student's code in this process, from a mapping of names to functions and classes.

    The mapping is looked up at every call, so a redefinition is seen at once.
    """

    def __init__(
        self,
        namespace: Mapping[str, Any],
        randomness: Randomness = private_randomness,
    ) -> None:
        self._namespace = namespace
        self._randomness = randomness
        self._objects: list[Any] = []

    def call(
        self, target: str, args: tuple[Any, ...], kwargs: dict[str, Any], rules: Rules
    ) -> Outcome:
        kind, _, name = target.partition(":")
        if kind == "student" and not callable(self._namespace.get(name)):
            return Outcome(missing=True)
        function: Callable[..., Any]
        match kind:
            case "student":
                function = self._namespace[name]
            case "torch":
                function = _torch_object(name)
            case "on":  # the object itself is no argument
                function, args = partial(OPERATIONS[name], self._argument(args[0])), args[1:]
            case "driver":
                source, obj, *rest = args
                function = partial(_driver(name, source), self._argument(obj))
                args = tuple(rest)
            case _:
                raise ValueError(f"no target {target}")
        return self._guarded(function, args, kwargs, rules)

    def forget(self) -> None:
        """Nothing: one process is all that there is."""

    def _argument(self, value: Any) -> Any:
        """The object behind a handle; functions and the like pass as they are."""
        return self._objects[value.number] if isinstance(value, Handle) else value

    def _result(self, value: Any) -> Handle:
        self._objects.append(value)
        return Handle(len(self._objects) - 1, class_name(value))

    def _guarded(
        self,
        function: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        rules: Rules,
    ) -> Outcome:
        own = [copy_value(arg, self._argument) for arg in args]
        own_kwargs = {key: copy_value(arg, self._argument) for key, arg in kwargs.items()}
        watched = [
            _Watched(f"argument {i + 1}", *both)
            for i, both in enumerate(zip(args, own, strict=True))
        ]
        watched += [_Watched(key, arg, own_kwargs[key]) for key, arg in kwargs.items()]
        value, error, operations = None, None, 0
        timed_out: TimeOut | None = None

        def body() -> Any:
            if rules.gradient:
                return _gradients(function, own, own_kwargs, rules.gradient)
            return function(*own, **own_kwargs)

        with (
            captured_output() as printed,
            one_thread(),
            self._randomness(rules.seed) as drawn,
            without_library(rules.library) as library,
            nullcontext(bool) if rules.autograd else without_autograd() as asked,
            torch.set_grad_enabled(torch.is_grad_enabled()),  # to be put back
        ):
            recording = torch.is_grad_enabled()
            try:
                if rules.operations:
                    value, operations = call_within(rules.seconds, lambda: count_operations(body))
                else:
                    value = call_within(rules.seconds, body)
                value = copy_value(value, self._result)
            except Unusable as odd:
                value, error = None, StudentError("Unusable", str(odd))
            except TimeUp as up:
                timed_out = up.why
            except KeyboardInterrupt:
                raise
            except BaseException as exception:  # a student may raise anything, SystemExit too
                error = _told(exception)
                # An exception and its frames hold one another, and with them all local variables.
                traceback.clear_frames(exception.__traceback__)
            changed = [told for argument in watched if (told := argument.change())]
            if torch.is_grad_enabled() != recording:
                changed.append("the recording of gradients")
            return Outcome(
                value=value,
                error=error,
                timed_out=timed_out,
                changed=tuple(changed),
                used_randomness=drawn(),
                used_autograd=asked(),
                used_library=library(),
                operations=operations,
                printed=printed.kept,
            )


def _gradients(
    function: Callable[..., Any],
    args: Sequence[Any],
    kwargs: dict[str, Any],
    wrt: tuple[int, ...],
) -> list[torch.Tensor]:
    leaves = [args[i].detach().clone().requires_grad_() for i in wrt]
    given = list(args)
    for i, leaf in zip(wrt, leaves, strict=True):
        given[i] = leaf
    result = function(*given, **kwargs)
    if not isinstance(result, torch.Tensor) or not result.requires_grad:
        raise TypeError("the result cannot be differentiated: its graph was cut on the way")
    return list(torch.autograd.grad(result.sum(), leaves, materialize_grads=True))


class _Watched:
    """An argument of the student's own, to be compared with what it was copied from."""

    def __init__(self, name: str, original: Any, own: Any) -> None:
        self.name, self._own, self._original = name, own, original
        both = zip(tensors_in(own), tensors_in(original), strict=True)
        self._before = [(tensor, tensor._version, kept) for tensor, kept in both]

    def change(self) -> str:
        """What was changed, or "": the argument itself, or the gradients left in its tensors.

        A tensor is changed that was written to (put back or not), replaced, or asked for
        gradients; a list or dict that holds something else.
        """
        now = tensors_in(self._own)
        try:
            if (
                len(now) != len(self._before)
                or not _same_plain(self._own, self._original)
                or any(
                    tensor is not first
                    or tensor._version != version
                    or tensor.requires_grad != kept.requires_grad
                    or not (torch.equal(tensor, kept) or _equal_but_for_nan(tensor, kept))
                    for tensor, (first, version, kept) in zip(now, self._before, strict=True)
                )
            ):
                return self.name
            left = any(tensor.is_leaf and tensor.grad is not None for tensor in now)
            return f"the gradients in {self.name}" if left else ""
        except Exception:  # it has become a tensor of another kind
            return self.name


def _same_plain(own: Any, original: Any) -> bool:
    """Whether lists, tuples and dicts hold the same plain values, tensors and objects aside."""
    if isinstance(original, (list, tuple)):
        return len(own) == len(original) and all(map(_same_plain, own, original))
    if isinstance(original, dict):
        return _same_plain(list(own.items()), list(original.items()))
    if isinstance(original, (int, float, str)):
        return bool(own == original) or own != own
    return True


def _equal_but_for_nan(a: torch.Tensor, b: torch.Tensor) -> bool:
    return torch.equal(a.nan_to_num(), b.nan_to_num())


def _by_raise(exception: BaseException) -> bool:
    """Whether a raise in Python's code raised it: a library in C has no line of its own."""
    last = exception.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    return last is not None and last.tb_frame.f_code.co_code[last.tb_lasti] in _RAISES


def _told(exception: BaseException) -> StudentError:
    """The exception as plain text, with the last line of the student's own code that ran."""
    try:
        # What torch adds of its own C++ says nothing to a student, and differs from run to run.
        message = str(exception).partition("\nException raised from ")[0][:2_000]
    except Exception:
        message = "(its message could not be read)"
    frames = traceback.extract_tb(exception.__traceback__)
    own = [f for f in frames if "course_dl" not in f.filename and TORCH not in f.filename]
    where = f"line {own[0].lineno}, in {own[0].name}: {own[0].line}" if own else ""
    raiser = own[-1].name if own and own[-1] is frames[-1] and _by_raise(exception) else ""
    return StudentError(class_name(exception), message, where, raiser)

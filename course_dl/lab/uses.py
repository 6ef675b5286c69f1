"""Which other exercises an answer calls, and what is told where one of them does not pass."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import CodeType
from typing import Any

from course_dl.lab.exercise import Exercise
from course_dl.lab.judge import ExerciseResult
from course_dl.lab.states import State

__all__ = ["is_stub", "names_used", "what_it_calls"]


def names_used(names: Iterable[str], namespace: Mapping[str, Any]) -> set[str]:
    """The names that the definitions of ``names`` mention, and those that these mention in turn."""
    seen: set[str] = set()
    left = list(names)
    while left:
        for code in _codes(namespace.get(left.pop())):
            new = set(code.co_names) - seen
            seen |= new
            left += new
    return seen


def is_stub(answer: Any) -> bool:
    """Whether a function or class still says that it is not written, anywhere in it."""
    return any("NotImplementedError" in code.co_names for code in _codes(answer))


def what_it_calls(wrong: Iterable[ExerciseResult]) -> str:
    """The sentence on the exercises that an answer calls and that do not pass, or ``""``."""
    told = [f"{_called(result.exercise)}, which {_stands(result)}" for result in wrong]
    return f"It calls {', and '.join(told)}: begin there." if told else ""


def _called(exercise: Exercise) -> str:
    return f"{' or '.join(exercise.names)} ({exercise.number})"


def _stands(result: ExerciseResult) -> str:
    return "is not written yet" if result.state is State.NOT_DONE else "does not pass its check"


def _codes(value: Any) -> Iterator[CodeType]:
    """The code of a function, of the methods of a class, and of what is defined inside."""
    parts = vars(value).values() if isinstance(value, type) else [value]
    left = [code for part in parts if (code := _code(part)) is not None]
    while left:
        code = left.pop()
        yield code
        left += [constant for constant in code.co_consts if isinstance(constant, CodeType)]


def _code(value: Any) -> CodeType | None:
    value = getattr(value, "__func__", None) or getattr(value, "fget", None) or value
    value = getattr(value, "__wrapped__", value)
    code = getattr(value, "__code__", None)
    return code if isinstance(code, CodeType) else None

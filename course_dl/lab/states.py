"""The states an exercise can be in, and the exceptions by which a check says so.

A check passes by returning. Everything else it says by raising one of these; how that is shown
to the student is decided elsewhere (:mod:`course_dl.lab.show`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

__all__ = ["Failure", "Forbidden", "NotDone", "State", "Wrong"]


class State(Enum):
    """How a test, or a whole exercise, ended."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_DONE = "not done yet"
    FORBIDDEN = "write it yourself"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True)
class Failure:
    """What went wrong, as told to the student: a sentence, and labelled details below it."""

    message: str
    details: tuple[tuple[str, str], ...] = ()


class _Verdict(AssertionError):
    """Base of the three ways in which a check does not pass."""

    state: State

    def __init__(self, message: str, *details: tuple[str, str], points: float = 0.0) -> None:
        super().__init__(message)
        self.failure = Failure(message, details)
        self.points = points


class Wrong(_Verdict):
    """The answer is wrong. ``points`` are those earned nevertheless (challenges only)."""

    state = State.FAILED


class NotDone(_Verdict):
    """The exercise is still open: nothing was written yet."""

    state = State.NOT_DONE


class Forbidden(_Verdict):
    """The answer is a call of the library, or of autograd, where it is to be written by hand."""

    state = State.FORBIDDEN

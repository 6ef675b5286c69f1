"""The states an exercise can be in, and the exceptions by which a check says so.

A check passes by returning. Everything else it says by raising one of these; how that is shown
to the student is decided elsewhere (:mod:`course_dl.lab.show`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum

__all__ = ["Failure", "Forbidden", "NotDone", "Partly", "State", "Wrong"]


class State(Enum):
    """How a test, or a whole exercise, ended."""

    PASSED = "passed"
    FAILED = "failed"
    PARTLY = "partly earned"
    NOT_DONE = "not done yet"
    FORBIDDEN = "write it yourself"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True)
class Failure:
    """What went wrong, as told to the student: a sentence, and labelled details below it.

    ``kind`` says in which way an answer failed, where the same sentence may tell of other numbers.
    ``relations`` are sentences on what the wrong numbers have to do with the right ones, all that
    hold, by kind; ``relation`` is the kind of the one that is told.
    """

    message: str
    details: tuple[tuple[str, str], ...] = ()
    kind: str = ""
    relation: str = ""
    relations: Mapping[str, str] = field(default_factory=dict)

    @property
    def told(self) -> str:
        """The whole message."""
        return f"{self.message} {self.relations[self.relation]}" if self.relation else self.message


class _Verdict(AssertionError):
    """Base of the ways in which a check does not pass."""

    state: State

    def __init__(
        self,
        message: str,
        *details: tuple[str, str],
        points: float = 0.0,
        kind: str = "",
        relation: str = "",
        relations: Mapping[str, str] | None = None,
    ) -> None:
        self.failure = Failure(message, details, kind, relation, relations or {})
        self.points = points
        self.about: object = None  # the value that the sentence is about, where it is known
        super().__init__(self.failure.told)

    def add(self, *details: tuple[str, str]) -> None:
        """Tell more below the sentence."""
        self.failure = replace(self.failure, details=(*self.failure.details, *details))


class Wrong(_Verdict):
    """The answer is wrong."""

    state = State.FAILED


class Partly(_Verdict):
    """The answer earns ``points``, and not all of them (challenges only)."""

    state = State.PARTLY


class NotDone(_Verdict):
    """The exercise is still open: nothing was written yet."""

    state = State.NOT_DONE


class Forbidden(_Verdict):
    """The answer is a call of the library, or of autograd, where it is to be written by hand."""

    state = State.FORBIDDEN

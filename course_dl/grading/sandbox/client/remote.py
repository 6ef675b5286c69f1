# Runs in: judge
"""Calls into a sandbox's child: a backend for checks, on the judge's side."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch

from course_dl.calls.backend import Backend, Outcome, Request, Rules, StudentError
from course_dl.grading.sandbox.client.child import Line, Unloadable
from course_dl.grading.sandbox.wire.channel import Closed, Message, TimedOut, number_of
from course_dl.grading.sandbox.wire.limits import TooMuch, Violation
from course_dl.grading.sandbox.wire.protocol import outcome_from, request_told
from course_dl.grading.sandbox.wire.values import Reader, Writer

__all__ = ["RemoteBackend"]


class RemoteBackend(Backend):
    """Calls a submission's functions by the line to a child: a backend for checks.

    A child that dies, takes too long or breaks the rules of the line costs the call that it was at;
    the next call gets a new one.
    """

    def __init__(self, line: Line) -> None:
        self.line = line

    def call(
        self, target: str, args: tuple[Any, ...], kwargs: dict[str, Any], rules: Rules
    ) -> Outcome:
        """Run the call in the child and tell how it ended."""
        try:
            [outcome] = self._exchange([Request(target, args, kwargs, rules)])
            if outcome.timed_out:
                self.line.lost(outcome.timed_out)
            return outcome
        except Unloadable as error:
            return _failed("ProcessEnded", str(error))
        except TimedOut as error:
            self.line.lost(error.why)
            return Outcome(timed_out=error.why)
        except TooMuch as error:
            self.line.end()
            return _failed("RuntimeError", str(error))
        except Closed:
            return _failed("ProcessEnded", "the process ended during the call")
        except Violation as error:
            return _failed("ValueError", f"the answer cannot be read: {error}")

    def calls(self, requests: Sequence[Request]) -> Iterator[Outcome]:
        """The outcomes of calls that are sent together; where that goes wrong, of one by one."""
        outcomes: list[Outcome] = []
        if len(requests) > 1:
            with contextlib.suppress(Unloadable, TimedOut, Closed, Violation):
                outcomes = self._exchange(requests)
        yield from outcomes
        for request in requests[len(outcomes) :]:
            yield self.call(*request)

    def forget(self) -> None:
        """End the child: the next call gets a new one, which has seen nothing."""
        self.line.end()

    def _exchange(self, requests: Sequence[Request]) -> list[Outcome]:
        """The outcomes of the calls up to the first one that failed; a broken child is ended.

        Several have the time of one: whoever takes longer is called one by one.
        """
        message = self._question(requests)
        seconds = max(request.rules.seconds for request in requests)
        answer = self.line.ask(message, seconds)
        try:
            try:
                return _outcomes(answer, number_of(message), len(requests))
            except _Stale:  # an earlier call went on talking, which is not this one's fault
                self.line.end()
                answer = self.line.ask(message, seconds)
                return _outcomes(answer, number_of(message), len(requests))
        except Violation:
            self.line.end()
            raise

    def _question(self, requests: Sequence[Request]) -> bytes:
        """The message that asks for these calls."""

        def other(value: Any) -> Any:
            if not callable(value):
                raise TypeError(f"a check handed over a {type(value).__name__}, which cannot cross")
            path = _name_in_torch(value)
            if path:
                return {"torch": path}
            functions = self.line.functions
            functions.append(value)
            return {"callback": [len(functions) - 1, getattr(value, "__name__", "function")]}

        writer = Writer(other)
        return writer.message({"calls": [request_told(r, writer) for r in requests]})


class _Stale(Violation):
    """An answer to another question."""


def _failed(kind: str, message: str) -> Outcome:
    return Outcome(error=StudentError(kind, message))


def _name_in_torch(function: Callable[..., Any]) -> str:
    """``"nn.functional.relu"`` for a function of torch, ``""`` for any other."""
    name = getattr(function, "__name__", "")
    for path, home in (
        ("", torch),
        ("nn.functional.", torch.nn.functional),
        ("special.", torch.special),
        ("nn.", torch.nn),
        ("optim.", torch.optim),
    ):
        if name and getattr(home, name, None) is function:
            return path + name
    return ""


def _outcomes(answer: Message, question: int, most: int) -> list[Outcome]:
    """The outcomes that the child claims, at least one, checked field by field."""
    claims = answer.content
    if not isinstance(claims, dict):
        raise Violation("malformed answer")
    if claims.get("to") != question:
        raise _Stale("an answer to another question")
    contents = claims.get("outcomes")
    if not isinstance(contents, list) or not 0 < len(contents) <= most:
        raise Violation("malformed answer")
    reader = Reader(answer.body)
    outcomes = [outcome_from(content, reader) for content in contents]
    reader.finished()
    return outcomes

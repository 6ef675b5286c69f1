# Runs in: judge, child
"""A call and its outcome as they cross: for each, what one side writes and what the other reads.

The fields are those of :class:`Rules` and :class:`Outcome`: a new one of a plain type needs nothing
here. The child believes the judge. The judge believes nothing: what a child claims is checked field
by field, and its texts are made fit to be told.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, fields
from typing import Any

from course_dl.calls.backend import Outcome, Request, Rules, StudentError
from course_dl.calls.limits import TimeOut
from course_dl.grading.sandbox.wire.limits import Violation
from course_dl.grading.sandbox.wire.values import Reader, Writer
from course_dl.grading.texts import printable

__all__ = ["outcome_from", "outcome_told", "request_from", "request_told", "text_from"]

_LONGEST_NAME, _MOST_CHANGED, _MOST_OPERATIONS = 100, 64, 1 << 62


# -- a call: from the judge to the child ----------------------------------------------------------


def request_told(request: Request, writer: Writer) -> dict[str, Any]:
    """A call for a message; its arguments go through the message's writer."""
    rules = request.rules._asdict()
    sets = {name: sorted(value) for name, value in rules.items() if isinstance(value, frozenset)}
    return {
        "call": request.target,
        "args": writer.encode(request.args),
        "kwargs": writer.encode(request.kwargs),
        "rules": rules | sets,
    }


def request_from(content: dict[str, Any], reader: Reader) -> Request:
    """The call that a message asks for."""
    args, kwargs = reader.decode(content["args"]), reader.decode(content["kwargs"])
    kinds = {name: type(value) for name, value in Rules._field_defaults.items()}
    rules = {name: kinds[name](value) for name, value in content["rules"].items()}
    return Request(content["call"], args, kwargs, Rules(**rules))


# -- an outcome: from the child to the judge ------------------------------------------------------


def outcome_told(outcome: Outcome, value: Any) -> dict[str, Any]:
    """What there is to tell of an outcome, whose value is encoded already.

    What is left out is None, False, 0 or empty.
    """
    claims = {name: claim for name, claim in vars(outcome).items() if name != "value" and claim}
    if outcome.error:
        claims["error"] = list(asdict(outcome.error).values())
    if outcome.timed_out:
        claims["timed_out"] = [outcome.timed_out.reason, outcome.timed_out.module]
    return claims if value is None else claims | {"value": value}


def outcome_from(content: Any, reader: Reader) -> Outcome:
    """The outcome that a child claims.

    Raises
    ------
    Violation
        Where a claim is of the wrong kind.
    """
    if not isinstance(content, dict):
        raise Violation("malformed outcome")
    value = reader.decode(content.pop("value", None))
    if not content:  # nothing to tell but the value
        return Outcome(value)
    if not content.keys() <= _READERS.keys():
        raise Violation("malformed outcome")
    return Outcome(value, **{name: _READERS[name](claim) for name, claim in content.items()})


def text_from(text: Any) -> str:
    """Text from the child, fit to be told."""
    if not isinstance(text, str):
        raise Violation("malformed text")
    return printable(text)


def _of_kind(kind: type) -> Callable[[Any], Any]:
    def read(claim: Any) -> Any:
        if type(claim) is not kind:
            raise Violation("malformed outcome")
        return text_from(claim) if kind is str else claim

    return read


def _a_list(claim: Any, length: int | None = None) -> list[Any]:
    if type(claim) is not list or length not in (None, len(claim)):
        raise Violation("malformed outcome")
    return claim


def _error(claim: Any) -> StudentError | None:
    if claim is None:
        return None
    kind, message, where, raiser = map(text_from, _a_list(claim, 4))
    return StudentError(kind, message, where, raiser[:_LONGEST_NAME])


def _timed_out(claim: Any) -> TimeOut | None:
    if claim is None:
        return None
    reason, module = _a_list(claim, 2)
    if reason not in ("long", "asleep", "import", "busy"):
        raise Violation("malformed outcome")
    return TimeOut(reason, text_from(module)[:_LONGEST_NAME])


def _changed(claim: Any) -> tuple[str, ...]:
    if len(_a_list(claim)) > _MOST_CHANGED:
        raise Violation("malformed outcome")
    return tuple(text_from(name)[:_LONGEST_NAME] for name in claim)


def _operations(claim: Any) -> int:
    if type(claim) is not int or not 0 <= claim < _MOST_OPERATIONS:
        raise Violation("malformed outcome")
    return claim


_READERS: dict[str, Callable[[Any], Any]] = {
    field.name: _of_kind(type(field.default)) for field in fields(Outcome) if field.name != "value"
} | {
    "error": _error,
    "timed_out": _timed_out,
    "changed": _changed,
    "operations": _operations,
    "used_library": lambda claim: text_from(claim)[:_LONGEST_NAME],
}

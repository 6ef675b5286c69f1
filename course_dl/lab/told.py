"""Which call a failure is about, as one types it, and what the function printed in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch

from course_dl.lab.call import PRINTED, Call, printed_in
from course_dl.lab.exercise import Exercise
from course_dl.lab.inputs import Level, Seed
from course_dl.lab.states import Failure, State, _Verdict
from course_dl.lab.typed import typed_call

__all__ = ["CALL", "CASE", "call_of", "told_with_call"]

CALL, CASE = "The call", "Simplest case"

_MOST = 1000  # parts of a result that are looked at


def told_with_call(
    verdict: _Verdict, calls: Sequence[Call], exercise: Exercise, seed: Seed
) -> Failure:
    """The failure with the call that was judged, and with what was printed in it.

    The call is told as one types it where it is short. Where the check has told of no call, it is
    the one whose result was judged; where what was judged was made of several, the last one, which
    is told as such.
    """
    failure = verdict.failure
    rows, told = list(failure.details), dict(failure.details)
    asked = [call for call in calls if call.target.startswith("student:")]
    judged, label = call_of(verdict.about, calls), CALL
    if CALL in told:
        judged = next((call for call in reversed(asked) if str(call) == told[CALL]), None)
    elif judged is not None or (asked and (rows or isinstance(seed, Level))):
        if judged is None:
            judged = asked[-1]
            label = CALL if len(asked) == 1 else f"The last of {len(asked)} calls"
        rows.append((label, str(judged)))
    typed = typed_call(judged, exercise.parameters) if judged is not None else None
    if typed:
        name = CASE if label == CALL and isinstance(seed, Level) else label
        rows = [(name, typed) if row[0] == label else row for row in rows]
    if verdict.state is State.FAILED and PRINTED not in told:
        rows += _printed(judged, calls)
    return replace(failure, details=tuple(rows))


def call_of(value: object, calls: Sequence[Call]) -> Call | None:
    """The last call whose result is this value, or holds it: the object itself, or its memory."""
    if value is None:
        return None
    return next((call for call in reversed(calls) if _holds(call.outcome.value, value)), None)


def _holds(result: Any, value: object) -> bool:
    """Whether a result, which may be anything, is the value or has it among its first parts."""
    waiting, looked = [result], 0
    while waiting and looked < _MOST:
        one = waiting.pop()
        looked += 1
        if _same(one, value):
            return True
        if isinstance(one, (list, tuple)):
            waiting += one[:_MOST]
    return False


def _same(one: Any, value: Any, depth: int = 3) -> bool:
    """The object itself, its memory, or a list of the same parts."""
    if isinstance(one, torch.Tensor) and isinstance(value, torch.Tensor):
        memory = value.untyped_storage().data_ptr()
        return memory != 0 and one.untyped_storage().data_ptr() == memory
    if one is value:
        return True
    if not depth or not isinstance(one, (list, tuple)) or not isinstance(value, (list, tuple)):
        return False
    return len(one) == len(value) > 0 and all(
        _same(*pair, depth - 1) for pair in zip(one, value, strict=True)
    )


def _printed(judged: Call | None, calls: Sequence[Call]) -> list[tuple[str, str]]:
    """What was printed in the call that is told, or else in the last one that printed."""
    tried = [*calls, *([judged] if judged is not None else [])]
    said = (printed_in(call) for call in reversed(tried))
    return [(PRINTED, text) for text in [next((text for text in said if text), "")] if text]

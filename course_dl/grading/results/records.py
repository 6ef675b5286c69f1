# Runs in: judge
"""A result as text, and back: what is kept of a student, and from which all reports are made."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

from course_dl.grading.result import ExerciseMark, Result
from course_dl.grading.texts import whole

__all__ = ["read_record", "sound_result", "write_record"]


def write_record(key: Mapping[str, str], result: Result) -> str:
    """JSON that holds a result, and what it is the result of."""
    content = {**key, "result": _plain(result.to_json())}
    return json.dumps(content, ensure_ascii=False, allow_nan=False)


def read_record(text: str, key: Mapping[str, str]) -> Result:
    """The result that :func:`write_record` wrote.

    Raises
    ------
    ValueError
        Where it is a record of something else, of another version, or damaged.
    """
    try:
        content = json.loads(text)
        if {name: content.get(name) for name in key} != dict(key):
            raise ValueError("a record of something else")
        return sound_result(content["result"])
    except (LookupError, TypeError, AttributeError, ArithmeticError, RecursionError) as error:
        raise ValueError(f"a damaged record: {error!r}") from None


def sound_result(content: Any) -> Result:
    """The result in plain data, with clean text and finite numbers.

    Raises
    ------
    ValueError, TypeError, LookupError, AttributeError
        Where it is none.
    """
    result = Result.from_json(_plain(content))
    texts = [result.lab, result.digest, result.status, result.reason, *result.remarks]
    texts += chain.from_iterable(result.notices)
    if any(len(notice) != 3 for notice in result.notices) or type(result.seed) is not int:
        raise ValueError("not the fields of a result")
    for mark in result.exercises:
        texts += _checked_numbers(mark)
        for test in mark.tests:
            texts += [test.title, test.state, test.message, *chain.from_iterable(test.details)]
            if type(test.hidden) is not bool or any(len(pair) != 2 for pair in test.details):
                raise ValueError("not the fields of a test")
    if not all(isinstance(text, str) for text in texts):
        raise ValueError("something else where text is expected")
    return result


def _checked_numbers(mark: ExerciseMark) -> list[str]:
    """The texts of a mark, once its numbers are points that can be earned."""
    for points in (mark.points, mark.carried_points):
        if not 0 <= points <= mark.max_points < math.inf:
            raise ValueError(f"{mark.number}: {points} of {mark.max_points} points")
    if not all(math.isfinite(value) for value in mark.notes.values()):
        raise ValueError(f"{mark.number}: a note that is no number")
    if type(mark.line) is not int or not 0 <= mark.line <= mark.code.count("\n") + 1:
        raise ValueError(f"{mark.number}: there is no line {mark.line}")
    for _, earned, most in mark.parts:
        if not 0 <= earned <= most <= mark.max_points:
            raise ValueError(f"{mark.number}: {earned} of {most} points in a part")
    texts = [mark.number, mark.state, mark.diagnosis, mark.builds_on, mark.code]
    texts += [*mark.names, *mark.notes, *(title for title, _, _ in mark.parts)]
    return [*texts, *mark.carried, *mark.not_run]


def _plain(value: Any) -> Any:
    """Lists, dicts, numbers and text that JSON can hold, and any reader of UTF-8 can read.

    NumPy's numbers become Python's; a measured value that is not finite is left out of its dict.
    """
    if isinstance(value, str):
        return whole(value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value)
    if isinstance(value, Mapping):
        return {str(_plain(key)): _finite_notes(key, _plain(item)) for key, item in value.items()}
    if isinstance(value, Sequence):
        return [_plain(item) for item in value]
    if callable(getattr(value, "item", None)):
        return _plain(value.item())
    raise TypeError(f"a {type(value).__name__} cannot be kept")


def _finite_notes(key: object, item: Any) -> Any:
    if key != "notes" or not isinstance(item, dict):
        return item
    numbers = {name: note for name, note in item.items() if isinstance(note, int | float)}
    return {name: float(note) for name, note in numbers.items() if math.isfinite(note)}

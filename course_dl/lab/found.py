"""Mistakes found, not listed: a failed answer that behaves as a small change to the right one.

``course-dl build`` makes the changes from a lab's solutions, and packs those that the tests reject
into ``found/``, a file an exercise. They are compared with an answer only once it has failed, and
no known mistake fits.
"""

from __future__ import annotations
import __future__ as future

import base64
import json
import time
import warnings
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import CodeType, ModuleType
from typing import Any

from course_dl.calls.limits import private_randomness
from course_dl.calls.threads import one_thread
from course_dl.calls.values import Handle
from course_dl.lab.diagnosis import diagnose, goes_alike, names_called, others_than
from course_dl.lab.errors import meaning
from course_dl.lab.exercise import Mistake
from course_dl.lab.judge import ExerciseResult, TestResult
from course_dl.lab.states import State

__all__ = ["SECONDS", "Found", "explain", "find_out", "packed_changes", "unpacked_changes"]

SECONDS = 0.4  # of a core: in a notebook no change is tried after them
MOST_SECONDS = 10.0  # nor, in grading, after these: all changes are tried in a tenth of them


@dataclass(frozen=True)
class Found:
    """A right answer but for one small change, or a pair of them.

    Parameters
    ----------
    name
        The function or class.
    words
        What the change is: they follow "as the right answer would". May be empty.
    size
        Of changes that behave alike, those of the least size are told.
    source
        The function or class, changed.
    around
        The text of what it uses besides.
    is_pair
        Whether it is two changes at once, told only where no single one fits.
    """

    name: str
    words: str
    size: int
    source: str
    around: str
    is_pair: bool = False

    def code(self) -> Any:
        """The function or class itself, in a namespace of its own."""
        names = dict(_names_of(self.around))
        exec(_compiled(self.source), names)
        return names[self.name]

    def sentence(self, *, exactly: bool) -> str:
        """What a student is told, or nothing; ``exactly`` if it behaves so in all tests."""
        if not self.words:
            return ""
        if exactly:
            return f"It behaves exactly as the right answer would {self.words}."
        return f"In most tests it behaves as the right answer would {self.words}."


@lru_cache(maxsize=64)
def _names_of(text: str) -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": "found"}
    exec(_compiled(text), names)
    return names


def _compiled(text: str) -> CodeType:
    flags = future.annotations.compiler_flag
    return compile(text, "a change to the right answer", "exec", flags, dont_inherit=True)


def packed_changes(changes: Sequence[Found]) -> str:
    """The changes as text that is not read by chance, or found by a search."""
    around = {change.name: change.around for change in changes}
    rows = [(c.name, c.words, c.size, c.source, c.is_pair) for c in changes]
    content = json.dumps([around, rows]).encode()
    return base64.encodebytes(zlib.compress(content, 9)).decode()


def unpacked_changes(module: ModuleType) -> list[Found]:
    """The changes that a file of ``found/`` holds, those of least size first, pairs last."""
    around, rows = json.loads(zlib.decompress(base64.b64decode(module.PACKED)))
    changes = [
        Found(name, words, size, text, around[name], is_pair)
        for name, words, size, text, is_pair in rows
    ]
    return sorted(changes, key=lambda change: (change.is_pair, change.size))


def explain(
    result: ExerciseResult,
    mistakes: Iterable[Mistake],
    found: Iterable[Found],
    namespace: Mapping[str, Any],
    seed: int = 0,
    seconds: float = MOST_SECONDS,
) -> str | None:
    """What is told of a failure: the known mistake that fits, else the change that does.

    Where an error was raised, what such an error means is surer than a change that raises it too.
    """
    return (
        diagnose(result, mistakes, namespace, seed)
        or _meaning_of_the_error(result)
        or find_out(result, found, namespace, seed, seconds)
    )


def _meaning_of_the_error(result: ExerciseResult) -> str | None:
    failed = result.first_failure
    if failed is None or failed.state is not State.FAILED or failed.test.measured:
        return None
    error = failed.calls[-1].outcome.error if failed.calls else None
    return meaning(error) if error is not None else None


def find_out(
    result: ExerciseResult,
    found: Iterable[Found],
    namespace: Mapping[str, Any],
    seed: int = 0,
    seconds: float = MOST_SECONDS,
) -> str | None:
    """The sentence of the small change that behaves as the student's code does, if it is clear.

    A change fits when, in its place, the calls of the first failed test have the same outcomes, and
    so have those of most tests that call it. Of several that fit, those that agree on most tests
    are told, and of these the smallest; where they say different things, none is. Where the failed
    call raised an error, which many changes may raise, none of those that fit may say another
    thing, or nothing, and another test must have got values that agree. Pairs of changes are
    compared where no single one fits: all of them, and those that fit must say one thing.

    Parameters
    ----------
    result, namespace, seed
        As in :func:`~course_dl.lab.diagnosis.diagnose`.
    found
        The changes, those of least size first.
    seconds
        Of a core, after which no more changes are tried.
    """
    failed = result.first_failure
    if failed is None or failed.state is not State.FAILED or not failed.calls:
        return None
    if failed.test.measured or failed.timed_out:
        return None
    changes = list(found)
    with private_randomness(), one_thread(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a change may do what torch warns of
        search = _Search(result, failed, namespace, seed, seconds)
        single = search.single([one for one in changes if not one.is_pair])
        if single is not None or search.raised:
            return single or None
        return search.pair(changes)


class _Search:
    """The changes that behave as an answer does, within some seconds of a core."""

    def __init__(
        self,
        result: ExerciseResult,
        failed: TestResult,
        namespace: Mapping[str, Any],
        seed: int,
        seconds: float,
    ) -> None:
        self._result, self._failed = result, failed
        self._namespace, self._seed = namespace, seed
        self._others = others_than(failed, result)
        self.raised = failed.calls[-1].outcome.error is not None
        self._called = names_called(failed)
        self._end = time.thread_time() + seconds

    @property
    def _is_over(self) -> bool:
        return time.thread_time() > self._end

    def _differ(self, change: Found) -> int | None:
        """In how many tests it differs; None where it does not fit."""
        names = {**self._namespace, change.name: change.code()}

        def alike(test: TestResult) -> bool:
            return goes_alike(self._result.exercise, test, names, self._seed)

        if not alike(self._failed):
            return None
        calling = [test for test in self._others if change.name in names_called(test)]
        same = [test for test in calling if alike(test)]
        if 2 * (1 + len(same)) <= 1 + len(calling) or (self.raised and not _some_value(same)):
            return None
        return len(calling) - len(same)

    def single(self, changes: Iterable[Found]) -> str | None:
        """The sentence of the change that fits; empty where several say different things."""
        fits: dict[tuple[int, int], set[str]] = {}  # by tests that differ, and size
        for change in changes:
            if change.name not in self._called or not (change.words or self.raised):
                continue
            if self._is_over or _is_settled(fits, change, raised=self.raised):
                break
            differ = self._differ(change)
            if differ is not None:
                told_of = fits.setdefault((differ, change.size), set())
                told_of.add(change.sentence(exactly=not differ))
        told = set().union(*fits.values()) if self.raised else fits[min(fits)] if fits else set()
        return (told.pop() if len(told) == 1 else "") if told else None

    def pair(self, changes: Sequence[Found]) -> str | None:
        """The sentence of the pairs that fit in all tests, if they say one thing.

        None where there was no time for all pairs, or where a single change without words fits
        too: then it is not these two things that are wrong.
        """
        told: set[str] = set()
        for change in (one for one in changes if one.is_pair and one.name in self._called):
            if self._is_over:
                return None
            if self._differ(change) == 0:
                told.add(change.sentence(exactly=True))
                if len(told) > 1:
                    return None
        wordless = (one for one in changes if not one.is_pair and not one.words)
        mine = (one for one in wordless if one.name in self._called)
        if not told or any(self._differ(one) is not None for one in mine):
            return None
        return told.pop()


def _some_value(tests: Iterable[TestResult]) -> bool:
    """Whether a call of the student's gave a value: errors alone may be alike by chance."""
    return any(
        call.outcome.error is None and not isinstance(call.outcome.value, Handle | None)
        for test in tests
        for call in test.calls
        if not call.target.startswith("torch:")
    )


def _is_settled(fits: Mapping[tuple[int, int], set[str]], change: Found, *, raised: bool) -> bool:
    """Whether nothing that this change, or a larger one, says can change what is told."""
    if raised:
        return len(set().union(*fits.values())) > 1
    return any(differ == 0 and size < change.size for differ, size in fits)

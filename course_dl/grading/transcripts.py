# Runs in: judge
"""What is known already: how tests end, and which mistakes they tell of.

A test is a deterministic function of its seed and of the answers that it gets, so results are
remembered by test, seed and digests of the answers. Where the answers are the same, byte by byte,
the test asks the same next, and ends the same, and the mistake behind it is the same. In a class
many answers are, since many students write the same formula.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from course_dl.calls.backend import Backend
from course_dl.grading.sandbox.client.remote import RemoteBackend, Talk
from course_dl.grading.sandbox.wire.channel import Message
from course_dl.grading.texts import told
from course_dl.lab.exercise import Exercise, Mistake, Test
from course_dl.lab.inputs import Seed
from course_dl.lab.judge import ExerciseResult, TestResult, diagnose, run_test
from course_dl.lab.student import Call

__all__ = ["diagnosed", "judged"]

MOST, MOST_BYTES = 4_000, 64 << 20  # entries kept, and their size; the longest unused are forgotten
LARGEST = 1 << 20  # bytes of an entry that is kept

# A test, its seed, and the digests of the answers that it has had; or an exercise's number and the
# places at which its tests ended.
Place = tuple[Any, ...]


@dataclass(frozen=True)
class Question:
    """What a test asks at a place, and the seconds that the answer may take."""

    message: bytes
    seconds: float


Found = Question | TestResult | str | None


class _Known:
    """What is kept of entries: so many, so many bytes, those used last."""

    def __init__(self) -> None:
        self._entries: dict[Place, tuple[Found, int]] = {}
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, place: Place) -> bool:
        return place in self._entries

    def get(self, place: Place) -> Found:
        """What was found at a place; it counts as used."""
        entry = self._entries.pop(place, None)
        if entry is None:
            return None
        self._entries[place] = entry
        return entry[0]

    def keep(self, place: Place, found: Found) -> bool:
        """Keep what was found, if it is not too large."""
        size = _ENTRY + 8 * len(place) + _size(found)
        if size > LARGEST:
            return False
        self._forget(place)
        self._entries[place] = found, size
        self._bytes += size
        while len(self._entries) > MOST or self._bytes > MOST_BYTES:
            self._forget(next(iter(self._entries)))
        return True

    def _forget(self, place: Place) -> None:
        self._bytes -= self._entries.pop(place, (None, 0))[1]


_ENTRY = 1_000  # bytes of an entry besides its texts: its place, and what holds it


def _size(found: Found) -> int:
    if isinstance(found, Question):
        return len(found.message)
    if isinstance(found, TestResult):
        failure = found.failure
        if failure is None:
            return 0
        texts = [failure.message, *sum(failure.details, ()), *failure.relations.values()]
        return 4 * sum(map(len, texts))
    return 4 * len(found or "")


_known = _Known()


def judged(exercise: Exercise, test: Test, backend: Backend, seed: Seed) -> TestResult:
    """The same as :func:`~course_dl.lab.judge.run_test`, which is run where the answers are new.

    A measured test draws at random, so that an answer cannot know what it is asked.
    """
    if test.measured or not isinstance(backend, RemoteBackend):
        return _fit(run_test(exercise, test, backend, seed, secret=test.measured))
    place: Place = (test.function, seed)
    heard: list[Message | Exception] = []
    while isinstance(step := _known.get(place), Question):
        try:
            answer = backend.ask(step.message, step.seconds)
        except Exception as error:  # to be met again where the test meets it
            heard.append(error)
            break
        heard.append(answer)
        place = (*place, answer.digest)

    def run() -> tuple[TestResult, Talk]:
        before, backend.talk = backend.talk, Talk(deque(heard))
        try:
            return _fit(run_test(exercise, test, backend, seed)), backend.talk
        finally:
            backend.talk = before

    if isinstance(step, TestResult):
        return replace(step, calls=_Calls(place, lambda: run()[0].calls))
    result, talk = run()
    if not talk.whole:
        return result
    place = (test.function, seed)
    kept = True
    for message, seconds, digest in talk.said:
        kept = kept and _known.keep(place, Question(message, seconds))
        place = (*place, digest)
    if kept:
        _known.keep(place, replace(result, calls=()))
    return replace(result, calls=_Calls(place, lambda: result.calls))


def _fit(result: TestResult) -> TestResult:
    """The result with its text fit to be told: a check may tell of any value it was given."""
    if result.failure is None:
        return result
    failure = result.failure
    details = tuple((told(label, 100), told(text)) for label, text in failure.details)
    return replace(result, failure=replace(failure, message=told(failure.message), details=details))


def diagnosed(
    result: ExerciseResult,
    mistakes: Iterable[Mistake],
    others: Mapping[str, Any],
    backend: RemoteBackend,
    seed: int,
) -> str | None:
    """The same as :func:`~course_dl.lab.judge.diagnose`, called where the tests' answers are new.

    What it finds is kept where it asked the submission for nothing more.
    """
    places = [test.calls.place for test in result.tests if isinstance(test.calls, _Calls)]
    if result or len(places) < len(result.tests):
        return diagnose(result, mistakes, others, seed)
    place = (result.exercise.number, *places)
    if place in _known:
        known = _known.get(place)
        assert known is None or isinstance(known, str)
        return known
    backend.talk = Talk()
    sentence = diagnose(result, mistakes, others, seed)
    if backend.talk.turns == 0:
        _known.keep(place, sentence)
    return sentence


@dataclass
class _Calls(Sequence[Call]):
    """The calls of a test at its end, worked out if somebody asks: a diagnosis may."""

    place: Place
    work_out: Callable[[], Sequence[Call]]

    @cached_property
    def _all(self) -> Sequence[Call]:
        return self.work_out()

    def __len__(self) -> int:
        return len(self._all)

    def __getitem__(self, place: Any) -> Any:
        return self._all[place]

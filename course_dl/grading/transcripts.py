"""What is known already: how tests end, and which mistakes they tell of.

A test hangs on its seed and on what it is answered, on nothing else. Where it is answered, byte by
byte, as it was before, it asks the same next, and ends the same: neither has to be worked out
again, nor has the mistake that is behind it. In a class many answers are the same, since many
students write the same formula.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from course_dl.grading.remote import RemoteBackend, Talk
from course_dl.grading.wire import Message
from course_dl.lab.backend import Backend
from course_dl.lab.exercise import Exercise, Mistake, Test
from course_dl.lab.judge import ExerciseResult, TestResult, diagnose, run_test
from course_dl.lab.student import Call

__all__ = ["diagnosed", "judged"]

MOST = 4_000  # entries kept; the oldest are forgotten

# A test, its seed, and the digests of the answers that it has had; or an exercise's number and the
# places at which its tests ended.
Place = tuple[Any, ...]


@dataclass(frozen=True)
class Question:
    """What a test asks at a place, and the seconds that the answer may take."""

    message: bytes
    seconds: float


_known: dict[Place, Question | TestResult | str | None] = {}


def judged(exercise: Exercise, test: Test, backend: Backend, seed: int) -> TestResult:
    """The same as :func:`~course_dl.lab.judge.run_test`, which is run where the answers are new.

    A measured test draws at random, so that an answer cannot know what it is asked.
    """
    if test.measured or not isinstance(backend, RemoteBackend):
        return run_test(exercise, test, backend, seed, secret=test.measured)
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
            return run_test(exercise, test, backend, seed), backend.talk
        finally:
            backend.talk = before

    if isinstance(step, TestResult):
        return replace(step, calls=_Calls(place, lambda: run()[0].calls))
    result, talk = run()
    if not talk.whole:
        return result
    place = (test.function, seed)
    for message, seconds, digest in talk.said:
        _keep(place, Question(message, seconds))
        place = (*place, digest)
    _keep(place, replace(result, calls=()))
    return replace(result, calls=_Calls(place, lambda: result.calls))


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
        told = _known[place]
        assert told is None or isinstance(told, str)
        return told
    backend.talk = Talk()
    told = diagnose(result, mistakes, others, seed)
    if backend.talk.turns == 0:
        _keep(place, told)
    return told


def _keep(place: Place, found: Question | TestResult | str | None) -> None:
    _known[place] = found
    while len(_known) > MOST:
        del _known[next(iter(_known))]


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

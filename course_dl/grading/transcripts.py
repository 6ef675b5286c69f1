# Runs in: judge
"""What is known already: how tests end, and which mistakes they tell of.

A test is a deterministic function of its seed and of the answers that it gets, so results are
remembered by test, seed and digests of the answers. Where the answers are the same, byte by byte,
the test asks the same next, and ends the same, and the mistake behind it is the same. In a class
many answers are, since many students write the same formula.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from course_dl.calls.limits import TimeOut
from course_dl.grading.sandbox.client.child import Line
from course_dl.grading.sandbox.client.remote import RemoteBackend
from course_dl.grading.sandbox.wire.channel import Message
from course_dl.grading.texts import printable
from course_dl.lab.exercise import Exercise, Mistake, Test
from course_dl.lab.found import Found as Change
from course_dl.lab.found import explain
from course_dl.lab.inputs import Seed
from course_dl.lab.judge import ExerciseResult, TestResult, run_test
from course_dl.lab.student import Call, Student

__all__ = ["Known", "diagnosed", "judged"]

MOST, MOST_BYTES = 4_000, 64 << 20  # entries kept, and their size; the longest unused are forgotten
LARGEST = 1 << 20  # bytes of an entry that is kept

# A test, its seed, and the digests of the answers that it has had; or an exercise's number and the
# keys at which its tests ended.
Key = tuple[Any, ...]


@dataclass(frozen=True)
class Question:
    """What a test asks next, and the seconds that the answer may take."""

    message: bytes
    seconds: float


Found = Question | TestResult | str | None


class Known:
    """What is kept of entries: so many, so many bytes, those used last."""

    def __init__(self) -> None:
        self._entries: dict[Key, tuple[Found, int]] = {}
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, key: Key) -> bool:
        return key in self._entries

    def get(self, key: Key) -> Found:
        """What was found under a key; it counts as used."""
        entry = self._entries.pop(key, None)
        if entry is None:
            return None
        self._entries[key] = entry
        return entry[0]

    def keep(self, key: Key, found: Found) -> bool:
        """Keep what was found, if it is not too large."""
        size = _ENTRY + 8 * len(key) + _size(found)
        if size > LARGEST:
            return False
        self._forget(key)
        self._entries[key] = found, size
        self._bytes += size
        while len(self._entries) > MOST or self._bytes > MOST_BYTES:
            self._forget(next(iter(self._entries)))
        return True

    def _forget(self, key: Key) -> None:
        self._bytes -= self._entries.pop(key, (None, 0))[1]


_ENTRY = 1_000  # bytes of an entry besides its texts: its key, and what holds it


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


class Transcript:
    """A line around a line, which keeps what was asked and answered in a test.

    ``heard`` are answers that came before the test itself was run, or what came in their place;
    ``said`` the messages, the seconds that each was given, the digests of the answers.
    """

    def __init__(self, line: Line, heard: Iterable[Message | Exception] = ()) -> None:
        self._line = line
        self._heard = deque(heard)
        self._handed = len(line.functions)
        self._broken = False
        self.said: list[tuple[bytes, float, bytes]] = []

    @property
    def functions(self) -> list[Callable[..., Any]]:
        return self._line.functions

    def ask(self, message: bytes, seconds: float) -> Message:
        broken, self._broken = self._broken, True
        answer = self._heard.popleft() if self._heard else self._line.ask(message, seconds)
        if isinstance(answer, Exception):
            raise answer
        self._broken = broken
        self.said.append((message, seconds, answer.digest))
        return answer

    def end(self) -> None:
        self._broken = True
        self._line.end()

    def lost(self, why: TimeOut) -> None:
        self._line.lost(why)

    @property
    def is_empty(self) -> bool:
        """Whether nothing was asked."""
        return not self.said and not self._broken

    @property
    def whole(self) -> bool:
        """Whether the test's end follows from these answers alone.

        It does not where no answer came, or where it handed over a function of its own, which may
        keep what it saw.
        """
        return not self._broken and len(self.functions) == self._handed


def judged(
    exercise: Exercise, test: Test, backend: RemoteBackend, seed: Seed, known: Known
) -> TestResult:
    """The same as :func:`~course_dl.lab.judge.run_test`, which is run where the answers are new.

    A measured test draws at random, so that an answer cannot know what it is asked.
    """
    if test.measured:
        return _fit(run_test(exercise, test, backend, seed, secret=True))
    key: Key = (test.function, seed)
    heard: list[Message | Exception] = []
    while isinstance(step := known.get(key), Question):
        try:
            answer = backend.line.ask(step.message, step.seconds)
        except Exception as error:  # to be met again where the test meets it
            heard.append(error)
            break
        heard.append(answer)
        key = (*key, answer.digest)

    def run() -> tuple[TestResult, Transcript]:
        transcript = Transcript(backend.line, heard)
        return _fit(run_test(exercise, test, RemoteBackend(transcript), seed)), transcript

    if isinstance(step, TestResult):
        return replace(step, calls=_Calls(key, lambda: run()[0].calls))
    result, transcript = run()
    if not transcript.whole:
        return result
    key = (test.function, seed)
    kept = True
    for message, seconds, digest in transcript.said:
        kept = kept and known.keep(key, Question(message, seconds))
        key = (*key, digest)
    if kept:
        known.keep(key, replace(result, calls=()))
    return replace(result, calls=_Calls(key, lambda: result.calls))


def _fit(result: TestResult) -> TestResult:
    """The result with its text fit to be told: a check may tell of any value it was given."""
    if result.failure is None:
        return result
    failure = result.failure
    details = tuple((printable(label, 100), printable(text)) for label, text in failure.details)
    return replace(
        result, failure=replace(failure, message=printable(failure.message), details=details)
    )


def diagnosed(
    result: ExerciseResult,
    mistakes: Iterable[Mistake],
    changes: Iterable[Change],
    names: Iterable[str],
    backend: RemoteBackend,
    seed: int,
    known: Known,
) -> str | None:
    """The same as :func:`~course_dl.lab.found.explain`, called where the tests' answers are new.

    A mistake, or a change, is tried beside the submission's other functions, which have these
    ``names``. What is found is kept where the submission was asked for nothing more.
    """

    def find(line: Line) -> str | None:
        student = Student(RemoteBackend(line), result.exercise.rules)
        namespace = {name: getattr(student, name) for name in names}
        return explain(result, mistakes, changes, namespace, seed)

    keys = [test.calls.key for test in result.tests if isinstance(test.calls, _Calls)]
    if len(keys) < len(result.tests):
        return find(backend.line)
    key = (result.exercise.number, *keys)
    if key in known:
        sentence = known.get(key)
        assert sentence is None or isinstance(sentence, str)
        return sentence
    transcript = Transcript(backend.line)
    sentence = find(transcript)
    if transcript.is_empty:
        known.keep(key, sentence)
    return sentence


@dataclass
class _Calls(Sequence[Call]):
    """The calls of a test at its end, worked out if somebody asks: a diagnosis may."""

    key: Key
    work_out: Callable[[], Sequence[Call]]

    @cached_property
    def _all(self) -> Sequence[Call]:
        return self.work_out()

    def __len__(self) -> int:
        return len(self._all)

    def __getitem__(self, number: Any) -> Any:
        return self._all[number]

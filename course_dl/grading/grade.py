"""Grading one submission, exercise by exercise."""

from __future__ import annotations

import hashlib
import importlib.util
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from course_dl.grading.intake.meant import said_of
from course_dl.grading.intake.notebooks import read
from course_dl.grading.remote import Program, RemoteBackend
from course_dl.grading.result import ExerciseMark, Result, TestMark
from course_dl.grading.sandbox import Sandbox
from course_dl.grading.transcripts import diagnosed, judged
from course_dl.lab.catalog import LabFolder
from course_dl.lab.exercise import Exercise
from course_dl.lab.judge import ExerciseResult, TestResult, run_exercise
from course_dl.lab.states import Failure
from course_dl.lab.student import Student

__all__ = ["Grading", "lab_sandbox", "unreadable"]

SEED = 1  # everybody is asked the same, and not what a notebook asks, whose seed is 0
_EXERCISE_CALLS, _WHOLE_SECONDS = 4, 60.0


def unreadable(data: bytes, lab: LabFolder, status: str, reason: str) -> Result:
    """The result of a submission that could not be graded: no points, and why."""
    marks = tuple(
        ExerciseMark(e.number, tuple(e.names), 0.0, e.points, "not done yet") for e in lab.exercises
    )
    return Result(lab.name, SEED, _digest(data), status, reason, marks)


def lab_sandbox(lab: LabFolder, hidden: Sequence[str | Path] = (), **layers: Any) -> Sandbox:
    """A sandbox for a lab's submissions: its answers cannot be imported, nor, if possible, read."""
    answers = sorted({name for exercise in lab.exercises for name in exercise.answers})
    folder = Path(__file__).resolve().parent
    covered = [folder, folder.with_name("authoring"), lab.path.parent, *hidden]
    for name in answers:
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.origin is not None:
            origin = Path(spec.origin)
            covered += [origin.parent] if spec.submodule_search_locations else [origin]
            covered += _compiled(origin)
    return Sandbox(answers, covered, _imports(lab), **layers)


def _compiled(source: Path) -> list[Path]:
    return sorted((source.parent / "__pycache__").glob(f"{source.stem}.*.pyc"))


def _imports(lab: LabFolder) -> list[str]:
    """What the lab's notebook imports, so that it is imported once and not for every submission."""
    story = lab.path / "notebook.py"
    text = story.read_text(encoding="utf-8") if story.exists() else ""
    names = re.findall(r"^(?:from|import)\s+([\w.]+)", text, re.MULTILINE)
    parts = re.findall(r"^from\s+(course_dl)\s+import\s+([\w, ]+)$", text, re.MULTILINE)
    names += [f"{package}.{name.strip()}" for package, many in parts for name in many.split(",")]
    return sorted({n for n in names if not n.startswith(("course_dl.labs", "course_dl.lab"))})


class Grading:
    """One submission, exercise by exercise. Close it, or use it as a context manager.

    Raises
    ------
    Unreadable
        Where the file is no notebook and no Python.
    """

    def __init__(
        self, lab: LabFolder, data: bytes, name: str, sandbox: Sandbox, seed: int = SEED
    ) -> None:
        self.lab = lab
        self.seed = seed
        self._digest = _digest(data)
        names = [n for exercise in lab.exercises for n in exercise.names]
        self._reading = read(data, name)
        self._program = Program(self._reading.cells, names)
        self._sandbox = sandbox
        self._backends: dict[bool, RemoteBackend] = {}
        self._skip: set[int] = set()
        self._results: dict[str, ExerciseResult] = {}
        seconds = sum(exercise.seconds for exercise in lab.exercises)
        self._left = _WHOLE_SECONDS + 2 * seconds

    def __enter__(self) -> Grading:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the submission's processes."""
        for backend in self._backends.values():
            backend.end_child()

    def exercise(self, exercise: Exercise, *, hidden: bool = True) -> ExerciseResult:
        """Judge an exercise (once), and diagnose it."""
        if exercise.number not in self._results:
            backend = self._backend(exercise.autograd)
            given = min(_EXERCISE_CALLS * exercise.seconds, self._left)
            backend.begin(given)
            result = run_exercise(exercise, backend, self.seed, hidden=hidden, run=judged)
            student = Student(backend, exercise.rules)
            others = {name: getattr(student, name) for name in self._program.names}
            told = diagnosed(result, self.lab.mistakes, others, backend, self.seed)
            self._left -= given - backend.left
            # The calls have told what they can, and what they returned may be large.
            tests = [replace(test, calls=()) for test in result.tests]
            self._results[exercise.number] = replace(result, tests=tests, diagnosis=told)
        return self._results[exercise.number]

    @property
    def notices(self) -> tuple[tuple[str, str, str], ...]:
        """The cells that failed while they were loaded: place, kind of error, message."""
        return tuple(dict.fromkeys(n for b in self._backends.values() for n in b.notices))

    def result(self) -> Result:
        """All exercises judged, as plain data."""
        marks = tuple(_mark(self.exercise(exercise)) for exercise in self.lab.exercises)
        notices = tuple((a, b, _timeless(c)) for a, b, c in self.notices)
        said = self.said(sum(mark.points for mark in marks))
        return Result(self.lab.name, self.seed, self._digest, "graded", said, marks, notices)

    def said(self, points: float) -> str:
        """What else is to be said: that the file is damaged, or that another one was meant."""
        return said_of(self._reading, self.lab, points)

    def _backend(self, autograd: bool) -> RemoteBackend:
        """Exercises without autograd run where there is none, whatever the submission tries."""
        if autograd not in self._backends:
            sandbox = self._sandbox if autograd else self._sandbox.without_autograd
            self._backends[autograd] = RemoteBackend(sandbox, self._program, skip=self._skip)
        return self._backends[autograd]


def _mark(result: ExerciseResult) -> ExerciseMark:
    exercise = result.exercise
    notes = {key: float(value) for test in result.tests for key, value in test.notes.items()}
    return ExerciseMark(
        exercise.number,
        tuple(exercise.names),
        float(min(max(result.points, 0.0), exercise.points)),
        float(exercise.points),
        str(result.state),
        tuple(map(_test_mark, result.tests)),
        result.diagnosis or "",
        notes,
    )


def _test_mark(result: TestResult) -> TestMark:
    failure = result.failure or Failure("")
    details = tuple((label, _timeless(text)) for label, text in failure.details)
    message = _timeless(failure.message)
    return TestMark(result.test.title, result.test.hidden, str(result.state), message, details)


def _timeless(text: str) -> str:
    """The text without addresses in memory, which differ from run to run."""
    return re.sub(r"0x[0-9a-fA-F]{6,}", "0x...", text)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()

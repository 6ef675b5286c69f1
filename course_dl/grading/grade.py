# Runs in: judge
"""Grading one submission, exercise by exercise."""

from __future__ import annotations

import hashlib
import importlib.util
import math
import re
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from course_dl.grading.follow_through import builds_on, right_versions
from course_dl.grading.intake.meant import said_of
from course_dl.grading.intake.notebooks import read
from course_dl.grading.pointing import with_code
from course_dl.grading.result import ExerciseMark, Result, TestMark
from course_dl.grading.sandbox.client.child import Cell, Child, Program
from course_dl.grading.sandbox.client.remote import RemoteBackend
from course_dl.grading.sandbox.client.sandbox import Sandbox
from course_dl.grading.transcripts import Known, diagnosed, judged
from course_dl.lab.catalog import LabFolder
from course_dl.lab.exercise import Exercise, Test
from course_dl.lab.inputs import Level
from course_dl.lab.judge import ExerciseResult, TestResult, run_tests
from course_dl.lab.simplest import with_simplest_case
from course_dl.lab.states import Failure, State
from course_dl.lab.uses import what_it_calls

__all__ = ["Grading", "lab_sandbox", "unreadable"]

SEED = 1  # everybody is asked the same, and not what a notebook asks, whose seed is 0
_EXERCISE_CALLS, _WHOLE_SECONDS = 4, 60.0
_SIMPLEST = 4.0  # seconds of an exercise's calls for a simpler case of its failure
_LOADING = 60.0  # seconds of loading after which nothing is loaded only to be judged again
LARGEST_CODE = 20 << 10  # bytes, compressed, of a submission whose accuracy is measured
TOO_LARGE = Failure(
    "Your notebook's code is too large for a challenge: weights, tables of labels and pictures do "
    "not belong in it. Take out what holds data, and let the network learn from X and d alone."
)

_MAY_HOLD = "so much code that it may hold the answers"


def unreadable(data: bytes, lab: LabFolder, status: str, reason: str) -> Result:
    """The result of a submission that could not be graded: no points, and why."""
    marks = tuple(
        ExerciseMark(e.number, tuple(e.names), 0.0, e.points, "not done yet") for e in lab.exercises
    )
    return Result(lab.name, SEED, _digest(data), status, reason, marks)


def lab_sandbox(lab: LabFolder, covered: Sequence[str | Path] = (), **layers: Any) -> Sandbox:
    """A sandbox for a lab's submissions: its answers cannot be imported, nor, if possible, read."""
    answers = sorted({name for exercise in lab.exercises for name in exercise.answers})
    folder = Path(__file__).resolve().parent
    paths = [folder, folder.with_name("authoring"), lab.path.parent, *covered]
    paths += folder.with_name("data").rglob("t10k*")  # the test images and their classes
    for name in answers:
        spec = importlib.util.find_spec(name)
        if spec is None:
            continue
        if spec.submodule_search_locations is not None:  # a package, or a folder of data
            paths += map(Path, spec.submodule_search_locations)
        elif spec.origin is not None:
            paths += [Path(spec.origin), *_compiled(Path(spec.origin))]
    return Sandbox(answers, paths, _imports(lab), **layers)


def _compiled(source: Path) -> list[Path]:
    return sorted((source.parent / "__pycache__").glob(f"{source.stem}.*.pyc"))


def _imports(lab: LabFolder) -> list[str]:
    """What the lab's notebook imports, so that it is imported once and not for every submission."""
    text = lab.story.read_text(encoding="utf-8") if lab.story.exists() else ""
    names = re.findall(r"^(?:from|import)\s+([\w.]+)", text, re.MULTILINE)
    parts = re.findall(r"^from\s+(course_dl)\s+import\s+([\w, ]+)$", text, re.MULTILINE)
    names += [f"{package}.{name.strip()}" for package, many in parts for name in many.split(",")]
    return sorted({n for n in names if not n.startswith(("course_dl.labs", "course_dl.lab"))})


class Grading:
    """One submission, judged once. Close it, or use it as a context manager.

    Attributes
    ----------
    notices
        The cells that failed while they were loaded: place, kind of error, message.
    carried
        For exercises that fail because of earlier ones: with right versions of which they pass.
    remarks
        What the instructor alone should know of the submission.
    again
        Whether points were lost to a busy machine, so that it should be judged once more.

    Raises
    ------
    Unreadable
        Where the file is no notebook and no Python.
    """

    def __init__(
        self,
        lab: LabFolder,
        data: bytes,
        name: str,
        sandbox: Sandbox,
        seed: int = SEED,
        known: Known | None = None,
    ) -> None:
        self.lab = lab
        self.seed = seed
        self.notices: tuple[tuple[str, str, str], ...] = ()
        self.carried: dict[str, tuple[str, ...]] = {}
        self.remarks: set[str] = set()
        self.again = False
        self._digest = _digest(data)
        names = [n for exercise in lab.exercises for n in exercise.names]
        self._reading = read(data, name)
        self._program = Program(self._reading.cells, names)
        self._too_large = code_size(self._program.cells) > LARGEST_CODE
        self._sandbox = sandbox
        self._known = Known() if known is None else known
        self._skip: set[int] = set()
        self._phase = _Phase(sandbox, self._program, self._skip)
        self._left = _WHOLE_SECONDS + 2 * sum(exercise.seconds for exercise in lab.exercises)
        self._allowed: dict[str, float] = {}
        self._loading = 0.0

    def __enter__(self) -> Grading:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the submission's processes, having taken what they told of it."""
        for child in self._phase.close():
            self.remarks.update(child.remarks)
            self.again |= child.starved
            self._loading += child.loading

    def judge(
        self, exercises: Sequence[Exercise] | None = None, *, hidden: bool = True
    ) -> list[ExerciseResult]:
        """Judge exercises (all if None) and diagnose them.

        The public tests of all come first, then the hidden ones: what a submission learns from
        hidden inputs comes too late for any message that a student reads. What fails after that
        may fail for what calls before it left behind, or for an earlier answer that is wrong: it is
        judged again in new processes.
        """
        exercises = self.lab.exercises if exercises is None else exercises
        found = [self._tested(exercise, False) for exercise in exercises]
        self.notices = tuple(dict.fromkeys(self._phase.notices()))
        if hidden:
            found = self._untouched([self._tested(r.exercise, True, r.tests) for r in found])
        results = self._naming_what_they_call([self._diagnosed(result) for result in found])
        if hidden:
            self._follow_through(results)
        self.close()
        return results

    def result(self, exercises: Sequence[Exercise] | None = None, *, hidden: bool = True) -> Result:
        """The exercises judged, as plain data."""
        return self.as_result(self.judge(exercises, hidden=hidden))

    def as_result(self, judged: Sequence[ExerciseResult]) -> Result:
        """What :meth:`judge` gave, as plain data."""
        marks = tuple(
            with_code(
                _mark(r, self.carried.get(r.exercise.number, ())), self.lab, self._program.cells
            )
            for r in judged
        )
        notices = tuple((a, b, _timeless(c)) for a, b, c in self.notices)
        said = self.said(sum(mark.points for mark in marks))
        remarks = tuple(sorted(self.remarks))
        digest, status = self._digest, "graded"
        return Result(self.lab.name, self.seed, digest, status, said, marks, notices, remarks)

    def said(self, points: float) -> str:
        """What else is to be said: that the file is damaged, or that another one was meant."""
        return said_of(self._reading, self.lab, points)

    @property
    def _loaded(self) -> float:
        """The seconds that loading has taken so far, in all processes."""
        return self._loading + self._phase.loading

    def _enter(self, program: Program) -> None:
        """Go on with new processes."""
        self.close()
        self._phase = _Phase(self._sandbox, program, self._skip)

    @contextmanager
    def _on(self, exercise: Exercise, most: float = math.inf) -> Iterator[Child]:
        """The process for an exercise, for as long as it and the whole submission may take."""
        child = self._phase[exercise.autograd]
        allowed = self._allowed.setdefault(exercise.number, _EXERCISE_CALLS * exercise.seconds)
        given = min(allowed, self._left, most)
        child.begin(given)
        yield child
        self._allowed[exercise.number] -= given - child.left
        self._left -= given - child.left

    def _tested(
        self, exercise: Exercise, hidden: bool, before: Sequence[TestResult] = ()
    ) -> ExerciseResult:
        """Run an exercise's public tests, or its hidden ones."""
        if hidden and not any(test.hidden for test in exercise.tests):
            return ExerciseResult(exercise, before)
        with self._on(exercise) as child:
            backend = RemoteBackend(child)

            def run(test: Test) -> TestResult:
                if test.measured and self._too_large:
                    result = TestResult(test, State.FAILED, TOO_LARGE, remarks=[_MAY_HOLD])
                else:
                    result = judged(exercise, test, backend, self.seed, self._known)
                    self.again |= child.busy and test.measured and not result
                self.remarks.update(f"{exercise.number}: {remark}" for remark in result.remarks)
                return result

            return ExerciseResult(exercise, run_tests(exercise, run, hidden=hidden, before=before))

    def _untouched(self, found: Sequence[ExerciseResult]) -> list[ExerciseResult]:
        """The results, where what failed in hidden tests alone is judged again in new processes.

        An answer loses no points for what others left behind in its process, such as full memory.
        """
        public = [[test for test in result.tests if not test.test.hidden] for result in found]
        lost = [not result and all(tests) for result, tests in zip(found, public, strict=True)]
        if not any(lost) or self._loaded > _LOADING:
            return list(found)
        self._enter(self._program)
        return [
            self._tested(result.exercise, True, tests) if again else result
            for result, tests, again in zip(found, public, lost, strict=True)
        ]

    def _diagnosed(self, result: ExerciseResult) -> ExerciseResult:
        """The result with its diagnosis. The calls are dropped: nothing else needs them."""
        told = None
        if not result:
            with self._on(result.exercise) as child:
                told = diagnosed(
                    result,
                    self.lab.mistakes,
                    self.lab.found(result.exercise),
                    self._program.names,
                    RemoteBackend(child),
                    self.seed,
                    self._known,
                )
            result = self._in_its_simplest_case(result)
        tests = [replace(test, calls=()) for test in result.tests]
        case = replace(result.case, calls=()) if result.case is not None else None
        return replace(result, tests=tests, diagnosis=told, case=case)

    def _in_its_simplest_case(self, result: ExerciseResult) -> ExerciseResult:
        """The result with the simplest case of its failure, asked after all that decides points.

        Of hidden tests none is looked for: their inputs are not told.
        """
        failed = result.first_failure
        if failed is None or failed.test.hidden:
            return result
        with self._on(result.exercise, _SIMPLEST) as child:
            backend = RemoteBackend(child)

            def run(test: Test, level: Level) -> TestResult:
                return judged(result.exercise, test, backend, level, self._known)

            return with_simplest_case(result, run)

    def _naming_what_they_call(self, results: Sequence[ExerciseResult]) -> list[ExerciseResult]:
        """The results, which name the earlier exercises that an answer calls and that fail too."""
        by_number = {result.exercise.number: result for result in results}
        told = {
            exercise.number: what_it_calls(by_number[e.number] for e in earlier)
            for exercise, earlier in builds_on(self._program.cells, results)
            if by_number[exercise.number].state is State.FAILED
        }
        return [replace(r, builds_on=told.get(r.exercise.number, "")) for r in results]

    def _follow_through(self, results: Sequence[ExerciseResult]) -> None:
        """Judge again what builds on wrong earlier answers, with right versions of those."""
        groups = defaultdict(list)
        for exercise, earlier in builds_on(self._program.cells, results):
            groups[tuple(e.number for e in earlier)].append(exercise)
        for numbers, exercises in groups.items():
            right = right_versions(self.lab.solutions, [self.lab.exercise(n) for n in numbers])
            if right is None or self._loaded > _LOADING:
                continue
            self._enter(Program([*self._program.cells, right], self._program.names))
            for exercise in exercises:
                self._allowed.pop(exercise.number, None)
                with self._on(exercise) as child:
                    backend = RemoteBackend(child)
                    each = (
                        judged(exercise, t, backend, self.seed, self._known) for t in exercise.tests
                    )
                    if all(each):
                        self.carried[exercise.number] = numbers


class _Phase:
    """Processes that hold a submission: one with PyTorch's autograd and one without, when needed.

    Exercises without autograd run where there is none, whatever the submission tries.
    """

    def __init__(self, sandbox: Sandbox, program: Program, skip: set[int]) -> None:
        self._sandbox, self._program, self._skip = sandbox, program, skip
        self._children: dict[bool, Child] = {}

    def __getitem__(self, autograd: bool) -> Child:
        if autograd not in self._children:
            sandbox = self._sandbox if autograd else self._sandbox.without_autograd
            self._children[autograd] = Child(sandbox, self._program, skip=self._skip)
        return self._children[autograd]

    def notices(self) -> list[tuple[str, str, str]]:
        return [notice for child in self._children.values() for notice in child.notices]

    @property
    def loading(self) -> float:
        """The seconds that loading has taken in these processes."""
        return sum(child.loading for child in self._children.values())

    def close(self) -> list[Child]:
        """End the processes, and return what held them."""
        ended = list(self._children.values())
        self._children.clear()
        for child in ended:
            child.finish()
        return ended


def code_size(cells: Iterable[Cell]) -> int:
    """The bytes of a submission's code, compressed: what it can hold besides what it does."""
    return len(zlib.compress("\n".join(cell.source for cell in cells).encode(), 9))


def _mark(result: ExerciseResult, carried: tuple[str, ...]) -> ExerciseMark:
    exercise = result.exercise
    public = [test for test in result.tests if not test.test.hidden]
    run = [test.test for test in result.tests]
    return ExerciseMark(
        exercise.number,
        tuple(exercise.names),
        float(min(max(result.points, 0.0), exercise.points)),
        float(exercise.points),
        str(result.state),
        tuple(_test_mark(test, result.failure_of(test)) for test in result.tests),
        result.diagnosis or "",
        {key: float(value) for test in public for key, value in test.notes.items()},
        carried,
        float(exercise.points) if carried else 0.0,
        tuple(test.title for test in exercise.tests if test not in run),
        result.builds_on,
        parts=tuple((p, result.parts[p], float(most)) for p, most in exercise.parts.items()),
    )


def _test_mark(result: TestResult, failure: Failure | None) -> TestMark:
    failure = failure or Failure("")
    details = tuple((label, _timeless(text)) for label, text in failure.details)
    message = _timeless(failure.told)
    return TestMark(result.test.title, result.test.hidden, str(result.state), message, details)


def _timeless(text: str) -> str:
    """The text without addresses in memory, which differ from run to run."""
    return re.sub(r"0x[0-9a-fA-F]{6,}", "0x...", text)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()

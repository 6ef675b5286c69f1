"""Judging: run an exercise's tests against a student's code."""

from __future__ import annotations

import secrets
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from course_dl.calls.backend import Backend
from course_dl.calls.threads import one_thread
from course_dl.lab.exercise import Exercise, Test
from course_dl.lab.inputs import Inputs, Seed, SimpleInputs
from course_dl.lab.states import Failure, State, Wrong, _Verdict
from course_dl.lab.student import Call, Student
from course_dl.lab.told import CALL, told_with_call

__all__ = ["ExerciseResult", "TestResult", "run_exercise", "run_test", "run_tests"]

WORST = (State.FORBIDDEN, State.FAILED, State.NOT_DONE, State.PARTLY)  # the worst first


@dataclass(frozen=True)
class TestResult:
    """How one test ended (``timed_out``: with a call that took too long), and what was called.

    ``notes``, ``told`` and ``remarks`` are what the check found out besides; ``free`` is what it
    left free of its inputs, which followed from ``seed``; ``asked`` is the number of calls.
    """

    __test__ = False

    test: Test
    state: State
    failure: Failure | None = None
    points: float = 0.0
    calls: Sequence[Call] = ()
    notes: Mapping[str, float] = field(default_factory=dict)
    timed_out: bool = False
    remarks: Sequence[str] = ()
    seed: Seed = 0
    free: frozenset[str] = frozenset()
    asked: int = 0
    told: Sequence[tuple[str, str]] = ()

    def __bool__(self) -> bool:
        return self.state is State.PASSED


@dataclass(frozen=True)
class ExerciseResult:
    """How an exercise stands: the results of its tests, and what there is to tell of a failure.

    That are the diagnosis, if there is one; ``case``, the simplest case of the first failed test
    that fails as it did, if one was found; and ``builds_on``, the sentence that names the other
    exercises which the answer calls and which do not pass.
    """

    exercise: Exercise
    tests: Sequence[TestResult]
    diagnosis: str | None = None
    case: TestResult | None = None
    builds_on: str = ""

    @property
    def state(self) -> State:
        """The worst state of a test: forbidden, failed, not done yet, partly earned, passed."""
        states = {result.state for result in self.tests}
        return next((state for state in WORST if state in states), State.PASSED)

    @property
    def points(self) -> float:
        """All points where every test passed; else those of the parts that did, if there are parts.

        Without parts it is what the one failed test awarded.
        """
        short = [result for result in self.tests if result.state is not State.PASSED]
        if not short:
            return self.exercise.points
        if self.exercise.parts:
            return sum(self.parts.values())
        return short[0].points if len(short) == 1 else 0.0

    @property
    def parts(self) -> dict[str, float]:
        """What each part earned, where an exercise gives partial credit.

        A part earns its points where all its tests have passed. Tests that were cut off after a
        call that took too long have not; hidden tests count where they are run at all. Where
        something forbidden was used, nothing is earned.
        """
        passed = {result.test.title for result in self.tests if result}
        cut = any(result.timed_out for result in self.tests)
        hidden = cut or any(result.test.hidden for result in self.tests)
        earned = dict.fromkeys(self.exercise.parts, 0.0)
        if self.state is State.FORBIDDEN:
            return earned
        for part, points in self.exercise.parts.items():
            asked = [t for t in self.exercise.tests if t.part == part and (hidden or not t.hidden)]
            if asked and all(test.title in passed for test in asked):
                earned[part] = points
        return earned

    @property
    def first_failure(self) -> TestResult | None:
        """The test to tell of: a public one if any, failed or forbidden rather than not done."""
        for hidden in (False, True):
            for state in WORST:
                for result in self.tests:
                    if result.test.hidden is hidden and result.state is state:
                        return result
        return None

    def failure_of(self, test: TestResult) -> Failure | None:
        """What is told of a test: of the first failed one its simplest case, if one was found."""
        if self.case is not None and test is self.first_failure:
            return self.case.failure
        return test.failure

    def __bool__(self) -> bool:
        return self.state is State.PASSED


def run_test(
    exercise: Exercise, test: Test, backend: Backend, seed: Seed = 0, *, secret: bool = False
) -> TestResult:
    """Run one test. Whatever the student's code returned, the test ends in one of the states.

    What ``rng`` draws follows from ``seed``, a level for simple inputs; or, if ``secret``, from
    nothing that can be known. Torch computes on one thread meanwhile.
    """
    student = Student(backend, exercise.rules, exercise)
    rng = _inputs(exercise, test, seed, secret)
    given = {"student": student, "rng": rng}
    state, failure, points = State.PASSED, None, 0.0
    try:
        with one_thread():
            test.function(*(given[name] for name in test.wants))
            student.settle()
    except _Verdict as verdict:
        state, points = verdict.state, verdict.points
        failure = told_with_call(verdict, student.calls, exercise, seed)
    except Exception as error:
        if not student.calls:
            raise  # the check itself is broken
        wrong = _unusable(student.calls[-1], error)
        state, failure = wrong.state, wrong.failure
    cut = state is not State.PASSED and any(call.outcome.timed_out for call in student.calls[-1:])
    found = tuple(student.remarks)
    calls, free = student.calls, frozenset(rng.free)
    told = tuple(student.told)
    return TestResult(
        test, state, failure, points, calls, student.notes, cut, found, seed, free, len(calls), told
    )


def _inputs(exercise: Exercise, test: Test, seed: Seed, secret: bool) -> Inputs:
    if secret:
        return Inputs(secrets.randbits(63))
    if isinstance(seed, int):
        return Inputs(zlib.crc32(f"{seed} {exercise.number} {test.function.__name__}".encode()))
    return SimpleInputs(seed)


def _unusable(call: Call, error: Exception) -> Wrong:
    """A result of another kind than the check could go on with."""
    return Wrong(
        "The result is not of the kind asked for: the check could not go on with it.",
        (CALL, str(call)),
        ("What happened", f"{type(error).__name__}: {error}"),
    )


def run_exercise(
    exercise: Exercise, backend: Backend, seed: int = 0, *, hidden: bool = True
) -> ExerciseResult:
    """Run an exercise's public tests in order, then, if ``hidden``, its hidden ones."""

    def run(test: Test) -> TestResult:
        return run_test(exercise, test, backend, seed)

    results = run_tests(exercise, run, hidden=False)
    if hidden:
        results = run_tests(exercise, run, hidden=True, before=results)
    return ExerciseResult(exercise, results)


def run_tests(
    exercise: Exercise,
    run: Callable[[Test], TestResult],
    *,
    hidden: bool,
    before: Sequence[TestResult] = (),
) -> list[TestResult]:
    """The results ``before`` and those of the public, or of the hidden, tests, as declared.

    ``run`` runs one, or knows already how it ends. After a call that took too long the remaining
    tests are not run, nor is a ``last`` test after one that did not pass.
    """
    results = list(before)
    for test in exercise.tests:
        if any(result.timed_out for result in results):
            break
        if test.hidden is hidden and (all(results) or not test.last):
            results.append(run(test))
    return sorted(results, key=lambda result: exercise.tests.index(result.test))

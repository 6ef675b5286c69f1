"""Judging: run an exercise's tests against a student's code, and find out which mistake it is."""

from __future__ import annotations

import secrets
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from course_dl.calls.backend import Backend, LocalBackend, Outcome, Rules
from course_dl.calls.limits import private_randomness, seeded
from course_dl.calls.threads import one_thread
from course_dl.calls.values import Handle, handles_in, is_of_torch
from course_dl.lab.exercise import Exercise, Mistake, Test
from course_dl.lab.inputs import Inputs, Level, Seed, SimpleInputs
from course_dl.lab.same import same_outcome
from course_dl.lab.states import Failure, State, Wrong, _Verdict
from course_dl.lab.student import Call, Remote, Student, sent
from course_dl.lab.typed import typed_call

__all__ = ["ExerciseResult", "TestResult", "diagnose", "run_exercise", "run_test", "run_tests"]


@dataclass(frozen=True)
class TestResult:
    """How one test ended (``timed_out``: with a call that took too long), and what was called.

    ``notes`` and ``remarks`` are what the check found out besides; ``free`` is what it left free of
    its inputs, which followed from ``seed``; ``asked`` is the number of calls.
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

    def __bool__(self) -> bool:
        return self.state is State.PASSED


@dataclass(frozen=True)
class ExerciseResult:
    """How an exercise stands: the results of its tests, and what there is to tell of a failure.

    That are the diagnosis, if there is one, and ``case``: the simplest case of the first failed
    test that fails as it did, if one was found.
    """

    exercise: Exercise
    tests: Sequence[TestResult]
    diagnosis: str | None = None
    case: TestResult | None = None

    @property
    def state(self) -> State:
        """The worst state of a test: forbidden, failed, not done yet, passed."""
        states = {result.state for result in self.tests}
        for state in (State.FORBIDDEN, State.FAILED, State.NOT_DONE):
            if state in states:
                return state
        return State.PASSED

    @property
    def points(self) -> float:
        """All points where every test passed, else those that the one failed test awarded."""
        short = [result for result in self.tests if result.state is not State.PASSED]
        if not short:
            return self.exercise.points
        return short[0].points if len(short) == 1 else 0.0

    @property
    def first_failure(self) -> TestResult | None:
        """The test to tell of: a public one if any, failed or forbidden rather than not done."""
        for hidden in (False, True):
            for state in (State.FORBIDDEN, State.FAILED, State.NOT_DONE):
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
    student = Student(backend, exercise.rules)
    rng = _inputs(exercise, test, seed, secret)
    given = {"student": student, "rng": rng}
    state, failure, points = State.PASSED, None, 0.0
    try:
        with one_thread():
            test.function(*(given[name] for name in test.wants))
            student.settle()
    except _Verdict as verdict:
        state, points = verdict.state, verdict.points
        failure = _with_call(verdict.failure, student.calls, exercise, seed)
    except Exception as error:
        if not student.calls:
            raise  # the check itself is broken
        wrong = _unusable(student.calls[-1], error)
        state, failure = wrong.state, wrong.failure
    cut = state is not State.PASSED and any(call.outcome.timed_out for call in student.calls[-1:])
    found = tuple(student.remarks)
    calls, free = student.calls, frozenset(rng.free)
    return TestResult(
        test, state, failure, points, calls, student.notes, cut, found, seed, free, len(calls)
    )


def _inputs(exercise: Exercise, test: Test, seed: Seed, secret: bool) -> Inputs:
    if secret:
        return Inputs(secrets.randbits(63))
    if isinstance(seed, int):
        return Inputs(zlib.crc32(f"{seed} {exercise.number} {test.function.__name__}".encode()))
    return SimpleInputs(seed)


CALL, CASE = "The call", "Simplest case"


def _with_call(failure: Failure, calls: Sequence[Call], exercise: Exercise, seed: Seed) -> Failure:
    """The failure with a call of a function of the student's, as one types it where it is short.

    That is the last one, if the check has not told of another.
    """
    asked = [call for call in calls if call.target.startswith("student:")]
    told = {label for label, _ in failure.details}
    rows = list(failure.details)
    if asked and CALL not in told and (failure.details or isinstance(seed, Level)):
        rows.append((CALL, str(asked[-1])))
    by_text = {str(call): call for call in asked} if CALL in dict(rows) else {}
    for place, (label, text) in enumerate(rows):
        call = by_text.get(text) if label == CALL else None
        typed = typed_call(call, exercise.parameters) if call else None
        if typed:
            rows[place] = (CASE if isinstance(seed, Level) else CALL), typed
    return replace(failure, details=tuple(rows))


def _unusable(call: Call, error: Exception) -> Wrong:
    """A result of another kind than the check could go on with."""
    return Wrong(
        "The result is not of the kind asked for: the check could not go on with it.",
        ("The call", str(call)),
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


def diagnose(
    result: ExerciseResult,
    mistakes: Iterable[Mistake],
    namespace: Mapping[str, Any],
    seed: int = 0,
) -> str | None:
    """The sentence of the known mistake that behaves as the student's code does, if there is one.

    A mistake fits when, in its place, the calls of the first failed test have the same outcomes,
    and so have those of most tests that call it. Of several that fit, the one that agrees on most
    tests is told. Measured tests are left out.
    """
    failed = result.first_failure
    if failed is None or failed.state is not State.FAILED or failed.test.measured:
        return None
    others = [test for test in result.tests if test is not failed and not test.test.measured]
    best, best_agreement = None, 0
    with private_randomness(), one_thread():
        for known in mistakes:
            if known.number != result.exercise.number or known.name not in _names_called(failed):
                continue
            names = {**namespace, known.name: known.code}
            if not _behaves_alike(result.exercise, failed, names, seed):
                continue
            calling = [test for test in others if known.name in _names_called(test)]
            alike = [_behaves_alike(result.exercise, test, names, seed) for test in calling]
            agreement = 1 + sum(alike)
            if agreement > max(best_agreement, (1 + len(calling)) / 2):
                best, best_agreement = known.sentence, agreement
            if best_agreement > len(others):  # on all: no other can agree on more
                break
    return best


def _names_called(result: TestResult) -> set[str]:
    return {call.target.partition(":")[2] for call in result.calls}


def _behaves_alike(
    exercise: Exercise, result: TestResult, names: Mapping[str, Any], seed: int
) -> bool:
    """Whether a test goes and ends with these functions as it did."""
    if all(map(_repeatable, result.calls)):  # then the calls alone tell quickly
        alike = _answers_alike(result.calls, LocalBackend(names, seeded))
        if not alike or result.state is State.PASSED:
            return alike
    following = _Following(LocalBackend(names, seeded), result.calls)
    try:
        other = run_test(exercise, result.test, following, seed)
    except _Differs:
        return False
    return other.state is result.state and following.done == len(result.calls)


def _repeatable(call: Call) -> bool:
    """Whether a call depends on its arguments alone: a check's functions may keep what they saw."""
    given = (*call.args, *call.kwargs.values())
    own = (one for one in given if callable(one) and not isinstance(one, Remote))
    return not call.target.startswith("torch:") and all(map(is_of_torch, own))


def _answers_alike(calls: Iterable[Call], backend: Backend) -> bool:
    """Whether calls, made once more, have the same outcomes (the count of operations aside)."""
    handles: dict[Handle, Handle] = {}
    for call in calls:
        args, kwargs = sent(call.args, handles), sent(call.kwargs, handles)
        outcome = backend.call(call.target, args, kwargs, call.rules._replace(operations=False))
        if not same_outcome(call.outcome, outcome):
            return False
        pair = handles_in(call.outcome.value), handles_in(outcome.value)
        handles.update(zip(*pair, strict=True))
    return True


class _Differs(BaseException):
    """Ends a run that has gone another way; no check catches it."""


class _Following(Backend):
    """A backend whose calls must go as those of an earlier run did; the first other one ends it."""

    def __init__(self, backend: Backend, calls: Sequence[Call]) -> None:
        self._backend = backend
        self._calls = calls
        self.done = 0

    def call(
        self, target: str, args: tuple[Any, ...], kwargs: dict[str, Any], rules: Rules
    ) -> Outcome:
        outcome = self._backend.call(target, args, kwargs, rules)
        if self.done == len(self._calls):
            raise _Differs
        before = self._calls[self.done]
        if before.target != target or not same_outcome(before.outcome, outcome):
            raise _Differs
        self.done += 1
        return outcome

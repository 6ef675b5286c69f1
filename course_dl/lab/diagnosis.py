"""Which known mistake an answer is: the one that behaves as the answer does, call by call."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from course_dl.calls.backend import Backend, LocalBackend, Outcome, Rules
from course_dl.calls.limits import private_randomness, seeded
from course_dl.calls.threads import one_thread
from course_dl.calls.values import Handle, handles_in, is_of_torch
from course_dl.lab.exercise import Exercise, Mistake
from course_dl.lab.judge import ExerciseResult, TestResult, run_test
from course_dl.lab.same import same_ending, same_numbers, same_outcome
from course_dl.lab.standin import StandIn
from course_dl.lab.states import State
from course_dl.lab.student import Call, Remote, sent

__all__ = ["diagnose", "goes_alike", "is_timed", "names_called", "others_than"]

Same = Callable[[Outcome, Outcome], bool]  # whether two calls ended alike


def diagnose(
    result: ExerciseResult,
    mistakes: Iterable[Mistake],
    namespace: Mapping[str, Any],
    seed: int = 0,
) -> str | None:
    """The sentence of the known mistake that behaves as the student's code does, if there is one.

    A mistake fits when, in its place, the calls of the first failed test have the same outcomes,
    and so have those of most tests that call it. Of several that fit, the one that agrees on most
    tests is told. Where none fits, types are left aside: the same slip may return another dtype.
    What depends on the clock has no vote: measured tests, and those of a training, of which only
    the first failed one is compared, by how its calls and itself end.
    """
    failed = result.first_failure
    if failed is None or failed.state is not State.FAILED or failed.test.measured:
        return None
    called = names_called(failed)
    known = [m for m in mistakes if m.number == result.exercise.number and m.name in called]
    with private_randomness(), one_thread():
        for same in (same_outcome,) if is_timed(failed) else (same_outcome, same_numbers):
            found = _best_of(result, failed, known, namespace, seed, same)
            if found is not None:
                return found
    return None


def _best_of(
    result: ExerciseResult,
    failed: TestResult,
    mistakes: Iterable[Mistake],
    namespace: Mapping[str, Any],
    seed: int,
    same: Same,
) -> str | None:
    others = others_than(failed, result)
    best, best_agreement = None, 0
    for known in mistakes:
        calling = [test for test in others if known.name in names_called(test)]
        if best_agreement > len(calling):  # it can agree on no more
            continue

        def alike(test: TestResult, known: Mistake = known) -> bool:
            backend = StandIn(namespace, known.name, known.code)
            return _behaves_alike(result.exercise, test, backend, seed, same)

        if not alike(failed):
            continue
        agreement = 1 + sum(map(alike, calling))
        if agreement > max(best_agreement, (1 + len(calling)) / 2):
            best, best_agreement = known.sentence, agreement
    return best


def others_than(failed: TestResult, result: ExerciseResult) -> list[TestResult]:
    """The tests besides a failed one that are asked whether a mistake fits."""
    return [
        test
        for test in result.tests
        if test is not failed and not test.test.measured and not is_timed(test)
    ]


def is_timed(result: TestResult) -> bool:
    """Whether a call of the test was told how many seconds it has."""
    return any(call.rules.timed for call in result.calls)


def names_called(result: TestResult) -> set[str]:
    """The functions and classes of the student's that a test has called."""
    return {call.target.partition(":")[2] for call in result.calls}


def _behaves_alike(
    exercise: Exercise, result: TestResult, backend: Backend, seed: int, same: Same
) -> bool:
    """Whether a test goes and ends with this backend's functions as it did."""
    if all(map(_repeatable, result.calls)):  # then the calls alone tell quickly
        alike = _answers_alike(result.calls, backend, same)
        if not alike or result.state is State.PASSED:
            return alike
    return _ends_alike(exercise, result, backend, seed, same)


def goes_alike(exercise: Exercise, result: TestResult, names: Mapping[str, Any], seed: int) -> bool:
    """Whether the calls of a test have the outcomes that they had, with these functions."""
    backend = LocalBackend(names, seeded)
    if all(map(_repeatable, result.calls)):
        return _answers_alike(result.calls, backend, same_outcome)
    return _ends_alike(exercise, result, backend, seed, same_outcome)


def _ends_alike(
    exercise: Exercise, result: TestResult, backend: Backend, seed: int, same: Same
) -> bool:
    following = _Following(backend, result.calls, same)
    try:
        other = run_test(exercise, result.test, following, seed)
    except _Differs:
        return False
    if same is same_numbers and not _by_its_values(other):
        return False  # a mistake in types alone, which this answer need not share
    if is_timed(result) and _kind(other) != _kind(result):
        return False
    return other.state is result.state and following.done == len(result.calls)


def _kind(result: TestResult) -> str:
    return "" if result.failure is None else result.failure.kind


def _by_its_values(result: TestResult) -> bool:
    return result.failure is None or _kind(result) in ("values", "not finite", "shape")


def _repeatable(call: Call) -> bool:
    """Whether a call depends on its arguments alone: a check's functions may keep what they saw."""
    given = (*call.args, *call.kwargs.values())
    own = (one for one in given if callable(one) and not isinstance(one, Remote))
    elsewhere = call.target.startswith("torch:") or call.rules.timed
    return not elsewhere and all(map(is_of_torch, own))


def _answers_alike(calls: Iterable[Call], backend: Backend, same: Same) -> bool:
    """Whether calls, made once more, have the same outcomes (the count of operations aside)."""
    handles: dict[Handle, Handle] = {}
    for call in calls:
        args, kwargs = sent(call.args, handles), sent(call.kwargs, handles)
        outcome = backend.call(call.target, args, kwargs, call.rules._replace(operations=False))
        if not same(call.outcome, outcome):
            return False
        pair = handles_in(call.outcome.value), handles_in(outcome.value)
        handles.update(zip(*pair, strict=True))
    return True


class _Differs(BaseException):
    """Ends a run that has gone another way; no check catches it."""


class _Following(Backend):
    """A backend whose calls must go as those of an earlier run did; the first other one ends it.

    From the first call on that depends on the clock, they must only end as those did.
    """

    def __init__(self, backend: Backend, calls: Sequence[Call], same: Same) -> None:
        self._backend = backend
        self._calls = calls
        self._same = same
        self.done = 0

    def call(
        self, target: str, args: tuple[Any, ...], kwargs: dict[str, Any], rules: Rules
    ) -> Outcome:
        outcome = self._backend.call(target, args, kwargs, rules)
        if self.done == len(self._calls):
            raise _Differs
        before = self._calls[self.done]
        if before.rules.timed:
            self._same = same_ending
        if before.target != target or not self._same(before.outcome, outcome):
            raise _Differs
        self.done += 1
        return outcome

    def forget(self) -> None:
        self._backend.forget()

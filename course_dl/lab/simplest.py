"""The simplest case that shows a failure: what a student can compute by hand.

A test that has failed is run again with small whole numbers and few samples, units and layers, from
the smallest up, until it fails in the same way. The verdict is that of the test as it was; a case
only tells of it. All that is tried is fixed beforehand, so that a notebook and a grader find the
same, and the same again.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from course_dl.lab.exercise import Mistake, Test
from course_dl.lab.inputs import Level
from course_dl.lab.judge import ExerciseResult, TestResult
from course_dl.lab.states import Failure, State
from course_dl.lab.student import Call
from course_dl.lab.typed import parameters_of, typed_call

__all__ = ["LEVELS", "simplest", "with_simplest_case"]

# From the smallest up: layers, size. Each with another draw too, since few numbers may hide much.
SIZES = ((1, 1), (2, 1), (2, 2), (3, 2), (3, 3), (None, None))
DRAWS = (0, 1)
LEVELS = tuple(Level(layers, size, draw) for layers, size in SIZES for draw in DRAWS)
CALLS = 60  # after so many calls nothing more is tried
SECONDS = 0.4  # nor after so many seconds: the calls are few, so that these are for slow answers

Run = Callable[[Test, Level], TestResult]


def with_simplest_case(
    result: ExerciseResult, mistakes: Iterable[Mistake], run: Run
) -> ExerciseResult:
    """The result with the simplest case of its first failure, and the failed call as one types it.

    Parameters
    ----------
    result
        How the exercise stands.
    mistakes
        The lab's known mistakes, which tell the names of parameters.
    run
        Runs a test with the inputs of a level.
    """
    failed = result.first_failure
    if failed is None or failed.failure is None or failed.state is not State.FAILED:
        return result
    if failed.test.measured or failed.timed_out:
        return result
    case = simplest(failed, run)
    shown = failed if case is None else case
    assert shown.failure is not None
    failure = _typed(shown.failure, shown.calls, parameters_of(mistakes))
    if case is not None:
        failure = _with_relation(failure, failed.failure)
    return replace(result, case=replace(shown, failure=failure))


def simplest(failed: TestResult, run: Run) -> TestResult | None:
    """The first level at which the test fails as it did; None where none does.

    Tests that are long, or leave nothing free, are not repeated.
    """
    if not failed.free or failed.test.last:
        return None
    calls, begun = 0, time.monotonic()
    for level in levels(failed.free):
        if calls >= CALLS or time.monotonic() - begun > SECONDS:
            return None
        tried = run(failed.test, level)
        if tried.timed_out:
            return None
        if tried.state is State.FAILED and _way(tried) == _way(failed):
            return tried
        calls += max(1, len(tried.calls))
    return None


def levels(free: Iterable[str]) -> Iterator[Level]:
    """The levels that differ, for a test that leaves this free."""
    seen = set()
    for level in LEVELS:
        layers = level.layers if "layers" in free else None
        size = level.size if "sizes" in free else None
        if (layers, size, level.draw) not in seen:
            seen.add((layers, size, level.draw))
            yield Level(layers, size, level.draw)


def _way(result: TestResult) -> tuple[str, str]:
    """In which way a test failed: by what kind of error, or comparison, or with which sentence."""
    error = result.calls[-1].outcome.error if result.calls else None
    if error is not None:
        return "error", error.kind
    assert result.failure is not None
    if result.failure.kind:
        return "comparison", result.failure.kind
    return "sentence", re.sub(r"[-+]?\d[\d.,e+ x-]*", "", result.failure.message)


def _with_relation(case: Failure, failed: Failure) -> Failure:
    """The failure of a case, with what its numbers have to do with the right ones.

    Few small numbers meet many relations by chance. So the one is told that the larger case, whose
    numbers are random, tells of as well.
    """
    fits = failed.relation if failed.relation in case.relations else ""
    return replace(case, relation=fits)


def _typed(
    failure: Failure, calls: Sequence[Call], parameters: Mapping[str, Sequence[str]]
) -> Failure:
    """The failure with its call as one types it, where it is short enough."""
    by_text = {str(call): call for call in calls if call.target.startswith("student:")}
    details = []
    for label, text in failure.details:
        call = by_text.get(text) if label == "The call" else None
        details.append((label, (typed_call(call, parameters) if call else None) or text))
    return replace(failure, details=tuple(details))

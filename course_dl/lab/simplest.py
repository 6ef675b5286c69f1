"""The simplest case that shows a failure: what a student can compute by hand.

A test that has failed is run again with small whole numbers and few samples, units and layers, from
the smallest up, until it fails in the same way. The verdict is that of the test as it was; a case
only tells of it. All that is tried is fixed beforehand, so that a notebook and a grader find the
same, and the same again.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from course_dl.lab.exercise import Mistake, Test
from course_dl.lab.inputs import Level
from course_dl.lab.judge import ExerciseResult, TestResult
from course_dl.lab.states import Failure, State
from course_dl.lab.typed import parameters_of, typed_call

__all__ = ["SECONDS", "levels", "simplest", "with_simplest_case"]

# From the smallest up: layers, size. Each with another draw too, since few numbers may hide much.
SIZES = ((1, 1), (2, 1), (2, 2), (3, 2), (3, 3), (None, None))
DRAWS = (0, 1)
LEVELS = tuple(Level(layers, size, draw) for layers, size in SIZES for draw in DRAWS)
CALLS = 60  # after so many calls nothing more is tried
SECONDS = 0.5  # nor, in a notebook, after so many seconds of a core: that is for slow answers alone

Run = Callable[[Test, Level], TestResult]


def with_simplest_case(
    result: ExerciseResult, mistakes: Iterable[Mistake], run: Run, seconds: float = math.inf
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
    seconds
        Of a core, in this process, after which nothing more is tried.
    """
    failed = result.first_failure
    if failed is None or failed.failure is None or failed.state is not State.FAILED:
        return result
    if failed.test.measured or failed.timed_out:
        return result
    parameters, case = parameters_of(mistakes), simplest(failed, run, seconds)
    if case is None:
        failure = replace(failed.failure, details=tuple(_typed(failed, parameters)))
        return replace(result, case=replace(failed, failure=failure))
    assert case.failure is not None
    failure = replace(
        case.failure,
        details=tuple(_as_case(case, _typed(case, parameters), parameters)),
        relation=_relation(case.failure, failed.failure),
    )
    return replace(result, case=replace(case, failure=failure))


def simplest(failed: TestResult, run: Run, seconds: float = math.inf) -> TestResult | None:
    """The first level at which the test fails as it did; None where none does.

    Tests that are long, or leave nothing free, are not repeated.
    """
    if not failed.free or failed.test.last:
        return None
    calls, begun = 0, time.process_time()
    for level in levels(failed.free):
        if calls >= CALLS or time.process_time() - begun > seconds:
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


def _relation(case: Failure, failed: Failure) -> str:
    """The kind of what is told of a case's numbers and the right ones.

    Few small numbers meet many relations by chance. So the one is told that the larger case, whose
    numbers are random, tells of as well.
    """
    return failed.relation if failed.relation in case.relations else ""


Details = Iterator[tuple[str, str]]
Parameters = Mapping[str, Sequence[str]]
CALL, CASE = "The call", "Simplest case"


def _typed(result: TestResult, parameters: Parameters) -> Details:
    """The details of a failure, its call as one types it where it is short enough."""
    by_text = {str(call): call for call in result.calls if call.target.startswith("student:")}
    for label, text in result.failure.details if result.failure else ():
        call = by_text.get(text) if label == CALL else None
        yield label, (typed_call(call, parameters) if call else None) or text


def _as_case(result: TestResult, details: Details, parameters: Parameters) -> Details:
    """The details of a simplest case, in which the call is never left out."""
    labels = set()
    for label, text in details:
        labels.add(label)
        yield (CASE if label == CALL else label), text
    asked = [call for call in result.calls if call.target.startswith("student:")]
    typed = typed_call(asked[-1], parameters) if asked and CALL not in labels else None
    if typed:
        yield CASE, typed

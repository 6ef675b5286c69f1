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
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from course_dl.lab.exercise import Test
from course_dl.lab.inputs import Level
from course_dl.lab.judge import ExerciseResult, TestResult
from course_dl.lab.states import State

__all__ = ["SECONDS", "levels", "simplest", "with_simplest_case"]

# From the smallest up: layers, size. Each with another draw too, since few numbers may hide much.
SIZES = ((1, 1), (2, 1), (2, 2), (3, 2), (3, 3), (None, None))
DRAWS = (0, 1)
LEVELS = tuple(Level(layers, size, draw) for layers, size in SIZES for draw in DRAWS)
CALLS = 60  # after so many calls nothing more is tried
SECONDS = 0.5  # nor, in a notebook, after so many seconds of a core: that is for slow answers alone

Run = Callable[[Test, Level], TestResult]


def with_simplest_case(
    result: ExerciseResult, run: Run, seconds: float = math.inf
) -> ExerciseResult:
    """The result with the simplest case of its first failure, if there is one.

    Parameters
    ----------
    result
        How the exercise stands.
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
    case = simplest(failed, run, seconds)
    if case is None or case.failure is None:
        return result
    # Few small numbers meet many relations by chance. So that one is told which the numbers of the
    # larger case, which are random, tell of as well.
    told = failed.failure.relation
    relation = told if told in case.failure.relations else ""
    return replace(result, case=replace(case, failure=replace(case.failure, relation=relation)))


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
        calls += max(1, tried.asked)
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


def _way(result: TestResult) -> str:
    """In which way a test failed: by what kind of comparison, or with which sentence or error."""
    failure = result.failure
    assert failure is not None
    if failure.kind and not failure.kind.startswith("raised"):
        return failure.kind
    return re.sub(r"[-+]?\d[\d.,e+ x-]*", "", failure.message)

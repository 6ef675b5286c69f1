"""Whether an exercise's tests reject a change to its solution."""

from __future__ import annotations
import __future__ as future

import copy
import time
from collections.abc import Mapping
from typing import Any

from course_dl.authoring.changes import Change
from course_dl.calls.backend import LocalBackend
from course_dl.calls.limits import private_randomness, seeded
from course_dl.lab.diagnosis import goes_alike
from course_dl.lab.exercise import Exercise
from course_dl.lab.judge import TestResult, run_test
from course_dl.lab.states import State

__all__ = ["Trials", "made"]

SECONDS = 1.0  # of one call: a loop that never ends costs no more


def made(change: Change, right: Mapping[str, Any]) -> Any:
    """The function or class of a change, with the module's other names as they are, ``right``."""
    names = dict(right)
    flags = future.annotations.compiler_flag
    exec(compile(change.source, f"<{change.name}>", "exec", flags, dont_inherit=True), names)
    return names[change.name]


class Trials:
    """Runs an exercise's tests on changes, those first that have rejected much in little time.

    Parameters
    ----------
    exercise
        Its tests, public and hidden ones; measured ones are left out.
    right
        The names of the module of the solutions.
    """

    def __init__(self, exercise: Exercise, right: Mapping[str, Any]) -> None:
        self._exercise = copy.copy(exercise)
        self._exercise.seconds = min(SECONDS, exercise.seconds)
        self._right = right
        self._tests = [test for test in exercise.tests if not test.measured]
        self._spent = dict.fromkeys(range(len(self._tests)), 0.0)
        self._rejected = dict.fromkeys(range(len(self._tests)), 0)

    def rejection(self, change: Change, seed: int = 0) -> TestResult | None:
        """How the first test that a change does not pass ends; None where it passes all."""
        try:
            backend = LocalBackend(self._names(change), seeded)
        except Exception:  # it says so before anything is called
            return TestResult(self._tests[0], State.FAILED)
        for number in sorted(self._spent, key=self._price):
            begun = time.process_time()
            result = run_test(self._exercise, self._tests[number], backend, seed)
            self._spent[number] += time.process_time() - begun
            if not result:
                self._rejected[number] += 1
                return result
        return None

    def goes_so(self, result: TestResult, change: Change, seed: int = 0) -> bool:
        """Whether a test goes with this change as it went with another one."""
        try:
            names = self._names(change)
        except Exception:
            return False
        with private_randomness():
            return goes_alike(self._exercise, result, names, seed)

    def _names(self, change: Change) -> dict[str, Any]:
        return {**self._right, change.name: made(change, self._right)}

    def _price(self, number: int) -> float:
        """The seconds that a rejection by this test costs."""
        return self._spent[number] / (1 + self._rejected[number])

"""Hidden tests: what a submission learns from them reaches nothing that a student reads."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from course_dl.grading.grade import Grading
from course_dl.grading.marks.settings import Settings
from course_dl.grading.reports.entry import Entry
from course_dl.grading.reports.feedback import feedback_page
from course_dl.grading.reports.gradescope import gradescope_results
from course_dl.grading.reports.tables import grades_csv, moodle_csv
from course_dl.grading.result import Result
from course_dl.grading.sandbox.client.sandbox import Sandbox
from course_dl.lab.states import State
from tests.grading.honest import solved
from tests.grading.small import grade, sandbox, small_lab

# Tells of its inputs, and of all that it has heard of before, wherever it can.
SPY = """
import builtins
builtins.heard = []

def spy(name, *values):
    shapes = [tuple(getattr(value, "shape", ())) for value in values]
    builtins.heard.append(f"HEARD {name} {shapes}")
    return " ".join(builtins.heard)
"""
DOUBLE = f"""{SPY}
def double(x):
    spy("double", x)
    return 2 * x"""
SLOPE = "def slope(x):\n    spy('slope', x)\n    return 3 * x ** 2"
TELLING = "def twice(g, x):\n    raise ValueError(spy('twice', x))"
HIDDEN = ["double [(2, 3)]", "slope [(50,)]"]  # what only hidden tests ask


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with sandbox() as started:
        yield started


def pages(result: Result) -> str:
    """Everything of a result that a student may read, but for the student's own code."""
    result = replace(result, exercises=tuple(replace(e, code="") for e in result.exercises))
    mark = Settings().mark(result, "Zoe", 0.0)
    entry = Entry("Zoe", "1", "lab.ipynb", "zoe", result, mark)
    scope = json.dumps(json.loads(gradescope_results(entry)), ensure_ascii=False)
    return "\n".join([feedback_page("Lab", entry), scope, moodle_csv([entry]), grades_csv([entry])])


def test_a_later_public_failure_tells_nothing_that_hidden_tests_asked(box: Sandbox) -> None:
    result = grade(solved(double=DOUBLE, slope=SLOPE, twice=TELLING), box)
    states = {mark.number: mark.state for mark in result.exercises}
    assert states == dict.fromkeys(["9.1", "9.2", "9.3", "9.4"], "passed") | {"9.5": "failed"}
    told = pages(result)
    assert "HEARD twice" in told and "HEARD double [(3,)]" in told  # what was asked in public
    assert not [text for text in HIDDEN if text in told]
    assert not [text for text in HIDDEN if text in json.dumps(result.to_json())]


def test_what_public_calls_left_behind_costs_no_points_in_hidden_tests(box: Sandbox) -> None:
    counting = """
calls = []
def double(x):
    calls.append(1)
    if x.ndim == 2 and len(calls) > 1:  # the hidden test asks once, of a matrix
        raise ValueError("public calls were before")
    return 2 * x"""
    slope = """
asked = []
def slope(x):
    asked.append(1)
    if len(x) == 50 and len(asked) > 1:
        raise ValueError("public calls were before")
    return 3 * x ** 2"""
    result = grade(solved(double=counting, slope=slope), box)
    assert result.total == result.max_points


def test_an_answer_that_spoils_the_process_costs_no_other_its_points(box: Sandbox) -> None:
    """The answers before it have hidden tests too, which come after it."""
    spoiling = "def twice(g, x):\n    torch.set_default_dtype(torch.float16)\n    torch.mul = torch.add = None\n    torch.Tensor.__rmul__ = torch.Tensor.__mul__ = None"
    result = grade(solved(twice=spoiling), box)
    states = {mark.number: mark.state for mark in result.exercises}
    assert states == dict.fromkeys(["9.1", "9.2", "9.3", "9.4"], "passed") | {"9.5": "failed"}


@pytest.mark.parametrize(
    "failing",
    [
        "raise ValueError('HEARD', x.shape)",
        "raise NotImplementedError",
        "print('HEARD', x.shape); return x",
        "return type(f'HEARD{x.shape}', (), {})()",
        "return {f'HEARD {x.shape}': x}",
        "while True: pass",
    ],
)
def test_what_a_hidden_test_says_is_not_told(box: Sandbox, failing: str) -> None:
    double = f"def double(x):\n    if x.ndim == 2:\n        {failing}\n    return 2 * x"
    result = grade(solved(double=double), box)
    [hidden] = [test for test in result.exercises[0].tests if test.hidden]
    assert result.exercises[0].points == 0 and hidden.state != "passed"
    told = pages(result)
    assert "HEARD" not in told and "(2, 3)" not in told


def test_an_object_made_of_hidden_inputs_is_not_told(box: Sandbox) -> None:
    """Of an unwritten method the message tells the call that made its object."""
    counter = """
class Counter:
    def __init__(self, start):
        self.start = start
        self.n = 0
    def add(self, x):
        self.start = self.start + x
        self.n += 1
    @property
    def total(self):
        if self.n == 0 and self.start.abs().sum() > 0:
            raise NotImplementedError
        return self.start"""
    result = grade(solved(counter=counter), box)
    mark = result.exercises[3]
    [hidden] = [test for test in mark.tests if test.hidden]
    assert hidden.state == "not done yet" and "Counter(" in hidden.message
    told = pages(result)
    assert "Counter(" not in told


def test_tests_are_listed_as_declared(box: Sandbox) -> None:
    with Grading(small_lab(), solved(), "a.ipynb", box) as grading:
        for result in grading.judge():
            assert [test.test for test in result.tests] == result.exercise.tests


def test_after_an_endless_call_the_hidden_tests_are_not_run(box: Sandbox) -> None:
    result = grade(solved(double="def double(x):\n    while True: pass"), box)
    mark = result.exercises[0]
    assert [test.hidden for test in mark.tests] == [False]
    assert mark.not_run == ("twice a matrix",)


def test_the_public_tests_alone(box: Sandbox) -> None:
    with Grading(small_lab(), solved(), "a.ipynb", box) as grading:
        results = grading.judge(hidden=False)
    assert all(result.state is State.PASSED for result in results)
    assert not any(test.test.hidden for result in results for test in result.tests)


def test_notices_come_from_processes_that_have_seen_no_hidden_input(box: Sandbox) -> None:
    """Not even one that finds what an earlier process left behind tells of it."""
    result = grade(solved("class Twice(Counter):\n    raise ValueError('while loading')"), box)
    assert [kind for _, kind, _ in result.notices] == ["ValueError"]

"""Partial credit: an exercise that says so earns by parts; any other, all or nothing."""

from __future__ import annotations

import types
from collections.abc import Callable
from dataclasses import replace

import pytest

from course_dl.authoring.cells import _exercise_cells
from course_dl.calls.backend import LocalBackend
from course_dl.calls.limits import seeded
from course_dl.grading.marks.mark import mark_of
from course_dl.grading.reports.entry import Entry
from course_dl.grading.reports.feedback import feedback_page
from course_dl.grading.reports.words import feedback_text
from course_dl.grading.results.records import sound_result
from course_dl.lab import Exercise, Inputs, Student, close
from course_dl.lab.catalog import find_lab, find_labs
from course_dl.lab.collect import exercises_in
from course_dl.lab.judge import ExerciseResult, TestResult, run_exercise
from course_dl.lab.show import result_page
from course_dl.lab.states import State
from tests.grading.honest import notebook
from tests.grading.small import grade, sandbox, small_lab

PARTS = {"the value": 1.0, "the slope": 2.0}


def declared(parts: dict[str, float] | None = None) -> Exercise:
    """An exercise of a value and a slope, each with a public and a hidden test."""
    parts = PARTS if parts is None else parts
    exercise = Exercise("9.8", ["both"], 3, 1, 1, [], library=["relu"], parts=parts)
    for number, part in enumerate(("the value", "the slope")):
        for hidden in (False, True):
            title = f"{part}{', hidden' * hidden}"
            mark = exercise.test(title, hidden=hidden, part=part if parts else "")
            mark(asking(number, hidden))
    return exercise


def asking(number: int, hidden: bool) -> Callable[[Student, Inputs], None]:
    def test(student: Student, rng: Inputs) -> None:
        x = rng.normal(3) + 100 * hidden
        close(student.both(x)[number], (x**2, 2 * x)[number], "the result")

    return test


def judged(
    function: Callable[..., object], exercise: Exercise | None = None, **more: bool
) -> ExerciseResult:
    backend = LocalBackend({"both": function}, seeded)
    return run_exercise(exercise or declared(), backend, **more)


@pytest.mark.parametrize(
    ("function", "points"),
    [
        (lambda x: (x**2, 2 * x), 3),
        (lambda x: (x**2, x), 1),
        (lambda x: (x, 2 * x), 2),
        (lambda x: (x, x), 0),
        (lambda x: (x**2, 2 * x.clamp(max=50)), 1),  # the hidden test of the slope fails
        (lambda x: 1 / 0, 0),
    ],
)
def test_a_part_earns_its_points_where_all_its_tests_pass(
    function: Callable[..., object], points: float
) -> None:
    assert judged(function).points == points
    whole = judged(function, declared({}))
    assert whole.points == (3 if points == 3 else 0)  # as ever, without parts
    assert bool(judged(function)) == bool(whole)


def test_at_home_the_public_tests_alone_decide() -> None:
    assert judged(lambda x: (x**2, 2 * x.clamp(max=50)), hidden=False).points == 3
    assert judged(lambda x: (x**2, x), hidden=False).points == 1


def test_what_was_not_run_or_forbidden_earns_nothing() -> None:
    exercise = declared()
    passed = [TestResult(test, State.PASSED) for test in exercise.tests]
    cut = [passed[0], replace(passed[2], state=State.FAILED, timed_out=True)]
    assert ExerciseResult(exercise, cut).points == 0  # the hidden test of the value was not run
    forbidden = [*passed[:3], replace(passed[3], state=State.FORBIDDEN)]
    assert ExerciseResult(exercise, forbidden).points == 0
    assert ExerciseResult(exercise, []).parts == {"the value": 0, "the slope": 0}


def test_the_student_is_told_before_and_after() -> None:
    lab = find_lab("lab01")
    (header, *_) = _exercise_cells(lab, declared(), lambda lab, name: "pass")
    assert "3 points (the value 1, the slope 2)" in header["source"]
    (plain, *_) = _exercise_cells(lab, declared({}), lambda lab, name: "pass")
    assert "3 points ·" in plain["source"]
    page = str(result_page(judged(lambda x: (x**2, x))))
    assert "1 of 3 points" in page and "By parts: the value 1 of 1, the slope 0 of 2" in page
    assert "By parts" not in str(result_page(judged(lambda x: (x**2, 2 * x))))


def test_parts_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match="worth 2 points together, it is worth 3"):
        declared({"the value": 1.0, "the slope": 1.0})
    with pytest.raises(ValueError, match="more than 0"):
        declared({"the value": 3.0, "the slope": 0.0})
    exercise = declared()
    with pytest.raises(ValueError, match='no part "style"; its parts: the value, the slope'):
        exercise.test("nice", part="style")
    with pytest.raises(ValueError, match='no part ""'):
        exercise.test("of none")
    with pytest.raises(ValueError, match="its parts: none"):
        declared({}).test("of one", part="the value")


def test_a_part_without_a_public_test_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    exercise = Exercise("9.8", ["both"], 3, 1, 1, [], parts=PARTS)
    exercise.test("shown", part="the value")(lambda student: None)
    exercise.test("not shown", part="the slope", hidden=True)(lambda student: None)
    module = types.ModuleType("e9_8_both")
    module.exercise = exercise  # type: ignore[attr-defined]
    monkeypatch.setattr("course_dl.lab.collect._modules", lambda package: [("9.8", module)])
    monkeypatch.setattr("course_dl.lab.collect._declared", lambda module: [exercise])
    module.__file__ = "e9_8_both.py"
    with pytest.raises(ValueError, match="no public test is of the slope"):
        exercises_in(module)


def test_no_lab_gives_partial_credit_unasked() -> None:
    assert not [e.number for lab in find_labs() for e in lab.exercises if e.parts]


def test_a_grader_gives_the_points_of_the_parts_and_tells_them() -> None:
    wrong = (
        "import torch\nclass Counter:\n    def __init__(self, start):\n"
        "        self.total = start * 0\n    def add(self, x):\n        self.total = self.total + x"
    )
    with sandbox() as box:
        exercise = small_lab().exercise("9.4")
        plain = list(exercise.tests)
        try:
            exercise.parts = {"adding": 1.5, "starting": 0.5}
            exercise.tests[:] = [
                replace(test, part=part, hidden=False)
                for test, part in zip(plain, exercise.parts, strict=True)
            ]
            result = grade(notebook(wrong), box)
        finally:
            exercise.parts, exercise.tests[:] = {}, plain
        assert grade(notebook(wrong), box).total == 0
    found = next(mark for mark in result.exercises if mark.number == "9.4")
    assert (found.points, found.state) == (1.5, "failed")
    assert found.parts == (("adding", 1.5, 1.5), ("starting", 0.0, 0.5))
    assert sound_result(result.to_json()) == result
    entry = Entry("Ann", "", "a.ipynb", "ann", result, mark_of(result, {"9.4": 2.0}))
    told = "By parts: adding 3 of 3, starting 0 of 1."
    assert told in feedback_text(entry) and told in feedback_page("Lab", entry)
    broken = result.to_json()
    for mark in broken["exercises"]:
        mark["parts"] = [["adding", 9.0, 9.0]]
    with pytest.raises(ValueError, match="in a part"):
        sound_result(broken)

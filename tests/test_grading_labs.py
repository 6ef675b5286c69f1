"""Every lab, handed in and graded: solved, untouched, and by a small class of students."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from course_dl.grading.grade import Grading, lab_sandbox
from course_dl.grading.sandbox.client.sandbox import Sandbox
from course_dl.lab.catalog import LabFolder, find_labs
from course_dl.lab.exercise import Exercise
from course_dl.lab.states import State
from tests.grading.classroom import classroom
from tests.grading.made import notebook_of

LABS = find_labs()


@pytest.fixture(scope="module", params=LABS, ids=lambda lab: lab.name)
def lab(request: pytest.FixtureRequest) -> LabFolder:
    return request.param


@pytest.fixture(scope="module")
def box(lab: LabFolder) -> Iterator[Sandbox]:
    with lab_sandbox(lab) as sandbox:
        yield sandbox


def is_measured(exercise: Exercise) -> bool:
    return any(test.measured for test in exercise.tests)


def test_the_solved_notebook_gets_every_point(lab: LabFolder, box: Sandbox) -> None:
    notebook = notebook_of(lab.name, solutions=True).encode()
    with Grading(lab, notebook, "solved.ipynb", box) as grading:
        for result in grading.judge():
            if is_measured(result.exercise):  # the machine decides how far it comes
                notes = result.tests[-1].notes
                good = (
                    notes.get("accuracy", 0) > 0.8
                    or notes.get("mean_iou", 0) > 0.15
                    or notes.get("nats", 1000) < 200
                    or notes.get("distance", 1000) < 30
                )
                assert good, result.first_failure
            else:
                assert result, (result.exercise.number, result.first_failure)
        assert grading.notices == ()
        assert not grading.carried and not grading.remarks


def test_the_untouched_notebook_is_not_done_and_gets_none(lab: LabFolder, box: Sandbox) -> None:
    notebook = notebook_of(lab.name, solutions=False).encode()
    with Grading(lab, notebook, "untouched.ipynb", box) as grading:
        for result in grading.judge():
            assert (result.state, result.points) == (State.NOT_DONE, 0), result.exercise.number
        assert not grading.carried


def test_each_student_gets_what_is_right(lab: LabFolder, box: Sandbox) -> None:
    exercises = [exercise for exercise in lab.exercises if not is_measured(exercise)]
    for one in classroom(lab.name, 4, seed=1):
        with Grading(lab, one.data, f"{one.student}.ipynb", box) as grading:
            got = {result.exercise.number for result in grading.judge(exercises) if result}
            carried = set(grading.carried)
        assert got == one.right & {exercise.number for exercise in exercises}, one.student
        assert not carried & got

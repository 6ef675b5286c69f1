"""Grading tells the same simplest case as a notebook does, and the same again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch

from course_dl.calls.backend import LocalBackend
from course_dl.grading.grade import Grading, lab_sandbox
from course_dl.grading.sandbox.client.sandbox import Sandbox
from course_dl.grading.transcripts import Known
from course_dl.lab.catalog import find_lab
from course_dl.lab.judge import ExerciseResult, run_exercise, run_test
from course_dl.lab.simplest import with_simplest_case
from tests.grading.honest import notebook

LAB = find_lab("lab04")
TRANSPOSED = """
def backward_layer(grad_h, a, h_prev, W, dg):
    delta = grad_h * dg(a)
    return torch.outer(delta, h_prev), delta, W @ delta if W.shape[0] == W.shape[1] else W.T @ delta
"""


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with lab_sandbox(LAB) as sandbox:
        yield sandbox


def details(result: ExerciseResult) -> dict[str, str]:
    told = result.first_failure
    assert told is not None
    failure = result.failure_of(told)
    assert failure is not None
    return {"message": failure.told, **dict(failure.details)}


def graded(box: Sandbox, known: Known) -> tuple[ExerciseResult, dict[str, str]]:
    """The exercise's result, and the message and details of the first failure in the reports."""
    data = notebook("import torch", TRANSPOSED)
    with Grading(LAB, data, "answer.ipynb", box, known=known) as grading:
        (found,) = grading.judge([LAB.exercise("4.3")])
        mark = grading.as_result([found]).exercises[0].first_failure
    assert mark is not None
    return found, {"message": mark.message, **dict(mark.details)}


def in_a_notebook() -> ExerciseResult:
    names: dict[str, Any] = {"torch": torch}
    exec(TRANSPOSED, names)
    exercise, backend = LAB.exercise("4.3"), LocalBackend(names)
    result = run_exercise(exercise, backend)
    return with_simplest_case(result, lambda test, level: run_test(exercise, test, backend, level))


def test_grading_and_a_notebook_tell_the_same_case(box: Sandbox) -> None:
    known = Known()
    expected = details(in_a_notebook())
    assert "W=t([[" in expected["Simplest case"]
    result, reported = graded(box, known)
    assert details(result) == reported == expected
    again, reported = graded(box, known)  # with the answers remembered
    assert details(again) == reported == expected
    assert result.points == 0 and not result

"""JUnit XML made of results: for any text, and for what could not be graded."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest

from course_dl.grading.grade import unreadable
from course_dl.grading.marks.mark import mark_of
from course_dl.grading.reports.junit import junit_xml
from course_dl.grading.result import ExerciseMark, Result, TestMark
from course_dl.lab.catalog import find_lab

ODD = "a\x00b\x1b[2J \ud800 \ufffe </failure> ]]> & \"'\n\t\u202e é"


def parsed(result: Result, file: str = "lab.ipynb") -> ElementTree.Element:
    [suite] = ElementTree.fromstring(junit_xml(result, file, mark_of(result, {})).encode())
    return suite


def counts(suite: ElementTree.Element) -> list[int]:
    return [int(suite.get(key, "")) for key in ("tests", "failures", "errors", "skipped")]


def test_a_case_a_test_with_what_was_said_and_the_points() -> None:
    tests = (
        TestMark("adds", False, "passed"),
        TestMark("fast", True, "failed", "Slow.", (("In", "3"),)),
    )
    mark = ExerciseMark(
        "4.7", ("accumulate",), 0.5, 2.0, "failed", tests, "A loop.", {}, ("4.1",), 2.0, ("last",)
    )
    suite = parsed(Result("lab04_backprop", 1, "", "graded", "", (mark,)))
    assert (suite.get("name"), counts(suite)) == ("lab.ipynb", [3, 1, 0, 1])
    adds, fast, last = suite.findall("testcase")
    assert [case.get("name") for case in (adds, fast, last)] == [
        "4.7 accumulate: adds", "4.7 accumulate: fast", "4.7 accumulate: last"
    ]  # fmt: skip
    assert {case.get("classname") for case in (adds, fast, last)} == {"lab04_backprop"}
    assert adds.find("failure") is None and last.find("skipped") is not None
    failure = fast.find("failure")
    assert failure is not None and failure.text == "failed: Slow.\nA loop.\n  In: 3"
    told = {p.get("name"): p.get("value") for p in last.iter("property")}
    assert told == {"exercise": "4.7", "points": "2", "max_points": "2", "carried_points": "2"}


@pytest.mark.parametrize("status", ["unreadable", "error"])
def test_what_could_not_be_graded_is_one_error_with_its_reason(status: str) -> None:
    suite = parsed(unreadable(b"", find_lab("lab04"), status, ODD), ODD)
    assert counts(suite) == [1, 0, 1, 0]
    error = suite.find("testcase/error")
    assert error is not None and (error.text or "").startswith(f"{status}: a\ufffdb")


def test_any_text_is_kept_or_replaced_and_never_breaks_the_file() -> None:
    tests = (TestMark(ODD, False, "failed", ODD, ((ODD, ODD),)),)
    suite = parsed(
        Result("lab", 1, "", "graded", "", (ExerciseMark("1", (ODD,), 0, 1, "failed", tests),))
    )
    failure = suite.find("testcase/failure")
    assert failure is not None and "</failure> ]]> & \"'\n\t\u202e é" in (failure.text or "")

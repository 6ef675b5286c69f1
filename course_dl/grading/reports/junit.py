# Runs in: judge
"""A submission's results as JUnit XML: one suite, a case for each test."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable, Iterator

from course_dl.grading.marks.mark import Line, Mark, number
from course_dl.grading.reports.words import said_by_hand
from course_dl.grading.result import ExerciseMark, Result, TestMark

__all__ = ["case_name", "failure_text", "junit_xml", "properties"]

_NOT_IN_XML = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_xml(result: Result, file: str, mark: Mark) -> str:
    """The suite of a submission, for the teacher alone: it tells hidden tests too.

    A test that was not run is skipped. A submission that could not be graded is a suite with one
    error that tells the reason. The points are those of ``mark``, weighted as in the other reports;
    the suite tells what being late costs.
    """
    cases = [case for e in result.exercises for case in _cases(e, mark.line(e.number))]
    if result.status != "graded":
        cases = [ElementTree.Element("testcase", {"name": file})]
        error = f"{result.status}: {result.reason}"
        ElementTree.SubElement(cases[0], "error", {"message": _plain(error)}).text = _plain(error)
    suite = ElementTree.Element("testsuite", {"name": _plain(file), "tests": str(len(cases))})
    for key, tag in (("errors", "error"), ("failures", "failure"), ("skipped", "skipped")):
        suite.set(key, str(sum(case.find(tag) is not None for case in cases)))
    suite.set("time", "0")
    totals = ("total", "max_points", "penalty", *("adjusted",) * bool(mark.adjusted))
    said = [("by_hand", _plain(text)) for text in said_by_hand(mark)]
    _tell(suite, [*((key, number(getattr(mark, key))) for key in totals), *said])
    for case in cases:
        case.attrib = {"classname": result.lab, "name": _plain(case.get("name", "")), "time": "0"}
        suite.append(case)
    suites = ElementTree.Element("testsuites")
    suites.append(suite)
    text = ElementTree.tostring(suites, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>{text}\n'


def case_name(number: str, name: str, title: str) -> str:
    """What a test is called in every report: ``4.7 accumulate: adds up``."""
    return f"{number} {name}: {title}"


def failure_text(test: TestMark, diagnosis: str = "") -> str:
    """What is said of a test that was not passed, in the course's words."""
    lines = [f"{test.state}: {test.message}" if test.message else test.state, diagnosis]
    lines += [f"  {label}: {text}" for label, text in test.details]
    return "\n".join(line for line in lines if line)


def properties(line: Line, *, is_last: bool) -> list[tuple[str, str]]:
    """What each test tells of its exercise, the last one also of its points."""
    found = [("exercise", line.number)]
    if is_last:
        found += [("points", number(line.points)), ("max_points", number(line.max_points))]
    if is_last and line.carried:
        found.append(("carried_points", number(line.could)))
    return found


def _tell(element: ElementTree.Element, said: Iterable[tuple[str, str]]) -> None:
    told_of = ElementTree.SubElement(element, "properties")
    for key, value in said:
        ElementTree.SubElement(told_of, "property", {"name": key, "value": value})


def _cases(exercise: ExerciseMark, line: Line) -> Iterator[ElementTree.Element]:
    run = {test.title: test for test in exercise.tests}
    titles = [*run, *exercise.not_run]
    for place, title in enumerate(titles, start=1):
        name = case_name(exercise.number, exercise.names[0], title)
        case = ElementTree.Element("testcase", {"name": name})
        _tell(case, properties(line, is_last=place == len(titles)))
        test = run.get(title)
        if test is None:
            message = "not run, after a test that did not pass"
            ElementTree.SubElement(case, "skipped", {"message": message})
        elif test.state != "passed":
            diagnosis = exercise.diagnosis if test is exercise.first_failure else ""
            text = _plain(failure_text(test, diagnosis))
            ElementTree.SubElement(case, "failure", {"message": text}).text = text
        yield case


def _plain(text: str) -> str:
    """Text that XML can hold."""
    return _NOT_IN_XML.sub("\ufffd", text)

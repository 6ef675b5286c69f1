# Runs in: judge
"""Gradescope's ``results.json``."""

from __future__ import annotations

import json
from typing import Any

from course_dl.grading.marks.mark import Line
from course_dl.grading.reports.entry import Entry
from course_dl.grading.reports.text import clean
from course_dl.grading.reports.words import (
    adjustment,
    by_hand,
    by_parts,
    follow_through,
    headline,
    late,
    of_full,
    tell,
)
from course_dl.grading.result import ExerciseMark

__all__ = ["gradescope_results"]


def gradescope_results(entry: Entry) -> str:
    """The results as Gradescope's autograder expects them; no text is taken for HTML.

    The scores of the tests add up to the whole: what being late costs is one of them.
    """
    numbers = [
        {"name": key, "value": value, "order": "desc"}
        for exercise in entry.result.exercises
        for key, value in exercise.notes.items()
    ]
    mark = entry.mark
    tests = [_test(e, mark.line(e.number)) for e in entry.result.exercises]
    if mark.days_late:
        tests.append(_row("Handed in late", 0.0 - mark.penalty, late(entry)))
    if said := [text for text in (adjustment(mark), mark.word.comment, of_full(mark)) if text]:
        tests.append(_row("By hand", mark.adjusted, clean("\n".join(said))))
    results: dict[str, Any] = {
        "score": mark.of_full,
        "output": clean(headline(entry)),
        "output_format": "text",
        "test_output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": tests,
    }
    if numbers:
        results["leaderboard"] = numbers
    return json.dumps(results, ensure_ascii=False)


def _test(exercise: ExerciseMark, line: Line) -> dict[str, Any]:
    told = tell(exercise)
    lines = [told.message, told.diagnosis, by_parts(exercise, line), follow_through(line)]
    lines += [by_hand(line), line.word.comment]
    lines += [f"{label}: {text}" for label, text in told.details]
    full = exercise.state == "passed" or line.points == line.max_points > 0
    return {
        "number": exercise.number,
        "name": f"{exercise.number} {', '.join(exercise.names)}",
        "score": line.points,
        "max_score": line.max_points,
        "status": "passed" if full else "failed",
        "output": clean("\n".join(line for line in lines if line)),
        "visibility": "visible",
    }


def _row(name: str, points: float, text: str) -> dict[str, Any]:
    """A row of the total that is no exercise."""
    return {
        "name": name,
        "score": points,
        "max_score": 0.0,
        "status": "failed" if points < 0 else "passed",
        "output": text,
        "visibility": "visible",
    }

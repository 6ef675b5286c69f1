# Runs in: judge
"""Gradescope's ``results.json``."""

from __future__ import annotations

import json
from typing import Any

from course_dl.grading.marks.mark import Line
from course_dl.grading.reports.entry import Entry
from course_dl.grading.reports.text import clean
from course_dl.grading.reports.words import follow_through, headline, late, tell
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
    tests = [_test(e, entry.mark.line(e.number)) for e in entry.result.exercises]
    if entry.mark.days_late:
        tests.append(_penalty(entry))
    results: dict[str, Any] = {
        "score": entry.mark.total,
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
    lines = [told.message, told.diagnosis, follow_through(line)]
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


def _penalty(entry: Entry) -> dict[str, Any]:
    return {
        "name": "Handed in late",
        "score": 0.0 - entry.mark.penalty,
        "max_score": 0.0,
        "status": "failed",
        "output": late(entry),
        "visibility": "visible",
    }

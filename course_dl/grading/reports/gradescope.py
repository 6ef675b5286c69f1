"""Gradescope's ``results.json``."""

from __future__ import annotations

import json
from typing import Any

from course_dl.grading.reports.entry import Entry
from course_dl.grading.reports.words import headline, tell
from course_dl.grading.result import ExerciseMark

__all__ = ["gradescope_results"]


def gradescope_results(entry: Entry) -> str:
    """The results as Gradescope's autograder expects them; no text is taken for HTML."""
    numbers = [
        {"name": key, "value": value, "order": "desc"}
        for exercise in entry.result.exercises
        for key, value in exercise.notes.items()
    ]
    results: dict[str, Any] = {
        "score": entry.mark.total,
        "output": headline(entry),
        "output_format": "text",
        "test_output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": [_test(exercise) for exercise in entry.result.exercises],
    }
    if numbers:
        results["leaderboard"] = numbers
    return json.dumps(results, ensure_ascii=False)


def _test(exercise: ExerciseMark) -> dict[str, Any]:
    told = tell(exercise)
    lines = [told.message, told.diagnosis, *(f"{label}: {text}" for label, text in told.details)]
    return {
        "number": exercise.number,
        "name": f"{exercise.number} {', '.join(exercise.names)}",
        "score": exercise.points,
        "max_score": exercise.max_points,
        "status": "passed" if exercise.state == "passed" else "failed",
        "output": "\n".join(line for line in lines if line),
        "visibility": "visible",
    }

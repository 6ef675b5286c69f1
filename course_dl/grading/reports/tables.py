"""``grades.csv`` and Moodle's grading worksheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from course_dl.grading.reports.entry import Entry, number
from course_dl.grading.reports.words import feedback_text

__all__ = ["grades_csv", "moodle_csv"]

_MOODLE = (
    "Identifier",
    "Full name",
    "Email address",
    "Status",
    "Grade",
    "Maximum grade",
    "Grade can be changed",
    "Last modified (submission)",
    "Last modified (grade)",
    "Feedback comments",
)


def grades_csv(entries: Sequence[Entry]) -> str:
    """One row a student: ``student,file,total,max``, each exercise, ``status,seed``."""
    numbers = [e.number for e in entries[0].result.exercises] if entries else []
    rows: list[list[str]] = [["student", "file", "total", "max", *numbers, "status", "seed"]]
    for entry in entries:
        mark = entry.mark
        points = [number(mark.points.get(n, 0.0)) for n in numbers]
        total, most = number(mark.total), number(mark.max_points)
        result = entry.result
        names = [_text(entry.student), _text(entry.file)]
        rows.append([*names, total, most, *points, result.status, str(result.seed)])
    return _csv(rows)


def moodle_csv(entries: Sequence[Entry]) -> str:
    """The worksheet that Moodle's "Upload grading worksheet" takes."""
    rows: list[list[str]] = [list(_MOODLE)]
    for entry in entries:
        identifier = f"Participant {entry.moodle}" if entry.moodle else ""
        grade, most = number(entry.mark.total), number(entry.mark.max_points)
        comment = _text(feedback_text(entry))
        status = "Submitted for grading"
        name = _text(entry.student)
        rows.append([identifier, name, "", status, grade, most, "Yes", "", "", comment])
    return _csv(rows)


def _csv(rows: Iterable[Sequence[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def _text(text: str) -> str:
    """Text that a spreadsheet does not take for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text

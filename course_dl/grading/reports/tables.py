# Runs in: judge
"""``grades.csv`` for spreadsheets, and a grading worksheet for an English Moodle."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from course_dl.grading.reports.entry import Entry, number
from course_dl.grading.reports.text import cell
from course_dl.grading.reports.words import feedback_html, said_by_hand

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
_UTF8 = "\ufeff"  # by which a spreadsheet knows how the file is encoded
_MORE = ("reason", "days late", "penalty", "adjusted", "by hand", "also handed in", "remarks")


def grades_csv(entries: Sequence[Entry]) -> str:
    """One row a student, for spreadsheets: every text in quotes and no formula, numbers as such.

    ``lab,student,file,total,max``, each exercise, ``status,seed``, and what is to be told besides.
    The lab comes first, so that a program that takes the mark of the encoding for a part of the
    first heading still finds the students.
    """
    numbers = [e.number for e in entries[0].result.exercises] if entries else []
    heading = ["lab", "student", "file", "total", "max", *numbers, "status", "seed", *_MORE]
    rows: list[list[str | float]] = [list(heading)]
    for entry in entries:
        mark, result = entry.mark, entry.result
        points = [_number(mark.points.get(n, 0.0)) for n in numbers]
        rows.append([
            result.lab, cell(entry.student), cell(entry.file),
            _number(mark.total), _number(mark.max_points), *points, result.status, result.seed,
            cell(result.reason), mark.days_late, _number(mark.penalty), _number(mark.adjusted),
            cell("; ".join(said_by_hand(mark))),
            cell("; ".join(entry.others)), cell("; ".join(result.remarks)),
        ])  # fmt: skip
    return _UTF8 + _csv(rows, csv.QUOTE_NONNUMERIC)


def moodle_csv(entries: Sequence[Entry]) -> str:
    """The worksheet that an English Moodle's "Upload grading worksheet" takes."""
    rows: list[list[str]] = [list(_MOODLE)]
    for entry in entries:
        identifier = f"Participant {entry.moodle}" if entry.moodle else ""
        grade, most = number(entry.mark.of_full), number(entry.mark.full)
        comment = feedback_html(entry)
        status = "Submitted for grading"
        name = cell(entry.student)
        rows.append([identifier, name, "", status, grade, most, "Yes", "", "", comment])
    return _csv(rows, csv.QUOTE_MINIMAL)


def _csv(rows: Iterable[Sequence[object]], quoting: int) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n", quoting=quoting).writerows(rows)  # type: ignore[arg-type]
    return text.getvalue()


def _number(points: float) -> float:
    """Points as a number that is written without needless zeros."""
    return int(points) if points.is_integer() else points

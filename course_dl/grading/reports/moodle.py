# Runs in: judge
"""The marks, written into the grading worksheet that Moodle handed out."""

from __future__ import annotations

from collections.abc import Sequence

from course_dl.grading.moodle.worksheet import Filled, Worksheet
from course_dl.grading.reports.entry import Entry
from course_dl.grading.reports.words import feedback_html

__all__ = ["filled_worksheet"]


def filled_worksheet(
    worksheet: Worksheet, entries: Sequence[Entry], *, scale: bool = False
) -> tuple[bytes, list[str]]:
    """The worksheet with the mark and the comment of each student, and what is to be told of it."""
    marks = {
        entry.student: Filled(entry.mark.of_full, entry.mark.full, feedback_html(entry))
        for entry in entries
        if entry.has_mark
    }
    return worksheet.fill(marks, scale=scale)

# Runs in: judge
"""What goes back to Moodle: its grading worksheet filled in, and a zip of the pages of feedback."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from course_dl.grading.moodle.worksheet import Filled, Worksheet
from course_dl.grading.reports.entry import Entry
from course_dl.grading.reports.text import listed
from course_dl.grading.reports.words import feedback_html

__all__ = ["FEEDBACK_ZIP", "feedback_zip", "filled_worksheet"]

FEEDBACK_ZIP = "moodle-feedback.zip"
_NEVER = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip can tell: the same bytes at each run
_NO_NAME = re.compile(r"[_/\\:*?\"<>|\s]+")  # what ends a name in Moodle's layout, or in a path


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


def feedback_zip(
    entries: Sequence[Entry], numbers: Mapping[str, str], feedback: Path
) -> tuple[bytes, list[str]]:
    """A zip for "Upload multiple feedback files in a zip", and what is to be told of it.

    A folder for each participant, as in Moodle's download of submissions; in it the student's page
    and nothing else. ``numbers`` are the participants' numbers, or the groups' of teams;
    ``feedback`` is the folder of the pages. Without any number it is empty.
    """
    made, left_out = io.BytesIO(), []
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry in entries:
            page = feedback / entry.slug / "feedback.html"
            number = numbers.get(entry.student, "")
            if not number or not entry.slug:
                left_out.append(entry.student)
                continue
            name = _NO_NAME.sub(" ", entry.student).strip(" .") or "participant"
            path = f"{name}_{number}_assignsubmission_file_/feedback.html"
            archive.writestr(zipfile.ZipInfo(path, _NEVER), page.read_bytes(), zipfile.ZIP_DEFLATED)
    if len(left_out) == len(entries):
        return b"", []
    told = f"{FEEDBACK_ZIP} has no page of {listed(left_out)}: no participant's number is known"
    return made.getvalue(), [told] if left_out else []

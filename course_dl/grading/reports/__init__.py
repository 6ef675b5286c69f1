# Runs in: judge
"""What grading writes: tables for teachers and their systems, pages for students and teacher."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from course_dl.grading.files import update
from course_dl.grading.reports.entry import Entry
from course_dl.grading.reports.feedback import feedback_page
from course_dl.grading.reports.gradescope import gradescope_results
from course_dl.grading.reports.junit import junit_xml
from course_dl.grading.reports.overview import overview_page
from course_dl.grading.reports.tables import grades_csv, moodle_csv

__all__ = [
    "demand_all",
    "remove_student_reports",
    "try_class_reports",
    "write_class_reports",
    "write_student_reports",
]


def write_student_reports(feedback: Path, records: Path, title: str, entry: Entry) -> None:
    """A student's ``feedback.html``, Gradescope's ``results.json``, and ``junit.xml``."""
    update(feedback / "feedback.html", feedback_page(title, entry))
    update(records / "results.json", gradescope_results(entry))
    update(records / "junit.xml", junit_xml(entry.result, entry.file, entry.mark))


def remove_student_reports(feedback: Path, records: Path) -> None:
    """Remove what tells of a result that counts no more."""
    for path in (feedback / "feedback.html", records / "results.json", records / "junit.xml"):
        if not path.parent.is_symlink():
            path.unlink(missing_ok=True)


def write_class_reports(
    out: Path,
    title: str,
    entries: Sequence[Entry],
    notes: Sequence[str] = (),
    *,
    moodle: bool = True,
) -> None:
    """``grades.csv``, ``moodle.csv`` (unless it is made elsewhere) and ``overview.html``."""
    for name, text in _class_reports(title, entries, notes, moodle=moodle):
        update(out / name, text)


def try_class_reports(title: str, entry: Entry) -> None:
    """The same of one student alone, not written: raises what keeps them from being made."""
    for _, text in _class_reports(title, [entry]):
        text.encode("utf-8")


def demand_all(out: Path, students: Sequence[str]) -> None:
    """Count the rows of ``grades.csv``.

    Raises
    ------
    RuntimeError
        Where they are not the students, with the names of who is missing.
    """
    text = (out / "grades.csv").read_text(encoding="utf-8-sig")
    rows = [row["student"] for row in csv.DictReader(io.StringIO(text, newline=""))]
    missing = Counter(map(_letters, students)) - Counter(map(_letters, rows))
    if missing or len(rows) != len(students):
        names = [student for student in students if _letters(student) in missing]
        raise RuntimeError(
            f"{out / 'grades.csv'} has {len(rows)} rows for {len(students)} students; missing: "
            f"{', '.join(names) or 'nobody'}. This is a fault of the grader: please report it"
        )


def _class_reports(
    title: str, entries: Sequence[Entry], notes: Sequence[str] = (), *, moodle: bool = True
) -> Iterator[tuple[str, str]]:
    yield "grades.csv", grades_csv(entries)
    if moodle:  # no grade of 0 for those who have no mark
        yield "moodle.csv", moodle_csv([entry for entry in entries if entry.has_mark])
    yield "overview.html", overview_page(title, entries, notes)


def _letters(text: str) -> str:
    """A name without what a table adds to it, that a spreadsheet takes it for no formula."""
    return "".join(c for c in text if c.isalnum())

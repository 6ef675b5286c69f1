"""What grading writes: tables for teachers and their systems, pages for students and teacher."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from course_dl.grading.files import write_atomically
from course_dl.grading.reports.entry import Entry
from course_dl.grading.reports.feedback import feedback_page
from course_dl.grading.reports.gradescope import gradescope_results
from course_dl.grading.reports.overview import overview_page
from course_dl.grading.reports.tables import grades_csv, moodle_csv

__all__ = ["write_class_reports", "write_student_reports"]


def write_student_reports(folder: Path, title: str, entry: Entry, junit: str) -> None:
    """A student's ``feedback.html``, Gradescope's ``results.json``, pytest's ``junit.xml``."""
    write_atomically(folder / "feedback.html", feedback_page(title, entry))
    write_atomically(folder / "results.json", gradescope_results(entry))
    write_atomically(folder / "junit.xml", junit)


def write_class_reports(out: Path, title: str, entries: Sequence[Entry]) -> None:
    """``grades.csv``, ``moodle.csv`` and ``overview.html`` of the class."""
    write_atomically(out / "grades.csv", grades_csv(entries))
    write_atomically(out / "moodle.csv", moodle_csv(entries))
    write_atomically(out / "overview.html", overview_page(title, entries))

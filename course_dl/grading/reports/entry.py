"""One student in the reports."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from course_dl.grading.result import Result
from course_dl.grading.settings import Mark

__all__ = ["NOT_YET", "Entry", "link", "number"]

NOT_YET = (
    "not graded yet"  # the status of who has no result: the run was stopped, or was for others
)


@dataclass(frozen=True)
class Entry:
    """A student, what was handed in, the result, and the mark it gives.

    ``slug`` names the folder with the page of feedback; ``""`` where there is none.
    """

    student: str
    moodle: str
    file: str
    slug: str
    result: Result
    mark: Mark


def number(points: float) -> str:
    """``3``, ``2.5``: points without needless zeros."""
    return f"{points:.2f}".rstrip("0").rstrip(".")


def link(entry: Entry) -> str:
    """The student's name, leading from the overview to the page of feedback."""
    if not entry.slug:
        return escape(entry.student)
    return f'<a href="feedback/{escape(entry.slug)}/feedback.html">{escape(entry.student)}</a>'

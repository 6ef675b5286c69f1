# Runs in: judge
"""One student in the reports."""

from __future__ import annotations

from dataclasses import dataclass

from course_dl.grading.marks.mark import Mark, number
from course_dl.grading.reports.html import escape
from course_dl.grading.result import Result

__all__ = ["NOT_YET", "Entry", "link", "number"]

# The status of who has no result: the run was stopped, or was for others.
NOT_YET = "not graded yet"


@dataclass(frozen=True)
class Entry:
    """A student, what was handed in, the result, and the mark it gives.

    ``slug`` names the folder with the page of feedback; ``""`` where there is none. ``others`` are
    files of the student that could have been graded and were not.
    """

    student: str
    moodle: str
    file: str
    slug: str
    result: Result
    mark: Mark
    others: tuple[str, ...] = ()

    @property
    def has_mark(self) -> bool:
        """Whether the mark is the student's.

        Else the grader failed, or there is no result yet, and no person gave points; or the student
        is excused.
        """
        if self.mark.word.excused:
            return False
        return self.result.status in ("graded", "unreadable") or self.mark.word.points is not None

    @property
    def counts(self) -> bool:
        """Whether it is part of what is told of the class: graded, and not excused."""
        return self.result.status == "graded" and not self.mark.word.excused


def link(entry: Entry) -> str:
    """The student's name, leading from the overview to the page of feedback."""
    if not entry.slug:
        return escape(entry.student)
    return f'<a href="feedback/{escape(entry.slug)}/feedback.html">{escape(entry.student)}</a>'

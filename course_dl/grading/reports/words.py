"""What a student is told of each exercise: one place, for pages, Moodle and Gradescope alike.

Of a hidden test only its title is told: its message could repeat its inputs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from course_dl.grading.reports.entry import Entry, number
from course_dl.grading.result import ExerciseMark

__all__ = ["Told", "feedback_text", "headline", "tell"]

_LONGEST = 1_200  # characters of one detail


@dataclass(frozen=True)
class Told:
    """The words on one exercise: what failed, details of it, and the diagnosis."""

    message: str = ""
    test: str = ""
    details: Sequence[tuple[str, str]] = ()
    diagnosis: str = ""


def tell(exercise: ExerciseMark) -> Told:
    """What the student is told of an exercise."""
    failed = exercise.first_failure
    if failed is None:
        return Told()
    if failed.hidden and failed.state == "not done yet":
        return Told("A part of it is not written yet.", failed.title)
    if failed.hidden and failed.state != "not done yet":
        message = "The tests that you have pass; one that asks the same of other inputs does not."
        return Told(message, failed.title, (), exercise.diagnosis)
    details = [(label, _short(text)) for label, text in failed.details]
    return Told(_short(failed.message), failed.title, details, exercise.diagnosis)


def headline(entry: Entry) -> str:
    """How the submission was taken, where there is more to say than its points."""
    if entry.result.status == "unreadable":
        return f"Your file {entry.file} could not be read: {entry.result.reason}."
    if entry.result.status != "graded":
        return f"Your file {entry.file} could not be graded: {entry.result.reason}."
    if entry.mark.days_late:
        days = f"{entry.mark.days_late} day{'s' * (entry.mark.days_late != 1)}"
        return f"Handed in {days} late: {number(entry.mark.penalty)} points less."
    return ""


def feedback_text(entry: Entry) -> str:
    """The feedback in a few lines of plain text."""
    lines = [headline(entry)] if headline(entry) else []
    for exercise in entry.result.exercises:
        points = f"{number(exercise.points)}/{number(exercise.max_points)}"
        told = tell(exercise)
        said = told.diagnosis or told.message
        names = ", ".join(exercise.names)
        lines.append(f"{exercise.number} {names}: {points}{'. ' + said if said else ''}")
    return "\n".join(lines)


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} ..."

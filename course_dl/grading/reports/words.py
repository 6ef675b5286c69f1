# Runs in: judge
"""What a student is told, in plain words: one place, for pages, Moodle and Gradescope alike.

Of a hidden test only its title is told: its message could repeat its inputs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from course_dl.grading.marks.mark import Line, points_told
from course_dl.grading.reports.entry import Entry, number
from course_dl.grading.reports.text import html_comment, listed, shortened
from course_dl.grading.result import ExerciseMark

__all__ = [
    "Told", "also", "feedback_html", "feedback_text", "follow_through", "headline", "late", "tell",
]  # fmt: skip

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
        message = f"{message} {exercise.builds_on}".rstrip()
        return Told(message, failed.title, (), exercise.diagnosis)
    details = [(label, shortened(text, _LONGEST)) for label, text in failed.details]
    message = f"{shortened(failed.message, _LONGEST)} {exercise.builds_on}".rstrip()
    return Told(message, failed.title, details, exercise.diagnosis)


def headline(entry: Entry) -> str:
    """How the submission was taken, where there is more to say than its points."""
    said = [_taken(entry), late(entry), also(entry)]
    return " ".join(sentence for sentence in said if sentence)


def _taken(entry: Entry) -> str:
    """What could not be read or graded, or only in part."""
    reason = entry.result.reason.rstrip(".")
    if entry.result.status == "graded":
        return f"Your file {entry.file}: {reason}." if reason else ""
    how = "read" if entry.result.status == "unreadable" else "graded"
    return f"Your file {entry.file} could not be {how}: {reason}."


def late(entry: Entry) -> str:
    """How late it was, and what that costs."""
    mark = entry.mark
    if not mark.days_late:
        return ""
    days = f"{mark.days_late} day{'s' * (mark.days_late != 1)}"
    cost = f": {points_told(mark.penalty)} less" if mark.penalty else ""
    return f"Handed in {days} late{cost}."


def also(entry: Entry) -> str:
    """The files that were not graded."""
    if not entry.others:
        return ""
    return f"Also handed in, and not graded: {listed(entry.others, 10)}."


def follow_through(line: Line) -> str:
    """That an exercise fails only because of earlier ones, and what that means for its points."""
    if not line.carried:
        return ""
    earlier = " and ".join(line.carried)
    earns = "earns" if line.followed else "would earn"
    given = ", and so you get them" if line.followed else ""
    return (
        f"It fails only because of {earlier}: with a right {earlier} it {earns} "
        f"{points_told(line.could)}{given}."
    )


def feedback_text(entry: Entry) -> str:
    """The feedback in a few lines of plain text."""
    return "\n".join(_lines(entry))


def feedback_html(entry: Entry) -> str:
    """The same as a comment in HTML, which Moodle takes it for."""
    return html_comment(_lines(entry))


def _lines(entry: Entry) -> list[str]:
    lines = [headline(entry)] if headline(entry) else []
    for exercise in entry.result.exercises:
        line = entry.mark.line(exercise.number)
        told = tell(exercise)
        said = [told.diagnosis or told.message, follow_through(line)]
        text = " ".join(sentence for sentence in said if sentence)
        names = ", ".join(exercise.names)
        points = f"{number(line.points)}/{number(line.max_points)}"
        lines.append(f"{exercise.number} {names}: {points}{'. ' + text if text else ''}")
    if entry.mark.penalty:
        lines.append(f"Late: -{number(entry.mark.penalty)}")
    lines.append(f"Total: {number(entry.mark.total)}/{number(entry.mark.max_points)}")
    return lines

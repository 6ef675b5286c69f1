# Runs in: judge
"""What a student is told, in plain words: one place, for pages, Moodle and Gradescope alike.

Of a hidden test only its title is told: its message could repeat its inputs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from course_dl.grading.marks.mark import Line, Mark, points_told
from course_dl.grading.reports.entry import Entry, number
from course_dl.grading.reports.text import html_comment, listed, shortened
from course_dl.grading.result import ExerciseMark

__all__ = [
    "Told", "adjustment", "also", "by_hand", "by_parts", "feedback_html", "feedback_text",
    "follow_through", "headline", "late", "of_full", "said_by_hand", "tell",
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


def by_parts(exercise: ExerciseMark, line: Line) -> str:
    """What each part of an exercise with partial credit earned, weighted; nothing if it passed."""
    if not exercise.parts or exercise.state == "passed":
        return ""
    told = ", ".join(
        f"{title} {number(earned * line.weight)} of {number(most * line.weight)}"
        for title, earned, most in exercise.parts
    )
    return f"By parts: {told}."


def by_hand(line: Line) -> str:
    """That a person decided the points of an exercise, and what the tests gave."""
    if line.word.excused:
        return "By hand: excused. It does not count."
    if line.word.points is None:
        return ""
    return f"By hand: {points_told(line.points)}. The tests gave {number(line.graded)}."


def adjustment(mark: Mark) -> str:
    """That a person decided the whole, and what it was before."""
    if mark.word.excused:
        return "By hand: excused. This lab does not count."
    if mark.word.points is None:
        return ""
    before = number(mark.total - mark.adjusted)
    return f"By hand: {points_told(mark.total)} in all. The rows above would make {before}."


def said_by_hand(mark: Mark) -> list[str]:
    """All that a person said of a mark, for the teacher: of each exercise, and of the whole."""
    said = [(f"{line.number}: ", by_hand(line), line.word.comment) for line in mark.lines]
    if mark.word.excused:
        said = []
    said.append(("", adjustment(mark), mark.word.comment))
    return [where + " ".join(filter(None, texts)) for where, *texts in said if any(texts)]


def of_full(mark: Mark) -> str:
    """What the points are worth of the lab's maximum, for who is excused from a part of it."""
    if not mark.excused_from or not mark.max_points:
        return ""
    without = " and ".join(mark.excused_from)
    return (
        f"Without {without}, from which you are excused, {number(mark.total)} of "
        f"{number(mark.max_points)} are {number(mark.of_full)} of {number(mark.full)}."
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
        said = [told.diagnosis or told.message, by_parts(exercise, line), follow_through(line)]
        said += [by_hand(line), line.word.comment]
        text = " ".join(sentence for sentence in said if sentence)
        names = ", ".join(exercise.names)
        points = f"{number(line.points)}/{number(line.max_points)}"
        lines.append(f"{exercise.number} {names}: {points}{'. ' + text if text else ''}")
    mark = entry.mark
    if mark.penalty:
        lines.append(f"Late: -{number(mark.penalty)}")
    if mark.adjusted:
        lines.append(f"By hand: {number(mark.adjusted)}")
    lines += [text for text in (adjustment(mark), mark.word.comment, of_full(mark)) if text]
    lines.append(f"Total: {number(mark.total)}/{number(mark.max_points)}")
    return lines

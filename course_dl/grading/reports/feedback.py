# Runs in: judge
"""The page of feedback for a student."""

from __future__ import annotations

from course_dl.grading.marks.mark import Line
from course_dl.grading.reports.entry import Entry, number
from course_dl.grading.reports.html import STATES, bar, code_block, escape, page, paragraphs
from course_dl.grading.reports.words import (
    adjustment,
    by_hand,
    by_parts,
    follow_through,
    headline,
    late,
    of_full,
    tell,
)
from course_dl.grading.result import ExerciseMark

__all__ = ["feedback_page"]

_MOST_NOTICES = 20


def feedback_page(title: str, entry: Entry) -> str:
    """One file, to be read in a browser or printed. The points of its sections add up."""
    mark = entry.mark
    share = mark.total / mark.max_points if mark.max_points else 0.0
    parts = [
        f"<header><h1>{escape(title)}</h1>"
        f'<p>{escape(entry.student)} <span class="soft">· {escape(entry.file)}</span></p>'
        f'<div class="total"><b>{number(mark.total)} of {number(mark.max_points)} points</b>'
        f"{bar(share)}</div></header>"
    ]
    if headline(entry):
        parts.append(f'<p class="notice">{escape(headline(entry))}</p>')
    if entry.result.status == "graded":
        parts += [_exercise(e, mark.line(e.number)) for e in entry.result.exercises]
    elif mark.by_hand:
        parts += [
            _exercise(e, line)
            for e in entry.result.exercises
            if (line := mark.line(e.number)).by_hand
        ]
    if entry.result.status == "graded" and mark.days_late:
        parts.append(_penalty(entry))
    parts += _by_hand(entry)
    parts += _notices(entry)
    parts.append(
        f'<p class="soft">Graded with seed {entry.result.seed}: the same file gets the same mark '
        "again.</p>"
    )
    return page(f"{title}: {entry.student}", "\n".join(parts))


def _exercise(exercise: ExerciseMark, line: Line) -> str:
    mark, style = STATES[exercise.state]
    names = ", ".join(f"<code>{escape(name)}</code>" for name in exercise.names)
    points = f"{number(line.points)} of {number(line.max_points)}"
    if line.by_hand:
        mark = "✍"
        points = "excused" if line.word.excused else f"{points} by hand"
    lines = [
        f'<section class="{style}"><div class="head"><h2><span class="mark">{mark}</span>'
        f'{escape(exercise.number)} {names}</h2><span class="points">{points}</span></div>'
    ]
    if line.weight != 1:
        lines.append(f'<p class="soft">Its points count {number(line.weight)} times.</p>')
    if shares := by_parts(exercise, line):
        lines.append(f'<p class="soft">{escape(shares)}</p>')
    told = tell(exercise)
    if exercise.state == "not done yet":
        lines.append(f'<p class="soft">{escape(told.message or "Not done yet.")}</p>')
    elif told.message:
        lines.append(f'<p class="soft">Test: {escape(told.test)}</p><p>{escape(told.message)}</p>')
        if told.diagnosis:
            lines.append(f'<p class="diagnosis"><b>{escape(told.diagnosis)}</b></p>')
        rows = "".join(
            f'<tr><td>{escape(label)}</td><td class="value">{escape(text)}</td></tr>'
            for label, text in told.details
        )
        if rows:
            lines.append(f'<table class="details">{rows}</table>')
    lines += _code(exercise)
    if line.carried:
        lines.append(f'<p class="diagnosis">{escape(follow_through(line))}</p>')
    lines += paragraphs("hand", by_hand(line), line.word.comment)
    if any(test.state == "passed" for test in exercise.tests) and exercise.state != "passed":
        passed = sum(test.state == "passed" for test in exercise.tests)
        lines.append(f'<p class="tests">{passed} of {len(exercise.tests)} tests passed</p>')
    return "\n".join([*lines, "</section>"])


def _code(exercise: ExerciseMark) -> list[str]:
    """The student's text, with the line in question marked."""
    if not exercise.code:
        return []
    block = code_block(exercise.code, exercise.line)
    return [f"<details open><summary>Your code</summary>{block}</details>"]


def _penalty(entry: Entry) -> str:
    return (
        '<section class="failed"><div class="head"><h2>Handed in late</h2>'
        f'<span class="points">-{number(entry.mark.penalty)}</span></div>'
        f"<p>{escape(late(entry))}</p></section>"
    )


def _by_hand(entry: Entry) -> list[str]:
    """What a person said of the whole."""
    mark = entry.mark
    said = paragraphs("hand", adjustment(mark), mark.word.comment, of_full(mark))
    if not said:
        return []
    sign = "+" if mark.adjusted > 0 else ""
    points = f'<span class="points">{sign}{number(mark.adjusted)}</span>' if mark.adjusted else ""
    head = f'<div class="head"><h2><span class="mark">✍</span>By hand</h2>{points}</div>'
    return ['<section class="plain">', head, *said, "</section>"]


def _notices(entry: Entry) -> list[str]:
    """The cells that raised an error when they were read."""
    notices = entry.result.notices
    if not notices:
        return []
    rows = "".join(
        f'<tr><td>{escape(place)}</td><td class="value">{escape(kind)}: {escape(text)}</td></tr>'
        for place, kind, text in notices[:_MOST_NOTICES]
    )
    left = len(notices) - _MOST_NOTICES
    more = f'<p class="soft">and {left} more</p>' if left > 0 else ""
    return [
        '<section class="plain"><h2>Cells that did not run</h2><p class="soft">What they define '
        f'was not there for the tests.</p><table class="details">{rows}</table>{more}</section>'
    ]

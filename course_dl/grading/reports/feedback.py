"""The page of feedback for a student."""

from __future__ import annotations

from course_dl.grading.reports.entry import Entry, number
from course_dl.grading.reports.html import STATES, bar, escape, page
from course_dl.grading.reports.words import headline, tell
from course_dl.grading.result import ExerciseMark

__all__ = ["feedback_page"]


def feedback_page(title: str, entry: Entry) -> str:
    """One file, to be read in a browser or printed."""
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
        parts += map(_exercise, entry.result.exercises)
    parts += _notices(entry)
    parts.append(
        f'<p class="soft">Graded with seed {entry.result.seed}: the same file gets the same mark '
        "again.</p>"
    )
    return page(f"{title}: {entry.student}", "\n".join(parts))


def _exercise(exercise: ExerciseMark) -> str:
    mark, style = STATES[exercise.state]
    names = ", ".join(f"<code>{escape(name)}</code>" for name in exercise.names)
    points = f"{number(exercise.points)} of {number(exercise.max_points)}"
    lines = [
        f'<section class="{style}"><div class="head"><h2><span class="mark">{mark}</span>'
        f'{escape(exercise.number)} {names}</h2><span class="points">{points}</span></div>'
    ]
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
    if any(test.state == "passed" for test in exercise.tests) and exercise.state != "passed":
        passed = sum(test.state == "passed" for test in exercise.tests)
        lines.append(f'<p class="tests">{passed} of {len(exercise.tests)} tests passed</p>')
    return "\n".join([*lines, "</section>"])


def _notices(entry: Entry) -> list[str]:
    """The cells that raised an error when they were read."""
    if not entry.result.notices:
        return []
    rows = "".join(
        f'<tr><td>{escape(place)}</td><td class="value">{escape(kind)}: {escape(text)}</td></tr>'
        for place, kind, text in entry.result.notices[:20]
    )
    return [
        '<section class="plain"><h2>Cells that did not run</h2><p class="soft">What they define '
        f'was not there for the tests.</p><table class="details">{rows}</table></section>'
    ]

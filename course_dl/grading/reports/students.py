# Runs in: judge
"""The class in the instructor's page: everybody's points, and what is worth a second look."""

from __future__ import annotations

from collections.abc import Sequence

from course_dl.grading.marks.mark import Mark
from course_dl.grading.reports.entry import Entry, link, number
from course_dl.grading.reports.html import STATES, escape
from course_dl.grading.reports.text import listed
from course_dl.grading.reports.words import late, said_by_hand

__all__ = ["students", "to_look_at"]


def students(entries: Sequence[Entry]) -> str:
    """A row a student: points by exercise, the total, and what there is to say."""
    numbers = [e.number for e in entries[0].result.exercises] if entries else []
    heads = "".join(f'<th class="number">{escape(n)}</th>' for n in numbers)
    rows = "".join(_row(entry) for entry in entries)
    key = ", ".join(f"{mark} {state}" for state, (mark, _) in STATES.items())
    return (
        '<section class="plain"><h2>Students</h2><table class="stack"><thead><tr>'
        f'<th>student</th><th class="number">total</th>{heads}</tr></thead>'
        f'<tbody>{rows}</tbody></table><p class="soft">{key}; ↷ by follow-through; ✍ by hand.</p>'
        "</section>"
    )


def _row(entry: Entry) -> str:
    said = _said(entry)
    joined = ' class="joined"' if said else ""
    more = (
        f'<tr class="more"><td class="whole" colspan="{len(entry.result.exercises) + 2}">'
        f"{'<br>'.join(map(escape, said))}</td></tr>"
    )
    return (
        f'<tr{joined}><td class="whole">{link(entry)}<br>'
        f'<span class="soft small">{escape(entry.file)}</span></td>'
        f'<td class="number strong" data-label="total">{_total(entry.mark)}</td>'
        f"{_points(entry)}</tr>{more if said else ''}"
    )


def _total(mark: Mark) -> str:
    if mark.word.excused:
        return "excused"
    return f"{'✍ ' if mark.word.points is not None else ''}{number(mark.total)}"


def _points(entry: Entry) -> str:
    cells = []
    for exercise in entry.result.exercises:
        line = entry.mark.line(exercise.number)
        mark, style = STATES[exercise.state]
        if entry.result.status != "graded":
            mark, style = "", "open"
        shown = "✍" if line.by_hand else "↷" if line.followed else mark
        points = "–" if line.word.excused else number(line.points)
        cells.append(
            f'<td class="number {style}" data-label="{escape(exercise.number)}">'
            f'<span class="mark">{shown}</span>{points}</td>'
        )
    return "".join(cells)


def _said(entry: Entry) -> list[str]:
    """Why there are no points, lateness, other files, follow-through: all that applies."""
    said = []
    status = "" if entry.result.status == "graded" else entry.result.status
    if status or entry.result.reason:
        said.append(": ".join(word for word in (status, entry.result.reason) if word))
    if entry.mark.days_late:
        said.append(late(entry))
    if entry.others:
        said.append(f"also handed in: {listed(entry.others)}")
    said += said_by_hand(entry.mark)
    if entry.mark.excused_from:
        said.append(f"counts as {number(entry.mark.of_full)} of {number(entry.mark.full)}")
    for line in entry.mark.lines:
        if line.carried and not line.by_hand:
            verb = "earns" if line.followed else "would earn"
            earlier = " and ".join(line.carried)
            said.append(
                f"{line.number} fails only because of {earlier}: with a right {earlier} it "
                f"{verb} {number(line.could)}"
            )
    return said


def to_look_at(entries: Sequence[Entry]) -> str:
    """What submissions did that honest ones rarely do; students are not told of it."""
    rows = "".join(
        f'<tr><td>{link(entry)}</td><td class="whole">'
        f"{'<br>'.join(map(escape, entry.result.remarks))}</td></tr>"
        for entry in entries
        if entry.result.remarks
    )
    if not rows:
        return ""
    return (
        '<section class="plain"><h2>To look at</h2><p class="soft">What these submissions did, '
        "honest ones rarely do. It cost no points, and students are not told.</p>"
        f'<table class="stack"><tbody>{rows}</tbody></table></section>'
    )

# Runs in: judge
"""Who came how far in the challenges: what the checks measured, the best first."""

from __future__ import annotations

from collections.abc import Sequence

from course_dl.grading.reports.entry import Entry, link, number
from course_dl.grading.reports.html import escape

__all__ = ["leaderboards"]

_LONGEST = 20


def leaderboards(graded: Sequence[Entry]) -> str:
    """A table for each thing that was measured in an exercise; nothing where nothing was."""
    measured = {
        (exercise.number, key): None
        for entry in graded
        for exercise in entry.result.exercises
        for key in exercise.notes
    }
    return "".join(_leaderboard(number, key, graded) for number, key in sorted(measured))


def _leaderboard(exercise: str, key: str, graded: Sequence[Entry]) -> str:
    marks = [
        (mark.notes[key], entry.mark.line(exercise).points, entry)
        for entry in graded
        for mark in entry.result.exercises
        if mark.number == exercise and key in mark.notes
    ]
    best = sorted(marks, key=lambda found: (-found[0], found[2].student))[:_LONGEST]
    rows = "".join(
        f'<tr><td class="number">{1 + sum(other > value for other, _, _ in marks)}</td>'
        f'<td>{link(entry)}</td><td class="number">{value:.4f}</td>'
        f'<td class="number">{number(points)}</td></tr>'
        for value, points, entry in best
    )
    left = len(marks) - len(best)
    more = f'<p class="soft">and {left} more</p>' if left else ""
    return (
        f'<section class="plain"><h2>Leaderboard of {escape(exercise)}: {escape(key)}</h2>'
        '<div class="scroll"><table><tr><th class="number">place</th><th>student</th>'
        f'<th class="number">{escape(key)}</th><th class="number">points</th></tr>{rows}'
        f"</table></div>{more}</section>"
    )

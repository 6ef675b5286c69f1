"""The instructor's page: how the class did, exercise by exercise, and what it misunderstood."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from statistics import mean, median

from course_dl.grading.reports.entry import Entry, link, number
from course_dl.grading.reports.html import bar, escape, page
from course_dl.grading.reports.leaderboard import leaderboards

__all__ = ["overview_page"]

_BINS = 10


def overview_page(title: str, entries: Sequence[Entry]) -> str:
    """One file: histogram of marks, success by exercise, misconceptions, leaderboards, students."""
    graded = [entry for entry in entries if entry.result.status == "graded"]
    parts = [f"<header><h1>{escape(title)}: overview</h1>{_summary(entries, graded)}</header>"]
    if graded:
        parts += [_histogram(graded), _exercises(graded), _misconceptions(graded)]
        parts.append(leaderboards(graded))
    parts.append(_students(entries))
    return page(f"{title}: overview", "\n".join(parts))


def _summary(entries: Sequence[Entry], graded: Sequence[Entry]) -> str:
    told = f"{len(entries)} submission{'s' * (len(entries) != 1)}"
    rest = len(entries) - len(graded)
    told += f", {rest} of them not graded" if rest else ""
    if graded:
        totals = [entry.mark.total for entry in graded]
        told += (
            f" · median {number(median(totals))}, mean {number(round(mean(totals), 2))} "
            f"of {number(graded[0].mark.max_points)} points"
        )
    return f'<p class="soft">{told}</p>'


def _histogram(graded: Sequence[Entry]) -> str:
    counts = [0] * _BINS
    for entry in graded:
        share = entry.mark.total / entry.mark.max_points if entry.mark.max_points else 0.0
        counts[min(int(share * _BINS), _BINS - 1)] += 1
    top = max(counts)
    width, height, base = 760, 190, 160
    step = width / _BINS
    shapes = []
    for place, count in enumerate(counts):
        tall = 130 * count / top
        x = place * step
        if count:
            shapes.append(
                f'<rect x="{x + 5:.1f}" y="{base - tall:.1f}" width="{step - 10:.1f}" '
                f'height="{tall:.1f}" rx="3"/>'
                f'<text x="{x + step / 2:.1f}" y="{base - tall - 7:.1f}" text-anchor="middle" '
                f'font-size="14" fill="currentColor">{count}</text>'
            )
    for place in range(_BINS + 1):
        anchor = "start" if place == 0 else "end" if place == _BINS else "middle"
        shapes.append(
            f'<text class="soft" x="{place * step:.1f}" y="{base + 20}" text-anchor="{anchor}" '
            f'font-size="13" fill="currentColor">{100 * place // _BINS} %</text>'
        )
    label = ", ".join(str(count) for count in counts)
    return (
        '<section class="plain"><h2>Marks</h2>'
        f'<div class="scroll"><svg viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="students by tenths of the points: {label}">'
        f'<line x1="0" y1="{base}" x2="{width}" y2="{base}"/>'
        f"{''.join(shapes)}</svg></div>"
        '<p class="soft">Students by their share of the points.</p></section>'
    )


def _exercises(graded: Sequence[Entry]) -> str:
    rows = []
    for place, first in enumerate(graded[0].result.exercises):
        marks = [entry.result.exercises[place] for entry in graded]
        passed = sum(mark.state == "passed" for mark in marks)
        untouched = sum(mark.state == "not done yet" for mark in marks)
        average = mean(mark.points for mark in marks)
        share = passed / len(marks)
        rows.append(
            f"<tr><td>{escape(first.number)}</td><td><code>{escape(', '.join(first.names))}</code>"
            f'</td><td style="width:34%">{bar(share)}</td><td class="number">{share:.0%}</td>'
            f'<td class="number">{len(marks) - passed - untouched}</td>'
            f'<td class="number">{untouched}</td>'
            f'<td class="number">{number(round(average, 2))} of {number(first.max_points)}</td>'
            "</tr>"
        )
    return (
        '<section class="plain"><h2>Success by exercise</h2><div class="scroll"><table><tr>'
        '<th></th><th></th><th></th><th class="number">passed</th><th class="number">wrong</th>'
        f'<th class="number">open</th><th class="number">points, mean</th></tr>{"".join(rows)}'
        "</table></div></section>"
    )


def _misconceptions(graded: Sequence[Entry]) -> str:
    found: dict[tuple[str, str], list[Entry]] = defaultdict(list)
    for entry in graded:
        for exercise in entry.result.exercises:
            if exercise.diagnosis:
                found[exercise.number, exercise.diagnosis].append(entry)
    if not found:
        return ""
    commonest = sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))
    rows = "".join(
        f'<tr><td class="number">{len(who)}</td><td>{escape(exercise)}</td>'
        f"<td>{escape(diagnosis)}</td><td>{link(who[0])}</td></tr>"
        for (exercise, diagnosis), who in commonest[:30]
    )
    return (
        '<section class="plain"><h2>Commonest misconceptions</h2><div class="scroll"><table><tr>'
        '<th class="number">students</th><th>exercise</th><th>what they did</th>'
        "<th>for example</th>"
        f"</tr>{rows}</table></div></section>"
    )


def _students(entries: Sequence[Entry]) -> str:
    rows = []
    for entry in entries:
        said = "" if entry.result.status == "graded" else entry.result.status
        if entry.result.reason:
            said += f": {entry.result.reason}"
        if entry.mark.days_late:
            said = f"{entry.mark.days_late} d late, {number(entry.mark.penalty)} points less"
        rows.append(
            f"<tr><td>{link(entry)}</td><td>{escape(entry.file)}</td>"
            f'<td class="number">{number(entry.mark.total)}</td><td>{escape(said)}</td></tr>'
        )
    return (
        '<section class="plain"><h2>Students</h2><div class="scroll"><table><tr><th>student</th>'
        f'<th>file</th><th class="number">points</th><th></th></tr>{"".join(rows)}</table></div>'
        "</section>"
    )

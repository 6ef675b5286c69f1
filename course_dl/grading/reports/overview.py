# Runs in: judge
"""The instructor's page: how the class did, exercise by exercise, and what it misunderstood."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from statistics import mean, median

from course_dl.grading.names import alphabetical
from course_dl.grading.reports.entry import Entry, link, number
from course_dl.grading.reports.html import bar, escape, histogram, page
from course_dl.grading.reports.leaderboard import leaderboards
from course_dl.grading.reports.students import students, to_look_at

__all__ = ["overview_page"]

_EXAMPLES = 3


def overview_page(title: str, entries: Sequence[Entry], notes: Sequence[str] = ()) -> str:
    """One file: histogram of marks, success by exercise, misconceptions, leaderboards, students.

    ``notes`` is what there is to tell of the run as a whole.
    """
    entries = sorted(entries, key=lambda entry: alphabetical(entry.student))
    graded = [entry for entry in entries if entry.counts]
    parts = [f"<header><h1>{escape(title)}: overview</h1>{_summary(entries, graded)}</header>"]
    parts += [f'<p class="notice">{escape(note)}</p>' for note in notes]
    if graded:
        shares = [e.mark.total / e.mark.max_points if e.mark.max_points else 0.0 for e in graded]
        parts += [histogram(shares, "Marks"), _exercises(graded), _misconceptions(graded)]
        parts.append(leaderboards(graded))
    parts += [to_look_at(entries), students(entries)]
    return page(f"{title}: overview", "\n".join(parts), wide=True)


def _summary(entries: Sequence[Entry], graded: Sequence[Entry]) -> str:
    told = f"{len(entries)} submission{'s' * (len(entries) != 1)}"
    excused = sum(entry.mark.word.excused for entry in entries)
    rest = len(entries) - len(graded) - excused
    told += f", {excused} excused" if excused else ""
    told += f", {rest} of them not graded" if rest else ""
    if graded:
        totals = [entry.mark.of_full for entry in graded]
        told += (
            f" · median {number(median(totals))}, mean {number(mean(totals))} "
            f"of {number(graded[0].mark.full)} points"
        )
    return f'<p class="soft">{told}</p>'


def _exercises(graded: Sequence[Entry]) -> str:
    rows = []
    for place, first in enumerate(graded[0].result.exercises):
        marks = [entry.result.exercises[place] for entry in graded]
        lines = [entry.mark.line(first.number) for entry in graded]
        counted = [line for line in lines if not line.word.excused]
        passed = sum(mark.state == "passed" for mark in marks)
        untouched = sum(mark.state == "not done yet" for mark in marks)
        followed = sum(line.followed for line in lines)
        share = passed / len(marks)
        average = "counts for nobody"
        if counted:
            most = number(counted[0].max_points)
            average = f"{number(mean(line.points for line in counted))} of {most}"
        carried = f'<span class="soft"> ({followed} by follow-through)</span>' if followed else ""
        rows.append(
            f'<tr><td class="whole">{escape(first.number)} '
            f"<code>{escape(', '.join(first.names))}</code></td>"
            f'<td class="whole wide">{bar(share)}</td><td class="number" data-label="passed">'
            f'{share:.0%}</td><td class="number" data-label="wrong">'
            f'{len(marks) - passed - untouched}{carried}</td><td class="number" data-label="open">'
            f'{untouched}</td><td class="number" data-label="mean">{average}</td></tr>'
        )
    return (
        '<section class="plain"><h2>Success by exercise</h2><table class="stack"><thead><tr>'
        '<th>exercise</th><th>share</th><th class="number">passed</th><th class="number">wrong</th>'
        f'<th class="number">open</th><th class="number">points, mean</th></tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></section>"
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
        f'<td class="whole">{escape(diagnosis)}</td><td class="whole">{_examples(who)}</td></tr>'
        for (exercise, diagnosis), who in commonest
    )
    return (
        '<section class="plain"><h2>Commonest misconceptions</h2><table class="stack"><thead><tr>'
        '<th class="number">students</th><th>exercise</th><th>what they did</th><th>who</th></tr>'
        f"</thead><tbody>{rows}</tbody></table></section>"
    )


def _examples(who: Sequence[Entry]) -> str:
    """Links to all of them, the first in view."""
    first = ", ".join(map(link, who[:_EXAMPLES]))
    rest = who[_EXAMPLES:]
    if not rest:
        return first
    more = ", ".join(map(link, rest))
    return f"{first}<details><summary>and {len(rest)} more</summary>{more}</details>"

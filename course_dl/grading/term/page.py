# Runs in: judge
"""The page of the term: marks over all labs, late days, who handed in nothing."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import mean, median

from course_dl.grading.marks.mark import number
from course_dl.grading.reports.html import escape, histogram, page
from course_dl.grading.term.standing import Graded, Lab, Standing, Term

__all__ = ["term_page"]


def term_page(term: Term, late_days: int | None = None) -> str:
    """One file. ``late_days`` is a budget of late days for all labs, if there is one."""
    count = len(term.class_)
    shares = [one.share for one in term.class_ if one.share is not None]
    told = f"{count} student{'s' * (count != 1)} · {len(term.labs)} labs"
    if shares:
        told += f" · median {median(shares):.0%}, mean {mean(shares):.0%} of the points"
    parts = [f'<header><h1>The class so far</h1><p class="soft">{told}</p></header>']
    parts += [f'<p class="notice">{escape(note)}</p>' for note in term.notes]
    if shares:
        parts.append(histogram(shares, "Points over all labs"))
    parts += [_labs(term), _students(term, late_days), _nothing(term)]
    return page("The class so far", "\n".join(parts), wide=True)


def _labs(term: Term) -> str:
    rows = []
    for lab in term.labs:
        all_ = [one.labs[lab.name] for one in term.class_]
        points = [one.points for one in all_ if one.handed_in and one.counts]
        middle = f"{number(median(points))}" if points else "–"
        average = f"{number(mean(points))} of {number(lab.full)}" if points else "–"
        cells = {
            "handed in": f"{sum(one.handed_in for one in all_)} of {len(all_)}",
            "median": middle,
            "mean": average,
            "late": str(sum(one.days_late > 0 for one in all_)),
            "by hand": str(sum(one.by_hand for one in all_)),
        }
        row = "".join(
            f'<td class="number" data-label="{label}">{text}</td>' for label, text in cells.items()
        )
        rows.append(f'<tr><td class="whole">{escape(lab.title)}</td>{row}</tr>')
    heads = "".join(
        f'<th class="number">{head}</th>'
        for head in ("handed in", "median", "mean", "late", "by hand")
    )
    return (
        '<section class="plain"><h2>Labs</h2><table class="stack"><thead><tr><th>lab</th>'
        f"{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
        '<p class="soft">Median and mean of those who handed in.</p></section>'
    )


def _students(term: Term, late_days: int | None) -> str:
    heads = "".join(f'<th class="number">{escape(lab.short)}</th>' for lab in term.labs)
    days = "late days" if late_days is None else f"late days, of {late_days}"
    rows = "".join(_row(one, term.labs, late_days) for one in term.class_)
    return (
        '<section class="plain"><h2>Students</h2><table class="stack"><thead><tr><th>student</th>'
        f'<th class="number">all labs</th><th class="number">points</th>{heads}'
        f'<th class="number">{days}</th></tr></thead><tbody>{rows}</tbody></table>'
        '<p class="soft">✍ by hand; ○ nothing handed in, which counts as 0; "excused" does not '
        "count.</p></section>"
    )


def _row(one: Standing, labs: Sequence[Lab], late_days: int | None) -> str:
    share = "–" if one.share is None else f"{one.share:.0%}"
    cells = "".join(
        f'<td class="number {_style(one.labs[lab.name])}" data-label="{escape(lab.short)}">'
        f"{_points(one.labs[lab.name])}</td>"
        for lab in labs
    )
    over = late_days is not None and one.days_late > late_days
    days = f"{one.days_late}{' (over)' if over else ''}"
    said = [
        f"{lab.short}: {text}"
        for lab in labs
        for text in (*one.labs[lab.name].said, *_reason(one.labs[lab.name]))
    ]
    more = f'<tr class="more"><td class="whole" colspan="{len(labs) + 4}">'
    more += f"{'<br>'.join(map(escape, said))}</td></tr>"
    return (
        f'<tr{" class=joined" if said else ""}><td class="whole">{escape(one.student)}</td>'
        f'<td class="number strong" data-label="all labs">{share}</td>'
        f'<td class="number" data-label="points">{number(one.points)} of {number(one.full)}</td>'
        f'{cells}<td class="number {"failed" if over else ""}" data-label="late days">{days}</td>'
        f"</tr>{more if said else ''}"
    )


def _points(one: Graded) -> str:
    if not one.counts:
        return escape(one.status)
    if not one.handed_in:
        return f"{'✍ ' if one.by_hand else '○ '}{number(one.points)}"
    late = f' <span class="soft">{one.days_late} d late</span>' if one.days_late else ""
    return f"{'✍ ' if one.by_hand else ''}{number(one.points)}{late}"


def _style(one: Graded) -> str:
    return "" if one.handed_in and one.counts else "open"


def _reason(one: Graded) -> list[str]:
    if one.status in ("unreadable", "error"):
        return [f"{one.status}: {one.reason}"]
    return [one.reason] if one.reason else []


def _nothing(term: Term) -> str:
    """Who handed in nothing, lab by lab."""
    of = "Of the list." if term.listed else "Of those who handed in another lab."
    rows = []
    for lab in term.labs:
        who = [one.student for one in term.class_ if not one.labs[lab.name].handed_in]
        names = ", ".join(map(escape, who)) or "nobody"
        rows.append(
            f'<tr><td>{escape(lab.short)}</td><td class="number">{len(who)}</td>'
            f'<td class="whole">{names}</td></tr>'
        )
    return (
        f'<section class="plain"><h2>Handed in nothing</h2><p class="soft">{of}</p>'
        f'<table class="stack"><tbody>{"".join(rows)}</tbody></table></section>'
    )

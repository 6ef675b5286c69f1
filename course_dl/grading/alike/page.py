# Runs in: judge
"""The page of submissions that are alike, side by side. For the teacher alone."""

from __future__ import annotations

from collections.abc import Sequence, Set

from course_dl.grading.alike.pairs import Pair
from course_dl.grading.reports.html import escape, page

__all__ = ["alike_page"]

_AROUND = 1  # lines around those that are shared
_MOST = 60  # lines of a side
_WHAT = (
    "These submissions share code that hardly anybody else has, beyond what was handed out, the "
    "right answers and the known mistakes. Names, numbers, comments and blanks are left aside. It "
    "is a place to look, and no proof of anything: two who learnt from the same book or the same "
    "helper look the same, and so do two who were allowed to work together. It costs no points."
)


def alike_page(title: str, pairs: Sequence[Pair], notes: Sequence[str] = ()) -> str:
    """One file: each pair with the lines that both have marked."""
    parts = [
        f'<header><h1>{escape(title)}: places to look</h1><p class="soft">{_WHAT}</p></header>'
    ]
    parts += [f'<p class="notice">{escape(note)}</p>' for note in notes]
    if not pairs:
        parts.append('<p class="notice">No two submissions share more than that.</p>')
    parts += [_pair(one) for one in pairs]
    return page(f"{title}: places to look", "\n".join(parts), wide=True)


def _pair(one: Pair) -> str:
    sides = "".join(
        f'<div class="side"><h3>{escape(student)}</h3>{_code(doc.lines, lines)}</div>'
        for student, doc, lines in zip(one.students, one.documents, one.lines, strict=True)
    )
    names = " and ".join(map(escape, one.students))
    return (
        f'<section class="plain"><div class="head"><h2>{names}</h2>'
        f'<span class="points">{one.share:.0%}</span></div><p class="soft">'
        f"{one.shared} stretches in common, {one.share:.0%} of what the shorter one has of its "
        "own.</p>"
        f'<details open><summary>Side by side</summary><div class="sides">{sides}</div></details>'
        "</section>"
    )


def _code(lines: Sequence[str], marked: Set[int]) -> str:
    """The marked lines with those around them, numbered as in the submission."""
    near = {k + d for k in marked for d in range(-_AROUND, _AROUND + 1)}
    shown = sorted(k for k in near if 0 <= k < len(lines))
    rows, before = [], -1
    for place in shown[:_MOST]:
        gap = ' class="gap"' if place > before + 1 else ""
        text = escape(lines[place]) or " "
        text = f"<mark>{text}</mark>" if place in marked else text
        rows.append(f'<li value="{place + 1}"{gap}>{text}</li>')
        before = place
    more = len(shown) - _MOST
    left = f'<p class="soft">and {more} more lines</p>' if more > 0 else ""
    return f'<ol class="code">{"".join(rows)}</ol>{left}'

# Runs in: judge
"""What the pages share: frame, style and escaping. One file each, no script, prints well."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from course_dl.grading.reports.text import escape

__all__ = ["STATES", "bar", "code_block", "escape", "histogram", "page", "paragraphs"]

_BINS = 10
_STYLE = Path(__file__).with_name("style.css").read_text(encoding="utf-8")

STATES = {
    "passed": ("✓", "passed"),
    "partly earned": ("◐", "partly"),
    "failed": ("✗", "failed"),
    "not done yet": ("○", "open"),
    "write it yourself": ("✎", "forbidden"),
}


def page(title: str, body: str, *, wide: bool = False) -> str:
    """A whole page around ``body``, which is HTML already. No script of anybody's runs in it."""
    main = ' class="broad"' if wide else ""
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>\n{_STYLE}</style>\n</head>\n"
        f"<body>\n<main{main}>\n{body}\n</main>\n</body>\n</html>\n"
    )


def bar(share: float, state: str = "passed") -> str:
    """A bar, filled to a share between 0 and 1."""
    return (
        f'<span class="bar"><span class="{state}" style="width:{100 * share:.1f}%"></span></span>'
    )


def paragraphs(style: str, *texts: str) -> list[str]:
    """A paragraph of this style for each text that says something; its lines stay lines."""
    return [
        f'<p class="{style}">{escape(text).replace(chr(10), "<br>")}</p>' for text in texts if text
    ]


def histogram(shares: Sequence[float], title: str) -> str:
    """Students by their share of the points, in tenths; there is at least one."""
    counts = [0] * _BINS
    for share in shares:
        counts[max(0, min(int(share * _BINS + 1e-9), _BINS - 1))] += 1
    bins = "".join(
        f'<div class="bin"><span class="count">{count or ""}</span>'
        f'<span class="column" style="height:{130 * count / max(counts):.1f}px"></span>'
        f'<span class="tick">{100 * place // _BINS}</span></div>'
        for place, count in enumerate(counts)
    )
    label = ", ".join(str(count) for count in counts)
    return (
        f'<section class="plain"><h2>{escape(title)}</h2><div class="chart" role="img" '
        f'aria-label="students by tenths of the points: {label}">{bins}</div>'
        '<p class="soft">Students by their share of the points, in percent, from the number below '
        "each column up.</p></section>"
    )


def code_block(code: str, line: int = 0) -> str:
    """Code with the numbers of its lines, of which one is marked, if ``line`` is not 0."""
    rows = []
    for place, text in enumerate(code.split("\n"), start=1):
        shown = escape(text) or " "
        if place == line:
            shown = f"<mark>{shown}  ◀ look here</mark>"
        rows.append(f"<li>{shown}</li>")
    return f'<ol class="code">{"".join(rows)}</ol>'

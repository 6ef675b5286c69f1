# Runs in: judge
"""A page for the next lecture: what the class misunderstood most in a lab."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from course_dl.grading.files import write_atomically
from course_dl.grading.labs import folder_of
from course_dl.grading.reports.html import bar, code_block, escape, page
from course_dl.grading.result import Result
from course_dl.grading.results.changes import read_marks
from course_dl.grading.term.misconceptions import (
    Example,
    Misconception,
    commonest,
    read_results,
    share_of,
)
from course_dl.lab.files import STORY

__all__ = ["Place", "lecture_page", "place_of", "write_lecture"]

_CELL = re.compile(r"^# %%(.*)$", re.M)
_HEADING = re.compile(r"^# #+ (.+)$", re.M)
_MOST_PICTURES = 3
_PLOT = re.compile(r"\bplots\.(\w+)\(")


@dataclass(frozen=True)
class Place:
    """Where an exercise stands in the notebook: the heading above it, the pictures after it."""

    heading: str = ""
    pictures: tuple[str, ...] = ()


def write_lecture(results: Path, out: Path | None = None, earlier: Sequence[Path] = ()) -> Path:
    """Write the page of a folder of results, compared with folders of earlier years; its path.

    Raises
    ------
    ValueError
        Where a folder holds no results, or those of another lab.
    """
    now = read_results(results)
    lab = next(iter(now.values())).lab
    before = {}
    for folder in earlier:
        read = read_results(folder)
        other = next(iter(read.values())).lab
        if other != lab:
            raise ValueError(f"{folder} holds results of {other}; earlier ones of {lab} are wanted")
        before[folder.name or str(folder)] = read
    title = str(read_marks(results).get("title", lab))
    path = out or results / "lecture.html"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, lecture_page(title, now, _story(lab), before))
    return path


def lecture_page(
    title: str, results: dict[str, Result], story: str, earlier: Mapping[str, dict[str, Result]]
) -> str:
    """One file that names nobody. ``story`` is the text of the lab's notebook; may be empty."""
    found = commonest(results)
    count = len(results)
    parts = [
        f"<header><h1>{escape(title)}: what to teach next</h1>"
        f'<p class="soft">The commonest misconceptions of {count} submission{"s" * (count != 1)}.'
        "</p></header>"
    ]
    if not found:
        parts.append('<p class="notice">No failed answer was like a known mistake.</p>')
    for rank, one in enumerate(found, start=1):
        shares = {"now": one.count / count}
        shares |= {y: share_of(read, one.number, one.sentence) for y, read in earlier.items()}
        parts.append(_section(rank, one, count, place_of(story, one.number), shares))
    return page(f"{title}: what to teach next", "\n".join(parts))


def place_of(story: str, number: str) -> Place:
    """Where an exercise stands in a notebook, as jupytext's ``py:percent`` has it."""
    cells = _CELL.split(story)
    heading, found, pictures = "", None, []
    for options, text in zip(cells[1::2], cells[2::2], strict=True):
        if "[markdown]" in options and (headings := _HEADING.findall(text)):
            heading = headings[-1]
        if f'exercise="{number}"' in options:
            found = heading
        after = re.search(r'after="([^"]*)"', options)
        if found is not None and after and number in after[1].split():
            pictures += _PLOT.findall(text)
    drawn = dict.fromkeys(name for name in pictures if name != "page")
    return Place(found or "", tuple(drawn)[:_MOST_PICTURES])


def _section(
    rank: int, one: Misconception, count: int, place: Place, shares: Mapping[str, float]
) -> str:
    names = ", ".join(f"<code>{escape(name)}</code>" for name in one.names)
    lines = [
        f'<section class="failed"><div class="head"><h2>{rank}. Exercise {escape(one.number)} '
        f'{names}</h2><span class="points">{one.count} of {count}</span></div>',
        f'<p class="diagnosis"><b>{escape(one.sentence)}</b></p>',
        *_shares(shares),
        *_example(one.example),
    ]
    if place.heading:
        lines.append(f'<p class="soft">In the notebook: {escape(place.heading)}</p>')
    if place.pictures:
        named = ", ".join(f"<code>plots.{escape(name)}</code>" for name in place.pictures)
        lines.append(f'<p class="soft">Pictures in the cells after it: {named}</p>')
    return "\n".join([*lines, "</section>"])


def _shares(shares: Mapping[str, float]) -> list[str]:
    rows = "".join(
        f'<tr><td>{escape(year)}</td><td class="wide">{bar(share, "failed")}</td>'
        f'<td class="number">{share:.0%}</td></tr>'
        for year, share in shares.items()
    )
    return [f"<table><tbody>{rows}</tbody></table>"]


def _example(example: Example | None) -> list[str]:
    if example is None:
        return []
    lines = ["<p>For example:</p>", code_block(example.code, example.line)] if example.code else []
    if example.message:
        lines.append(f"<p>{escape(example.message)}</p>")
    rows = "".join(
        f'<tr><td>{escape(label)}</td><td class="value">{escape(text)}</td></tr>'
        for label, text in example.details
    )
    return [*lines, f'<table class="details">{rows}</table>'] if rows else lines


def _story(lab: str) -> str:
    try:
        path = folder_of(lab) / STORY
    except ValueError:
        return ""
    return path.read_text(encoding="utf-8") if path.exists() else ""

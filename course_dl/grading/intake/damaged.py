# Runs in: judge
"""A notebook whose JSON is damaged: the whole cells before and after the damage."""

from __future__ import annotations

import json
import re
from typing import Any

__all__ = ["mended", "whole_cells"]

_CELLS = re.compile(r'"cells"\s*:\s*\[')
_CELL = re.compile(
    r'\{\s*"(?:cell_type|id|metadata|source|input|outputs|execution_count|attachments|language'
    r'|collapsed|prompt_number|level)"\s*:'
)
_BETWEEN = re.compile(r"[\s,]*")
_CONFLICT = re.compile(
    r"^<{7}[^\n]*\n(?P<ours>(?:(?!<{7}|={7}|>{7}|\|{7})[^\n]*\n)*)"
    r"(?:\|{7}[^\n]*\n(?:(?!<{7}|={7}|>{7})[^\n]*\n)*)?"
    r"={7}[^\n]*\n(?P<theirs>(?:(?!<{7}|={7}|>{7})[^\n]*\n)*)>{7}[^\n]*(?:\n|\Z)",
    re.MULTILINE,
)
_FOLLOWED = re.compile(r"\s*(?:[,\]}{<=>|]|\Z)")  # what may stand after a whole cell
_WORK, _LEAST_WORK = 200, 50_000_000  # how often the text may be read over; characters
_DECODER = json.JSONDecoder(strict=False)


def mended(text: str) -> tuple[Any, str]:
    """A notebook that holds git's marks of a merge, with one side of each taken, and which side.

    None and ``""`` where it holds none.
    """
    for side in ("ours", "theirs"):
        plain, count = _CONFLICT.subn(lambda match, side=side: match[side], text)  # type: ignore[misc]
        if not count:
            break
        try:
            notebook, _ = _DECODER.raw_decode(plain)
        except (ValueError, RecursionError):
            continue
        which = "first" if side == "ours" else "second"
        times = "a place" if count == 1 else f"{count:,} places"
        return notebook, (
            f"a merge left its marks in the notebook, in {times}: the {which} version was read"
        )
    return None, ""


def whole_cells(text: str) -> tuple[list[dict[str, Any]], str]:
    """The cells that are whole in a damaged notebook, and what could not be read, as a sentence."""
    begin = _CELLS.search(text)
    place = begin.end() if begin else 0
    cells: list[dict[str, Any]] = []
    gaps: list[int] = [] if begin else [0]
    work = max(_WORK * len(text), _LEAST_WORK)
    while place < len(text) and work > 0:
        between = _BETWEEN.match(text, place)
        place = between.end() if between else place
        if text[place : place + 1] == "]":
            break
        cell, end = _decoded(text, place)
        if isinstance(cell, dict) and "cell_type" in cell and _FOLLOWED.match(text, end):
            cells.append(cell)
            place = end
            continue
        work -= end  # an error counts the lines from the beginning
        if not gaps or gaps[-1] != len(cells):
            gaps.append(len(cells))
        following = _CELL.search(text, place + 1)
        place = following.start() if following else len(text)
    return cells, _told(len(cells), gaps, place >= len(text))


def _decoded(text: str, place: int) -> tuple[Any, int]:
    """The value at a place and where it ends; None and how far it was read where there is none."""
    if text[place : place + 1] != "{":
        return None, place + 1
    try:
        return _DECODER.raw_decode(text, place)
    except json.JSONDecodeError as error:
        return None, len(text) if "string" in error.msg else error.pos + 1
    except (ValueError, RecursionError):
        return None, len(text)


def _told(cells: int, gaps: list[int], to_the_end: bool) -> str:
    number = f"{cells:,} whole cell{'s' * (cells != 1)}"
    if len(gaps) == 1 and gaps[0] == cells and to_the_end:
        return f"the notebook is cut off: its first {number} were read, and what follows was not"
    after = ", ".join(f"cell {gap}" if gap else "the beginning" for gap in gaps[:5])
    after += f" and in {len(gaps) - 5:,} more places" if len(gaps) > 5 else ""
    told = f"its {number} were read, and what is between was not"
    return f"the notebook is damaged after {after}: {told}"

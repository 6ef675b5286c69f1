"""Reading a notebook, or a Python file, into the cells that the sandbox is given."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from typing import Any

from course_dl.grading.remote import Cell

__all__ = ["Unreadable", "read_cells"]

_MARKER = re.compile(r"^# ?(?:%%|In\s?\[[\d ]*\]).*$", re.MULTILINE)
_TEXT_MARKER = re.compile(r"^# ?%% *\[(?:markdown|md|raw)\]")
_EXERCISE_MARKER = re.compile(r"^# ?%%.*exercise=")
_MOST_TEXT = 2_000_000  # characters of code


class Unreadable(ValueError):
    """Why a submission cannot be read, told to teacher and student."""


def read_cells(data: bytes, name: str) -> list[Cell]:
    """The code cells of a notebook (format 3 or 4) or of a Python file.

    Raises
    ------
    Unreadable
        Where it is neither.
    """
    cells = _of_python(data) if name.lower().endswith(".py") else _of_notebook(data)
    if sum(len(cell.source) for cell in cells) > _MOST_TEXT:
        raise Unreadable("it holds more than two million characters of code")
    if not any(cell.source.strip() for cell in cells):
        raise Unreadable("it holds no code")
    return cells


def _of_notebook(data: bytes) -> list[Cell]:
    text = _decoded(data).lstrip()
    if not text:
        raise Unreadable("the file is empty")
    if text[0] != "{":
        kind = "a web page" if text[0] == "<" else "something else"
        raise Unreadable(f"it is not a notebook but {kind}")
    try:
        notebook, _ = json.JSONDecoder().raw_decode(text)
    except json.JSONDecodeError as error:
        raise Unreadable(f"the notebook is damaged: {error}") from None
    except (RecursionError, ValueError):
        raise Unreadable("the notebook is damaged: nested without end") from None
    cells = notebook.get("cells")
    if not isinstance(cells, list):  # format 3 has its cells on worksheets
        sheets = notebook.get("worksheets")
        sheets = sheets if isinstance(sheets, list) else []
        cells = [c for s in sheets if isinstance(s, dict) for c in _list(s.get("cells"))]
    if not cells:
        raise Unreadable("the notebook holds no cells")
    found = []
    for number, cell in enumerate(cells, start=1):
        if isinstance(cell, dict) and cell.get("cell_type") == "code":
            metadata = cell.get("metadata")
            ours = isinstance(metadata, dict) and "exercise" in metadata
            ours = ours or str(cell.get("id", "")).startswith("exercise-")
            source = _joined(cell.get("source", cell.get("input")))
            found.append(Cell(f"cell {number}", source, ours or None))
    return found


def _of_python(data: bytes) -> list[Cell]:
    text = _plain_lines(_decoded(data))
    starts = [m.start() for m in _MARKER.finditer(text)]
    if not starts:
        return [Cell("the file", text, whole=False)]
    bounds = [0, *starts, len(text)]
    found = []
    for begin, end in pairwise(bounds):
        part = text[begin:end]
        if not _TEXT_MARKER.match(part):
            # Blank lines above keep the numbers of the file's lines.
            source = "\n" * text.count("\n", 0, begin) + part
            found.append(Cell("the file", source, bool(_EXERCISE_MARKER.match(part)) or None))
    return found


def _decoded(data: bytes) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _joined(source: Any) -> str:
    parts = [source] if isinstance(source, str) else _list(source)
    return _plain_lines("".join(part for part in parts if isinstance(part, str)))


def _plain_lines(text: str) -> str:
    plain = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    return plain.encode("utf-8", "replace").decode()


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []

"""Reading a notebook, or a Python file, into the cells that the sandbox is given."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from course_dl.grading.intake.cells import Cell
from course_dl.grading.intake.damaged import mended, whole_cells
from course_dl.grading.intake.items import LARGEST_FILE, megabytes

__all__ = ["Reading", "Unreadable", "read", "read_cells"]

_MARKER = re.compile(r"^# ?(?:%%|In\s?\[[\d ]*\]).*$", re.MULTILINE)
_TEXT_MARKER = re.compile(r"^# ?%% *\[(?:markdown|md|raw)\]")
_EXERCISE_MARKER = re.compile(r"^# ?%%.*exercise=")
_MOST_TEXT = 2_000_000  # characters of code
_MOST_BRACKETS = 2_000_000  # lists and dicts of a notebook, as many as fit into some 400 MB
_PYTHON_NAME = re.compile(r"\.pyw?(?:\.txt)?$", re.IGNORECASE)
_PYTHON_TEXT = re.compile(r"^(?:async )?(?:def|class|import|from) ?\w", re.MULTILINE)
_NOTEBOOK_TEXT = re.compile(r'"(?:cells|worksheets|nbformat|cell_type)"\s*:')


class Unreadable(ValueError):
    """Why a submission cannot be read, told to teacher and student."""


@dataclass(frozen=True)
class Reading:
    """The code of a submission, and what of the file could not be read, in a sentence."""

    cells: list[Cell]
    damage: str = ""


def read_cells(data: bytes, name: str) -> list[Cell]:
    """The code cells of a notebook (format 3 or 4) or of a Python file, see :func:`read`."""
    return read(data, name).cells


def read(data: bytes, name: str) -> Reading:
    """A notebook (format 3 or 4) or a Python file; its content tells which, then its name.

    Raises
    ------
    Unreadable
        Where it is neither.
    """
    if len(data) > LARGEST_FILE:
        told = f"{megabytes(len(data))} are more than the {megabytes(LARGEST_FILE)} that are read"
        raise Unreadable(told)
    reading = Reading(_of_python(data)) if _is_python(data, name) else _of_notebook(data)
    if sum(len(cell.source) for cell in reading.cells) > _MOST_TEXT:
        raise Unreadable("it holds more than two million characters of code")
    if not any(cell.source.strip() for cell in reading.cells):
        raise Unreadable("it holds no code" + f" ({reading.damage})" * bool(reading.damage))
    return reading


def _is_python(data: bytes, name: str) -> bool:
    begin = _decoded(data[:200_000]).lstrip("\ufeff \t\r\n")
    if begin.startswith("{") and _NOTEBOOK_TEXT.search(begin):
        return False
    if _PYTHON_NAME.search(name):
        return True
    return not begin.startswith(("{", "<")) and bool(_PYTHON_TEXT.search(begin))


def _of_notebook(data: bytes) -> Reading:
    text = _decoded(data).lstrip("\ufeff \t\r\n")
    if not text:
        raise Unreadable("the file is empty")
    if text[0] != "{" and not _NOTEBOOK_TEXT.search(text):
        kind = "a web page" if text[0] == "<" else "something else"
        raise Unreadable(f"it is not a notebook but {kind}")
    if text.count("[") + text.count("{") > _MOST_BRACKETS:
        raise Unreadable("the notebook holds more than two million lists and groups")
    cells, damage = _cells_of(text)
    found = []
    for number, cell in enumerate(cells, start=1):
        if isinstance(cell, dict) and cell.get("cell_type") == "code":
            metadata = cell.get("metadata")
            ours = isinstance(metadata, dict) and "exercise" in metadata
            ours = ours or str(cell.get("id", "")).startswith("exercise-")
            source = _joined(cell.get("source", cell.get("input")))
            found.append(Cell(f"cell {number}", source, ours or None))
    return Reading(found, damage)


def _cells_of(text: str) -> tuple[list[Any], str]:
    """The cells of a notebook, as far as it is whole, and what is wrong with it."""
    damage = ""
    notebook: Any
    try:
        notebook, end = json.JSONDecoder(strict=False).raw_decode(text)
        if _NOTEBOOK_TEXT.search(text, end):
            damage = "the file holds more than one notebook: the first was read"
    except (RecursionError, ValueError):
        notebook, damage = mended(text)
    if notebook is None:
        whole, damage = whole_cells(text)
        if not whole:
            raise Unreadable("the notebook is damaged, and no cell of it is whole")
        return list(whole), damage
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(cells, list):  # format 3 has its cells on worksheets
        sheets = notebook.get("worksheets") if isinstance(notebook, dict) else None
        cells = [c for s in _list(sheets) if isinstance(s, dict) for c in _list(s.get("cells"))]
    if not cells:
        raise Unreadable("the notebook holds no cells")
    return cells, damage


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

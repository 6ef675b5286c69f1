# Runs in: judge
"""Reading a notebook, or a Python file, into the cells that the sandbox is given."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from course_dl.grading.intake.cells import Cell
from course_dl.grading.intake.damaged import mended, whole_cells
from course_dl.grading.intake.items import LARGEST_FILE, megabytes
from course_dl.grading.intake.python_files import cells_of_python, looks_like_python

__all__ = ["Reading", "Unreadable", "read", "read_cells"]

_COOKIE = re.compile(rb"#[^\n\r]*?coding[:=][ \t]*([-\w.]+)")
_CODECS = re.compile(
    r"(?:latin|iso|cp|windows|koi8|mac|shift_jis|sjis|euc|gb|big5|johab|utf)[-_\w]*$", re.IGNORECASE
)
_MOST_TEXT = 2_000_000  # characters of code
_MOST_BRACKETS = 2_000_000  # lists and dicts of a notebook, as many as fit into some 400 MB
_PYTHON_NAME = re.compile(r"\.pyw?(?:\.txt)?$", re.IGNORECASE)
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
    reading = _of_python(data) if _is_python(data, name) else _of_notebook(data)
    if not any(cell.source.strip() for cell in reading.cells):
        raise Unreadable("it holds no code" + f" ({reading.damage})" * bool(reading.damage))
    return reading


def _is_python(data: bytes, name: str) -> bool:
    begin = _decoded(data[:200_000]).lstrip("\ufeff \t\r\n")
    if begin.startswith("{") and _NOTEBOOK_TEXT.search(begin):
        return False
    if _PYTHON_NAME.search(name):
        return True
    return not begin.startswith(("{", "<")) and looks_like_python(begin)


def _of_python(data: bytes) -> Reading:
    text = _plain_lines(_decoded(data))
    return Reading(_bounded(cells_of_python(text[: _MOST_TEXT + 1])))


def _bounded(cells: Iterable[Cell]) -> list[Cell]:
    """The cells, which are made one by one, as long as they do not hold too much."""
    kept, size = [], 0
    for cell in cells:
        kept.append(cell)
        size += len(cell.source)
        if size > _MOST_TEXT:
            raise Unreadable("it holds more than two million characters of code")
    return kept


def _of_notebook(data: bytes) -> Reading:
    text = _decoded(data).lstrip("\ufeff \t\r\n")
    if not text:
        raise Unreadable("the file is empty")
    if text[0] != "{" and not _NOTEBOOK_TEXT.search(text):
        kind = "a web page" if text[0] == "<" else "something else"
        raise Unreadable(f"it is not a notebook but {kind}")
    if text.count("[") + text.count("{") > _MOST_BRACKETS:
        raise Unreadable("the notebook holds more than two million lists and groups")
    cells, damage, python = _cells_of(text)
    found = []
    for number, cell in enumerate(cells, start=1):
        if isinstance(cell, dict) and cell.get("cell_type") == "code":
            metadata = cell.get("metadata")
            ours = isinstance(metadata, dict) and "exercise" in metadata
            ours = ours or str(cell.get("id", "")).startswith("exercise-")
            source = _joined(cell.get("source", cell.get("input")))
            found.append(Cell(f"cell {number}", source, ours or None, python))
    return Reading(_bounded(found), damage)


def _cells_of(text: str) -> tuple[list[Any], str, str]:
    """The cells of a notebook, as far as it is whole, what is wrong with it, and its Python."""
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
        return list(whole), damage, ""
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(cells, list):  # format 3 has its cells on worksheets
        sheets = notebook.get("worksheets") if isinstance(notebook, dict) else None
        cells = [c for s in _list(sheets) if isinstance(s, dict) for c in _list(s.get("cells"))]
    if not cells:
        raise Unreadable("the notebook holds no cells")
    return cells, damage, _python_of(notebook)


def _python_of(notebook: dict[str, Any]) -> str:
    """The version of Python that the notebook ran on, ``""`` where it does not say."""
    metadata = notebook.get("metadata")
    info = metadata.get("language_info") if isinstance(metadata, dict) else None
    version = info.get("version") if isinstance(info, dict) else None
    return version[:20] if isinstance(version, str) else ""


def _decoded(data: bytes) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode(_declared(data), "replace")


def _declared(data: bytes) -> str:
    """The encoding that one of the first two lines names, as Python has it; else Windows's."""
    for line in data.split(b"\n", 2)[:2]:
        found = _COOKIE.match(line.lstrip(b" \t\f"))
        if found and _CODECS.match(found[1].decode("ascii", "replace")):
            try:
                return codecs.lookup(found[1].decode("ascii")).name
            except (LookupError, UnicodeError):
                break
    return "cp1252"


def _joined(source: Any) -> str:
    parts = [source] if isinstance(source, str) else _list(source)
    return _plain_lines("".join(part for part in parts if isinstance(part, str)))


def _plain_lines(text: str) -> str:
    plain = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    return plain.encode("utf-8", "replace").decode()


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []

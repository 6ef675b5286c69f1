"""Reading a notebook, or a Python file, into the cells that the sandbox is given."""

from __future__ import annotations

import codecs
import json
import re
from typing import Any

from course_dl.grading.intake.python_files import cells_of_python, looks_like_python
from course_dl.grading.remote import Cell

__all__ = ["Unreadable", "read_cells"]

# By its content: files are named by people.
_NOTEBOOK = re.compile(r'\s*\{\s*"(?:cells|metadata|nbformat|nbformat_minor|worksheets)"\s*:')
_COOKIE = re.compile(rb"#[^\n\r]*?coding[:=][ \t]*([-\w.]+)")
_CODECS = re.compile(
    r"(?:latin|iso|cp|windows|koi8|mac|shift_jis|sjis|euc|gb|big5|johab|utf)[-_\w]*$", re.IGNORECASE
)
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
    text = _decoded(data)
    named_python = name.lower().endswith(".py")
    if named_python or not text.lstrip().startswith(("{", "<")):
        is_python = not _NOTEBOOK.match(text) if named_python else looks_like_python(text)
        cells = cells_of_python(_plain_lines(text)) if is_python else _of_notebook(data)
    else:
        cells = _of_notebook(data)
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
    found, python = [], _python_of(notebook)
    for number, cell in enumerate(cells, start=1):
        if isinstance(cell, dict) and cell.get("cell_type") == "code":
            metadata = cell.get("metadata")
            ours = isinstance(metadata, dict) and "exercise" in metadata
            ours = ours or str(cell.get("id", "")).startswith("exercise-")
            source = _joined(cell.get("source", cell.get("input")))
            found.append(Cell(f"cell {number}", source, ours or None, python))
    return found


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

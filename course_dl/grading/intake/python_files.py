# Runs in: judge
"""A Python file, as an editor or an exporter of notebooks writes it, as cells."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from course_dl.grading.intake.cells import Cell

__all__ = ["cells_of_python", "looks_like_python"]

_CELL_MAGIC = "after|capture|prun|time|timeit|memit"
# VS Code, Spyder, jupytext and nbconvert; "# %%time" is a magic that was commented out.
_MARKER = re.compile(
    rf"^# ?(?:%%(?!(?:{_CELL_MAGIC})\b)|In\s?\[[\d ]*\]|<codecell>|COMMAND -{{5,}})[^\n]*$",
    re.MULTILINE,
)
_TEXT_MARKER = re.compile(r"# ?%%+ *\[(?:markdown|md|raw)\]|# In\s?\[[\d ]*\]:?\s*\[markdown\]")
_EXERCISE_MARKER = re.compile(r"# ?(?:%%|\+)[^\n]*exercise=")
_LIGHT = re.compile(r"^#\s+format_name: light$", re.MULTILINE)
_LIGHT_MARKER = re.compile(r"^# (?:\+.*|-)$", re.MULTILINE)
_EXPORTED = re.compile(
    r"^# Commented out IPython magic|^#\s+jupytext:|^# Databricks notebook|marimo\.App\(",
    re.MULTILINE,
)
_DATABRICKS = "# Databricks notebook source"
_DATABRICKS_MAGIC = re.compile(r"^# MAGIC ?", re.MULTILINE)
_NOT_PYTHON = re.compile(r"\s*(?:# MAGIC ?\n)*# MAGIC %(?:md|sql|sh|scala|r|fs|run)\b")
_COMMENTED_CELL = re.compile(
    rf"^(?P<margin>[ \t]*)# ?%%(?P<magic>{_CELL_MAGIC})\b[^\n]*\n"
    r"(?P<body>(?:(?P=margin)#[^\n]*(?:\n|\Z))+)(?P<next>[^\n]*)",
    re.MULTILINE,
)
_COMMENTED_LINE = re.compile(r"^([ \t]*)#([ \t]*)(%(?:time|prun)[ \t]+\S)", re.MULTILINE)
_CODE = re.compile(
    r"\s*(?:def|class|import|from|for|while|if|with|try|return|async|lambda)\b.*[:\w]"
    r"|\s*[\w.\[\], ]+[-+*/@]?=[^=]|\s*[\w.]+\(|\s*@\w",
)
_BEGINNING = 200  # characters of a line that tell code from text
_STATEMENT = re.compile(r"^(?:async |def |class |import |from |@)\s*\w", re.MULTILINE)


def looks_like_python(text: str) -> bool:
    """Whether it has a line that begins as statements of Python do."""
    return bool(_STATEMENT.search(text))


def cells_of_python(text: str) -> Iterator[Cell]:
    """The cells of a file, one after the other; one, not all of which is run, if it marks none."""
    if text.startswith(_DATABRICKS):
        text = _without_magic_marks(text)
    if _EXPORTED.search(text):
        text = _COMMENTED_LINE.sub(r"\1\2\3", text)
    text = _COMMENTED_CELL.sub(_uncommented, text)
    starts = [m.start() for m in _MARKER.finditer(text)]
    if starts:
        yield from _marked(text, starts)
    elif _LIGHT.search(text):
        yield from _light(text)
    else:
        yield Cell("the file", text, whole=False)


def _marked(text: str, starts: list[int]) -> Iterator[Cell]:
    for begin, end in pairwise([0, *starts, len(text)]):
        part = text[begin:end]
        if not _TEXT_MARKER.match(part):
            yield _cell(text, begin, end, bool(_EXERCISE_MARKER.match(part)) or None)


def _light(text: str) -> Iterator[Cell]:
    """Between ``# +`` and ``# -`` stands a cell; elsewhere blank lines alone part them."""
    markers = list(_LIGHT_MARKER.finditer(text))
    opens = False
    for begin, end in pairwise([0, *(m.start() for m in markers), len(text)]):
        opens = text.startswith("# +", begin)
        ours = bool(_EXERCISE_MARKER.match(text, begin)) or None
        yield _cell(text, begin, end, ours if opens else False)


def _cell(text: str, begin: int, end: int, whole: bool | None) -> Cell:
    """A part of the file; blank lines above keep the numbers of its lines.

    A marker in the first line makes room for a cell magic below it.
    """
    part = text[begin:end]
    if _MARKER.match(part) or _LIGHT_MARKER.match(part):
        part = part[part.find("\n") :] if "\n" in part else ""
    return Cell("the file", "\n" * text.count("\n", 0, begin) + part, whole)


def _uncommented(found: re.Match[str]) -> str:
    """A cell that was commented out together with its magic, as Python again."""
    margin, body, after = found["margin"], found["body"], found["next"]
    below = after.strip()
    beside = below and after.startswith(margin) and not below.startswith("return")
    if beside and after[len(margin)] not in " \t#":
        return found[0]  # only the magic was: the cell itself stands below
    if found["magic"] in ("timeit", "memit"):
        return found[0]
    lines = [
        re.sub(r"^# ?", "", line[len(margin) :]) for line in body.removesuffix("\n").split("\n")
    ]
    if not any(_CODE.match(line[:_BEGINNING]) for line in lines):
        return found[0]
    plain = "\n".join(margin + line if line.strip() else "" for line in lines)
    return f"\n{plain}\n{after}" if body.endswith("\n") else f"\n{plain}"


def _without_magic_marks(text: str) -> str:
    """Databricks writes magics, and cells of other languages, as comments."""
    cells = re.split(r"(?m)^(?=# COMMAND -{5,})", text)
    plain = []
    for cell in cells:
        head, _, body = cell.partition("\n") if cell.startswith("# COMMAND") else ("", "", cell)
        if _NOT_PYTHON.match(body):
            plain.append(cell)
        else:
            body = _DATABRICKS_MAGIC.sub("", body)
            body = re.sub(r"(?m)^%python\s*$", "", body)
            plain.append(f"{head}\n{body}" if head else body)
    return "".join(plain)

# Runs in: judge
"""The text of an answer that did not pass, and the line in question, where it can be told.

Works on text: to parse hostile code can end the process that parses. Decides nothing.
"""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from difflib import SequenceMatcher

from course_dl.grading.intake.cells import Cell
from course_dl.grading.result import ExerciseMark
from course_dl.grading.texts import printable
from course_dl.lab.catalog import LabFolder

__all__ = ["definitions", "line_in_question", "with_code"]

_MOST = 6_000  # characters of an answer's text
_MOST_LINES = 400  # of it that are compared
_FEW = 3  # lines by which a mistake differs from the right answer, so that one of them is meant
_ALIKE = 0.75  # share of a line's tokens that two lines have in common
_TOKEN = re.compile(r"\w+|[^\w\s]")
_TEXT = re.compile(r"(\"\"\"|''')(?s:.*?)(?:\1|\Z)")
_WHERE = re.compile(r"line \d+, in [^:]*: (.+)", re.DOTALL)
_ALIAS = re.compile(r"\w+\s*=\s*(\w+)")
_SILENT = ("passed", "not done yet")


def with_code(mark: ExerciseMark, lab: LabFolder, cells: Iterable[Cell]) -> ExerciseMark:
    """The mark of an exercise that failed, with the student's text and the line in question."""
    if mark.state in _SILENT:
        return mark
    code = definitions([cell.source for cell in cells], mark.names)
    if not code:
        return mark
    failed = mark.first_failure
    told = dict(failed.details) if failed is not None and not failed.hidden else {}
    where = _WHERE.match(told.get("Where", ""))
    line = _line_of(code, where[1].strip()) if where else 0
    if not line and mark.diagnosis and lab.solutions.exists():
        right = lab.solutions.read_text(encoding="utf-8")
        line = line_in_question(code, _behind(mark, lab), right)
    return replace(mark, code=printable(code, _MOST), line=line)


def definitions(cells: Sequence[str], names: Collection[str]) -> str:
    """The text of the last definition of each of ``names``, as it stands in the cells.

    Where a name is given to what has another name, ``f = g``, that one's definition follows.
    """
    shapes = [_TEXT.sub(lambda text: re.sub(r"[^\n]", " ", text[0]), cell) for cell in cells]
    found: list[str] = []
    for name in names:
        text = _defined(cells, shapes, name)
        found.append(text)
        if (other := _ALIAS.fullmatch(text)) and other[1] not in names:
            found.append(_defined(cells, shapes, other[1]))
    return "\n\n".join(filter(None, found))


def _defined(cells: Sequence[str], shapes: Sequence[str], name: str) -> str:
    """The last definition of a name. Texts of several lines are blank in ``shapes``."""
    word = re.escape(name)
    begin = re.compile(rf"([ \t]*)(?:(?:async\s+)?(?:def|class)\s+{word}\b|{word}\s*=(?!=))")
    found = ""
    for cell, shape in zip(cells, shapes, strict=True):
        lines, plain = cell.split("\n"), shape.split("\n")
        for place, line in enumerate(plain):
            if start := begin.match(line):
                end = _end(plain, place, len(start[1]))
                found = textwrap.dedent("\n".join(lines[place:end])).rstrip()
    return found


def line_in_question(code: str, wrong: Iterable[str], right: str) -> int:
    """The number of the line that is most like what makes an answer wrong; 0 if none is.

    Parameters
    ----------
    code
        The student's text.
    wrong
        Texts of a wrong answer that behaves like it.
    right
        The text of right answers.
    """
    lines = [_tokens(line) for line in code.split("\n")[:_MOST_LINES]]
    known = [tokens for line in right.split("\n") if (tokens := _tokens(line))]
    for text in wrong:
        other = [t for line in text.split("\n") if len(t := _tokens(line)) > 2 and t not in known]
        if not other or len(other) > _FEW:
            continue
        places = []
        for place, line in enumerate(lines, start=1):
            score = max(_alike(line, one) for one in other)
            if score >= _ALIKE and all(_alike(line, one) < score for one in known):
                places.append(place)
        if len(places) == 1:  # of several, the one that matters is not known
            return places[0]
    return 0


def _behind(mark: ExerciseMark, lab: LabFolder) -> list[str]:
    """The texts of the mistakes and changes that tell the diagnosis, without their first lines."""
    texts = [
        inspect.getsource(known.code)
        for known in lab.mistakes
        if known.number == mark.number and known.sentence == mark.diagnosis
    ]
    if not texts:
        exercise = lab.exercise(mark.number)
        found = [one for one in lab.found(exercise) if one.words and not one.is_pair]
        texts = [
            one.source
            for one in found
            if mark.diagnosis in (one.sentence(exactly=True), one.sentence(exactly=False))
        ]
    return [re.sub(r"\A(?s:.*?)^(?:def|class)\b[^\n]*\n", "", text, flags=re.M) for text in texts]


def _line_of(code: str, text: str) -> int:
    """The number of the line with this text; 0 where there is none, or several."""
    places = [k for k, line in enumerate(code.split("\n"), start=1) if line.strip() == text]
    return places[0] if len(places) == 1 else 0


def _end(shapes: Sequence[str], place: int, indent: int) -> int:
    """Where the definition ends that begins in a line."""
    for below in range(place + 1, len(shapes)):
        shape = shapes[below]
        text = shape.lstrip()
        if text and text[0] not in ")]}#" and len(shape) - len(text) <= indent:
            return below
    return len(shapes)


def _tokens(line: str) -> list[str]:
    return _TOKEN.findall(line.partition("#")[0])


def _alike(a: Sequence[str], b: Sequence[str]) -> float:
    return SequenceMatcher(None, a, b, autojunk=False).ratio()

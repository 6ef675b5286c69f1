# Runs in: judge
"""What a class misunderstood most, from the records of a lab: how many, and an example of each."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from course_dl.grading.names import letters
from course_dl.grading.result import ExerciseMark, Result
from course_dl.grading.results.changes import read_marks
from course_dl.grading.results.records import sound_result

__all__ = ["Example", "Misconception", "commonest", "read_results", "share_of"]

_TEXT = re.compile(r"[rRuUbBfF]{0,2}(\"\"\"|''')(?s:.*?)(?:\1|\Z)")
_SHORTEST = 3  # letters of a part of a name that is looked for in an example
_MOST_LINES = 30  # of an example's code


@dataclass(frozen=True)
class Example:
    """Code that shows it, without comments and names; the line in question, 0 if none; the case."""

    code: str
    line: int
    message: str
    details: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Misconception:
    """What so many of a class did in an exercise, and an example."""

    number: str
    names: tuple[str, ...]
    sentence: str
    count: int
    example: Example | None


def read_results(folder: Path) -> dict[str, Result]:
    """The results of the students of a folder who were graded, by their names.

    Raises
    ------
    ValueError
        Where there are none.
    """
    found = {}
    for path in sorted(folder.glob("records/*/result.json")):
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            found[str(content["student"])] = sound_result(content["result"])
        except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
            continue  # a damaged record is graded again by the next run
    class_ = read_marks(folder)["students"] or found
    graded = {s: r for s, r in found.items() if s in class_ and r.status == "graded"}
    if not graded:
        raise ValueError(f"{folder} holds no results: give a folder that course-dl grade wrote")
    labs = sorted({result.lab for result in graded.values()})
    if len(labs) > 1:
        raise ValueError(f"{folder} holds results of {', '.join(labs)}: of one lab are wanted")
    return graded


def commonest(results: dict[str, Result], most: int = 3) -> list[Misconception]:
    """The commonest diagnoses of a class, each with an example that names nobody."""
    found: dict[tuple[str, str], list[tuple[str, ExerciseMark]]] = defaultdict(list)
    for student, result in results.items():
        for mark in result.exercises:
            if mark.diagnosis:
                found[mark.number, mark.diagnosis].append((student, mark))
    order = sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))
    parts = {part for student in results for part in _parts(student)}
    return [
        Misconception(number, who[0][1].names, sentence, len(who), _example(who, parts))
        for (number, sentence), who in order[:most]
    ]


def share_of(results: dict[str, Result], number: str, sentence: str) -> float:
    """The share of a class whose answer to an exercise was diagnosed so."""
    return sum(
        mark.diagnosis == sentence
        for result in results.values()
        for mark in result.exercises
        if mark.number == number
    ) / len(results)


def _example(who: Sequence[tuple[str, ExerciseMark]], parts: set[str]) -> Example | None:
    """The shortest example with a case and a line; none where all might name somebody."""
    found = []
    for _, mark in who:
        code, line = _without_texts(mark.code, mark.line)
        failed = mark.first_failure
        public = failed is not None and not failed.hidden
        message = failed.message if failed is not None and public else ""
        details = failed.details if failed is not None and public else ()
        told = " ".join([code, message, *(text for pair in details for text in pair)])
        words = set(map(letters, re.findall(r"[^\W\d_]+", told)))
        if not words & parts and code.count("\n") < _MOST_LINES:
            found.append(Example(code, line, message, details))
    return min(found, key=lambda e: (not e.details, not e.line, len(e.code), e.code), default=None)


def _parts(student: str) -> set[str]:
    found = set(map(letters, re.findall(r"[^\W\d_]+", student)))
    return {part for part in found if len(part) >= _SHORTEST}


def _without_texts(code: str, line: int) -> tuple[str, int]:
    """The code without comments, docstrings and blank lines, and where the line is in it."""
    plain = _TEXT.sub(lambda text: re.sub(r"[^\n]", " ", text[0]), code)
    kept, place = [], 0
    for number, text in enumerate(plain.split("\n"), start=1):
        text = re.sub(r"(^|\s+)#.*$", "", text).rstrip()
        if text:
            kept.append(text)
        if number == line:
            place = len(kept)
    return "\n".join(kept), place

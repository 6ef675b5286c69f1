# Runs in: judge
"""The columns of Moodle's grading worksheet, found by what stands in them, in any language.

Moodle writes, in this order: identifier, full name (unless marking is blind), further fields of the
user, status, team, marker, grade, maximum grade (or the scale), state of the workflow, whether the
grade can be changed, when the submission was changed, texts of the submission, when the grade was
changed, texts of the feedback. The words are translated, the order is the same.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from course_dl.grading.moodle.cells import Table
from course_dl.grading.moodle.dates import looks_like_time
from course_dl.grading.names import same_name

__all__ = ["IDENTIFIER", "Columns", "decimal", "find_columns"]

IDENTIFIER = re.compile(r"\D*?(\d+)\s*")
_POINTS = re.compile(r"\d+(?:[.,]\d+)?")

# Headings that settle what the cells leave open, where a language is known.
_MAXIMUM = (
    "maximum grade, maximum mark, bestwertung, maximale bewertung, note maximale, "
    "calificación máxima, puntuación máxima, valutazione massima, voto massimo, nota máxima, "
    "qualificació màxima, cualificación máxima, maximumcijfer, maximale beoordeling, "
    "maksymalna ocena, maximální známka, maxbetyg, maximalt betyg, maksimumskarakter, "
    "maksimikarakter, 最大評点, 最高分, 最高成绩, 最高分數, 최고 성적, максимальная оценка"
)
_FEEDBACK = (
    "feedback comments, feedback als kommentar, feedback par commentaires, "
    "commentaires de feedback, commentaires, comentarios de retroalimentación, "
    "commenti feedback, commenti, comentários de feedback, comentários, comentaris de retroacció, "
    "feedbackcommentaar, feedback door opmerkingen, komentarz zwrotny, "
    "フィードバックコメント, 反馈评论"
)
_SCALE = "scale, skala, barème, escala, scala, schaal, échelle, asteikko, 尺度, 等级"


@dataclass(frozen=True)
class Columns:
    """Where the columns are; -1 for one that the worksheet does not have."""

    identifier: int
    grade: int
    maximum: int
    email: int = -1
    submitted: int = -1
    feedback: int = -1


def find_columns(table: Table) -> Columns:
    """The columns of a worksheet.

    Raises
    ------
    ValueError
        Where they cannot be told, with the headings and what to do.
    """
    heading = [same_name(table.text(0, c)) for c in range(len(table.rows[0]))] if table.rows else []
    cells = [table.column(c) for c in range(len(heading))]
    identifier = next(
        (c for c, column in enumerate(cells) if _filled(column) and _all_match(IDENTIFIER, column)),
        -1,
    )
    if identifier < 0:
        raise _unknown(heading, 'a column of identifiers such as "Participant 123"')
    maximum = _maximum(heading, cells, identifier)
    after = range(maximum + 1, len(heading))
    submitted, marked = _times(cells, after)
    feedback = _headed(heading, _FEEDBACK, after)
    if feedback < 0 and 0 <= marked < len(heading) - 1:
        feedback = marked + 1
    emails = (
        c for c in range(maximum) if (found := _filled(cells[c])) and all("@" in t for t in found)
    )
    return Columns(identifier, maximum - 1, maximum, next(emails, -1), submitted, feedback)


def decimal(text: str) -> float:
    """A number as any Moodle writes it: 12.50 or 12,50."""
    return float(text.strip().replace(",", "."))


def _maximum(heading: Sequence[str], cells: Sequence[Sequence[str]], identifier: int) -> int:
    """The column of the maximum grade: the same number in each row, the grades before it."""
    # It stands before all times; fields of the user, before it, could hold one number too.
    timed = (c for c, column in enumerate(cells) if any(map(looks_like_time, column)))
    first = next(timed, len(heading))
    places = range(identifier + 2, first)
    headed = _headed(heading, _MAXIMUM, places)
    candidates = [headed] if headed > 0 else [c for c in places if _is_maximum(cells, c)]
    if not candidates and _headed(heading, _SCALE, places) > 0:
        raise ValueError(
            "the assignment is graded by a scale of words, which points cannot be written into: "
            "set its grade to points in Moodle, and download the worksheet again"
        )
    if not candidates:
        raise _unknown(heading, "a column that holds the maximum grade, with the grades before it")
    return candidates[-1]


def _is_maximum(cells: Sequence[Sequence[str]], column: int) -> bool:
    here = [text.strip() for text in cells[column]]
    before = [text.strip() for text in cells[column - 1]]
    return (
        len(set(here)) == 1
        and bool(_POINTS.fullmatch(here[0]))
        and decimal(here[0]) > 0
        and all(text in ("", "-") or _POINTS.fullmatch(text) for text in before)
    )


def _times(cells: Sequence[Sequence[str]], places: range) -> tuple[int, int]:
    """The columns of when the submission and the grade were changed: the first and the last.

    A worksheet of which nobody was graded has a dash in the last; one without files to hand in has
    no column of the first.
    """
    timed = [c for c in places if _holds_times(cells[c])]
    if not timed:
        return -1, -1
    if len(timed) == 1 and not any(map(looks_like_time, cells[timed[0]])):
        return -1, timed[0]
    return timed[0], timed[-1] if len(timed) > 1 else -1


def _holds_times(column: Sequence[str]) -> bool:
    said = _filled(column)
    return bool(said) and all(text in ("-", "–", "—") or looks_like_time(text) for text in said)


def _headed(heading: Sequence[str], known: str, places: range) -> int:
    words = [same_name(word) for word in known.split(",")]
    return next((c for c in places if heading[c] in words), -1)


def _filled(column: Sequence[str]) -> list[str]:
    return [text.strip() for text in column if text.strip()]


def _all_match(pattern: re.Pattern[str], column: Sequence[str]) -> bool:
    return all(pattern.fullmatch(text) for text in _filled(column))


def _unknown(heading: Sequence[str], wanted: str) -> ValueError:
    told = ", ".join(name or "(nothing)" for name in heading[:20]) or "nothing"
    return ValueError(
        f"the worksheet has not {wanted}. Its headings: {told}. Give the file that Moodle's "
        '"Download grading worksheet" made, as it is; or download it again, in English if need be'
    )

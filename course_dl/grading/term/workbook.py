# Runs in: judge
"""The workbook of the term: a sheet of all labs, and one of each, by XlsxWriter."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from course_dl.grading.reports.text import clean
from course_dl.grading.term.standing import Graded, Lab, Term

__all__ = ["term_workbook"]

_OLD = datetime(2000, 1, 1)  # when it says that it was made: the same bytes at each run
_MOST = 30_000  # characters of a cell; a spreadsheet takes 32,767


def term_workbook(term: Term, late_days: int | None = None) -> bytes:
    """An ``.xlsx``: numbers are numbers, text is never a formula, marks by hand have a note.

    Raises
    ------
    RuntimeError
        Where XlsxWriter is not installed.
    """
    try:
        import xlsxwriter
    except ImportError:
        raise RuntimeError("a workbook needs XlsxWriter: pip install 'course-dl[xlsx]'") from None
    made = io.BytesIO()
    book = xlsxwriter.Workbook(made, {"in_memory": True})
    book.set_properties({"title": "The class so far", "created": _OLD})
    formats = {
        "head": book.add_format({"bold": True, "bottom": 1}),
        "share": book.add_format({"num_format": "0.0 %"}),
        "hand": book.add_format({"italic": True, "bg_color": "#F3E3EE"}),
        "": book.add_format(),
    }
    _class_sheet(_Sheet(book, "Class", formats), term, late_days)
    for lab in term.labs:
        _lab_sheet(_Sheet(book, lab.short, formats), term, lab)
    book.close()
    return made.getvalue()


class _Sheet:
    """A sheet, written row by row, in whose cells text stays text."""

    def __init__(self, book: Any, name: str, formats: dict[str, Any]) -> None:
        self._sheet, self._formats, self._row = book.add_worksheet(name), formats, 0
        self._sheet.freeze_panes(1, 1)
        self._sheet.set_column(0, 0, 28)

    def row(self, cells: Sequence[object], styles: dict[int, str] | None = None) -> None:
        """Write a row; ``styles`` are names of formats by column."""
        for column, value in enumerate(cells):
            style = self._formats[(styles or {}).get(column, "head" if self._row == 0 else "")]
            if isinstance(value, int | float):
                self._sheet.write_number(self._row, column, value, style)
            elif value:
                self._sheet.write_string(self._row, column, clean(str(value))[:_MOST], style)
        self._row += 1

    def end(self, columns: int) -> None:
        """Let the rows be sorted and filtered by each column."""
        self._sheet.autofilter(0, 0, self._row - 1, columns - 1)


def _class_sheet(sheet: _Sheet, term: Term, late_days: int | None) -> None:
    left = [] if late_days is None else ["late days left"]
    heading = ["student", "all labs", "points", "of", *(lab.short for lab in term.labs)]
    heading += ["late days", *left, "by hand"]
    sheet.row(heading)
    for one in term.class_:
        labs = [one.labs[lab.name] for lab in term.labs]
        row: list[object] = [one.student, "" if one.share is None else one.share]
        row += [one.points, one.full, *map(_value, labs), one.days_late]
        row += [] if late_days is None else [late_days - one.days_late]
        said = [
            f"{lab.short}: {text}"
            for lab, g in zip(term.labs, labs, strict=True)
            for text in g.said
        ]
        row.append("; ".join(said))
        hand = {4 + place: "hand" for place, g in enumerate(labs) if g.by_hand}
        sheet.row(row, {1: "share", **hand})
    sheet.end(len(heading))


def _lab_sheet(sheet: _Sheet, term: Term, lab: Lab) -> None:
    heading = ["student", "points", "of", *lab.exercises, "status", "days late", "penalty"]
    heading += ["by hand", "reason"]
    sheet.row(heading)
    for one in term.class_:
        graded = one.labs[lab.name]
        lines = [graded.exercises.get(number) for number in lab.exercises]
        row: list[object] = [one.student, _value(graded), graded.full]
        row += [line[0] if line else "" for line in lines]
        row += [graded.status, graded.days_late, graded.penalty, "; ".join(graded.said)]
        row.append(graded.reason)
        hand = {3 + place: "hand" for place, line in enumerate(lines) if line and line[2]}
        sheet.row(row, {1: "hand", **hand} if graded.by_hand else hand)
    sheet.end(len(heading))


def _value(one: Graded) -> float | str:
    return one.points if one.counts else one.status

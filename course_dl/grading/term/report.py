# Runs in: judge
"""Writes the page and the workbook of the term."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from course_dl.grading.files import write_atomically
from course_dl.grading.term.page import term_page
from course_dl.grading.term.people import read_people
from course_dl.grading.term.standing import read_term
from course_dl.grading.term.workbook import term_workbook

__all__ = ["write_term"]


def write_term(
    results: Sequence[Path],
    out: Path,
    *,
    names: Path | None = None,
    late_days: int | None = None,
    anonymous: bool = False,
) -> list[str]:
    """Write ``class.html``, and ``class.xlsx`` where XlsxWriter is installed; what is to be told.

    Parameters
    ----------
    results
        The folders that grading wrote, one a lab.
    out
        The folder to write to.
    names
        A list of the class.
    late_days
        The late days that each has for all labs.
    anonymous
        Whether numbers stand in place of names.

    Raises
    ------
    ValueError
        Where something of this cannot be, with what can.
    """
    if late_days is not None and late_days < 0:
        raise ValueError(f"--late-days is a number of days from 0 up, not {late_days}")
    term = read_term(results, read_people(names) if names else None)
    told = list(term.notes)
    term = term.anonymous() if anonymous else term
    out.mkdir(parents=True, exist_ok=True)
    write_atomically(out / "class.html", term_page(term, late_days))
    told.append(str(out / "class.html"))
    if find_spec("xlsxwriter") is None:
        return [*told, "no workbook was written: it needs pip install 'course-dl[xlsx]'"]
    write_atomically(out / "class.xlsx", term_workbook(term, late_days))
    return [*told, str(out / "class.xlsx")]

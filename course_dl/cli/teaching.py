"""The commands for what comes after grading."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

__all__ = ["add_teaching"]

Arguments = argparse.Namespace
Add = Callable[[Callable[[Arguments], int | None], str], argparse.ArgumentParser]


def report(given: Arguments) -> None:
    """The class over all labs: a page, and a workbook where XlsxWriter is installed."""
    from course_dl.grading.files import write_atomically
    from course_dl.grading.term.page import term_page
    from course_dl.grading.term.people import read_people
    from course_dl.grading.term.standing import read_term
    from course_dl.grading.term.workbook import term_workbook

    if given.late_days is not None and given.late_days < 0:
        raise ValueError(f"--late-days is a number of days from 0 up, not {given.late_days}")
    term = read_term(given.results, read_people(given.names) if given.names else None)
    notes = term.notes
    term = term.anonymous() if given.anonymous else term
    given.out.mkdir(parents=True, exist_ok=True)
    page, workbook = given.out / "class.html", given.out / "class.xlsx"
    write_atomically(page, term_page(term, given.late_days))
    print(*notes, page, sep="\n")
    if find_spec("xlsxwriter") is None:
        print("no workbook was written: it needs pip install 'course-dl[xlsx]'")
        return
    write_atomically(workbook, term_workbook(term, given.late_days))
    print(workbook)


def add_teaching(command: Add) -> None:
    """Add the commands."""
    class_ = command(report, "add up all labs graded so far: a page and a workbook of the class")
    class_.add_argument(
        "results", type=Path, nargs="+", metavar="RESULTS", help="what grade wrote, one a lab"
    )
    class_.add_argument(
        "-o",
        "--out",
        type=Path,
        required=True,
        metavar="DIR",
        help="where class.html, class.xlsx go",
    )
    class_.add_argument(
        "--names",
        type=Path,
        metavar="FILE",
        help="the class: a name a line, or Moodle's participants or worksheet (.csv)",
    )
    class_.add_argument(
        "--late-days", type=int, metavar="N", help="late days that each has for all labs together"
    )
    class_.add_argument("--anonymous", action="store_true", help="numbers in place of names")

"""The commands for what comes after grading."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

__all__ = ["add_teaching"]

Arguments = argparse.Namespace
Add = Callable[[Callable[[Arguments], int | None], str], argparse.ArgumentParser]


def report(given: Arguments) -> None:
    from course_dl.grading.term.report import write_term

    told = write_term(
        given.results,
        given.out,
        names=given.names,
        late_days=given.late_days,
        anonymous=given.anonymous,
    )
    print(*told, sep="\n")


def teach(given: Arguments) -> None:
    from course_dl.grading.term.lecture import write_lecture

    print(write_lecture(given.results, given.out, given.earlier))


def alike(given: Arguments) -> None:
    from course_dl.grading.alike.write import write_alike

    print(*write_alike(given.lab, given.submissions, given.out), sep="\n")


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

    lecture = command(teach, "what to teach next: the commonest misconceptions in a lab's results")
    lecture.add_argument("results", type=Path, metavar="RESULTS", help="what grade wrote")
    lecture.add_argument(
        "-o", "--out", type=Path, metavar="FILE", help="the page (default: RESULTS/lecture.html)"
    )
    lecture.add_argument(
        "--earlier",
        type=Path,
        nargs="+",
        default=(),
        metavar="RESULTS",
        help="the lab's results of earlier years, to compare with",
    )

    pairs = command(alike, "submissions that share what few others have: places to look")
    pairs.add_argument("lab", metavar="LAB", help="lab04, or the lab's whole name")
    pairs.add_argument("submissions", type=Path, metavar="SUBMISSIONS", help="a folder or a zip")
    pairs.add_argument(
        "-o", "--out", type=Path, required=True, metavar="FILE", help="the page, a .html"
    )

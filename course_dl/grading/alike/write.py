# Runs in: judge
"""Reads a class's submissions, and writes the page of those that are alike."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from course_dl.grading.alike.page import alike_page
from course_dl.grading.alike.pairs import most_alike
from course_dl.grading.files import write_atomically
from course_dl.grading.intake.notebooks import Unreadable, read
from course_dl.grading.intake.submissions import find_submissions
from course_dl.grading.labs import folder_of
from course_dl.grading.workers.work import describe
from course_dl.lab.files import FOUND

__all__ = ["write_alike"]


def write_alike(lab_name: str, submissions: Path, out: Path) -> list[str]:
    """Write the page; what is to be told. No student's code is run.

    Raises
    ------
    FileNotFoundError, ValueError
        Where there is no such lab, or no submission, or the page would lie among them.
    """
    folder = folder_of(lab_name)
    if not submissions.exists():
        raise FileNotFoundError(f"there is no {submissions}: give a folder or a zip of submissions")
    if submissions.is_dir() and out.resolve().is_relative_to(submissions.resolve()):
        raise ValueError(f"{out} would lie among the submissions: name another place, -o FILE")
    sheet = describe(folder.name)
    codes, unread = {}, []
    for one in find_submissions(submissions, sheet.names):
        try:
            if one.problem:
                raise Unreadable(one.problem)
            codes[one.student] = "\n\n".join(c.source for c in read(one.data, one.file).cells)
        except Unreadable as error:
            unread.append(f"{one.student}: {one.file} could not be read: {error}")
    pairs = most_alike(codes, _handed_out(folder))
    out.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(out, alike_page(sheet.title, pairs, unread))
    many = "s" * (len(pairs) != 1)
    return [*unread, f"{len(pairs)} pair{many} of {len(codes)} submissions to look at: {out}"]


def _handed_out(folder: Path) -> Iterator[str]:
    """What a submission may have from the course: notebook, answers, known mistakes, tests."""
    notebook = folder.parent.parent / "colab" / f"{folder.name}.ipynb"
    if notebook.exists():
        yield "\n\n".join(cell.source for cell in read(notebook.read_bytes(), notebook.name).cells)
    for path in sorted(folder.rglob("*.py")):
        if path.parent.name != FOUND:
            yield path.read_text(encoding="utf-8")

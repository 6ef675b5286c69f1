# Runs in: judge
"""Grading a class: processes or a cluster, one result a student, resumed where it stopped."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tqdm.auto import tqdm

from course_dl.grading.files import write_atomically
from course_dl.grading.intake.submissions import Submission, find_submissions
from course_dl.grading.labs import folder_of
from course_dl.grading.marks.by_hand import ByHand, leave_example, read_by_hand
from course_dl.grading.marks.roster import by_hand_of, handed_in, named
from course_dl.grading.marks.settings import Settings, read_settings
from course_dl.grading.moodle.worksheet import Worksheet, read_worksheet
from course_dl.grading.reports.entry import Entry
from course_dl.grading.reports.moodle import FEEDBACK_ZIP, feedback_zip, filled_worksheet
from course_dl.grading.results.folders import FEEDBACK, claimed
from course_dl.grading.results.store import Store
from course_dl.grading.results.version import version_of
from course_dl.grading.texts import printable
from course_dl.grading.workers.cluster import Cluster
from course_dl.grading.workers.interrupt import Interrupt
from course_dl.grading.workers.pool import Job, Pool, Processes
from course_dl.grading.workers.work import Sheet

__all__ = ["grade_class"]

_OLD = ". Until then grades.csv, moodle.csv and all pages are those of an earlier run"


def grade_class(
    lab_name: str,
    submissions: Path,
    out: Path,
    *,
    only: str | None = None,
    regrade: bool = False,
    dask: str | None = None,
    processes: int | None = None,
    progress: bool = True,
    worksheet: Path | None = None,
    scale: bool = False,
) -> list[Entry]:
    """Grade all submissions, write the results and reports to ``out``, and return them.

    What was graded by the same checks already is not graded again, unless ``regrade``.
    ``only`` grades the students whose name holds it. The marks are written into Moodle's grading
    ``worksheet``, if it is given; with ``scale`` scaled to its maximum grade. Ctrl-C ends it in an
    orderly way: what is graded by then is kept, and the same call goes on from there. What a person
    wrote into ``out/marks.toml`` goes before what the tests gave; whose mark is another than after
    the run before is printed.
    """
    submissions, out = Path(submissions), Path(out)
    folder = _ready(lab_name, submissions, out, processes)
    covered = (str(submissions.resolve()), str(out.resolve()))
    with contextlib.ExitStack() as around:
        interrupt = around.enter_context(Interrupt())
        around.enter_context(claimed(out, submissions))
        pool: Pool
        if dask is None:
            pool = around.enter_context(Processes(folder.name, covered, processes, interrupt))
        else:
            pool = around.enter_context(Cluster(folder.name, covered, dask))
        sheet = pool.sheet
        settings = read_settings(folder, [number for number, _, _ in sheet.exercises])
        read = find_submissions(submissions, sheet.names, zone=settings.zone, leave_out=[out])
        book = read_worksheet(worksheet, read) if worksheet else None
        found, settings, notes = handed_in(read, settings, book)
        by_hand, said = by_hand_of(_by_hand(out, sheet, settings), found, book)
        notes = [*read.notes, *notes, *said]
        store = Store(out, sheet, settings, version_of(folder), found, by_hand)
        leave_example(out)
        wanted = named(found, only)
        todo = [s for s in wanted if regrade or not store.is_done(s)]
        with tqdm(total=len(todo), unit="student", disable=not progress, file=sys.stderr) as bar:
            try:
                for submission, done in _graded(pool, todo):
                    store.save(submission, done)
                    bar.update()
            except KeyboardInterrupt:
                raise KeyboardInterrupt(
                    f"stopped: {bar.n} of {len(todo)} graded, and kept; the same line goes on"
                    f"{_OLD * (store.out / 'grades.csv').exists()}"
                ) from None
        for stranger in store.strangers:
            print(f"{store.out / stranger} is of nobody in this class; left alone", file=sys.stderr)
        try:
            entries = store.publish(notes, moodle=book is None)
            notes += _for_moodle(store.out, entries, _participants(found, book), book, scale)
        except KeyboardInterrupt:
            raise KeyboardInterrupt(
                "stopped while the reports were written: some are missing, or of an earlier run; "
                "the same line writes them all"
            ) from None
        for note in notes:
            print(printable(note), file=sys.stderr)
        for change in store.changes:
            print(printable(change))
        return entries


def _participants(found: Sequence[Submission], book: Worksheet | None) -> dict[str, str]:
    """Moodle's numbers: those of the folders, else of the worksheet's rows."""
    folders = {s.student: s.number for s in found if s.number}
    return (book.numbers() if book else {}) | folders


def _for_moodle(
    out: Path,
    entries: Sequence[Entry],
    numbers: Mapping[str, str],
    book: Worksheet | None,
    scale: bool,
) -> list[str]:
    """Write what goes back to Moodle; what is to be told of it."""
    notes: list[str] = []
    if book:
        content, notes = filled_worksheet(book, entries, scale=scale)
        write_atomically(out / "moodle.csv", content)
    pages, told = feedback_zip(entries, numbers, out / FEEDBACK)
    if pages:
        write_atomically(out / FEEDBACK_ZIP, pages)
    else:
        (out / FEEDBACK_ZIP).unlink(missing_ok=True)
    return notes + told


def _by_hand(out: Path, sheet: Sheet, settings: Settings) -> ByHand:
    """What a person says of the marks in this folder, which can be had in this lab."""
    said = read_by_hand(out)
    said.demand_points({n: settings.weights.get(n, 1.0) * p for n, _, p in sheet.exercises})
    return said


def _ready(lab_name: str, submissions: Path, out: Path, processes: int | None) -> Path:
    """The lab's folder, once all is there that can be looked at without starting anything."""
    folder = folder_of(lab_name)
    if processes is not None and processes < 1:
        raise ValueError(f"--processes: there must be at least one, not {processes}")
    if not submissions.exists():
        raise FileNotFoundError(f"there is no {submissions}: give a folder or a zip of submissions")
    read_settings(folder)
    read_by_hand(out)
    return folder


def _graded(pool: Pool, todo: Sequence[Submission]) -> Iterator[tuple[Submission, dict[str, Any]]]:
    """Each submission with its result, as they come.

    Those that lost points to the clock are graded once more at the end, each alone on the machine.
    """
    first: list[Job] = [("warn",)] if todo else []
    again: list[Submission] = []
    for number, done in pool.done([*first, *map(_job, todo)]):
        if number == 0:
            if "refused" in done:
                raise RuntimeError(f"nothing can be graded here: {done['refused']}")
            for warning in done.get("warnings", []):
                tqdm.write(f"course-dl: {warning}", file=sys.stderr)
        elif done.get("again"):
            again.append(todo[number - 1])
        else:
            yield todo[number - 1], done
    for number, done in pool.done([_job(submission) for submission in again], alone=True):
        yield again[number], done


def _job(submission: Submission) -> Job:
    if submission.problem:
        return "fail", submission.data, submission.file, "unreadable", submission.problem
    return "work", submission.data, submission.file

"""Grading a class: processes or a cluster, one result a student, resumed where it stopped."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, as_completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

from tqdm.auto import tqdm

from course_dl.grading.files import write_atomically
from course_dl.grading.folders import claimed
from course_dl.grading.intake.submissions import Submission, find_submissions
from course_dl.grading.moodle.worksheet import read_worksheet
from course_dl.grading.pool import Pools
from course_dl.grading.reports.entry import Entry
from course_dl.grading.reports.moodle import filled_worksheet
from course_dl.grading.roster import handed_in, named
from course_dl.grading.settings import read_settings
from course_dl.grading.store import Store
from course_dl.grading.version import version_of
from course_dl.grading.work import Sheet, describe, failed_work, work

__all__ = ["grade_class"]


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
    ``worksheet``, if it is given; with ``scale`` scaled to its maximum grade.
    """
    hidden = (str(Path(submissions).resolve()), str(Path(out).resolve()))
    with contextlib.ExitStack() as around:
        around.enter_context(claimed(Path(out), Path(submissions)))
        pools = Pools(around, lab_name, hidden, processes, dask)
        sheet: Sheet = pools.now.submit(describe, lab_name).result()
        settings = read_settings(Path(sheet.folder), [number for number, _, _ in sheet.exercises])
        given = find_submissions(
            submissions, sheet.names, zone=settings.zone, leave_out=[Path(out)]
        )
        book = read_worksheet(worksheet, given) if worksheet else None
        found, settings, notes = handed_in(given, settings, book)
        notes += given.notes
        store = Store(Path(out), sheet, settings, version_of(Path(sheet.folder)), found)
        wanted = named(found, only)
        todo = [s for s in wanted if regrade or not store.is_done(s)]
        with tqdm(total=len(todo), unit="student", disable=not progress, file=sys.stderr) as bar:
            for submission, done in _graded(pools, todo):
                store.save(submission, done)
                bar.update()
        for folder in store.strangers:
            print(f"{store.out / folder} is of nobody in this class; left alone", file=sys.stderr)
        entries = store.publish(notes)
        if book:
            content, told = filled_worksheet(book, entries, scale=scale)
            write_atomically(store.out / "moodle.csv", content)
            notes += told
        for note in notes:
            print(note, file=sys.stderr)
        return entries


def _graded(
    pools: Pools, todo: Sequence[Submission]
) -> Iterator[tuple[Submission, dict[str, Any]]]:
    """Each submission with its result, as they come."""
    left = {submission.student: submission for submission in todo}
    while left:
        before = len(left)
        futures = {_submitted(pools, s): s for s in left.values()}
        try:
            for future in as_completed(futures):
                submission = futures[future]
                done = _result_of(future, submission, pools.lab)
                del left[submission.student]
                yield submission, done
        except BrokenProcessPool:  # the judge itself was killed, for lack of memory say
            pools.renew()
            if len(left) == before:
                name, submission = next(iter(left.items()))
                del left[name]
                yield submission, _given_up(submission, pools.lab, "the grader's process ended")


def _submitted(pools: Pools, submission: Submission) -> Future[dict[str, Any]]:
    data, lab = submission.data, pools.lab
    if submission.problem:
        return pools.now.submit(failed_work, data, lab, "unreadable", submission.problem)
    return pools.now.submit(work, data, submission.file, lab, pools.hidden)


def _result_of(future: Future[dict[str, Any]], submission: Submission, lab: str) -> dict[str, Any]:
    try:
        return future.result()
    except BrokenProcessPool:
        raise
    except Exception as error:  # one student's trouble is nobody else's
        return _given_up(submission, lab, f"{type(error).__name__}: {error}")


def _given_up(submission: Submission, lab: str, reason: str) -> dict[str, Any]:
    return failed_work(submission.data, lab, "error", reason)

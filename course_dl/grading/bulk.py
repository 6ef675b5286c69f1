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

from course_dl.grading.intake.names import in_one_form
from course_dl.grading.intake.submissions import Submission, find_submissions
from course_dl.grading.pool import Pools
from course_dl.grading.reports import write_class_reports
from course_dl.grading.reports.entry import Entry
from course_dl.grading.settings import read_settings
from course_dl.grading.store import Store, version_of
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
) -> list[Entry]:
    """Grade all submissions, write the results and reports to ``out``, and return them.

    What was graded by the same checks already is not graded again, unless ``regrade``.
    ``only`` grades the students whose name holds it.
    """
    hidden = (str(Path(submissions).resolve()), str(Path(out).resolve()))
    with contextlib.ExitStack() as around:
        pools = Pools(around, lab_name, hidden, processes, dask)
        sheet: Sheet = pools.now.submit(describe, lab_name).result()
        found = find_submissions(submissions, sheet.names, leave_out=[Path(out)])
        for note in found.notes:
            print(note, file=sys.stderr)
        settings = read_settings(Path(sheet.folder), [number for number, _, _ in sheet.exercises])
        store = Store(Path(out), sheet, settings, version_of(Path(sheet.folder)))
        wanted = [s for s in found if in_one_form(only or "") in in_one_form(s.student)]
        if not wanted:
            raise ValueError(f"no student's name holds {only!r}; there are {len(found)} students")
        todo = [s for s in wanted if regrade or store.load(s) is None]
        with tqdm(total=len(todo), unit="student", disable=not progress, file=sys.stderr) as bar:
            for submission, done in _graded(pools, todo):
                store.save(submission, done)
                bar.update()
    entries = [entry for s in found if (entry := store.load(s)) is not None]
    write_class_reports(store.out, sheet.title, entries)
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

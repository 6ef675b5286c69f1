"""Grading a class: processes or a cluster, one result a student, resumed where it stopped."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tqdm.auto import tqdm

from course_dl.grading.interrupt import Interrupt
from course_dl.grading.intake.submissions import Submission, find_submissions
from course_dl.grading.labs import folder_of
from course_dl.grading.pool import Cluster, Job, Pool, Processes
from course_dl.grading.reports import write_class_reports
from course_dl.grading.reports.entry import Entry
from course_dl.grading.settings import read_settings
from course_dl.grading.store import Store, version_of

__all__ = ["grade_class"]

_HIS_OWN = {errno.ENAMETOOLONG, errno.EILSEQ, errno.EINVAL}  # of one name, not of the disk


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
    ``only`` grades the students whose name holds it. Ctrl-C ends it in an orderly way; what is
    graded by then is kept, and the same call goes on from there.
    """
    submissions, out = Path(submissions), Path(out)
    folder = _ready(lab_name, submissions, out, processes)
    hidden = (str(submissions.resolve()), str(out.resolve()))
    with contextlib.ExitStack() as around:
        interrupt = around.enter_context(Interrupt())
        pool: Pool = around.enter_context(
            Processes(folder.name, hidden, processes, interrupt)
            if dask is None
            else Cluster(folder.name, hidden, dask)
        )
        sheet = pool.sheet
        found = find_submissions(submissions, sheet.names)
        settings = read_settings(folder, [number for number, _, _ in sheet.exercises])
        store = Store(out, sheet, settings, version_of(folder))
        wanted = [s for s in found if only is None or only.casefold() in s.student.casefold()]
        if not wanted:
            raise ValueError(f"no student's name holds {only!r}; there are {len(found)} students")
        todo = [s for s in wanted if regrade or store.load(s) is None]
        lost: dict[str, Exception] = {}
        with tqdm(total=len(todo), unit="student", disable=not progress, file=sys.stderr) as bar:
            try:
                for submission, done in _graded(pool, todo):
                    with _storing(out):
                        _store(store, pool, submission, done, lost)
                    bar.update()
            except KeyboardInterrupt:
                raise KeyboardInterrupt(
                    f"stopped: {bar.n} of {len(todo)} graded, and kept; the same line goes on"
                ) from None
    with _storing(out):
        entries = [entry for s in found if (entry := store.load(s)) is not None]
        write_class_reports(store.out, sheet.title, entries)
    if lost:
        told = "; ".join(f"{name}: {type(e).__name__}: {e}" for name, e in lost.items())
        raise RuntimeError(f"graded, but the results of these students cannot be kept: {told}")
    return entries


def _ready(lab_name: str, submissions: Path, out: Path, processes: int | None) -> Path:
    """The lab's folder, once all is there that can be looked at without starting anything."""
    folder = folder_of(lab_name)
    if processes is not None and processes < 1:
        raise ValueError(f"there must be at least one process, not {processes}")
    if not submissions.exists():
        raise FileNotFoundError(f"there is no {submissions}: give a folder or a zip of submissions")
    read_settings(folder)
    with _storing(out):
        out.mkdir(parents=True, exist_ok=True)
        trial = out / f".trial.{os.getpid()}"
        trial.write_bytes(b"x" * 4096)
        trial.unlink()
    return folder


def _graded(
    pool: Pool, todo: Sequence[Submission]
) -> Iterator[tuple[Submission, dict[str, Any]]]:
    """Each submission with its result, as they come.

    Those that lost points to the clock are graded once more at the end, each alone on the machine.
    """
    jobs: list[Job] = [("warn",)] if todo else []
    again: list[Submission] = []
    for number, done in pool.done([*jobs, *map(_job, todo)]):
        if number == 0:
            for warning in done["warnings"]:
                tqdm.write(f"course-dl: {warning}", file=sys.stderr)
        elif done.get("again"):
            again.append(todo[number - 1])
        else:
            yield todo[number - 1], done
    for number, done in pool.done([_job(submission) for submission in again], alone=True):
        yield again[number], done


def _job(submission: Submission) -> Job:
    if submission.problem:
        return "fail", submission.data, "unreadable", submission.problem
    return "work", submission.data, submission.file


def _store(
    store: Store,
    pool: Pool,
    submission: Submission,
    done: dict[str, Any],
    lost: dict[str, Exception],
) -> None:
    """Keep a result; one that cannot be kept becomes one that says so, and nobody else's trouble."""
    try:
        store.save(submission, done)
    except Exception as error:
        if _is_the_disk_s(error):
            raise
        told = f"the result cannot be kept: {type(error).__name__}"
        try:
            store.save(submission, _without_words(done, told))
        except Exception as second:
            if _is_the_disk_s(second):
                raise
            lost[submission.student] = error


def _is_the_disk_s(error: Exception) -> bool:
    return isinstance(error, OSError) and error.errno not in _HIS_OWN


def _without_words(done: dict[str, Any], reason: str) -> dict[str, Any]:
    """A result that tells of no points, for this reason; nothing in it comes from a submission."""
    marks = [
        mark | {"points": 0.0, "state": "not done yet", "tests": [], "diagnosis": "", "notes": {}}
        for mark in done["result"]["exercises"]
    ]
    result = done["result"] | {"status": "error", "reason": reason, "exercises": marks}
    return {"result": result | {"notices": []}, "junit": ""}


@contextlib.contextmanager
def _storing(out: Path) -> Iterator[None]:
    """Say what it means when files cannot be written."""
    try:
        yield
    except OSError as error:
        raise RuntimeError(
            f"the results cannot be written to {out}: {error.strerror or error}. What was graded "
            "is kept; once files can be written there, the same line goes on"
        ) from error

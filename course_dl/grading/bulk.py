"""Grading a class: processes or a cluster, one result a student, resumed where it stopped."""

from __future__ import annotations

import contextlib
import hashlib
import json
import multiprocessing
import os
import re
import socket
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm.auto import tqdm

from course_dl.grading.files import write_atomically
from course_dl.grading.launch import end, launch
from course_dl.grading.reports import write_class_reports, write_student_reports
from course_dl.grading.reports.entry import Entry
from course_dl.grading.result import Result
from course_dl.grading.settings import Settings, read_settings
from course_dl.grading.submissions import Submission, find_submissions
from course_dl.grading.work import HEAVY, Sheet, begin, describe, failed_work, work

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
        pools = _Pools(around, lab_name, hidden, processes, dask)
        sheet: Sheet = pools.now.submit(describe, lab_name).result()
        found = find_submissions(submissions, sheet.names)
        settings = read_settings(Path(sheet.folder), [number for number, _, _ in sheet.exercises])
        store = _Store(Path(out), sheet, settings, _version(Path(sheet.folder)))
        wanted = [s for s in found if only is None or only.casefold() in s.student.casefold()]
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


# -- who does the work --------------------------------------------------------------------------


class _Pools:
    """The executor of now; a new one where the processes of the one before have died."""

    def __init__(
        self,
        around: contextlib.ExitStack,
        lab: str,
        hidden: tuple[str, ...],
        processes: int | None,
        dask: str | None,
    ) -> None:
        self._around, self.lab, self.hidden, self._processes = around, lab, hidden, processes
        self._lines: list[socket.socket] = []
        self.now = self._local(self._servers()) if dask is None else self._cluster(dask)

    def renew(self) -> None:
        """Begin again after a local process died: each of the new ones starts its own server."""
        for line in self._lines:
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
        self.now = self._local([])

    def _servers(self) -> list[socket.socket]:
        """The lines to a server for each process, started while those import what they need."""
        process, self._lines = launch(self._count)
        self._around.callback(end, process)
        for line in self._lines:
            self._around.enter_context(line)
        return self._lines

    def _local(self, lines: list[socket.socket]) -> Executor:
        """Processes forked from one that has imported what grading needs, with one thread each."""
        os.environ.setdefault("OMP_NUM_THREADS", "1")
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(HEAVY)
        turns, cores = context.SimpleQueue(), _cores()
        for place in range(self._count):
            turns.put((cores[place % len(cores)], place))
        given = (self.lab, self.hidden, turns, lines)
        pool = ProcessPoolExecutor(self._count, context, begin, given)
        return self._around.enter_context(pool)

    @property
    def _count(self) -> int:
        return self._processes or len(_cores())

    def _cluster(self, address: str) -> Executor:
        try:
            from distributed import Client
        except ImportError:
            raise RuntimeError(
                "--dask needs dask.distributed: pip install 'course-dl[cluster]'"
            ) from None
        client = self._around.enter_context(Client(address, set_as_default=False))
        executor: Executor = self._around.enter_context(client.get_executor(pure=False))
        return executor


def _cores() -> list[int]:
    """The numbers of the cores that this process may use."""
    if sys.platform == "linux":
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def _graded(
    pools: _Pools, todo: Sequence[Submission]
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


def _submitted(pools: _Pools, submission: Submission) -> Future[dict[str, Any]]:
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


# -- where the results are kept -----------------------------------------------------------------


@dataclass(frozen=True)
class _Store:
    """The folder of results: one folder a student, complete once its ``result.json`` is there."""

    out: Path
    sheet: Sheet
    settings: Settings
    version: str

    def folder(self, submission: Submission) -> Path:
        return self.out / "students" / _slug(submission.student)

    def load(self, submission: Submission) -> Entry | None:
        """What was graded before, if it was this file, by these checks."""
        path = self.folder(submission) / "result.json"
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))
            result = Result.from_json(kept["result"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
        digest = hashlib.sha256(submission.data).hexdigest()
        same = (kept["version"], kept["file"], result.digest) == (
            self.version,
            submission.file,
            digest,
        )
        return self._entry(submission, result) if same else None

    def save(self, submission: Submission, done: dict[str, Any]) -> None:
        """Write a student's files, the one that says that it is complete last."""
        folder = self.folder(submission)
        folder.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            (folder / "result.json").unlink()
        entry = self._entry(submission, Result.from_json(done["result"]))
        write_student_reports(folder, self.sheet.title, entry, done["junit"])
        kept = {
            "student": submission.student,
            "file": submission.file,
            "version": self.version,
            "result": done["result"],
        }
        write_atomically(folder / "result.json", json.dumps(kept, ensure_ascii=False))

    def _entry(self, submission: Submission, result: Result) -> Entry:
        mark = self.settings.mark(result, submission.student, submission.when)
        slug = _slug(submission.student)
        return Entry(submission.student, submission.number, submission.file, slug, result, mark)


def _slug(student: str) -> str:
    """A file name for a student, on any system, and another one for each."""
    plain = unicodedata.normalize("NFKD", student).encode("ascii", "ignore").decode()
    words = re.sub(r"[^A-Za-z0-9]+", "-", plain).strip("-")[:60] or "student"
    return f"{words}-{hashlib.sha256(student.encode()).hexdigest()[:6]}"


def _version(folder: Path) -> str:
    """What the verdicts hang on: the lab's checks and known mistakes, and the settings' file."""
    digest = hashlib.sha256()
    for name in ("checks.py", "mistakes.py"):
        path = folder / name
        digest.update(path.read_bytes() if path.exists() else b"")
    return digest.hexdigest()[:16]

# Runs in: judge
"""The workers of a cluster that grade a class."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future, as_completed
from typing import Any

from course_dl.grading.workers.pool import Done, Job
from course_dl.grading.workers.work import Sheet, describe, failed_work, warnings, work

__all__ = ["Cluster"]


class Cluster:
    """The workers of a dask.distributed cluster. A context manager."""

    sheet: Sheet

    def __init__(self, lab: str, covered: tuple[str, ...], address: str) -> None:
        self._lab, self._covered, self._address = lab, covered, address
        self._around = contextlib.ExitStack()

    def __enter__(self) -> Cluster:
        try:
            from distributed import Client
        except ImportError:
            raise RuntimeError(
                "--dask needs dask.distributed: pip install 'course-dl[cluster]'"
            ) from None
        with contextlib.ExitStack() as around:
            client = around.enter_context(Client(self._address, set_as_default=False))
            self._executor: Executor = around.enter_context(client.get_executor(pure=False))
            self.sheet = self._executor.submit(describe, self._lab).result()
            self._around = around.pop_all()
        return self

    def __exit__(self, *error: Any) -> None:
        self._around.__exit__(*error)

    def done(self, jobs: Sequence[Job], *, alone: bool = False) -> Iterator[tuple[int, Done]]:
        """The number of each job and its result, as they come; ``alone``: one after the other."""
        if alone:
            for number, job in enumerate(jobs):
                yield number, self._result(self._submitted(job), job)
            return
        futures = {self._submitted(job): (number, job) for number, job in enumerate(jobs)}
        for future in as_completed(futures):
            number, job = futures[future]
            yield number, self._result(future, job)

    def _submitted(self, job: Job) -> Future[Done]:
        kind, *given = job
        if kind == "warn":
            return self._executor.submit(warnings, self._lab, self._covered)
        data, file, *problem = given
        if kind == "fail":
            status, reason = problem
            return self._executor.submit(failed_work, data, self._lab, status, reason, file)
        return self._executor.submit(work, data, file, self._lab, self._covered)

    def _result(self, future: Future[Done], job: Job) -> Done:
        try:
            return future.result()
        except Exception as error:  # one student's trouble is nobody else's
            if job[0] == "warn":
                return {"refused": f"{type(error).__name__}: {error}"}
            told = f"{type(error).__name__}: {error}"
            return self._submitted(("fail", *job[1:3], "error", told)).result()

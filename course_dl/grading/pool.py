"""The processes that grade, or a cluster's."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import socket
import sys
from concurrent.futures import Executor, ProcessPoolExecutor

from course_dl.grading.launch import end, launch
from course_dl.grading.work import HEAVY, begin

__all__ = ["Pools"]


class Pools:
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

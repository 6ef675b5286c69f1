# Runs in: judge
"""The processes that judge, all forked from one, which imports what is heavy. Runs in that one.

The process that hands out the work holds the other end of every line. When it ends, in whatever
way, all of them end.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import queue
import signal
import socket
import sys
import threading
import time
import traceback
from dataclasses import asdict
from multiprocessing.connection import Connection
from typing import Any

from course_dl.grading.files import remove_folder
from course_dl.grading.start.interpreter import missing
from course_dl.grading.workers import work

__all__ = ["FORK", "main"]

FORK = 8  # bytes of a request to fork: the number of the core
_PATIENCE = 10.0  # seconds for the judges to end


def main(control_fd: int, lab: str, covered: tuple[str, ...]) -> None:
    """Tell of the lab, then fork a judge whenever one is asked for."""
    control = socket.socket(fileno=control_fd)
    said = Connection(os.dup(control_fd))
    said.send_bytes(json.dumps(_described(lab)).encode())
    judges: set[int] = set()
    while True:
        asked, fds, _, _ = socket.recv_fds(control, FORK, 2)
        if not asked:
            break
        pid = os.fork()
        if pid == 0:
            control.close()
            said.close()
            try:
                _judge(int(asked), fds, lab, covered)
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(1)
        judges = {one for one in judges | {pid} if not _has_ended(one)}
        for fd in fds:
            os.close(fd)
        said.send_bytes(str(pid).encode())
    _clear_up(judges)


def _described(lab: str) -> dict[str, Any]:
    """What the reports need to know of the lab; or why nothing can be graded by it."""
    try:
        for name in work.HEAVY:
            importlib.import_module(name)
        return {"sheet": asdict(work.describe(lab))}
    except ModuleNotFoundError as error:
        return {"refused": missing(error.name)}
    except Exception as error:
        at = traceback.extract_tb(error.__traceback__)[-1]
        told = f"{type(error).__name__}: {error} ({at.filename}, line {at.lineno})"
        return {"refused": f"the checks of {lab} cannot be imported: {told}"}


def _judge(core: int, fds: list[int], lab: str, covered: tuple[str, ...]) -> None:
    """Judge what comes through the line, until that is closed.

    A judge keeps to one core together with its sandbox: the two never work at the same time, and a
    message to the same core wakes its receiver at once.
    """
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if sys.platform == "linux":
        os.sched_setaffinity(0, [core])
    line = Connection(fds[0])
    jobs: queue.SimpleQueue[tuple[Any, ...]] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(line, jobs), daemon=True).start()
    with contextlib.suppress(OSError):  # the process that hands out the work is gone
        work.begin(lab, covered, socket.socket(fileno=fds[1]) if len(fds) > 1 else None)
        while True:
            line.send_bytes(json.dumps(_done(jobs.get(), lab, covered)).encode())


def _receive(line: Connection, jobs: queue.SimpleQueue[tuple[Any, ...]]) -> None:
    """Take in the jobs; at the line's end this process ends at once, and its server after it."""
    with contextlib.suppress(EOFError, OSError):
        while True:
            jobs.put(line.recv())
    os._exit(0)


def _done(job: tuple[Any, ...], lab: str, covered: tuple[str, ...]) -> Any:
    """A job's result. One student's trouble is nobody else's."""
    from course_dl.grading.sandbox.client.sandbox import Unavailable

    kind, *given = job
    if kind == "warn":
        try:
            return work.warnings(lab, covered)
        except Exception as error:
            return {"refused": f"{type(error).__name__}: {error}"}
    data, file, *problem = given
    try:
        if kind == "work":
            return work.work(data, file, lab, covered)
        status, reason = problem
    except Unavailable:
        raise  # and be replaced by another process, which tries again
    except Exception as error:
        status, reason = "error", f"{type(error).__name__}: {error}"
    return work.failed_work(data, lab, status, reason, file)


def _has_ended(pid: int) -> bool:
    try:
        return os.waitpid(pid, os.WNOHANG)[0] != 0
    except ChildProcessError:
        return True


def _clear_up(judges: set[int]) -> None:
    """The judges end by themselves; what they leave is in the folder that was made for them."""
    until = time.monotonic() + _PATIENCE
    while judges := {pid for pid in judges if not _has_ended(pid)}:
        if time.monotonic() > until:
            for pid in judges:
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.01)
    remove_folder(os.environ["TMPDIR"])
    os._exit(0)

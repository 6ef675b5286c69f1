# Runs in: judge
"""The processes of this machine that grade a class: who has which job, who has died."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from types import TracebackType
from typing import Any, Protocol

from course_dl.grading.files import remove_folder
from course_dl.grading.sandbox.client.launch import FAREWELL, launch, start
from course_dl.grading.start import interpreter
from course_dl.grading.workers.interrupt import Interrupt
from course_dl.grading.workers.judges import FORK
from course_dl.grading.workers.work import Sheet

__all__ = ["Done", "Job", "Pool", "Processes"]

Job = tuple[Any, ...]
Done = dict[str, Any]

_AHEAD = 2  # jobs that a judge has: what it works on, and the next
_DEATHS = 2  # of processes that were at the same job, until it is given up
_TRIES = 6  # deaths of processes at one job, until all is given up
_HASTE = 0.8  # seconds for processes to end by themselves where there is no time
_ENDED = "the grader's process ended"


class Pool(Protocol):
    """Does jobs: ``("work", data, file)``, ``("fail", data, file, status, reason)``, ``("warn",)``.

    Their results are those of ``work.work``, ``work.failed_work`` and ``work.warnings``.
    """

    sheet: Sheet

    def done(self, jobs: Sequence[Job], *, alone: bool = False) -> Iterator[tuple[int, Done]]:
        """The number of each job and its result, as they come; ``alone``: one after the other."""


@dataclass
class _Judge:
    """A judging process, as this side sees it: its line, its core, the jobs it was given."""

    line: Connection
    core: int
    jobs: deque[int] = field(default_factory=deque)


class Processes:
    """Judging processes of this machine: forked from an isolated interpreter, one a core.

    A context manager. A process that dies costs its job a try, and nobody anything else.
    """

    sheet: Sheet

    def __init__(
        self, lab: str, covered: tuple[str, ...], count: int | None, interrupt: Interrupt
    ) -> None:
        cores = _cores()
        self._count = len(cores) if count is None else count
        self._cores = [cores[place % len(cores)] for place in range(self._count)]
        self._lab, self._covered, self._interrupt = lab, covered, interrupt
        self._judges: list[_Judge] = []
        self._folder = ""
        self._servers: subprocess.Popen[bytes] | None = None
        self._parent: subprocess.Popen[bytes] | None = None
        self._lines: list[socket.socket] = []
        self._control: socket.socket | None = None

    def __enter__(self) -> Processes:
        self._folder = tempfile.mkdtemp(prefix="course-dl-")
        os.chmod(self._folder, 0o711)  # what is in it is for other users, too
        try:
            self._begin_parent()
            self._servers, self._lines = launch(self._count)
            self.sheet = self._described()
        except OSError as error:
            self._end(at_once=True)
            raise RuntimeError(
                f"{self._count} processes cannot be started here ({error.strerror}): --processes N "
                "asks for fewer"
            ) from None
        except BaseException:
            self._end(at_once=True)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._end(at_once=kind is not None)

    # -- jobs -------------------------------------------------------------------------------

    def done(self, jobs: Sequence[Job], *, alone: bool = False) -> Iterator[tuple[int, Done]]:
        """The number of each job and its result, as they come; ``alone``: one after the other."""
        waiting, deaths = deque(range(len(jobs))), Counter[int]()
        self._interrupt.working = True
        while waiting or self._at_work:
            if not self._interrupt.asked:
                self._hand_out(jobs, waiting, deaths, alone)
            elif not self._at_work:
                break
            bell = [] if self._interrupt.asked else [self._interrupt.line]
            ready = wait([*bell, *(judge.line for judge in self._judges)], self._interrupt.left)
            if not ready:
                break  # there was a moment for what was about to come
            for judge in [one for one in self._judges if one.line in ready]:
                try:
                    result = json.loads(judge.line.recv_bytes())
                except (EOFError, OSError):
                    self._bury(judge, waiting, deaths)
                    continue
                number = judge.jobs.popleft()
                if not self._interrupt.asked:
                    self._hand_out(jobs, waiting, deaths, alone)  # before this result is stored
                yield number, result
        self._interrupt.working = False
        if self._interrupt.asked:
            raise KeyboardInterrupt

    @property
    def _at_work(self) -> bool:
        return any(judge.jobs for judge in self._judges)

    def _hand_out(
        self, jobs: Sequence[Job], waiting: deque[int], deaths: Counter[int], alone: bool
    ) -> None:
        """Give the judges what they have room for, those first that have nothing to do."""
        most, ahead = (1, 1) if alone else (self._count, _AHEAD)
        while len(self._judges) < min(most, len(waiting)):
            self._fork()
        for depth in range(ahead):
            for judge in list(self._judges[:most]):
                if waiting and len(judge.jobs) <= depth:
                    number = waiting.popleft()
                    job = jobs[number]
                    if deaths[number] >= _DEATHS and job[0] != "warn":
                        job = ("fail", *job[1:3], "error", _ENDED)
                    judge.jobs.append(number)
                    with contextlib.suppress(OSError):  # a dead one's line: found when it is read
                        judge.line.send(job)

    def _bury(self, judge: _Judge, waiting: deque[int], deaths: Counter[int]) -> None:
        """A judge has died: what it was at is tried again, what it had not begun goes back."""
        self._judges.remove(judge)
        judge.line.close()
        if judge.jobs:
            deaths[judge.jobs[0]] += 1
            if deaths[judge.jobs[0]] > _TRIES:
                raise RuntimeError(
                    f"{_ENDED} {_TRIES} times: is there enough memory? Fewer --processes need less"
                )
        waiting.extendleft(reversed(judge.jobs))

    # -- processes --------------------------------------------------------------------------

    def _begin_parent(self) -> None:
        self._control, theirs = socket.socketpair()
        role = interpreter.command(
            "judge", str(theirs.fileno()), self._lab, *map(os.fspath, self._covered)
        )
        environment = {"OMP_NUM_THREADS": "1"} | interpreter.environment()
        environment |= {"TMPDIR": self._folder, "MPLBACKEND": "agg"}
        self._parent = start(role, [theirs], environment)

    def _described(self) -> Sheet:
        assert self._control is not None
        try:
            told = json.loads(_answer(self._control))
        except EOFError:
            raise RuntimeError("the processes that grade cannot be started, see above") from None
        if "refused" in told:
            raise RuntimeError(told["refused"])
        sheet = told["sheet"]
        asked = tuple((n, tuple(names), points) for n, names, points in sheet["exercises"])
        return Sheet(**(sheet | {"exercises": asked}))

    def _fork(self) -> None:
        """One more judge, with one of the servers that were started for the first ones."""
        taken = [judge.core for judge in self._judges]
        core = next(core for core in self._cores if taken.count(core) < self._cores.count(core))
        for _ in range(2):
            ours, theirs = socket.socketpair()
            assert self._control is not None
            with theirs, contextlib.ExitStack() as given:
                fds = [theirs.fileno()]
                if self._lines:
                    fds.append(given.enter_context(self._lines.pop()).fileno())
                try:
                    socket.send_fds(self._control, [str(core).zfill(FORK).encode()], fds)
                    _answer(self._control)
                except (EOFError, OSError):
                    ours.close()  # the process that forks has died
                else:
                    line = Connection(ours.detach())
                    break
            self._control.close()
            self._begin_parent()
            self._described()
        else:
            raise RuntimeError(f"{_ENDED} whenever it was started")
        self._judges.append(_Judge(line, core))

    def _end(self, at_once: bool) -> None:
        """Close all lines, by which all processes end, and see to it."""
        self._interrupt.ending = True
        pressed_before = self._interrupt.asked
        for judge in self._judges:
            judge.line.close()
        self._judges.clear()
        for line in [*self._lines, self._control]:
            if line is not None:
                line.close()
        patience = _HASTE if at_once else FAREWELL
        if at_once and self._parent is not None:
            _kill_group(self._parent)
        for process in (self._parent, self._servers):
            if process is not None:
                try:
                    process.wait(patience)
                except subprocess.TimeoutExpired:
                    _kill_group(process)
                    process.wait()
        if self._folder:
            remove_folder(self._folder)
        self._interrupt.ending = False
        if self._interrupt.asked and not pressed_before and not at_once:
            raise KeyboardInterrupt


def _answer(control: socket.socket) -> bytes:
    with Connection(os.dup(control.fileno())) as heard:
        return heard.recv_bytes()


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _cores() -> list[int]:
    """The numbers of the cores that this process may use."""
    if sys.platform == "linux":
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))

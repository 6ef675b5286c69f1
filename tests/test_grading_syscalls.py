"""The filter of system calls holds by itself, without namespaces and users of one's own."""

from __future__ import annotations

import fcntl
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable

import pytest

from course_dl.grading.sandbox.server import kernel, syscalls


def missing() -> str:
    try:
        syscalls.available()
    except OSError as error:
        return str(error)
    return ""


pytestmark = pytest.mark.skipif(bool(missing()), reason=f"no filter here: {missing()}")


def under_the_filter(action: Callable[[], object], **allowed: bool) -> bool:
    """Whether the system grants it to a process with the filter on."""
    pid = os.fork()
    if pid == 0:
        status = 2
        try:
            kernel.no_new_privileges()
            syscalls.restrict(**({"signals": False, "programs": False, "locks": False} | allowed))
            action()
            status = 0
        except OSError:
            status = 1
        finally:
            os._exit(status)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    assert status in (0, 1), "it ended otherwise than by an error"
    return status == 0


def lock() -> None:
    with open(__file__) as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        fcntl.fcntl(file, fcntl.F_GETFL)


def use_a_thread() -> None:
    thread = threading.Thread(target=os.getpid)
    thread.start()
    thread.join()


def fork() -> None:
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0


REFUSED: dict[str, Callable[[], object]] = {
    "a signal to its parent": lambda: os.kill(os.getppid(), signal.SIGCONT),
    "a look whether another process lives": lambda: os.kill(os.getppid(), 0),
    "a signal to all": lambda: os.kill(-1, signal.SIGCONT),
    "a limit for its parent": lambda: resource.prlimit(os.getppid(), resource.RLIMIT_CORE, (0, 0)),
    "a socket": lambda: socket.socket(socket.AF_INET),
    "a local socket": lambda: socket.socket(socket.AF_UNIX),
    "another core": lambda: os.sched_setaffinity(0, os.sched_getaffinity(0)),
    "another priority": lambda: os.nice(1),
    "another root": lambda: os.chroot("/"),
    "a program": lambda: subprocess.run([sys.executable, "-c", ""]),
    "a lock": lock,
}
GRANTED: dict[str, Callable[[], object]] = {
    "a signal to itself": lambda: os.kill(os.getpid(), signal.SIGCONT),
    "a limit for itself": lambda: resource.setrlimit(resource.RLIMIT_CORE, (0, 0)),
    "a pair of sockets": socket.socketpair,
    "a pipe": os.pipe,
    "a thread": use_a_thread,
    "a process": fork,
    "a list of a folder": lambda: os.listdir("/"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_reaches_out_is_refused_with_an_error(name: str) -> None:
    assert not under_the_filter(REFUSED[name])


@pytest.mark.parametrize("name", GRANTED)
def test_what_stays_inside_is_granted(name: str) -> None:
    assert under_the_filter(GRANTED[name])


def test_programs_locks_and_signals_are_granted_where_they_are_allowed() -> None:
    assert under_the_filter(REFUSED["a program"], programs=True)
    assert under_the_filter(lock, locks=True)
    assert under_the_filter(REFUSED["a signal to its parent"], signals=True)


def test_the_filter_goes_over_to_processes_that_are_started() -> None:
    def action() -> None:
        pid = os.fork()
        if pid == 0:
            try:
                socket.socket(socket.AF_UNIX)
            except OSError:
                os._exit(0)
            os._exit(1)
        if os.waitpid(pid, 0)[1]:
            raise AssertionError

    assert under_the_filter(action)

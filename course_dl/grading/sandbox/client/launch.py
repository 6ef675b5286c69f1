# Runs in: judge
"""Starting servers: one process imports what is heavy, and forks as many servers as are wanted.

Light itself, so that the process that hands out the work can start them at once.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys

from course_dl.grading.start import interpreter

__all__ = ["FAREWELL", "end", "launch", "start"]

FAREWELL = 10.0  # seconds that a server has to end its children


def launch(count: int = 1) -> tuple[subprocess.Popen[bytes], list[socket.socket]]:
    """A process that becomes so many servers, and the judge's end of the line to each."""
    pairs = [socket.socketpair() for _ in range(count)]
    theirs = [pair[1] for pair in pairs]
    command = interpreter.command("serve", *(str(end.fileno()) for end in theirs), obey=True)
    process = start(command, theirs, _environment())
    return process, [ours for ours, _ in pairs]


def start(
    command: list[str], lines: list[socket.socket], environment: dict[str, str]
) -> subprocess.Popen[bytes]:
    """A process with its ends of these lines. No key pressed in the terminal reaches it."""
    try:
        return subprocess.Popen(
            command,
            pass_fds=[line.fileno() for line in lines],
            env=environment,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
    finally:
        for line in lines:
            line.close()


def end(process: subprocess.Popen[bytes]) -> None:
    """Wait for the end of a process all of whose lines are closed, and see to it."""
    try:
        process.wait(FAREWELL)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _environment() -> dict[str, str]:
    """The servers' environment: one thread, the same hashes every time, nothing of the judge's."""
    kept = ["LD_LIBRARY_PATH"]
    kept += [] if sys.flags.no_user_site else ["HOME"]  # where the user's own packages are
    return {name: os.environ[name] for name in kept if name in os.environ} | {
        "PYTHONSAFEPATH": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "OMP_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "LC_ALL": "C.UTF-8",
        "PATH": os.defpath,
        "MPLBACKEND": "agg",
    }

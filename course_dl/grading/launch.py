"""Starting servers: one process imports what is heavy, and forks as many servers as are wanted.

Light itself, so that the process that hands out the work can start them at once.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

__all__ = ["FAREWELL", "end", "launch"]

FAREWELL = 10.0  # seconds that a server has to end its children
_BOOTSTRAP = Path(__file__).with_name("bootstrap.py")


def launch(count: int = 1) -> tuple[subprocess.Popen[bytes], list[socket.socket]]:
    """A process that becomes so many servers, and the judge's end of the line to each."""
    pairs = [socket.socketpair() for _ in range(count)]
    theirs = [pair[1].fileno() for pair in pairs]
    process = subprocess.Popen(
        [sys.executable, "-P", "-s", str(_BOOTSTRAP), *map(str, theirs)],
        pass_fds=theirs,
        env=_environment(),
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    for _, other in pairs:
        other.close()
    return process, [ours for ours, _ in pairs]


def end(process: subprocess.Popen[bytes]) -> None:
    """Wait for the end of a process all of whose lines are closed, and see to it."""
    try:
        process.wait(FAREWELL)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _environment() -> dict[str, str]:
    """The servers' environment: one thread, the same hashes every time, nothing of the judge's."""
    kept = {k: os.environ[k] for k in ("PYTHONPATH", "LD_LIBRARY_PATH") if k in os.environ}
    return kept | {
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "OMP_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "LC_ALL": "C.UTF-8",
        "PATH": os.defpath,
        "MPLBACKEND": "agg",
    }

# Runs in: judge
"""A sandbox: servers that fork a child for each submission, with PyTorch's autograd and without."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from types import TracebackType

from course_dl.grading.files import remove_folder
from course_dl.grading.sandbox.client.connection import Connection, Unavailable
from course_dl.grading.sandbox.client.launch import end, launch
from course_dl.grading.sandbox.server.layers import Bounds

__all__ = ["Sandbox", "Unavailable"]


class Sandbox(Connection):
    """A server, and where it is asked for a second one. A context manager; or ``close`` it.

    Parameters
    ----------
    answers
        Modules that no submission may import.
    covered
        Files and folders that no child may see, where the system can hide them.
    preload
        Modules that submissions will want, imported once for all.
    namespaces, landlock
        Whether these layers are tried at all (tests see to it that the others stand alone).
    control
        The line to a server that :func:`launch` started; else one is started.
    """

    def __init__(
        self,
        answers: Sequence[str] = (),
        covered: Sequence[str | Path] = (),
        preload: Sequence[str] = (),
        *,
        bounds: Bounds = Bounds(),
        namespaces: bool = True,
        landlock: bool = True,
        control: socket.socket | None = None,
    ) -> None:
        self._config = {
            "answers": list(answers),
            "preload": list(preload),
            "covered": [str(Path(path).absolute()) for path in covered],
            "bounds": asdict(bounds),
            "namespaces": namespaces,
            "landlock": landlock,
        }
        self._process: subprocess.Popen[bytes] | None = None
        self._without_autograd: _WithoutAutograd | None = None
        super().__init__(bounds, self._begin(control))

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def without_autograd(self) -> Connection:
        """The server whose children have no autograd in PyTorch."""
        if self._without_autograd is None:
            self._without_autograd = _WithoutAutograd(self)
        return self._without_autograd

    def close(self) -> None:
        """End the servers, and with them whatever their children left."""
        if self._without_autograd is not None:
            self._without_autograd.close()
        self._end()

    def _end(self) -> None:
        super().close()
        if self._process is not None:
            end(self._process)
            self._process = None
        remove_folder(self._scratch)

    def _connect(self) -> socket.socket:
        self._end()
        return self._begin(None)

    def _begin(self, line: socket.socket | None) -> socket.socket:
        """Tell a server what it is for."""
        if line is None:
            self._process, [line] = launch()
        self._scratch = tempfile.mkdtemp(prefix="course-dl-")
        os.chmod(self._scratch, 0o711)
        linux = sys.platform == "linux"
        more = {"scratch": self._scratch, "cores": [*os.sched_getaffinity(0)] if linux else []}
        line.sendall(json.dumps(self._config | more).encode())
        return line

    def _before_fork(self) -> None:
        other = self._without_autograd
        if other is not None and not other.apart:
            other.kill()

    def split(self) -> tuple[socket.socket, bool]:
        """The line to a server forked from this one, without autograd; whether children of both may
        live at the same time, since none can reach another's files.
        """
        ours, theirs = socket.socketpair()
        with theirs:
            return ours, self._request(b"split", theirs)


class _WithoutAutograd(Connection):
    """A server forked from another one's, in which PyTorch has no autograd."""

    def __init__(self, other: Sandbox) -> None:
        self._other = other
        super().__init__(other.bounds, self._split())

    def _connect(self) -> socket.socket:
        self.close()
        return self._split()

    def _split(self) -> socket.socket:
        line, self.apart = self._other.split()
        return line

    def _before_fork(self) -> None:
        if not self.apart:
            self._other.kill()

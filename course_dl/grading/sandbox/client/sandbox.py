# Runs in: judge
"""A sandbox: the judge's line to a server, which forks a child for each submission."""

from __future__ import annotations

import contextlib
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
from typing import Any

from course_dl.grading.files import remove_folder
from course_dl.grading.sandbox.client.launch import FAREWELL, end, launch
from course_dl.grading.sandbox.server.layers import Bounds
from course_dl.grading.sandbox.server.usage import Usage

__all__ = ["Sandbox", "Unavailable"]


class Unavailable(RuntimeError):
    """There is no server, and none can be started: no submission's doing."""


class Sandbox:
    """A server that forks one child at a time. Use it as a context manager, or ``close`` it.

    Parameters
    ----------
    answers
        Modules that no submission may import.
    hidden
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
        hidden: Sequence[str | Path] = (),
        preload: Sequence[str] = (),
        *,
        bounds: Bounds = Bounds(),
        namespaces: bool = True,
        landlock: bool = True,
        control: socket.socket | None = None,
    ) -> None:
        self.bounds = bounds
        self._config = {
            "answers": list(answers),
            "preload": list(preload),
            "hidden": [str(Path(path).absolute()) for path in hidden],
            "bounds": asdict(bounds),
            "namespaces": namespaces,
            "landlock": landlock,
        }
        self._scratch = ""
        self._process: subprocess.Popen[bytes] | None = None
        self._without_autograd: _WithoutAutograd | None = None
        self._start(control)

    def _start(self, control: socket.socket | None = None) -> None:
        """Have a server; it says so once it is ready."""
        if control is None:
            self._process, [control] = launch()
        self._control = control
        self._scratch = tempfile.mkdtemp(prefix="course-dl-")
        os.chmod(self._scratch, 0o711)
        linux = sys.platform == "linux"
        more = {"scratch": self._scratch, "cores": [*os.sched_getaffinity(0)] if linux else []}
        self._control.sendall(json.dumps(self._config | more).encode())
        self._ready = False

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the server, and with it whatever its children left."""
        if self._without_autograd is not None:
            self._without_autograd.close()
        self._stop()

    def _stop(self) -> None:
        with contextlib.suppress(OSError), self._control as line:
            line.shutdown(socket.SHUT_WR)
            line.settimeout(FAREWELL)
            while line.recv(1 << 16):  # until the server has ended, and let go of its end
                pass
        if self._process is not None:
            end(self._process)
            self._process = None
        if self._scratch:
            remove_folder(self._scratch)

    @property
    def without_autograd(self) -> Sandbox:
        """The same with PyTorch's autograd taken out of its children."""
        if self._without_autograd is None:
            self._without_autograd = _WithoutAutograd(self)
        return self._without_autograd

    def layers(self) -> dict[str, str]:
        """Each layer of the sandbox, with ``""`` if it is active here, else the reason."""
        report: dict[str, str] = self._request(b"probe")
        return report

    def fork(self) -> socket.socket:
        """End the child before, if any, and start a new one: the judge's end of its line."""
        self._end_the_other()
        ours, theirs = socket.socketpair()
        with theirs:
            self._request(b"fork", theirs)
        return ours

    def _end_the_other(self) -> None:
        """Where one child could reach another by files, the two kinds never live at one time."""
        other = self._without_autograd
        if other is not None and not other._apart:
            other.kill()

    def usage(self) -> Usage | None:
        """What the child and its processes use; None where there is no server to ask."""
        try:
            return Usage(*self._asked(b"usage", None))
        except OSError:
            return None

    def kill(self) -> None:
        """End the child and all that it started."""
        self._request(b"kill")

    def _request(self, name: bytes, sent: socket.socket | None = None) -> Any:
        """Ask the server; one that a submission has managed to end is replaced by a new one."""
        try:
            return self._asked(name, sent)
        except ConnectionError:
            self._stop()
            self._start()
        try:
            return self._asked(name, sent)
        except ConnectionError:
            raise Unavailable("the sandbox cannot be started: see its error output") from None

    def _asked(self, name: bytes, sent: socket.socket | None) -> Any:
        if not self._ready:
            self._answer()
            self._ready = True
        fds = [] if sent is None else [sent.fileno()]
        socket.send_fds(self._control, [name], fds)
        return self._answer()

    def _answer(self) -> Any:
        answer = self._control.recv(1 << 16)
        if not answer:
            raise ConnectionResetError
        return json.loads(answer)


class _WithoutAutograd(Sandbox):
    """A server forked from another one's, in which PyTorch has no autograd."""

    def __init__(self, other: Sandbox) -> None:
        self._other = other
        self.bounds = other.bounds
        self._process, self._scratch = None, ""
        self._without_autograd = None
        self._start()

    def _start(self, control: socket.socket | None = None) -> None:
        self._control, theirs = socket.socketpair()
        with theirs:
            self._apart: bool = self._other._request(b"split", theirs)
        self._ready = False

    def _end_the_other(self) -> None:
        if not self._apart:
            self._other.kill()

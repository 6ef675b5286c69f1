# Runs in: judge
"""A server as the judge holds it: the line by which children are asked for."""

from __future__ import annotations

import contextlib
import json
import socket
from abc import ABC, abstractmethod
from typing import Any

from course_dl.grading.sandbox.client.launch import FAREWELL
from course_dl.grading.sandbox.server.layer import Layer
from course_dl.grading.sandbox.server.layers import Bounds
from course_dl.grading.sandbox.server.usage import Usage

__all__ = ["Connection", "Unavailable"]


class Unavailable(RuntimeError):
    """There is no server, and none can be started: no submission's doing."""


class Connection(ABC):
    """A server that forks one child at a time, and is replaced where a submission has ended it."""

    def __init__(self, bounds: Bounds, line: socket.socket) -> None:
        self.bounds = bounds
        self._line = line
        self._ready = False  # a server says so once it is

    @abstractmethod
    def _connect(self) -> socket.socket:
        """The line to a new server."""

    @abstractmethod
    def _before_fork(self) -> None:
        """End what must not live at the same time as a new child."""

    def fork(self) -> socket.socket:
        """End the child before, if any, and start a new one: the judge's end of its line."""
        self._before_fork()
        ours, theirs = socket.socketpair()
        with theirs:
            self._request(b"fork", theirs)
        return ours

    def kill(self) -> None:
        """End the child and all that it started."""
        self._request(b"kill")

    def usage(self) -> Usage | None:
        """What the child and its processes use; None where there is no server to ask."""
        try:
            return Usage(*self._asked(b"usage", None))
        except OSError:
            return None

    def layers(self) -> dict[str, Layer]:
        """Each layer of the sandbox, as a child finds it."""
        return {name: Layer(*layer) for name, layer in self._request(b"probe").items()}

    def close(self) -> None:
        """Let go of the server, which ends with whatever its children left."""
        with contextlib.suppress(OSError), self._line as line:
            line.shutdown(socket.SHUT_WR)
            line.settimeout(FAREWELL)
            while line.recv(1 << 16):  # until the server has ended, and let go of its end
                pass

    def _request(self, name: bytes, sent: socket.socket | None = None) -> Any:
        """Ask the server; one that a submission has managed to end is replaced by a new one."""
        try:
            return self._asked(name, sent)
        except ConnectionError:
            self._line, self._ready = self._connect(), False
        try:
            return self._asked(name, sent)
        except ConnectionError:
            raise Unavailable("the sandbox cannot be started: see its error output") from None

    def _asked(self, name: bytes, sent: socket.socket | None) -> Any:
        if not self._ready:
            self._answer()
            self._ready = True
        fds = [] if sent is None else [sent.fileno()]
        socket.send_fds(self._line, [name], fds)
        return self._answer()

    def _answer(self) -> Any:
        answer = self._line.recv(1 << 16)
        if not answer:
            raise ConnectionResetError
        return json.loads(answer)

# Runs in: judge, child
"""Whole messages over a socket: each a header and a body, preceded by their lengths."""

from __future__ import annotations

import hashlib
import json
import math
import socket
import time
import zlib
from dataclasses import dataclass
from typing import Any

from course_dl.calls.limits import LONG, TimeOut
from course_dl.grading.sandbox.wire.limits import ANY_SIZE, PREFIX, Limits, Violation

__all__ = ["Channel", "Closed", "Deadline", "Message", "TimedOut", "number_of"]

_CHUNK = 1 << 18


class Closed(ConnectionError):
    """The other side is gone."""


class TimedOut(TimeoutError):
    """The other side did not answer in time."""

    def __init__(self, why: TimeOut = LONG) -> None:
        super().__init__(why.reason)
        self.why = why


class Deadline:
    """When to wait no longer: at ``until`` (of ``time.monotonic``), if it is not put off then."""

    def __init__(self, until: float = math.inf) -> None:
        self.until = until

    def passed(self) -> None:
        """Raise :class:`TimedOut`, or set a later time."""
        raise TimedOut


FOREVER = Deadline()


@dataclass(frozen=True)
class Message:
    """What arrived: the header as it came, and the body for a :class:`Reader`."""

    header: bytearray
    body: bytearray

    @property
    def content(self) -> Any:
        """The header's JSON."""
        try:
            return json.loads(self.header.decode())
        except (ValueError, RecursionError):
            raise Violation("malformed message") from None

    @property
    def number(self) -> int:
        """What :func:`number_of` says of it on the sender's side: an answer names its question."""
        return zlib.crc32(self.body, zlib.crc32(self.header))

    @property
    def digest(self) -> bytes:
        """The same for the same message alone."""
        return hashlib.blake2b(self.header + self.body, digest_size=16).digest()


def number_of(message: bytes) -> int:
    """A number for a message made by :meth:`Writer.message`."""
    return zlib.crc32(memoryview(message)[PREFIX.size :])


class Channel:
    """Whole messages over a socket; a deadline bounds each wait."""

    def __init__(self, connection: socket.socket, limits: Limits = ANY_SIZE) -> None:
        self._socket = connection
        self._limits = limits
        self._read = bytearray()
        self._arriving = memoryview(bytearray(_CHUNK))

    def send(self, message: bytes, deadline: Deadline = FOREVER) -> None:
        """Send a message made by :meth:`Writer.message`."""
        left = memoryview(message)
        while left:
            self._wait_until(deadline)
            try:
                left = left[self._socket.send(left) :]
            except TimeoutError:
                deadline.passed()
            except OSError:
                raise Closed from None

    def receive(self, deadline: Deadline = FOREVER) -> Message:
        """The next message."""
        header_size, body_size = PREFIX.unpack(self._exactly(PREFIX.size, deadline))
        if header_size > self._limits.header or body_size > self._limits.body:
            raise Violation("message too large")
        return Message(self._exactly(header_size, deadline), self._exactly(body_size, deadline))

    def is_open(self) -> bool:
        """Whether the other side is still there, and has said nothing unasked, as far as known."""
        self._socket.settimeout(0)
        try:
            self._socket.recv(1, socket.MSG_PEEK)
            return False
        except BlockingIOError:
            return not self._read
        except OSError:
            return False

    def close(self) -> None:
        """Let go of the socket."""
        self._socket.close()

    def _exactly(self, size: int, deadline: Deadline) -> bytearray:
        while len(self._read) < size:
            self._wait_until(deadline)
            try:
                count = self._socket.recv_into(self._arriving)
            except TimeoutError:
                deadline.passed()
                continue
            except OSError:
                raise Closed from None
            if not count:
                raise Closed
            self._read += self._arriving[:count]
        taken = self._read[:size]
        del self._read[:size]
        return taken

    def _wait_until(self, deadline: Deadline) -> None:
        """Let the socket's next operation take until the deadline."""
        while (seconds := deadline.until - time.monotonic()) <= 0:
            deadline.passed()
        self._socket.settimeout(None if math.isinf(seconds) else seconds)

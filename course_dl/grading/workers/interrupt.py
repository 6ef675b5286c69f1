# Runs in: judge
"""What Ctrl-C and SIGTERM do while a class is graded."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import threading
import time
from types import FrameType
from typing import Any

__all__ = ["Interrupt"]

_MOMENT = 0.5  # seconds for the results that are about to come
_SAID = b"\nfinishing: what is graded is kept ... (press again to stop at once)\n"


class Interrupt:
    """A context: the first signal asks for an end, the second one does not wait.

    Attributes
    ----------
    line
        Readable once an end has been asked for.
    working
        Whether there is work whose results are worth a moment; else the first signal is enough.
    ending
        Whether all is being ended, which takes a moment and is not to be disturbed.
    """

    def __init__(self) -> None:
        self.working = self.ending = False
        self.line, self._bell = socket.socketpair()
        self._until: float | None = None
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Interrupt:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._signalled)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self.line.close()
        self._bell.close()

    @property
    def asked(self) -> bool:
        """Whether an end has been asked for."""
        return self._until is not None

    @property
    def left(self) -> float | None:
        """Seconds until the end that has been asked for; None where none has been."""
        return None if self._until is None else max(0.0, self._until - time.monotonic())

    def _signalled(self, number: int, frame: FrameType | None) -> None:
        first, self._until = self._until is None, self._until or time.monotonic() + _MOMENT
        if first:
            with contextlib.suppress(OSError):
                self._bell.send(b"!")
            if self.working:
                with contextlib.suppress(OSError):
                    os.write(2, _SAID)
                return
        if not self.ending:
            self.ending = True
            raise KeyboardInterrupt

"""What surrounds a call of a student's function: its time, its output, the random state."""

from __future__ import annotations

import contextlib
import io
import random
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from functools import lru_cache
from types import FrameType
from typing import Any

import numpy as np
import torch

__all__ = [
    "TimeUp",
    "call_within",
    "captured_output",
    "private_randomness",
    "seed_all",
    "seeded",
    "take_alarms",
]

REPEAT_SECONDS = 0.05  # a further alarm follows one that the code swallowed
PRINTED_LIMIT = 2_000  # characters kept of what a function prints


class TimeUp(BaseException):
    """Raised inside code that ran too long; no ``except Exception`` of a student stops it."""


class _Limit:
    """Of a call that runs: whether alarms still count, how many came, instructions to the next."""

    armed, alarms, left = True, 0, 0

    def ring(self, frame: FrameType | None) -> None:
        """Leave the call, of which ``frame`` is the innermost frame."""
        if not self.armed:
            return
        self.alarms += 1
        if self.alarms > 1:  # raise again soon, in the handler that swallows this one
            self.left = 1 + self.alarms % 8
            sys.settrace(lambda *_: None)  # without a global tracer no frame is traced
            while frame is not None and frame.f_code is not call_within.__code__:
                frame.f_trace, frame.f_trace_opcodes = self._raise_after_some, True
                frame = frame.f_back
        raise TimeUp

    def _raise_after_some(self, frame: FrameType, event: str, arg: Any) -> Any:
        self.left -= event == "opcode"
        if self.armed and event == "opcode" and self.left <= 0:
            raise TimeUp
        return self._raise_after_some


_limit = _Limit()
_alarms_taken = False


def take_alarms() -> None:
    """Keep SIGALRM for :func:`call_within`, which else takes it and gives it back at each call."""
    global _alarms_taken
    signal.signal(signal.SIGALRM, _on_alarm)
    _alarms_taken = True


def call_within(seconds: float, function: Callable[[], Any]) -> Any:
    """``function()``, left by :class:`TimeUp` once ``seconds`` have passed.

    Works in the main thread of Linux and macOS, thus in a notebook's kernel, which lives on. A loop
    whose bare ``except:`` swallows the alarm gets a second one inside that ``except:``, which no
    ``try`` protects. Elsewhere (another thread, Windows) the function runs without a limit.
    """
    global _limit
    main_thread = threading.current_thread() is threading.main_thread()
    if not (main_thread and hasattr(signal, "setitimer")):
        return function()
    tracer = sys.gettrace()
    limit = _limit = _Limit()
    taken = _alarms_taken
    previous = None if taken else signal.signal(signal.SIGALRM, _on_alarm)
    signal.setitimer(signal.ITIMER_REAL, seconds, REPEAT_SECONDS)
    try:
        return function()
    finally:
        limit.armed = False
        signal.setitimer(signal.ITIMER_REAL, 0)
        if not taken:
            signal.signal(signal.SIGALRM, previous)
        if limit.alarms > 1:
            sys.settrace(tracer)


def _on_alarm(signum: int, frame: FrameType | None) -> None:
    _limit.ring(frame)


class _CappedText(io.TextIOBase):
    """A stream that keeps the first characters written to it and forgets the rest."""

    def __init__(self, limit: int) -> None:
        self.kept = ""
        self._limit = limit

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self.kept += text[: self._limit - len(self.kept)]
        return len(text)


@contextlib.contextmanager
def captured_output() -> Iterator[_CappedText]:
    """Keep what the block prints (its first 2,000 characters) instead of showing it."""
    stream = _CappedText(PRINTED_LIMIT)
    with contextlib.redirect_stdout(stream), contextlib.redirect_stderr(stream):
        yield stream


@contextlib.contextmanager
def private_randomness(seed: int = 0) -> Iterator[Callable[[], bool]]:
    """Give the block global random generators of its own, and the caller's back afterwards.

    Yields a function that tells whether the block has drawn from one of them.
    """
    kept = torch.get_rng_state(), np.random.get_state(), random.getstate()
    try:
        yield seed_all(seed)
    finally:
        torch.set_rng_state(kept[0])
        np.random.set_state(kept[1])
        random.setstate(kept[2])


def seeded(seed: int) -> AbstractContextManager[Callable[[], bool]]:
    """The same where nobody wants the generators back."""
    return nullcontext(seed_all(seed))


def seed_all(seed: int) -> Callable[[], bool]:
    """Seed the global random generators; the function returned tells whether one was drawn from."""
    first = _first_numbers(seed)
    np.random.seed(seed)
    random.seed(seed)
    torch.default_generator.manual_seed(seed)  # of the CPU alone: no accelerator is woken up
    fresh = torch.get_rng_state()

    def drawn() -> bool:
        # Of numpy and Python it is quicker to draw than to read the state: the first number is
        # the one to come only where nobody has drawn it.
        now = np.random.random_sample(), random.random()
        return now != first or not torch.equal(torch.get_rng_state(), fresh)

    return drawn


@lru_cache(maxsize=1024)
def _first_numbers(seed: int) -> tuple[float, float]:
    """The first number that numpy's and Python's generators give after this seed."""
    return float(np.random.RandomState(seed).random_sample()), random.Random(seed).random()

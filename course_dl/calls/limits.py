# Runs in: notebook, child, judge
"""What surrounds a call of a student's function: its time, its output, the random state."""

from __future__ import annotations

import contextlib
import io
import os
import random
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from functools import lru_cache
from types import FrameType
from typing import Any, Literal, NamedTuple

import numpy as np
import torch

__all__ = [
    "ASLEEP",
    "BUSY",
    "LONG",
    "TimeOut",
    "TimeUp",
    "call_within",
    "captured_output",
    "first_numbers",
    "private_randomness",
    "seed_all",
    "seeded",
    "take_alarms",
    "waiting_seconds",
]

REPEAT_SECONDS = 0.05  # a further alarm follows one that the code swallowed
SOONEST = 0.01  # seconds to the next look at the time
ASLEEP = 3.0  # times its seconds that a call may sleep or wait
BUSY = 10.0  # times its seconds, by the clock, that a call may last on a busy machine
IMPORTING = 60.0  # seconds, by the clock, that a call with imports may last
PRINTED_LIMIT = 2_000  # characters kept of what a function prints

Reason = Literal["long", "asleep", "import", "busy", "together"]


class TimeOut(NamedTuple):
    """Why a call was ended before it returned.

    ``"long"``: it used up its seconds. ``"asleep"``: it slept, or waited for something.
    ``"import"``: the import of ``module`` took too long. ``"busy"``: the machine had no time for
    it. ``"together"``: the calls of its exercise took more than ``seconds``, one about ``each``.
    """

    reason: Reason
    module: str = ""
    seconds: float = 0.0
    each: float = 0.0


LONG = TimeOut("long")


class TimeUp(BaseException):
    """Raised inside code that ran too long; no ``except Exception`` of a student stops it."""

    def __init__(self, why: TimeOut = LONG) -> None:
        super().__init__(why)
        self.why = why


class _Limit:
    """Of a call that runs: what it has used, whether alarms still count, how many ended it.

    A call may use its seconds of a core; sleep or wait several times as long; last still longer
    where it waits for a core, which is the machine's time and not its own. An import is not
    interrupted, for half a module would be left behind, and its time does not count: a call that
    has imported something has all of its seconds once more.
    """

    armed, alarms, left, why = True, 0, 0, LONG

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds
        self.module = ""  # which is being imported
        self._modules = len(sys.modules)
        self._put_off = False  # for what was imported
        self._begun = time.monotonic()
        self._start()

    def _start(self) -> None:
        """From here on the call has all of its seconds."""
        self._core = time.thread_time()
        self._looked: tuple[float, float] | None = None
        self._since = time.monotonic()

    def ring(self, frame: FrameType | None) -> None:
        """Leave the call, of which ``frame`` is the innermost frame, if it has had its time."""
        if not self.armed:
            return
        if not self.alarms:
            why = self._over(frame)
            if why is None:
                return
            self.why = why
        self.alarms += 1
        if self.alarms == 1:
            signal.setitimer(signal.ITIMER_REAL, REPEAT_SECONDS, REPEAT_SECONDS)
        else:  # raise again soon, in the handler that swallows this one
            self.left = 1 + self.alarms % 8
            sys.settrace(lambda *_: None)  # without a global tracer no frame is traced
            while frame is not None and frame.f_code is not call_within.__code__:
                frame.f_trace, frame.f_trace_opcodes = self._raise_after_some, True
                frame = frame.f_back
        raise TimeUp(self.why)

    def _over(self, frame: FrameType | None) -> TimeOut | None:
        """Why the call is to end now; if it is not, it is looked at again in time."""
        now = time.monotonic()
        module = _being_imported(frame)
        if module:
            if not self.module:
                on_import(module)
            self.module = module
            if now - self._begun > IMPORTING:
                return TimeOut("import", module)
            signal.setitimer(signal.ITIMER_REAL, REPEAT_SECONDS)
            return None
        if self.module:
            self.module, self._put_off = "", True
            self._start()
        core = time.thread_time() - self._core
        if core >= self.seconds:
            imported = self._imported()
            if not imported:
                return LONG
            on_import(imported)
            self._start()
            signal.setitimer(signal.ITIMER_REAL, self.seconds)
            return None
        waiting = waiting_seconds()
        if self._looked is None:  # before the first look nothing is known of the waiting
            self._looked = now, waiting
        own = self.seconds * (now - self._since >= self.seconds)
        own += (now - self._looked[0]) - (waiting - self._looked[1])
        if own >= ASLEEP * self.seconds:
            return TimeOut("asleep")
        if now - self._since >= BUSY * self.seconds:
            return TimeOut("busy")
        soon = min(self.seconds - core, ASLEEP * self.seconds - own)
        signal.setitimer(signal.ITIMER_REAL, max(SOONEST, soon))
        return None

    def _imported(self) -> str:
        """A module that was imported before the time was up, and for which it was not put off yet.

        Torch imports parts of itself when they are first used: ``torch.func`` takes seconds.
        """
        new = list(sys.modules)[self._modules :]
        if self._put_off or not new:
            return ""
        self._put_off = True
        return new[0]

    def _raise_after_some(self, frame: FrameType, event: str, arg: Any) -> Any:
        self.left -= event == "opcode"
        if self.armed and event == "opcode" and self.left <= 0:
            raise TimeUp(self.why)
        return self._raise_after_some


def _being_imported(frame: FrameType | None) -> str:
    """The module whose import a frame of the call belongs to, the outermost one, or ``""``."""
    name = ""
    while frame is not None and frame.f_code is not call_within.__code__:
        code = frame.f_code
        if code.co_name == "_find_and_load" and code.co_filename.startswith("<frozen importlib"):
            name = str(frame.f_locals.get("name", "a module"))
        frame = frame.f_back
    return name


def _forget_parts(module: str) -> None:
    """Of a module whose import was broken off, Python keeps the parts, which are no use alone."""
    if module and module not in sys.modules:
        for name in [name for name in sys.modules if name.startswith(f"{module}.")]:
            del sys.modules[name]


def waiting_seconds() -> float:
    """How long this process's threads have waited for a core; 0 where the system does not tell."""
    waited = 0
    with contextlib.suppress(OSError, ValueError, IndexError):
        for task in os.listdir("/proc/self/task"):
            with open(f"/proc/self/task/{task}/schedstat") as file:
                waited += int(file.read().split()[1])
    return waited / 1e9


_limit = _Limit()
_alarms_taken = False


# Told of a module whose import takes the time of a call: a sandbox's child says it to the judge.
on_import: Callable[[str], object] = str


def take_alarms() -> None:
    """Keep SIGALRM for :func:`call_within`, which else takes it and gives it back at each call."""
    global _alarms_taken
    signal.signal(signal.SIGALRM, _on_alarm)
    _alarms_taken = True


def call_within(seconds: float, function: Callable[[], Any]) -> Any:
    """``function()``, left by :class:`TimeUp` once it has used ``seconds`` of a core.

    What sleeps or waits may last some times as long; what waits for a core on a busy machine,
    longer still. Works in the main thread of Linux and macOS, thus in a notebook's kernel, which
    lives on. A loop whose bare ``except:`` swallows the alarm gets a second one inside that
    ``except:``, which no ``try`` protects. Elsewhere (another thread, Windows) the function runs
    without a limit.
    """
    global _limit
    main_thread = threading.current_thread() is threading.main_thread()
    if not (main_thread and hasattr(signal, "setitimer")):
        return function()
    tracer = sys.gettrace()
    limit = _limit = _Limit(seconds)
    taken = _alarms_taken
    previous = None if taken else signal.signal(signal.SIGALRM, _on_alarm)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        return function()
    finally:
        limit.armed = False
        signal.setitimer(signal.ITIMER_REAL, 0)
        if not taken:
            signal.signal(signal.SIGALRM, previous)
        if limit.alarms:
            _forget_parts(limit.module)
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
    first = first_numbers(seed)
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
def first_numbers(seed: int) -> tuple[float, float]:
    """The first number that numpy's and Python's generators give after this seed."""
    return float(np.random.RandomState(seed).random_sample()), random.Random(seed).random()

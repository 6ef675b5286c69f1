# Runs in: judge
"""How long a submission may take: by the clock at first, by its own time where that is long.

A child that waits for a core on a busy machine has done nothing wrong. The judge counts
by the clock first, which costs nothing. Where that is long, it asks the server how much of a core
the child's processes have had, and how long they have waited for one.
"""

from __future__ import annotations

import math
import time

from course_dl.calls.limits import ASLEEP, BUSY, TimeOut
from course_dl.grading.sandbox.client.connection import Connection
from course_dl.grading.sandbox.server.usage import Usage, waited_here
from course_dl.grading.sandbox.wire.channel import Deadline, TimedOut
from course_dl.grading.sandbox.wire.limits import TooMuch

__all__ = ["Meter", "Wait"]

_LOOK = 0.3  # seconds of one call after which the server is asked, again and again
_UNSEEN = 1.0  # seconds of short calls after which it is asked too
_SOONEST = 0.02
_STARVED = 0.1  # share of the time on the clock that was the machine's: then it was busy


class Meter:
    """The own time of a submission's child: what its processes had of a core, or slept.

    ``left`` is how many seconds calls may take together.
    """

    def __init__(self, sandbox: Connection, left: float = math.inf) -> None:
        self._sandbox = sandbox
        self.begin(left)
        self.restart()

    def begin(self, seconds: float) -> None:
        """Let the calls to come take this many seconds together."""
        self.left = self._given = seconds
        self._clock_left = BUSY * seconds
        self._clock = self._total = self._lost = 0.0
        self._calls = 0

    def restart(self) -> None:
        """There is a new child, which has used nothing yet."""
        self._before = Usage()
        self._here = waited_here()
        self._clock = 0.0

    def restart_after(self, other: Meter) -> None:
        """Leave out what the same child has done before, which another meter counts."""
        if other._total > _LOOK:
            self.look()

    @property
    def busy(self) -> bool:
        """Whether the machine was, as far as is known, while it was waited for the child."""
        return self._lost > _STARVED * self._total

    def wait(self, seconds: float) -> Wait:
        """The wait for one answer, which may take this many seconds."""
        self._calls += 1
        if self.left <= 0 or self._clock > _UNSEEN:
            self.look()
        if self.left <= 0:
            raise TimedOut(self.together())
        return Wait(self, seconds)

    def spend(self, seconds: float) -> None:
        """Count the seconds, on the clock, for which an answer was awaited."""
        self._clock += seconds
        self._total += seconds
        self.left -= seconds
        self._clock_left -= seconds

    def look(self) -> tuple[float, float]:
        """The seconds of a core, and the own time, since the last look."""
        now = self._sandbox.usage() or self._before
        here = waited_here()
        if now.memory > self._sandbox.bounds.data:
            most = self._sandbox.bounds.data >> 20
            raise TooMuch(f"its processes held more than {most} MB together")
        core = max(0.0, now.cpu - self._before.cpu)
        waited = max(0.0, now.waited - self._before.waited) + here - self._here
        core = min(core, self._clock)  # several at work count as one
        own = min(max(core, self._clock - waited), self._clock)
        self.left += self._clock - own
        self._lost += self._clock - own
        self._before, self._here, self._clock = now, here, 0.0
        return core, own

    def over(self) -> TimeOut | None:
        """Why no further answer can be waited for."""
        if self.left <= 0:
            return self.together()
        return TimeOut("busy") if self._clock_left <= 0 else None

    def mostly(self, own: float) -> bool:
        """Whether a call of this many seconds took most of what all may take together."""
        return own > self._given / 2

    def together(self) -> TimeOut:
        """Why calls are ended that took too long together, with the mean seconds of a call."""
        each = (self._given - self.left) / max(1, self._calls)
        return TimeOut("together", "", self._given, each)


class Wait(Deadline):
    """The wait for an answer that may take this many seconds of the child's own time."""

    def __init__(self, meter: Meter, seconds: float) -> None:
        self.seconds = seconds
        self._meter = meter
        self._begun = self._spent = time.monotonic()
        self._earlier = meter._clock
        self._core = self._own = 0.0
        super().__init__(self._begun + min(_LOOK, max(seconds, _SOONEST)))

    def __enter__(self) -> Wait:
        return self

    def __exit__(self, *_: object) -> None:
        self._spend(time.monotonic())

    def check(self) -> None:
        """Look at the time, after a message that is not the answer."""
        if time.monotonic() > self.until:
            self.passed()

    def put_off(self, seconds: float) -> None:
        """Let the answer take this many seconds more."""
        self.seconds += seconds
        self._meter.left += seconds

    def passed(self) -> None:
        """See how much of it was the child's own time."""
        now = time.monotonic()
        self._spend(now)
        core, own = self._meter.look()
        self._core += max(0.0, core - self._earlier)  # what belongs to earlier calls
        self._own += max(0.0, own - self._earlier)
        self._earlier = 0.0
        why = self._over(now)
        if why is not None:
            raise TimedOut(why)
        asleep = ASLEEP * self.seconds - self._own
        soon = min(_LOOK, self.seconds - self._core, asleep, self._meter.left)
        self.until = now + max(soon, _SOONEST)

    def _over(self, now: float) -> TimeOut | None:
        if self._core >= self.seconds:
            return TimeOut("long")
        if self._own >= ASLEEP * self.seconds:
            return TimeOut("asleep")
        if now - self._begun >= BUSY * self.seconds:
            return TimeOut("busy")
        why = self._meter.over()
        if why is not None and why.reason == "together" and self._meter.mostly(self._own):
            return TimeOut("long" if self._core > self._own / 2 else "asleep")
        return why

    def _spend(self, now: float) -> None:
        self._meter.spend(now - self._spent)
        self._spent = now

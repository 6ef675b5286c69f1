# Runs in: judge
"""A sandbox's child as the judge holds it: started, asked one message at a time, and ended."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from course_dl.calls.limits import TimeOut
from course_dl.grading.intake.cells import Cell
from course_dl.grading.sandbox.client.connection import Connection
from course_dl.grading.sandbox.client.meter import Meter, Wait
from course_dl.grading.sandbox.wire.channel import Channel, Closed, Message, TimedOut
from course_dl.grading.sandbox.wire.limits import Limits, TooMuch, Violation
from course_dl.grading.sandbox.wire.protocol import text_from
from course_dl.grading.sandbox.wire.values import Reader, Writer

__all__ = ["Cell", "Child", "Line", "Program", "Unloadable"]

_GRACE = 2.0  # seconds beyond its own limit that a call gets before its process is killed
_LOAD_STEP, _LOAD_ALL, _LOAD_DEATHS = 5.0, 60.0, 9  # for a statement; for all; deaths allowed
_IMPORTING = 30.0  # seconds that a submission's slow imports may take of its calls together
_RECEIVED = 256 << 20  # bytes that may come from the child between two begin()
_HEADER_BYTE = 16  # bytes of memory that a byte of a header may become
_CALLED_BACK = 100_000  # calls of the judge's functions, likewise


@dataclass(frozen=True)
class Program:
    """What a child is given to load: the cells, and the names of what the exercises ask for."""

    cells: Sequence[Cell]
    names: Sequence[str]


class Unloadable(Exception):
    """The submission's code cannot be loaded."""


class Line(Protocol):
    """The way to ask a child."""

    @property
    def functions(self) -> list[Callable[..., Any]]:
        """The judge's functions that the child may call, by their places in this list."""

    def ask(self, message: bytes, seconds: float) -> Message:
        """What the child answers to a message whose calls may take this many seconds.

        Raises
        ------
        TimedOut, Closed, Violation, TooMuch, Unloadable
            Where it does not; a broken child is ended.
        """

    def end(self) -> None:
        """End the child; the next message goes to a new one."""

    def lost(self, why: TimeOut) -> None:
        """A call was lost to the clock: note it if the machine was busy."""


@dataclass
class Child:
    """A child that holds a submission, replaced by a new one where it has ended.

    Attributes
    ----------
    notices
        The cells that failed while they were loaded: place, kind of error, message.
    remarks
        The tricks that the child has told of.
    skip
        The statements that end the process, or never end.
    functions
        The judge's functions that the child may call. An object may keep one that it was given, for
        later calls.
    starved
        Whether a call was lost to the clock while the machine was busy.
    """

    sandbox: Connection
    program: Program
    notices: list[tuple[str, str, str]] = field(default_factory=list)
    remarks: set[str] = field(default_factory=set)
    skip: set[int] = field(default_factory=set)
    functions: list[Callable[..., Any]] = field(default_factory=list)
    starved: bool = False
    _channel: Channel | None = None
    _unloadable: str = ""
    _received: int = 0
    _called_back: int = 0
    _importing: float = _IMPORTING
    _used: bool = False  # whether the child answers its first message since begin()

    def __post_init__(self) -> None:
        self._calls, self._loading = Meter(self.sandbox), Meter(self.sandbox, _LOAD_ALL)

    @property
    def left(self) -> float:
        """How many seconds calls may still take together, of their own time."""
        return self._calls.left

    @property
    def busy(self) -> bool:
        """Whether the machine was, while the calls since ``begin`` were waited for."""
        return self._calls.busy

    @property
    def loading(self) -> float:
        """How many seconds of its own time the submission has taken to load."""
        return _LOAD_ALL - self._loading.left

    def begin(self, seconds: float) -> None:
        """Let the calls to come take this many seconds together; forget what was handed over."""
        self._calls.begin(seconds)
        self._received = self._called_back = 0
        self.functions.clear()
        if self._channel is not None and not self._channel.is_open():
            self.end()
        self._used = self._channel is not None

    def finish(self) -> None:
        """End the child, having asked it for what the submission has left behind."""
        if self._channel is not None and self._channel.is_open():
            question = Writer().message({"calls": []})
            with contextlib.suppress(TimedOut, Closed, Violation), self._calls.wait(_GRACE) as wait:
                self._remark(self._answer(question, wait).content)
        self.end()

    def end(self) -> None:
        """End the child; the next message goes to a new one."""
        if self._channel is not None:
            self._channel.close()
            self._channel = None
            self.sandbox.kill()

    def lost(self, why: TimeOut) -> None:
        """A call was lost to the clock: note it if the machine was busy."""
        if self._channel is not None:
            self._calls.look()
        self.starved |= self._calls.busy or why.reason == "busy"

    # -- loading ----------------------------------------------------------------------------

    def _start(self) -> None:
        """Have a child that has loaded the submission, without the statements that ended others.

        The first child loads in silence, which is quicker; if it fails, further ones announce each
        statement, so that the one at fault is known.
        """
        for attempt in range(_LOAD_DEATHS):
            if self._unloadable:
                raise Unloadable(self._unloadable)
            if self._channel is not None:
                return
            self._channel = Channel(self.sandbox.fork(), Limits())
            self._used = False
            self._calls.restart()
            self._loading.restart()
            announced = attempt > 0
            at = -1
            try:
                with self._loading.wait(_LOAD_STEP + _GRACE) as wait:
                    self._channel.send(Writer().message(self._request(announced)), wait)
                while True:
                    step = self._received_step()
                    if "loaded" in step:
                        self._remark(step)
                        self._note(step["loaded"])
                        self.skip.update(n for n in step["endless"][:100] if type(n) is int)
                        self._calls.restart_after(self._loading)
                        return
                    at = step["at"]
                    if type(at) is not int:
                        raise Violation("malformed step")
            except (TimedOut, Closed, Violation, TypeError, KeyError):
                self.end()
                hopeless = announced and (at in self.skip or at < 0)
                if hopeless or self._loading.over() is not None:
                    break
                if announced:
                    self.skip.add(at)
        self.starved |= self._loading.busy
        self._unloadable = (
            "the submission's code cannot be loaded: it ends the process, or never ends"
        )
        raise Unloadable(self._unloadable)

    def _received_step(self) -> Any:
        """The next message of a child that loads; a statement has a few seconds."""
        assert self._channel is not None
        with self._loading.wait(_LOAD_STEP + _GRACE) as wait:
            while True:
                step = self._channel.receive(wait).content
                if "importing" not in step:
                    return step
                self._let_import(wait)

    def _request(self, announced: bool) -> dict[str, Any]:
        cells = [vars(cell) for cell in self.program.cells]
        more = {"skip": sorted(self.skip), "seconds": _LOAD_STEP, "announced": announced}
        return {"cells": cells, "names": self.program.names, **more}

    def _note(self, failures: Any) -> None:
        if not isinstance(failures, list):
            raise Violation("malformed notices")
        told = [f for f in failures[:100] if isinstance(f, list) and len(f) == 3]
        self.notices[:] = [
            (text_from(place), text_from(kind), text_from(said)) for place, kind, said in told
        ]

    def _remark(self, message: Any) -> None:
        """Keep what a message says of tricks: a hint, since a hostile child says what it likes."""
        told = message.get("tricks") if isinstance(message, dict) else None
        for trick in told[:32] if isinstance(told, list) else []:
            if len(self.remarks) < 32:
                self.remarks.add(text_from(trick)[:80].replace("\n", " "))

    # -- answers ----------------------------------------------------------------------------

    def ask(self, message: bytes, seconds: float) -> Message:
        """What the child answers; a broken child is ended."""
        if self._channel is None:
            if why := self._calls.over():
                raise TimedOut(why)
            self._start()
        try:
            with self._calls.wait(seconds + _GRACE) as wait:
                answer = self._answer(message, wait)
            if b'"tricks":' in answer.header:
                self._remark(answer.content)
            self._used = False
            return answer
        except (TimedOut, Closed, Violation) as error:
            self.end()
            if self._used and isinstance(error, Closed):  # what ended it may be an earlier call
                return self.ask(message, seconds)
            raise

    def _answer(self, message: bytes, wait: Wait) -> Message:
        """Send a message and wait for its answer; meanwhile call back what the child asks for."""
        channel = self._channel
        assert channel is not None
        channel.send(message, wait)
        while True:
            answer = channel.receive(wait)
            self._received += len(answer.body) + _HEADER_BYTE * len(answer.header)
            if self._received > _RECEIVED:
                raise TooMuch(f"it passed on more than {_RECEIVED >> 20} MB in one exercise")
            if answer.header.startswith(b'{"importing":'):
                self._let_import(wait)
                continue
            if not answer.header.startswith(b'{"callback":'):
                return answer
            wait.check()
            self._called_back += 1
            if self._called_back > _CALLED_BACK:
                raise TooMuch(f"it called back more than {_CALLED_BACK:,} times in one exercise")
            channel.send(_called_back(self.functions, answer), wait)

    def _let_import(self, wait: Wait) -> None:
        """Give the child more time, once, for a module that takes long to import."""
        wait.put_off(self._importing)
        self._importing = 0.0


def _called_back(functions: Sequence[Callable[..., Any]], message: Message) -> bytes:
    """Run a function of the check on values that came from the child; its result as a message."""
    request = message.content.get("callback")
    if not isinstance(request, list) or len(request) != 3 or type(request[0]) is not int:
        raise Violation("malformed call")
    if not 0 <= request[0] < len(functions):
        raise Violation("call of an unknown function")
    reader, writer = Reader(message.body), Writer()
    args, kwargs = reader.decode(request[1]), reader.decode(request[2])
    if not isinstance(args, list) or not isinstance(kwargs, dict):
        raise Violation("malformed call")
    reader.finished()
    try:
        value = functions[request[0]](*args, **kwargs)
        return writer.message({"return": writer.encode(value)})
    except Exception as error:
        return Writer().message({"raise": [type(error).__name__, str(error)[:1000]]})

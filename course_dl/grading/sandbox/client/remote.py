# Runs in: judge
"""Calls into a sandbox's child: a backend for checks, on the judge's side."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from course_dl.calls.backend import Backend, Outcome, Request, Rules, StudentError
from course_dl.grading.intake.cells import Cell
from course_dl.grading.sandbox.client.connection import Connection
from course_dl.grading.sandbox.client.meter import Meter, Wait
from course_dl.grading.sandbox.wire.channel import Channel, Closed, Message, TimedOut, number_of
from course_dl.grading.sandbox.wire.limits import Limits, TooMuch, Violation
from course_dl.grading.sandbox.wire.protocol import outcome_from, request_told, text_from
from course_dl.grading.sandbox.wire.values import Reader, Writer

__all__ = ["Cell", "Program", "RemoteBackend", "Talk"]

_GRACE = 2.0  # seconds beyond its own limit that a call gets before its process is killed
_LOAD_STEP, _LOAD_ALL, _LOAD_DEATHS = 5.0, 60.0, 9  # for a statement; for all; deaths allowed
_IMPORTING = 30.0  # seconds that a submission's slow imports may take of its calls together
_RECEIVED = 256 << 20  # bytes that may come from the child between two calls of begin()
_HEADER_BYTE = 16  # bytes of memory that a byte of a header may become
_CALLED_BACK = 100_000  # calls of the judge's functions, likewise


@dataclass(frozen=True)
class Program:
    """What a child is given to load: the cells, and the names of what the exercises ask for."""

    cells: Sequence[Cell]
    names: Sequence[str]


@dataclass
class Talk:
    """What was asked and answered in a test.

    ``heard`` are answers that came before the test itself was run, or what came in their place;
    ``said`` the messages, the seconds that each was given, the digests of the answers.
    """

    heard: deque[Message | Exception] = field(default_factory=deque)
    said: list[tuple[bytes, float, bytes]] = field(default_factory=list)
    turns: int = 0

    @property
    def whole(self) -> bool:
        """Whether the test hung on these answers alone.

        It does not where no answer came, or where it handed over a function of its own, which may
        keep what it saw.
        """
        return len(self.said) == self.turns


@dataclass
class RemoteBackend(Backend):
    """Calls a submission's functions in a child: a backend for checks.

    A child that dies, takes too long or breaks the rules of the line costs the call that it was at;
    the next call gets a new one. ``notices`` tells which cells failed while they were loaded;
    ``remarks`` which tricks the child has told of; ``skip`` holds the statements that end the
    process, or never end. ``starved`` tells whether a call was lost to the clock while the machine
    was busy.
    """

    sandbox: Connection
    program: Program
    notices: list[tuple[str, str, str]] = field(default_factory=list)
    remarks: set[str] = field(default_factory=set)
    skip: set[int] = field(default_factory=set)
    _functions: list[Callable[..., Any]] = field(default_factory=list)
    talk: Talk = field(default_factory=Talk)
    starved: bool = False
    _channel: Channel | None = None
    _unloadable: str = ""
    _received: int = 0
    _called_back: int = 0
    _importing: float = _IMPORTING
    _used: bool = False  # whether the child answers its first call since begin()

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

    def call(
        self, target: str, args: tuple[Any, ...], kwargs: dict[str, Any], rules: Rules
    ) -> Outcome:
        """Run the call in the child and tell how it ended."""
        try:
            [outcome] = self._exchange([Request(target, args, kwargs, rules)])
            if outcome.timed_out and not self.talk.heard:
                self._calls.look()
                self.starved |= self._calls.busy
            return outcome
        except _Unloadable as error:
            return _failed("ProcessEnded", str(error))
        except TimedOut as error:
            self.starved |= self._calls.busy or error.why.reason == "busy"
            return Outcome(timed_out=error.why)
        except TooMuch as error:
            self.end_child()
            return _failed("RuntimeError", str(error))
        except Closed:
            return _failed("ProcessEnded", "the process ended during the call")
        except Violation as error:
            return _failed("ValueError", f"the answer cannot be read: {error}")

    def calls(self, requests: Sequence[Request]) -> Iterator[Outcome]:
        """The outcomes of calls that are sent together; where that goes wrong, of one by one."""
        outcomes: list[Outcome] = []
        if len(requests) > 1:
            with contextlib.suppress(_Unloadable, TimedOut, Closed, Violation):
                outcomes = self._exchange(requests)
        yield from outcomes
        for request in requests[len(outcomes) :]:
            yield self.call(*request)

    def begin(self, seconds: float) -> None:
        """Forget what earlier tests handed over; the calls to come may take so long together."""
        self._calls.begin(seconds)
        self._received = self._called_back = 0
        self._functions.clear()
        if self._channel is not None and not self._channel.is_open():
            self.end_child()
        self._used = self._channel is not None

    def finish(self) -> None:
        """End the child, having asked it for what the submission has left behind."""
        if self._channel is not None and self._channel.is_open():
            question = Writer().message({"calls": []})
            with (
                contextlib.suppress(TimedOut, Closed, Violation),
                self._calls.wait(_GRACE) as wait,
            ):
                self._remark(self._answer(question, wait).content)
        self.end_child()

    def end_child(self) -> None:
        """End the child; the next call gets a new one."""
        if self._channel is not None:
            self._channel.close()
            self._channel = None
            self.sandbox.kill()

    # -- loading ----------------------------------------------------------------------------

    def _start(self) -> None:
        """Have a child that has loaded the submission, without the statements that ended others.

        The first child loads in silence, which is quicker; if it fails, further ones announce each
        statement, so that the one at fault is known.
        """
        for attempt in range(_LOAD_DEATHS):
            if self._unloadable:
                raise _Unloadable(self._unloadable)
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
                self.end_child()
                hopeless = announced and (at in self.skip or at < 0)
                if hopeless or self._loading.over() is not None:
                    break
                if announced:
                    self.skip.add(at)
        self.starved |= self._loading.busy
        self._unloadable = (
            "the submission's code cannot be loaded: it ends the process, or never ends"
        )
        raise _Unloadable(self._unloadable)

    def _received_step(self) -> Any:
        """What a child says while it loads, each within the seconds of a statement."""
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

    # -- calls ------------------------------------------------------------------------------

    def _exchange(self, requests: Sequence[Request]) -> list[Outcome]:
        """The outcomes of the calls up to the first one that failed; a broken child is ended.

        Several have the time of one: whoever takes longer is called one by one.
        """
        talk, functions = self.talk, len(self._functions)
        message = self._question(requests)
        seconds = max(request.rules.seconds for request in requests) + _GRACE
        talk.turns += 1
        answer = talk.heard.popleft() if talk.heard else self.ask(message, seconds)
        if isinstance(answer, Exception):
            raise answer
        try:
            try:
                outcomes = _outcomes(answer, number_of(message), len(requests))
            except _Stale:  # an earlier call went on talking, which is not this one's fault
                self.end_child()
                answer = self.ask(message, seconds)
                outcomes = _outcomes(answer, number_of(message), len(requests))
        except Violation:
            self.end_child()
            raise
        if functions == len(self._functions):
            talk.said.append((message, seconds, answer.digest))
        return outcomes

    def ask(self, message: bytes, seconds: float) -> Message:
        """What the child answers to a message within so many seconds; a broken child is ended."""
        if self._channel is None:
            if why := self._calls.over():
                raise TimedOut(why)
            self._start()
        try:
            with self._calls.wait(seconds) as wait:
                answer = self._answer(message, wait)
            if b'"tricks":' in answer.header:
                self._remark(answer.content)
            self._used = False
            return answer
        except (TimedOut, Closed, Violation) as error:
            self.end_child()
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
            channel.send(_called_back(self._functions, answer), wait)

    def _let_import(self, wait: Wait) -> None:
        """Give the child more time, once, for a module that takes long to import."""
        wait.put_off(self._importing)
        self._importing = 0.0

    def _question(self, requests: Sequence[Request]) -> bytes:
        """The message that asks for these calls."""
        functions = self._functions  # an object may keep one that it was given, for later calls

        def other(value: Any) -> Any:
            if not callable(value):
                raise TypeError(f"a check handed over a {type(value).__name__}, which cannot cross")
            path = _name_in_torch(value)
            if path:
                return {"torch": path}
            functions.append(value)
            return {"callback": [len(functions) - 1, getattr(value, "__name__", "function")]}

        writer = Writer(other)
        return writer.message({"calls": [request_told(r, writer) for r in requests]})


class _Unloadable(Exception):
    pass


class _Stale(Violation):
    """An answer to another question."""


def _failed(kind: str, message: str) -> Outcome:
    return Outcome(error=StudentError(kind, message))


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


def _name_in_torch(function: Callable[..., Any]) -> str:
    """``"nn.functional.relu"`` for a function of torch, ``""`` for any other."""
    name = getattr(function, "__name__", "")
    for path, home in (
        ("", torch),
        ("nn.functional.", torch.nn.functional),
        ("special.", torch.special),
        ("nn.", torch.nn),
        ("optim.", torch.optim),
    ):
        if name and getattr(home, name, None) is function:
            return path + name
    return ""


def _outcomes(answer: Message, question: int, most: int) -> list[Outcome]:
    """The outcomes that the child claims, at least one, checked field by field."""
    claims = answer.content
    if not isinstance(claims, dict):
        raise Violation("malformed answer")
    if claims.get("to") != question:
        raise _Stale("an answer to another question")
    contents = claims.get("outcomes")
    if not isinstance(contents, list) or not 0 < len(contents) <= most:
        raise Violation("malformed answer")
    reader = Reader(answer.body)
    outcomes = [outcome_from(content, reader) for content in contents]
    reader.finished()
    return outcomes

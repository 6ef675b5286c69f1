"""The judge's side of the sandbox: a server process, and a backend that calls into its children."""

from __future__ import annotations

import contextlib
import json
import math
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

import torch

from course_dl.grading.files import remove_folder
from course_dl.grading.launch import FAREWELL, end, launch
from course_dl.grading.layers import Bounds
from course_dl.grading.wire import Channel, Closed, Limits, Reader, TimedOut, Violation, Writer
from course_dl.lab.backend import Backend, Outcome, Request, Rules, StudentError

__all__ = ["Cell", "Program", "RemoteBackend", "Sandbox"]

_GRACE = 2.0  # seconds beyond its own limit that a call gets before its process is killed
_LOAD_STEP, _LOAD_ALL, _LOAD_DEATHS = 5.0, 60.0, 9  # for a statement; for all; deaths allowed


@dataclass(frozen=True)
class Cell:
    """One cell of a submission: where it stands, its text, and whether all of it is run.

    ``whole`` is None where that hangs on whether an exercise's name is defined in it.
    """

    place: str
    source: str
    whole: bool | None = None


@dataclass(frozen=True)
class Program:
    """What a child is given to load: the cells, and the names of what the exercises ask for."""

    cells: Sequence[Cell]
    names: Sequence[str]


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
        The line to a server of :func:`~course_dl.grading.launch.launch`; else one is started.
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
        self._without_autograd: Sandbox | None = None
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
        ours, theirs = socket.socketpair()
        with theirs:
            self._request(b"fork", theirs)
        return ours

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
            raise RuntimeError("the sandbox cannot be started: see its error output") from None

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
        self._process, self._scratch = None, ""
        self._without_autograd = None
        self._start()

    def _start(self, control: socket.socket | None = None) -> None:
        self._control, theirs = socket.socketpair()
        with theirs:
            self._other._request(b"split", theirs)
        self._ready = False


@dataclass
class RemoteBackend(Backend):
    """Calls a submission's functions in a child: a backend for checks.

    A child that dies, takes too long or breaks the rules of the line costs the call that it was at;
    the next call gets a new one. ``notices`` tells which cells failed while they were loaded;
    ``left`` is how many seconds calls may still take together; ``skip`` holds the statements that
    end the process, or never end.
    """

    sandbox: Sandbox
    program: Program
    left: float = math.inf
    notices: list[tuple[str, str, str]] = field(default_factory=list)
    skip: set[int] = field(default_factory=set)
    _functions: list[Callable[..., Any]] = field(default_factory=list)
    _channel: Channel | None = None
    _calls: int = 0
    _unloadable: str = ""
    _load_left: float = _LOAD_ALL

    def call(
        self, target: str, args: tuple[Any, ...], kwargs: dict[str, Any], rules: Rules
    ) -> Outcome:
        """Run the call in the child and tell how it ended."""
        if self.left <= 0:
            return Outcome(timed_out=True)
        try:
            [outcome] = self._exchange([Request(target, args, kwargs, rules)])
            return outcome
        except _Unloadable as error:
            return _failed("ProcessEnded", str(error))
        except TimedOut:
            return Outcome(timed_out=True)
        except Closed:
            return _failed("ProcessEnded", "the process ended during the call")
        except Violation as error:
            return _failed("ValueError", f"the answer cannot be read: {error}")

    def calls(self, requests: Sequence[Request]) -> Iterator[Outcome]:
        """The outcomes of calls that are sent together; where that goes wrong, of one by one."""
        outcomes: list[Outcome] = []
        if len(requests) > 1 and self.left > 0:
            with contextlib.suppress(_Unloadable, TimedOut, Closed, Violation):
                outcomes = self._exchange(requests)
        yield from outcomes
        for request in requests[len(outcomes) :]:
            yield self.call(*request)

    def begin(self, seconds: float) -> None:
        """Forget what earlier tests handed over; the calls to come may take so long together."""
        self.left = seconds
        self._functions.clear()
        if self._channel is not None and not self._channel.is_open():
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
            announced = attempt > 0
            started, at = time.monotonic(), -1
            give_up = started + self._load_left
            try:
                self._channel.send(Writer().message(self._request(announced)), give_up)
                while True:
                    within = time.monotonic() + _LOAD_STEP + _GRACE
                    step, _ = self._channel.receive(min(give_up, within))
                    if "loaded" in step:
                        self._note(step["loaded"])
                        self.skip.update(n for n in step["endless"][:100] if type(n) is int)
                        return
                    at = step["at"]
                    if type(at) is not int:
                        raise Violation("malformed step")
            except (TimedOut, Closed, Violation, TypeError, KeyError):
                self.end_child()
                hopeless = announced and (at in self.skip or at < 0)
                if hopeless or time.monotonic() > give_up:
                    break
                if announced:
                    self.skip.add(at)
            finally:
                self._load_left -= time.monotonic() - started
        self._unloadable = (
            "the submission's code cannot be loaded: it ends the process, or never ends"
        )
        raise _Unloadable(self._unloadable)

    def _request(self, announced: bool) -> dict[str, Any]:
        more = {"skip": sorted(self.skip), "seconds": _LOAD_STEP, "announced": announced}
        return asdict(self.program) | more

    def _note(self, failures: Any) -> None:
        if not isinstance(failures, list):
            raise Violation("malformed notices")
        told = [f for f in failures[:100] if isinstance(f, list) and len(f) == 3]
        self.notices[:] = [(_text(place), _text(kind), _text(said)) for place, kind, said in told]

    # -- calls ------------------------------------------------------------------------------

    def _exchange(self, requests: Sequence[Request]) -> list[Outcome]:
        """The outcomes of the calls up to the first one that failed; a broken child is ended.

        Several have the time of one: whoever takes longer is called one by one.
        """
        self._start()
        started = time.monotonic()
        seconds = max(request.rules.seconds for request in requests) + _GRACE
        try:
            return self._answers(requests, started + min(seconds, self.left))
        except (TimedOut, Closed, Violation):
            self.end_child()
            raise
        finally:
            self.left -= time.monotonic() - started

    def _answers(self, requests: Sequence[Request], deadline: float) -> list[Outcome]:
        assert self._channel is not None
        functions = self._functions  # an object may keep one that it was given, for later calls

        def other(value: Any) -> Any:
            if not callable(value):
                raise TypeError(f"a check handed over a {type(value).__name__}, which cannot cross")
            path = _name_in_torch(value)
            if path:
                return {"torch": path}
            functions.append(value)
            return {"callback": [len(functions) - 1, getattr(value, "__name__", "function")]}

        self._calls += 1
        writer = Writer(other)
        calls = [
            {
                "call": target,
                "args": writer.encode(args),
                "kwargs": writer.encode(kwargs),
                "rules": vars(rules) | {"library": sorted(rules.library)},
            }
            for target, args, kwargs, rules in requests
        ]
        self._channel.send(writer.message({"id": self._calls, "calls": calls}), deadline)
        while True:
            answer, body = self._channel.receive(deadline)
            if not isinstance(answer, dict):
                raise Violation("malformed answer")
            if "outcomes" in answer:
                if answer.get("id") != self._calls:
                    raise Violation("an answer to another call")
                return _outcomes(answer["outcomes"], body, len(requests))
            if time.monotonic() > deadline:
                raise TimedOut
            self._channel.send(_called_back(functions, answer.get("callback"), body), deadline)


class _Unloadable(Exception):
    pass


def _failed(kind: str, message: str) -> Outcome:
    return Outcome(error=StudentError(kind, message))


def _called_back(functions: Sequence[Callable[..., Any]], request: Any, body: bytearray) -> bytes:
    """Run a function of the check on values that came from the child; its result as a message."""
    if not isinstance(request, list) or len(request) != 3 or type(request[0]) is not int:
        raise Violation("malformed call")
    if not 0 <= request[0] < len(functions):
        raise Violation("call of an unknown function")
    reader, writer = Reader(body), Writer()
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


_CLAIMS = {
    "missing": bool,
    "timed_out": bool,
    "used_randomness": bool,
    "used_autograd": bool,
    "used_library": str,
    "printed": str,
    "operations": int,
    "changed": list,
    "error": list,
}


def _outcomes(contents: Any, body: bytearray, most: int) -> list[Outcome]:
    """The outcomes that the child claims, at least one, checked field by field."""
    if not isinstance(contents, list) or not 0 < len(contents) <= most:
        raise Violation("malformed answer")
    reader = Reader(body)
    outcomes = [_outcome(content, reader) for content in contents]
    reader.finished()
    return outcomes


def _outcome(content: Any, reader: Reader) -> Outcome:
    if not isinstance(content, dict):
        raise Violation("malformed outcome")
    value = reader.decode(content.pop("value", None))
    if not content:  # nothing to tell but the value
        return Outcome(value)
    for name, claim in content.items():
        if type(claim) is not _CLAIMS.get(name):
            raise Violation("malformed outcome")
    error, changed = content.get("error"), content.get("changed", [])
    if error is not None and len(error) != 3:
        raise Violation("malformed error")
    if len(changed) > 64 or not 0 <= content.get("operations", 0) < 1 << 62:
        raise Violation("malformed outcome")
    content |= {
        "error": error and StudentError(*map(_text, error)),
        "changed": tuple(_text(name)[:100] for name in changed),
        "used_library": _text(content.get("used_library", ""))[:100],
        "printed": _text(content.get("printed", "")),
    }
    return Outcome(value, **content)


def _text(text: Any) -> str:
    """Text from the child, of bounded length, that any file or terminal can take."""
    if not isinstance(text, str):
        raise Violation("malformed text")
    if text.isascii() and text.isprintable() and len(text) <= 2000:
        return text
    plain = text[:2000].encode("utf-8", "replace").decode()
    return "".join(c if c.isprintable() or c in "\n\t" else "\ufffd" for c in plain)

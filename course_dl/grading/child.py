"""The child: holds one submission, and answers the judge's calls. All of it may be hostile.

What it says is a claim about values. Nothing that it could say or change here earns points, but for
right values: the judge compares them on its side.
"""

from __future__ import annotations

import builtins
import contextlib
import linecache
import os
import random
import signal
import socket
import sys
import types
from collections.abc import Iterator
from itertools import zip_longest
from operator import attrgetter
from typing import Any

import numpy as np
import torch
from torch._C import _functorch as functorch

from course_dl.grading.extract import Step, steps
from course_dl.grading.wire import Channel, Closed, Limits, Message, Reader, Violation, Writer
from course_dl.lab import limits
from course_dl.lab.backend import LocalBackend, Outcome, Request, Rules, StudentError, _told
from course_dl.lab.limits import TimeUp, call_within, seeded, take_alarms
from course_dl.lab.values import Unusable, copy_value

__all__ = ["Submission", "main"]


def main(connection: int) -> None:
    """Load the submission that the judge sends, then run its calls until it closes the line."""
    channel = Channel(socket.socket(fileno=connection))
    take_alarms()
    limits.on_import = lambda name: channel.send(Writer().message({"importing": name[:100]}))
    try:
        loaded = Submission(channel, channel.receive().content)
        while True:
            channel.send(loaded.answer(channel.receive()))
    except Closed:
        os._exit(0)


class _Inert:
    """``lab`` and ``get_ipython()`` in an exercise's cell: what is asked of them does nothing."""

    def __getattr__(self, name: str) -> Any:
        return lambda *args, **kwargs: None

    def __call__(self, *args: Any, **kwargs: Any) -> _Inert:
        return self


class Submission:
    """A submission as the judge sent it, loaded; errors of its code are kept, and told later."""

    def __init__(self, channel: Channel, submission: dict[str, Any]) -> None:
        self._channel = channel
        self._failed: dict[str, StudentError] = {}
        module = types.ModuleType("__main__")
        sys.modules["__main__"] = module
        self._namespace = vars(module)
        for name in ("display", "get_ipython"):
            setattr(builtins, name, _Inert())
        self._namespace["lab"] = _Inert()
        torch.default_generator.manual_seed(0)
        np.random.seed(0)
        random.seed(0)
        self._load(submission)
        # Nobody else draws from this process's generators: they need not be put back.
        self._backend = LocalBackend(self._namespace, seeded)

    # -- loading ----------------------------------------------------------------------------

    def _load(self, submission: dict[str, Any]) -> None:
        defined: set[str] = set()
        failures, endless = [], []
        for number, step in enumerate(_all_steps(submission)):
            if step.stub and step.names <= defined:
                continue  # a stub below the answer is not the answer
            if number in submission["skip"]:
                error: StudentError | None = StudentError(
                    "ProcessEnded", "this code ended the process, or took too long", step.place
                )
            else:
                if submission["announced"]:
                    self._channel.send(Writer().message({"at": number}))
                error = self._run(step, submission["seconds"])
                if error is not None and error.kind == "TimeUp":
                    endless.append(number)
            if error is None:
                defined |= step.names
                for name in step.names:
                    self._failed.pop(name, None)
            else:
                if not (step.extra and error.kind in ("NameError", "ModuleNotFoundError")):
                    failures.append([step.place, error.kind, error.message[:500]])
                self._failed.update(dict.fromkeys(step.names, error))
        self._channel.send(Writer().message({"loaded": failures[:100], "endless": endless}))

    def _run(self, step: Step, seconds: float) -> StudentError | None:
        if step.error is not None:
            line = f"line {step.error.lineno}: " if step.error.lineno else ""
            return StudentError("SyntaxError", f"{line}{step.error.msg}", step.place)
        try:
            code = compile(step.code, step.place, "exec")  # type: ignore[arg-type]
            call_within(seconds, lambda: exec(code, self._namespace))
        except TimeUp as up:
            importing = f", importing {up.why.module}" if up.why.module else ""
            told = f"not done within {seconds:g} seconds{importing}"
            return StudentError("TimeUp", told, step.place)
        except BaseException as error:
            return _told(error)
        return None

    # -- calls ------------------------------------------------------------------------------

    def answer(self, question: Message) -> bytes:
        """The outcomes of calls, up to the first one that failed, as a message."""
        reader, writer = Reader(question.body, self._argument), Writer(limits=Limits())
        asked = [self._request(content, reader) for content in question.content["calls"]]
        contents = []
        for one in asked:
            outcome = self._backend.call(*one)
            name = one.target.partition(":")[2]
            if outcome.missing and name in self._failed:
                outcome = Outcome(error=self._failed[name])
            try:
                value = writer.encode(outcome.value)
            except Exception as error:  # what cannot be encoded is an answer of the wrong kind
                outcome, value = _unreadable(error), None
            contents.append(_content(outcome, value))
            if outcome.error or outcome.missing or outcome.timed_out:
                break
        try:
            return writer.message({"outcomes": contents, "to": question.number})
        except Violation as error:
            contents = [_content(_unreadable(error), None)]
            return Writer().message({"outcomes": contents, "to": question.number})

    def _request(self, content: dict[str, Any], reader: Reader) -> Request:
        args, kwargs = reader.decode(content["args"]), reader.decode(content["kwargs"])
        said = content["rules"]
        sets = {"library": frozenset(said["library"]), "gradient": tuple(said["gradient"])}
        return Request(content["call"], args, kwargs, Rules(**(said | sets)))

    def _argument(self, tag: str, content: Any) -> Any:
        if tag == "torch":
            return attrgetter(content)(torch)
        if tag == "callback":
            return _Callback(self, *content)
        raise Violation(f"unknown argument {tag}")

    def call_back(self, number: int, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call a function of the judge's."""
        writer = Writer(limits=Limits())
        try:
            plain = [copy_value(list(args), _as_it_is), copy_value(kwargs, _as_it_is)]
        except Unusable as odd:
            raise TypeError(f"the argument is {odd}") from None
        message = writer.message({"callback": [number, *map(writer.encode, plain)]})
        with _uninterrupted():
            self._channel.send(message)
            answer = self._channel.receive()
        told = answer.content
        if "raise" in told:
            kind, text = told["raise"]
            exception = getattr(builtins, kind, RuntimeError)
            raise (exception if issubclass(exception, Exception) else RuntimeError)(text)
        return Reader(answer.body).decode(told["return"])


class _Callback:
    """A function of the judge's, handed to the student's code as an argument."""

    def __init__(self, submission: Submission, number: int, name: str) -> None:
        self.__name__ = self.__qualname__ = name
        self._submission = submission
        self._number = number

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if (
            len(args) == 1
            and isinstance(args[0], torch.Tensor)
            and functorch.is_batchedtensor(args[0])
        ):
            return self._for_each(args[0])
        return self._submission.call_back(self._number, args, kwargs)

    def _for_each(self, x: torch.Tensor) -> torch.Tensor:
        """Inside ``torch.vmap``, whose tensors hold no values: elementwise, all at once."""
        level, place = functorch.maybe_get_level(x), functorch.maybe_get_bdim(x)
        whole = functorch.get_unwrapped(x)
        y: Any = self(whole)
        if not isinstance(y, torch.Tensor) or y.shape != whole.shape:
            raise TypeError(f"{self.__name__} cannot be called inside torch.vmap")
        return functorch._add_batch_dim(y, place, level)


def _all_steps(submission: dict[str, Any]) -> Iterator[Step]:
    for cell in submission["cells"]:
        place, source = cell["place"], cell["source"]
        kept: Any = linecache.cache.get(place, (0, None, [], ""))
        known = kept[2]
        lines = [
            new if new.strip() else old
            for old, new in zip_longest(known, source.splitlines(keepends=True), fillvalue="\n")
        ]
        linecache.cache[place] = (len(source), None, lines, place)
        yield from steps(place, source, cell["whole"], submission["names"])


def _as_it_is(value: Any) -> Any:
    return value


@contextlib.contextmanager
def _uninterrupted() -> Iterator[None]:
    """No alarm in the middle of a message; one that came meanwhile rings afterwards."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _unreadable(error: Exception) -> Outcome:
    return Outcome(error=StudentError("ValueError", f"the result cannot be read: {error}"))


def _content(outcome: Outcome, value: Any) -> dict[str, Any]:
    """What there is to tell of an outcome; what is left out is None, False, 0 or empty."""
    told = {name: claim for name, claim in vars(outcome).items() if name != "value" and claim}
    if outcome.error:
        told["error"] = [outcome.error.kind, outcome.error.message, outcome.error.where]
    if outcome.timed_out:
        told["timed_out"] = [outcome.timed_out.reason, outcome.timed_out.module]
    return told if value is None else told | {"value": value}

# Runs in: child
"""The child: holds one submission, and answers the judge's calls. All of it may be hostile.

What it says is a claim about values. Nothing that it could say or change here earns points, but for
right values: the judge compares them on its side.
"""

from __future__ import annotations

import ast
import asyncio
import builtins
import contextlib
import inspect
import linecache
import os
import random
import signal
import socket
import sys
import types
from collections.abc import Iterator
from dataclasses import replace
from operator import attrgetter
from typing import Any

import numpy as np
import torch
from torch._C import _functorch as functorch

from course_dl.calls import limits
from course_dl.calls.backend import LocalBackend, Outcome, Request, StudentError, _told
from course_dl.calls.limits import TimeUp, call_within, seeded, take_alarms
from course_dl.calls.values import Unusable, copy_value
from course_dl.grading.sandbox.child.loading.needs import Step
from course_dl.grading.sandbox.child.loading.plan import make_plan
from course_dl.grading.sandbox.child.loading.standins import give_standins, modules_stand_in
from course_dl.grading.sandbox.child.loading.told import explained, syntax_told
from course_dl.grading.sandbox.child.watch import Watch
from course_dl.grading.sandbox.wire.channel import Channel, Closed, Message
from course_dl.grading.sandbox.wire.limits import ANY_SIZE, Limits, Violation
from course_dl.grading.sandbox.wire.protocol import outcome_told, request_from
from course_dl.grading.sandbox.wire.values import Reader, Writer

__all__ = ["Submission", "main"]

modules_stand_in()


def main(connection: int) -> None:
    """Load the submission that the judge sends, then run its calls until it closes the line."""
    channel = Channel(socket.socket(fileno=connection))
    take_alarms()
    Submission.watch = Watch()
    limits.on_import = lambda name: channel.send(Writer().message({"importing": name[:100]}))
    try:
        loaded = Submission(channel, channel.receive().content)
        while True:
            channel.send(loaded.answer(channel.receive()))
    except Closed:
        os._exit(0)


class Submission:
    """A submission as the judge sent it, loaded; errors of its code are kept, and told later."""

    watch: Watch | None = None  # once for a process, which tells of itself from then on
    _loop: asyncio.AbstractEventLoop | None = None

    def __init__(self, channel: Channel, submission: dict[str, Any]) -> None:
        self._channel = channel
        self._failed: dict[str, StudentError] = {}
        module = types.ModuleType("__main__")
        sys.modules["__main__"] = module
        self._namespace = vars(module)
        give_standins(self._namespace, self._run_node)
        torch.default_generator.manual_seed(0)
        np.random.seed(0)
        random.seed(0)
        self._plan = make_plan(submission["cells"], submission["names"])
        self._before = _Before(self._namespace, self._plan.kept)
        self._pythons = {cell["place"]: cell.get("python", "") for cell in submission["cells"]}
        for place, text in self._plan.texts.items():
            lines = [f"{line}\n" for line in text.split("\n")]
            linecache.cache[place] = (len(text), None, lines, place)
        self._load(submission)
        # Nobody else draws from this process's generators: they need not be put back.
        self._backend = LocalBackend(self._namespace, seeded)

    # -- loading ----------------------------------------------------------------------------

    def _load(self, submission: dict[str, Any]) -> None:
        failures, endless = [], []
        for number, step in enumerate(self._plan.steps):
            self._before.step(number, step.names)
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
                for name in step.names if self._failed else ():
                    self._failed.pop(name, None)
            else:
                self._failed.update(dict.fromkeys(step.names, error))
                quiet = step.ordinary or error.kind in ("NameError", "ModuleNotFoundError")
                if step.told or not quiet:
                    told = explained(error, {}, {}).message
                    failures.append([step.place, error.kind, told[:500]])
        loaded = {"loaded": failures[:100], "endless": endless}
        self._channel.send(Writer().message(loaded | self._tricks()))

    def _tricks(self) -> dict[str, list[str]]:
        """What the watch has seen and not told yet, as part of a message."""
        news = self.watch.news() if self.watch is not None else []
        return {"tricks": news} if news else {}

    def _run(self, step: Step, seconds: float) -> StudentError | None:
        code = step.compile()
        if code is None:
            if step.error is None:
                return None
            line = linecache.getline(step.place, step.error.lineno or 0)
            told = syntax_told(step.error, self._pythons.get(step.place, ""), line)
            return StudentError("SyntaxError", told, step.place)
        try:
            call_within(seconds, lambda: self._execute(code))
        except TimeUp as up:
            importing = f", importing {up.why.module}" if up.why.module else ""
            told = f"not done within {seconds:g} seconds{importing}"
            return StudentError("TimeUp", told, step.place)
        except BaseException as error:
            return _told(error)
        return None

    def _run_node(self, node: ast.stmt) -> None:
        """Run a statement that a magic holds, inside one that runs."""
        module = ast.Module([node], [])
        flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        self._execute(compile(module, "a magic's cell", "exec", flags, dont_inherit=True))

    def _execute(self, code: types.CodeType) -> None:
        if code.co_flags & inspect.CO_COROUTINE:  # an await outside of functions
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
            self._loop.run_until_complete(eval(code, self._namespace))
        else:
            exec(code, self._namespace)

    # -- calls ------------------------------------------------------------------------------

    def answer(self, question: Message) -> bytes:
        """The outcomes of calls, up to the first one that failed, as a message.

        No calls are the last question, for what the submission has left behind.
        """
        if not question.content["calls"] and self.watch is not None:
            self.watch.look()
        reader, writer = Reader(question.body, self._argument, ANY_SIZE), Writer(limits=Limits())
        asked = [request_from(content, reader) for content in question.content["calls"]]
        contents = []
        for one in asked:
            outcome = self._called(one)
            try:
                value = writer.encode(outcome.value)
            except Exception as error:  # what cannot be encoded is an answer of the wrong kind
                outcome, value = _unreadable(error), None
            contents.append(outcome_told(outcome, value))
            if outcome.error or outcome.missing or outcome.timed_out:
                break
        try:
            told = {"outcomes": contents, "to": question.number} | self._tricks()
            return writer.message(told)
        except Violation as error:
            contents = [outcome_told(_unreadable(error), None)]
            return Writer().message({"outcomes": contents, "to": question.number})

    def _called(self, request: Request) -> Outcome:
        """How a call ended, with the reason where a name is not there."""
        kind, _, name = request.target.partition(":")
        if kind == "student":
            if name in self._plan.open and callable(self._namespace.get(name)):
                return Outcome(error=StudentError("NotImplementedError", ""))
            self._before.call(name)
        outcome = self._backend.call(*request)
        if outcome.missing and name in self._failed:
            outcome = Outcome(error=explained(self._failed[name], {}, {}))
        if outcome.error is not None:
            told = explained(outcome.error, self._failed, self._plan.left_out)
            outcome = replace(outcome, error=told)
        return outcome

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
        return Reader(answer.body, limits=ANY_SIZE).decode(told["return"])


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


class _Before:
    """Values that names had when an answer was checked, where they get others later."""

    def __init__(self, namespace: dict[str, Any], kept: dict[str, dict[str, int]]) -> None:
        self._namespace = namespace
        self._kept = kept
        self._values: dict[str, dict[str, Any]] = {}
        self._now: dict[str, Any] = {}

    def step(self, number: int, names: frozenset[str]) -> None:
        """A statement is about to run that gives these names values."""
        for name in names & self._kept.keys() if self._kept else ():
            for answer, checked in self._kept[name].items():
                if checked <= number and name in self._namespace:
                    self._values.setdefault(answer, {}).setdefault(name, self._namespace[name])

    def call(self, answer: str) -> None:
        """An answer is about to be called."""
        if self._values:
            self._namespace.update(self._now)
            values = self._values.get(answer, {})
            self._now = {name: self._namespace[name] for name in values}
            self._namespace.update(values)


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

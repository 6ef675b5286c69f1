"""One call of a student's function: how it is told, and the verdict that it calls for by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from course_dl.calls.backend import Outcome, Rules, StudentError
from course_dl.calls.limits import ASLEEP, TimeOut
from course_dl.calls.values import summary
from course_dl.lab.exercise import Exercise
from course_dl.lab.states import Forbidden, NotDone, Wrong

__all__ = ["CALLS", "PRINTED", "Call", "about", "judge", "printed_in"]

LONG, SHORT = 200, 60  # characters of a call, and of one that stands for its result
PRINTED = "It printed"
CALLS = "calls"  # the kind of a failure that lies in another exercise
LINES, CHARACTERS = 12, 800  # of what a function printed that are shown


@dataclass(frozen=True)
class Call:
    """One call that a check made, and how it ended: for telling of it, and for the diagnosis."""

    target: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    rules: Rules
    outcome: Outcome

    @property
    def name(self) -> str:
        """What was called, as the check writes it: ``softmax``, ``MLP([2, 3]).forward``."""
        if self.target == "on:call":
            return str(self.args[0])
        if self.target in ("on:getattr", "on:method"):
            return f"{self.args[0]}.{self.args[1]}"
        return self.target.partition(":")[2].replace("_", " " if self.is_driven else "_")

    @property
    def is_driven(self) -> bool:
        """Whether a driver of the lab was run, whose text is the first argument."""
        return self.target.startswith("driver:")

    def __str__(self) -> str:
        if self.target == "on:getattr":
            return self.name
        # Of the arguments, how many the name tells, or nobody wants to read.
        named = 1 if self.is_driven else {"on:call": 1, "on:method": 2}.get(self.target, 0)
        for numbers in (12, 4, 1):  # of a tensor that is told in full
            given = [summary(arg, numbers) for arg in self.args[named:]]
            given += [f"{key}={summary(arg, numbers)}" for key, arg in self.kwargs.items()]
            text = f"{self.name}({', '.join(given)})"
            if len(text) <= LONG:
                break
        return text

    @cached_property  # each call on its result is named by it
    def short(self) -> str:
        """The call, without its arguments where they are long."""
        text = str(self)
        return text if len(text) <= SHORT else f"{self.name}(...)"


@contextmanager
def about(call: Call) -> Iterator[None]:
    """What the block of a check finds wrong is told with this call, not with the last one."""
    try:
        yield
    except Wrong as wrong:
        wrong.add(("The call", str(call)))
        raise


def printed_in(call: Call) -> str:
    """What the student's function printed in a call: its first lines."""
    text = call.outcome.printed.strip("\n")
    if not text.strip():
        return ""
    lines = text.splitlines()
    shown = "\n".join(lines[:LINES])[:CHARACTERS]
    return shown if len(shown) == len("\n".join(lines)) else f"{shown}\n... (cut here)"


def _is_stub(error: StudentError) -> bool:
    """Whether it is a stub's error: torch has others of the kind, raised further down."""
    return error.kind == "NotImplementedError" and bool(error.raiser or not error.message)


def _not_written(call: Call, exercise: Exercise | None) -> NotDone:
    """What is told where a stub was met: it may be another one than that which was called."""
    raiser = call.outcome.error.raiser if call.outcome.error else ""
    numbers = exercise.numbers if exercise else {}
    if exercise and raiser in numbers and raiser not in exercise.names:
        who = "It" if call.is_driven else call.name
        said = f"{who} calls {raiser} ({numbers[raiser]}), which is not written yet."
        return NotDone(said, kind=CALLS)
    called = call.name.rpartition(".")[2]
    if call.target.startswith("student:") or raiser in ("", "__init__", "<lambda>", called):
        return NotDone(f"{call.name} is not written yet.")
    return NotDone(f"{raiser} is not written yet.")


def _too_long(name: str, seconds: float, why: TimeOut) -> str:
    """A sentence on a call that was ended before it returned."""
    match why.reason:
        case "long":
            return f"{name} did not return within {seconds:g} seconds: does a loop never end?"
        case "asleep":
            return (
                f"{name} did not return: it slept or waited for {ASLEEP * seconds:g} seconds. "
                "Does it call input() or sleep(), or wait for a lock?"
            )
        case "import":
            return (
                f"{name} did not return, since importing {why.module} took too long: "
                "import it at the top of a cell."
            )
        case "busy":
            return f"{name} could not be judged: the machine was too busy to run it."
        case "together":
            return (
                f"{name} is too slow: the calls of the exercise took more than {why.seconds:g} "
                f"seconds together; one took about {why.each:.1g}."
            )


def judge(call: Call, exercise: Exercise | None = None) -> None:
    """Raise the verdict that the call itself calls for, whatever its value."""
    outcome, name = call.outcome, call.name
    if outcome.missing:
        raise NotDone(f"There is no {name} yet.")
    if outcome.error is not None and _is_stub(outcome.error):
        raise _not_written(call, exercise)
    if outcome.used_library:
        raise Forbidden(
            f"{outcome.used_library} of the library is the answer itself: write it yourself."
        )
    if outcome.used_autograd:
        raise Forbidden("Autograd is switched off here: write the gradient yourself.")
    said = ((PRINTED, printed_in(call)),) if printed_in(call) else ()
    if outcome.timed_out is not None:
        told = _too_long(name, call.rules.seconds, outcome.timed_out)
        raise Wrong(told, ("The call", str(call)), *said)
    if outcome.error is not None and outcome.error.kind == "Unusable":
        raise Wrong(
            f"The result of {name} is, or holds, {outcome.error.message}.",
            ("The call", str(call)),
        )
    if outcome.error is not None:
        where = (("Where", outcome.error.where),) if outcome.error.where else ()
        raise Wrong(
            f"{name} raised {outcome.error.kind}: {outcome.error.message}",
            ("The call", str(call)),
            *where,
            *said,
            kind=f"raised {outcome.error.kind}",
        )
    if outcome.changed:
        changed = " and ".join(_argument(told, call, exercise) for told in outcome.changed)
        raise Wrong(
            f"{name} changed {changed}: work on a copy, and leave everything as you found it.",
            ("The call", str(call)),
        )


def _argument(told: str, call: Call, exercise: Exercise | None) -> str:
    """``argument 2`` as the exercise calls it: ``its argument w``."""
    names = exercise.parameters.get(call.name, ()) if exercise else ()

    def name(found: re.Match[str]) -> str:
        place = int(found[1]) - 1
        return f"its argument {names[place]}" if place < len(names) else found[0]

    return re.sub(r"argument (\d+)", name, told)

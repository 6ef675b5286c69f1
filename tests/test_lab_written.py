"""A call that is told can be pasted, with the functions and generators that it was given."""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable
from typing import Any

import pytest
import torch

from course_dl.calls.backend import LocalBackend, Outcome, Rules
from course_dl.lab import shown_as
from course_dl.lab.call import Call
from course_dl.lab.catalog import find_lab
from course_dl.lab.inputs import Level
from course_dl.lab.judge import run_test
from course_dl.lab.same import same_outcome
from course_dl.lab.typed import typed_call


def told(*args: Any) -> str:
    call = Call("student:f", args, {}, Rules(), Outcome())
    return typed_call(call, {"f": ("g", "x")}) or ""


def closed(a: float, W: torch.Tensor) -> Callable[[torch.Tensor], torch.Tensor]:
    return lambda x: a * (W @ x)


def test_a_function_is_told_by_its_text() -> None:
    assert told(lambda x: 2 * x, 1) == "f(g=lambda x: 2 * x, x=1)"
    assert told(torch.nn.functional.softplus, 1) == "f(g=torch.nn.functional.softplus, x=1)"
    assert told(torch.square, 1) == "f(g=torch.square, x=1)"
    assert told(torch.nn.ReLU, math.sin) == "f(g=torch.nn.ReLU, x=math.sin)"

    def double(x: int) -> int:
        """Of x."""
        return 2 * x

    assert told(double, 1) == "def double(x):\n    return 2 * x\nf(g=double, x=1)"


def test_the_values_that_a_function_uses_stand_above_it() -> None:
    lines = told(closed(0.5, torch.ones(1, 2)), 1).splitlines()
    assert lines[1:] == ["W = t([[1, 1]])", "a = 0.5", "f(g=lambda x: a * (W @ x), x=1)"]


def test_what_cannot_be_pasted_is_said_to_be_the_checks_own() -> None:
    def g(x: Any) -> str:
        return told(x)  # another function of this file

    large = torch.zeros(100)
    for function in (g, lambda x: x + large):
        assert "is a function of the check" in told(function, 1).splitlines()[0]


def test_a_function_may_be_shown_without_what_is_checked_in_it() -> None:
    def f(x: int) -> int:
        assert x
        return x + 1

    assert told(shown_as(f, lambda x: x + 1), 1) == "f(g=lambda x: x + 1, x=1)"
    assert f(1) == 2


def test_a_generator_is_told_by_its_seed_until_it_is_drawn_from() -> None:
    generator = torch.Generator().manual_seed(7)
    assert told(generator, 1) == "f(g=torch.Generator().manual_seed(7), x=1)"
    torch.rand(1, generator=generator)
    assert told(generator, 1) == "f(g=a torch.Generator, x=1)"


@pytest.mark.parametrize("number", ["2.1", "3.1", "3.3", "3.6", "4.3", "5.5"])
def test_what_is_told_gives_what_the_call_gave(number: str) -> None:
    lab = find_lab(number[0])
    exercise = lab.exercise(number)
    right = vars(importlib.import_module(f"course_dl.labs.{lab.name}.solutions"))
    pasted = 0
    for test in exercise.tests:
        for call in run_test(exercise, test, LocalBackend(right), Level(1, 1, 0)).calls[:3]:
            text = typed_call(call, exercise.parameters)
            if text and "function of the check" not in text:
                names = {**right, "torch": torch, "math": math, "__name__": "pasted"}
                *lines, last = text.split("\n" + call.name + "(")
                exec("\n".join(lines) if lines else "", names)
                value = eval(f"{call.name}({last}" if lines else last, names)
                outcome = Outcome(value, changed=call.outcome.changed)
                assert same_outcome(call.outcome, outcome) or _is_rounded(text)
                pasted += 1
    assert pasted


def _is_rounded(text: str) -> bool:
    """Whether a number in it has lost digits: six are told."""
    digits = (part.strip("-0.").replace(".", "") for part in text.replace(",", " ").split())
    return any(len(part.strip("[]()t-")) >= 6 for part in digits)

"""What a known function answers is remembered as far as it follows from the arguments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from course_dl.calls.backend import Outcome, Rules
from course_dl.calls.values import Handle
from course_dl.lab.standin import StandIn


class Counted:
    """A function of a student's that counts how often it is run."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function, self.runs = function, 0

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self.runs += 1
        return self.function(*args, **kwargs)


def ask(code: Counted, *args: Any, seed: int = 0, **kwargs: Any) -> Outcome:
    return StandIn({}, "f", code).call("student:f", args, kwargs, Rules(seed=seed))


def test_the_same_question_is_answered_once() -> None:
    double = Counted(lambda x, k=1: 2 * x)
    first = ask(double, torch.ones(3), k=2)
    again = ask(double, torch.ones(3), k=2)
    assert double.runs == 1
    assert torch.equal(again.value, first.value) and torch.equal(first.value, torch.full((3,), 2.0))


@pytest.mark.parametrize(
    "other",
    [
        torch.tensor([1.0, 2.0]),
        torch.ones(2, dtype=torch.float64),
        torch.ones(1, 2),
        torch.ones(2, requires_grad=True),
        torch.zeros(2),
        -torch.zeros(2),
        [1.0, 1.0],
        (1.0, 1.0),
        1.0,
        1,
        True,
        "1",
        None,
        torch.relu,
        torch.float32,
        torch.Generator().manual_seed(1),
        torch.Generator().manual_seed(2),
    ],
)
def test_another_question_is_another(other: Any) -> None:
    kind = Counted(lambda x: str(type(x)))
    ask(kind, torch.ones(2))
    ask(kind, other)
    assert kind.runs == 2
    ask(kind, torch.ones(2), seed=1)
    assert kind.runs == 3


def test_another_function_is_asked_for_itself() -> None:
    double, triple = Counted(lambda x: 2 * x), Counted(lambda x: 3 * x)
    assert (ask(double, 1).value, ask(triple, 1).value) == (2, 3)


def test_objects_large_arrays_and_time_outs_are_not_remembered() -> None:
    for function, given in [
        (lambda x: object(), 1),  # lives in one run alone
        (lambda x: 1, Handle(0, "Net")),
        (lambda x: 1, torch.zeros(100_000)),
        (lambda x: torch.zeros(100_000), 1),
    ]:
        counted = Counted(function)
        backend = StandIn({}, "f", counted)
        backend.call("torch:nn.Identity", (), {}, Rules())  # the object behind the handle
        for _ in range(2):
            backend.call("student:f", (given,), {}, Rules())
        assert counted.runs == 2

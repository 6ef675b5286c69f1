"""Calls and outcomes on their way: what is read is what was written, and nothing else is taken."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

import pytest
import torch

from course_dl.calls.backend import Outcome, Request, Rules, StudentError
from course_dl.calls.limits import TimeOut
from course_dl.grading.sandbox.wire.channel import Message
from course_dl.grading.sandbox.wire.limits import Violation
from course_dl.grading.sandbox.wire.protocol import (
    outcome_from,
    outcome_told,
    request_from,
    request_told,
)
from course_dl.grading.sandbox.wire.values import Reader, Writer

X = torch.arange(6.0).view(2, 3)
OTHER = {  # of each field a value that is not its default
    "autograd": False,
    "library": frozenset({"softmax", "relu"}),
    "seconds": 0.5,
    "gradient": (1, 0),
    "operations": True,
    "seed": 7,
    "timed": True,
}
CLAIMS: dict[str, Any] = {
    "value": [1, "two", None],
    "error": StudentError("ValueError", "no", "line 1, in f: raise"),
    "missing": True,
    "timed_out": TimeOut("import", "pandas"),
    "changed": ("argument 1", "X"),
    "used_randomness": True,
    "used_autograd": True,
    "used_library": "softmax",
    "operations": 12,
    "printed": "hello\n",
}


def arrived(message: bytes) -> tuple[Any, Reader]:
    header = int.from_bytes(message[:4], "big")
    came = Message(bytearray(message[12 : 12 + header]), bytearray(message[12 + header :]))
    return came.content, Reader(came.body)


def test_every_field_is_among_the_examples() -> None:
    assert OTHER.keys() == set(Rules._fields)
    assert CLAIMS.keys() == {field.name for field in fields(Outcome)}


@pytest.mark.parametrize("name", [*OTHER, ""])
def test_a_call_arrives_as_it_was_asked(name: str) -> None:
    rules = Rules(**({name: OTHER[name]} if name else OTHER))
    asked = Request("student:f", (X, [1, 2.5]), {"k": (True, None)}, rules)
    writer = Writer()
    content, reader = arrived(writer.message(request_told(asked, writer)))
    came = request_from(content, reader)
    assert came.rules == asked.rules and came.target == asked.target
    assert torch.equal(came.args[0], X) and (came.args[1:], came.kwargs) == (
        asked.args[1:],
        asked.kwargs,
    )
    assert {type(a) for a in came.rules} == {type(a) for a in asked.rules}


@pytest.mark.parametrize("name", [*CLAIMS, ""])
def test_an_outcome_arrives_as_it_was_told(name: str) -> None:
    outcome = Outcome(**({name: CLAIMS[name]} if name else CLAIMS))
    writer = Writer()
    told = outcome_told(outcome, writer.encode(outcome.value))
    content, reader = arrived(writer.message(told))
    assert outcome_from(content, reader) == outcome


def test_what_is_not_there_is_not_told() -> None:
    assert outcome_told(Outcome(), None) == {}
    assert outcome_told(Outcome(3), 3) == {"value": 3}


ODD = [None, True, 1, -1, 1 << 70, 1.5, "x", [], ["x"], ["x", "y"], ["long", 1], [[]], {}, {"a": 1}]


@pytest.mark.parametrize("name", [field.name for field in fields(Outcome)])
def test_a_claim_of_another_kind_is_refused_or_read_as_a_plain_one(name: str) -> None:
    for odd in ODD:
        content = json.loads(json.dumps({name: odd, "missing": True}))
        try:
            outcome = outcome_from(content, Reader(bytearray()))
        except Violation:
            continue
        read, usual = getattr(outcome, name), CLAIMS[name]
        assert name == "value" or read is None or type(read) is type(usual)


@pytest.mark.parametrize(
    "content",
    [
        None,
        [],
        "outcome",
        {"points": 5},
        {"value": 1, "passed": True},
        {"__class__": "Outcome"},
        {"changed": ["x"] * 65},
        {"operations": -1},
        {"error": ["ValueError", "no"]},
        {"timed_out": ["never", ""]},
        {"used_library": ["softmax"]},
    ],
)
def test_what_is_no_outcome_is_refused(content: Any) -> None:
    with pytest.raises(Violation):
        outcome_from(content, Reader(bytearray()))


def test_texts_of_an_outcome_are_made_fit_to_be_told() -> None:
    outcome = outcome_from(
        {"printed": "a\x1b[2Jb", "used_library": "x" * 1000}, Reader(bytearray())
    )
    assert "\x1b" not in outcome.printed and len(outcome.used_library) == 100

"""Calls of a block are recorded, sent together, and judged in their order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
import torch

from course_dl.calls.backend import LocalBackend, Outcome, Request
from course_dl.lab.exercise import Exercise
from course_dl.lab.judge import run_test
from course_dl.lab.states import State, Wrong
from course_dl.lab.student import Student, operate


class Counter:
    def __init__(self, start: int = 0) -> None:
        self.total = start

    def add(self, n: int) -> int:
        self.total += n
        return self.total

    def fail(self) -> None:
        raise ArithmeticError("counted too far")


class Noted(LocalBackend):
    """Notes how many calls were sent together."""

    def __init__(self, **names: Any) -> None:
        super().__init__(names)
        self.sent: list[int] = []

    def calls(self, requests: Sequence[Request]) -> Iterator[Outcome]:
        self.sent.append(len(requests))
        return super().calls(requests)


@pytest.fixture
def backend() -> Noted:
    return Noted(Counter=Counter, f=lambda x: 2 * x)


@pytest.fixture
def student(backend: Noted) -> Student:
    return Student(backend)


def test_the_calls_of_a_block_are_sent_together(backend: Noted, student: Student) -> None:
    counter, other = student.Counter(), student.Counter(5)
    backend.sent.clear()
    with student.together():
        first, second = counter.add(1), counter.add(2)
        total, others, twice = counter.total, other.total, student.f(4)
        both = operate(other, "getattrs", "total", "total")
    assert [first.value, second.value, total.value] == [1, 3, 3]
    assert [others.value, twice.value, both.value] == [5, 8, [5, 5]]
    assert backend.sent == [6]


def test_objects_are_written_to_called_and_indexed_in_a_block(student: Student) -> None:
    layer = student.torch("nn.Linear", 2, 1)
    layers = student.torch("nn.Sequential", layer)
    X = torch.ones(3, 2)
    with student.together():
        layers.training = False
        Y, inner, training = layers(X), layers[0], layer.training
    assert torch.equal(Y.value, layer(X))
    assert inner.value.in_features == 2
    assert training.value is True and layers.training is False


def test_each_call_is_judged_when_its_value_is_asked_for(student: Student) -> None:
    counter = student.Counter()
    with student.together():
        first, failing, last = counter.add(1), counter.fail(), counter.total
    before = len(student.calls)
    assert first.value == 1
    assert len(student.calls) == before + 1
    with pytest.raises(Wrong, match="ArithmeticError"):
        _ = last.value  # the calls before it are judged first
    for lost in (failing, last):
        with pytest.raises(RuntimeError, match="has failed"):
            _ = lost.value
    assert student.f(1) == 2


def test_what_is_not_looked_at_is_judged_before_the_next_call(student: Student) -> None:
    counter = student.Counter()
    with student.together():
        counter.add(3)
        counter.fail()
    with pytest.raises(Wrong, match="ArithmeticError"):
        student.f(1)
    assert counter.total == 3


def test_what_is_not_looked_at_is_judged_when_the_test_ends(backend: Noted) -> None:
    exercise = Exercise("1.1", ["Counter"], 1, 1, 1, [])

    @exercise.test("counts")
    def counts(student: Student) -> None:
        counter = student.Counter()
        with student.together():
            counter.fail()

    assert run_test(exercise, exercise.tests[0], backend).state is State.FAILED


def test_recorded_calls_are_told_and_seeded_as_others_are(student: Student) -> None:
    counter = student.Counter()
    with student.together():
        recorded = counter.add(1)
    assert recorded.value == 1
    assert str(student.calls[-1]) == "Counter().add(1)"
    assert [call.rules.seed for call in student.calls] == [0, 1]


def test_a_block_that_ends_in_an_error_sends_nothing(backend: Noted, student: Student) -> None:
    counter = student.Counter()
    backend.sent.clear()

    def ask_and_fail() -> None:
        with student.together():
            counter.add(1)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        ask_and_fail()
    assert backend.sent == []
    assert counter.total == 0


def test_values_are_not_used_before_there_are_any(student: Student) -> None:
    counter = student.Counter()
    with student.together():
        one = counter.add(1)
        with pytest.raises(RuntimeError, match="before its block has ended"):
            _ = one.value
        with pytest.raises(TypeError, match="only a method"):
            one(2)
        counter.add(one)
    with pytest.raises(TypeError, match="hand over its value"):
        _ = one.value

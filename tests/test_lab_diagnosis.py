"""A known mistake is recognized where it behaves as the student's code does."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from course_dl.calls.backend import LocalBackend
from course_dl.lab import Exercise, Student, mistake, require
from course_dl.lab.judge import diagnose, run_exercise


def told(exercise: Exercise, answer: Callable[..., Any], known: Callable[..., Any]) -> str | None:
    """The diagnosis of ``answer``, where ``known`` is the only mistake known."""
    names = {"f": answer}
    marked = mistake(exercise.number, "known")(known)
    return diagnose(run_exercise(exercise, LocalBackend(names)), [marked.mistake], names)


def exercise() -> Exercise:
    return Exercise("0.1", ["f"], points=1, difficulty=1, minutes=1, hints=[])


def test_weights_drawn_at_random_are_the_same_wherever_a_test_is_repeated() -> None:
    trained = exercise()

    @trained.test("something before, which makes objects")
    def before(student: Student) -> None:
        student.f(), student.f()

    @trained.test("no unit is alike")
    def alike(student: Student) -> None:
        first, second = student.f(), student.f()
        state = first.state_dict()
        require(not torch.equal(state["weight"], second.weight), "two networks start the same")
        require(float(state["bias"].abs().max()) == 0, "biases")

    def f__biases() -> nn.Module:
        return nn.Linear(2, 3)

    assert told(trained, lambda: nn.Linear(2, 3), f__biases) == "known"
    assert told(trained, lambda: nn.Linear(2, 4), f__biases) is None


def test_other_threads_that_draw_random_numbers_change_no_diagnosis() -> None:
    doubled = exercise()

    @doubled.test("twice")
    def twice(student: Student) -> None:
        require(student.f(3) == 6, "not twice")

    def f__squared(x: int) -> int:
        other = threading.Thread(target=random.random)
        other.start()
        other.join()
        return x * x

    assert told(doubled, lambda x: x * x, f__squared) == "known"


def test_what_a_clock_has_a_part_in_is_not_repeated() -> None:
    slow = exercise()
    calls = []

    @slow.test("in time", measured=True)
    def in_time(student: Student) -> None:
        require(student.f() > 1, "not in time")

    def f__early() -> int:
        calls.append(1)
        return 0

    assert told(slow, lambda: 0, f__early) is None
    assert not calls


def test_what_most_tests_speak_against_is_not_told() -> None:
    several = exercise()

    def test_of(n: int) -> None:
        @several.test(f"the absolute value of {n}")
        def value(student: Student) -> None:
            require(student.f(n) == abs(n), "not the absolute value")

    for n in (-1, 2, 3):
        test_of(n)

    def f__sign_kept(n: int) -> int:
        return n

    def f__below_zero(n: int) -> int:
        return -1

    assert told(several, lambda n: n, f__sign_kept) == "known"
    assert told(several, lambda n: n, f__below_zero) is None


def test_answers_of_any_type_are_compared() -> None:
    for value in (torch.tensor([True, False]), torch.tensor([1, 2]), torch.tensor([1j]), None, "x"):
        typed = exercise()

        @typed.test("never right")
        def never(student: Student) -> None:
            student.f()
            require(False, "wrong")

        def f__typed(value: Any = value) -> Any:
            return value

        assert told(typed, f__typed, f__typed) == "known"

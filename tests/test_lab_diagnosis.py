"""A known mistake is recognized where it behaves as the student's code does."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

from course_dl.calls.backend import LocalBackend
from course_dl.lab import Challenge, Exercise, Student, built, close, mistake, require, shaped
from course_dl.lab.diagnosis import diagnose
from course_dl.lab.judge import run_exercise


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


def test_the_same_slip_in_another_type_is_the_same_mistake() -> None:
    """An int, another dtype, numpy, a list: what is wrong are the numbers."""

    def f__sum(x: torch.Tensor) -> torch.Tensor:
        return x.cumsum(0)

    for answer in (
        lambda x: x.cumsum(0).double(),
        lambda x: x.cumsum(0).numpy(),
        lambda x: x.cumsum(0).tolist(),
    ):
        assert told(doubled(), answer, f__sum) == "known"
    assert told(doubled(), lambda x: x.cumsum(0) + 1, f__sum) is None


def test_a_mistake_in_types_alone_is_not_told_of_another_type() -> None:
    """Their numbers are right, both times: but a float64 is no int."""

    def f__integers(x: torch.Tensor) -> torch.Tensor:
        return (2 * x).long()

    assert told(doubled(), lambda x: (2 * x).long(), f__integers) == "known"
    assert told(doubled(), lambda x: (2 * x).double(), f__integers) is None


def doubled() -> Exercise:
    asked = exercise()

    @asked.test("twice, in the same dtype")
    def twice(student: Student) -> None:
        x = torch.arange(3.0)
        close(student.f(x), 2 * x, "the result")

    return asked


class Ticking:
    """A training whose clock is read by nobody else: each call comes as far as it says."""

    def __init__(self, *ticks: int) -> None:
        self.ticks = ticks
        self.calls = 0

    def tick(self) -> int:
        self.calls += 1
        return self.ticks[(self.calls - 1) % len(self.ticks)]


def race() -> Exercise:
    """Ten scores are asked for, and a training that is told its seconds."""
    asked = Exercise("0.1", ["build_model", "train"], 4, 3, 1, [])
    X, d = torch.randn(8, 3, generator=torch.Generator().manual_seed(0)), torch.arange(8)
    challenge = Challenge(asked, 5.0, lambda: (X, d, X, d), {8: ((0.5, 4),)})

    @asked.test("ten scores")
    def scores(student: Student) -> None:
        shaped(built(student)(X), (8, 10))

    @asked.test("in place")
    def in_place(student: Student) -> None:
        challenge.check_in_place(student)

    return asked


def network(n: int = 10) -> nn.Module:
    return nn.Sequential(nn.BatchNorm1d(3), nn.Linear(3, n))


def told_in_race(names: dict[str, Any], *known: Callable[..., Any]) -> str | None:
    marked = [mistake("0.1", code.__name__)(code).mistake for code in known]
    return diagnose(run_exercise(race(), LocalBackend(names)), marked, names)


def build_model__nine() -> nn.Module:
    return network(9)


def train__no_step(model: nn.Module, X: torch.Tensor, d: torch.Tensor, seconds: float) -> None:
    model(X)


def train__new_model(model: nn.Module, X: torch.Tensor, d: torch.Tensor, seconds: float) -> None:
    network()(X)


@pytest.mark.parametrize("raising", [True, False])
def test_how_far_a_training_comes_changes_no_diagnosis(raising: bool) -> None:
    """The error tells the batch, and with it the clock; so do the weights that are left."""
    clock = Ticking(3, 5, 7)

    def train(model: nn.Module, X: Any, d: Any, seconds: float) -> None:
        n = clock.tick()
        if raising:
            raise ValueError(f"batch {n} does not fit")
        with torch.no_grad():
            model[1].weight += n

    names = {"build_model": lambda: network(9), "train": train}
    assert told_in_race(names, build_model__nine) == "build_model__nine"


def test_a_training_that_fails_is_known_by_how_it_ends() -> None:
    clock = Ticking(1, 2, 3, 4, 5)

    def no_step(model: nn.Module, X: torch.Tensor, d: Any, seconds: float) -> None:
        for _ in range(clock.tick()):
            model(X)  # its norm remembers one batch more each time

    def new_model(model: nn.Module, X: torch.Tensor, d: Any, seconds: float) -> None:
        model = network()
        no_step(model, X, d, seconds)

    def returned(model: nn.Module, X: torch.Tensor, d: Any, seconds: float) -> float:
        no_step(model, X, d, seconds)
        return 0.5

    for train, sentence in [
        (no_step, "train__no_step"),
        (new_model, "train__new_model"),
        (returned, None),
    ]:
        names = {"build_model": network, "train": train}
        assert told_in_race(names, train__no_step, train__new_model) == sentence


def test_of_mistakes_that_can_fit_no_better_none_is_tried() -> None:
    """Each costs a training."""
    calls = []

    def train__other(model: nn.Module, X: Any, d: Any, seconds: float) -> None:
        calls.append(seconds)

    names = {"build_model": network, "train": train__no_step}
    assert told_in_race(names, train__no_step, train__other) == "train__no_step"
    assert not calls

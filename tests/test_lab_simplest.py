"""A failure is told in the simplest case that shows it; the verdict does not depend on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from course_dl.calls.backend import LocalBackend
from course_dl.lab import Exercise, Inputs, Student, close, require
from course_dl.lab.exercise import Test
from course_dl.lab.inputs import Level, SimpleInputs
from course_dl.lab.judge import ExerciseResult, TestResult, run_exercise, run_test
from course_dl.lab.show import result_page
from course_dl.lab.simplest import CALLS, levels, with_simplest_case


def product() -> Exercise:
    """An exercise that asks for ``W @ x``."""
    exercise = Exercise("0.1", ["f"], points=1, difficulty=1, minutes=1, hints=[])

    @exercise.test("a product")
    def values(student: Student, rng: Inputs) -> None:
        M, D = rng.sizes(4, 3)
        W, x = rng.normal(M, D), rng.normal(D)
        close(student.f(W, x), W @ x, "the product")

    exercise.parameters = {"f": ["W", "x"]}
    return exercise


def judged(
    exercise: Exercise, answer: Callable[..., Any]
) -> tuple[ExerciseResult, list[tuple[Level, TestResult]]]:
    """How an answer stands, and the cases that were tried."""
    backend, tried = LocalBackend({"f": answer}), []

    def run(test: Test, level: Level) -> TestResult:
        tried.append((level, run_test(exercise, test, backend, level)))
        return tried[-1][1]

    result = run_exercise(exercise, backend)
    return with_simplest_case(result, run), tried


def case_of(result: ExerciseResult) -> dict[str, str]:
    """The details that are told of the failure."""
    failure = result.failure_of(result.tests[0])
    assert failure is not None
    return dict(failure.details)


def test_the_smallest_case_that_fails_is_shown_as_one_types_it() -> None:
    result, tried = judged(product(), lambda W, x: W @ x + 1)
    assert len(tried) == 1
    maker, call = case_of(result)["Simplest case"].splitlines()
    assert maker == "t = lambda x: torch.tensor(x, dtype=torch.float64)"
    assert call.startswith("f(W=t([[") and "x=t([" in call
    names: dict[str, Any] = {"torch": torch, "f": lambda W, x: W @ x}
    exec(maker, names)
    right = eval(call, names)
    assert right.shape == (1,)
    assert case_of(result)["Expected"] == f"[{right.item():g}]"
    assert case_of(result)["Came"] == f"[{right.item() + 1:g}]"


def test_it_is_looked_for_until_the_mistake_shows() -> None:
    """A number is its own transpose, and one sample its own mean."""
    result, tried = judged(product(), lambda W, x: W[:1].repeat(len(W), 1) @ x)
    assert [not case for _, case in tried] == [False] * (len(tried) - 1) + [True]
    assert result.case is not None and result.case.seed == tried[-1][0]
    assert tried[-1][0].size == 2
    assert "«" in case_of(result)["Came"]


def test_the_verdict_and_the_tests_are_those_of_the_random_case() -> None:
    def only_small_ones(W: Tensor, x: Tensor) -> Tensor:
        return W @ x if len(W) == 4 else x[:1] * 0

    result, tried = judged(product(), only_small_ones)
    assert result and not tried


def test_where_only_the_large_case_fails_it_is_shown_as_it_is() -> None:
    def wrong_for_four(W: Tensor, x: Tensor) -> Tensor:
        return W @ x + (W.abs().max() not in (1.0, 2.0, 3.0))

    result, tried = judged(product(), wrong_for_four)
    assert not result and len(tried) == len(list(levels({"sizes"})))
    assert "Simplest case" not in case_of(result)
    assert case_of(result)["The call"].startswith("t = lambda")


def test_a_case_that_fails_otherwise_is_none() -> None:
    def raises_on_small(W: Tensor, x: Tensor) -> Tensor:
        if len(W) < 4:
            raise ValueError("too small")
        return W @ x + 1

    result, _ = judged(product(), raises_on_small)
    assert result.case is not None
    assert result.case.seed == Level(None, None, 0)


def test_what_is_told_of_the_numbers_holds_of_the_random_ones_too() -> None:
    """-2 is the negative of 2, and also 4 less: of small numbers alone nobody knows."""
    result, _ = judged(product(), lambda W, x: -(W @ x))
    failure = result.failure_of(result.tests[0])
    assert failure is not None and failure.told.endswith("Its sign is the other way.")
    result, _ = judged(product(), lambda W, x: W @ x - 2 * (W @ x).sin())
    failure = result.failure_of(result.tests[0])
    assert failure is not None and failure.told.endswith("wrong values.")


def test_tests_that_leave_nothing_free_are_not_repeated() -> None:
    fixed = Exercise("0.1", ["f"], points=1, difficulty=1, minutes=1, hints=[])

    @fixed.test("never right")
    def never(student: Student, rng: Inputs) -> None:
        close(student.f(rng.normal(2, 2), rng.normal(2)), torch.zeros(2).double(), "it")

    result, tried = judged(fixed, lambda W, x: x)
    assert not result and not tried
    assert case_of(result)["The call"].startswith("t = lambda")


def test_calls_bound_the_search() -> None:
    many = Exercise("0.1", ["f"], points=1, difficulty=1, minutes=1, hints=[])

    @many.test("often")
    def often(student: Student, rng: Inputs) -> None:
        (n,) = rng.sizes(7)
        got = [student.f(rng.normal(n), rng.normal(n)) for _ in range(CALLS)]
        require(n < 7 or len(got) < 2, "seven are too many")

    result, tried = judged(many, lambda W, x: x)
    assert not result and len(tried) == 1


def test_a_search_is_the_same_each_time() -> None:
    cases = [judged(product(), lambda W, x: W.flip(0) @ x)[0] for _ in range(2)]
    assert case_of(cases[0]) == case_of(cases[1])


@pytest.mark.parametrize("level", list(levels({"sizes", "layers"})))
def test_simple_inputs_are_small_whole_numbers_and_no_larger_than_asked(level: Level) -> None:
    rng = SimpleInputs(level)
    sizes = rng.layers([5, 4, 3, 2])
    if level.size is not None and level.layers is not None:
        assert len(sizes) == level.layers + 1 and max(sizes) <= level.size
    numbers = rng.normal(4, 3, dtype=torch.float32)
    assert numbers.dtype == torch.float32
    assert set(numbers.unique().tolist()) <= {-2.0, -1.0, 1.0, 2.0, 3.0}
    assert len(rng.normal(5).unique()) == 5
    assert rng.normal(0, 2).shape == (0, 2) and rng.normal().shape == ()
    assert bool(((rng.uniform(9, low=2, high=4) - 2) * 2 % 1 == 0).all())


def test_a_page_shows_both_arrays_beside_each_other_and_marks_what_differs() -> None:
    result, _ = judged(product(), lambda W, x: (W @ x).index_fill(0, torch.tensor([1]), 0.0))
    page = result_page(result)
    assert "Expected" in str(page) and "«0»" in str(page)
    html = page._repr_html_()
    assert "«" not in html and "underline" in html

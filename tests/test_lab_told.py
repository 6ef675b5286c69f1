"""What a failure tells: the call that was judged, what was printed, which exercise is behind it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from course_dl.calls.backend import LocalBackend, Outcome, Rules
from course_dl.lab import Exercise, Student, close, number
from course_dl.lab.call import CHARACTERS, LINES, Call
from course_dl.lab.judge import ExerciseResult, run_exercise
from course_dl.lab.show import result_page
from course_dl.lab.states import State
from course_dl.lab.told import call_of
from course_dl.lab.uses import is_stub, names_used


def judged(check: Callable[[Student], None], **names: Any) -> ExerciseResult:
    """How functions stand in an exercise that has this test alone."""
    exercise = Exercise("0.2", ["f"], points=1, difficulty=1, minutes=1, hints=[])
    exercise.parameters = {"f": ["x", "w"]}
    exercise.numbers = {"g": "0.1", "f": "0.2"}
    exercise.test("a test")(check)
    return run_exercise(exercise, LocalBackend(names))


def details(result: ExerciseResult) -> dict[str, str]:
    assert result.first_failure is not None and result.first_failure.failure is not None
    return dict(result.first_failure.failure.details)


def test_of_several_calls_the_one_is_told_whose_result_was_judged() -> None:
    def check(student: Student) -> None:
        first = student.f(torch.tensor([1.0]))
        second = student.f(torch.tensor([2.0]))
        third = student.f(torch.tensor([3.0]))
        close(first, torch.tensor([1.0]))
        close(second[:1], torch.tensor([7.0]))
        close(third, torch.tensor([3.0]))

    assert "x=t([2])" in details(judged(check, f=lambda x: x))["The call"]


def test_where_the_results_of_several_calls_are_put_together_the_last_one_is_told_as_such() -> None:
    def check(student: Student) -> None:
        total = student.f(torch.tensor([1.0])) + student.f(torch.tensor([2.0]))
        close(total, torch.tensor([4.0]))

    told = details(judged(check, f=lambda x: x))
    assert "The call" not in told and "x=t([2])" in told["The last of 2 calls"]


def test_a_call_for_gradients_gives_them_when_it_is_pasted() -> None:
    def check(student: Student) -> None:
        (slope,) = student.f.gradient(torch.tensor([3.0]))
        close(slope, torch.tensor([1.0]))

    names = {"f": lambda x: x**2, "torch": torch}
    *before, last = details(judged(check, **names))["The call"].splitlines()
    exec("\n".join(before), names)
    assert eval(last, names)[0].tolist() == [6.0]


@pytest.mark.parametrize("right", [True, False])
def test_what_is_printed_is_shown_whether_the_check_passes_or_not(right: bool) -> None:
    def check(student: Student) -> None:
        number(student.f(1.0), 2.0 if right else 3.0)

    def f(x: float) -> float:
        print("x is", x)
        return 2 * x

    result = judged(check, f=f)
    assert bool(result) is right
    assert "It printed" in str(result_page(result)) and "x is 1.0" in str(result_page(result))


@pytest.mark.parametrize("text", ["line\n" * 1000, "wide " * 1000])
def test_of_long_output_the_beginning_is_shown_and_that_it_was_cut(text: str) -> None:
    def check(student: Student) -> None:
        number(student.f(1.0), 3.0)

    told = details(judged(check, f=lambda x: print(text)))["It printed"]
    assert told.endswith("... (cut here)")
    assert len(told.splitlines()) <= LINES + 1 and len(told) <= CHARACTERS + 20


def stub(x: Any) -> Any:
    raise NotImplementedError


def g(x: Any) -> Any:
    raise NotImplementedError("to do")


def call_f(student: Student) -> None:
    student.f(torch.ones(1))


def test_an_answer_that_calls_a_stub_names_it_with_its_exercise() -> None:
    result = judged(call_f, f=lambda x: g(x))
    assert result.state is State.NOT_DONE
    assert "f calls g (0.1), which is not written yet." in str(result_page(result))


def test_an_answer_that_is_a_stub_itself_is_not_done_yet() -> None:
    result = judged(call_f, f=stub)
    assert "calls" not in str(result_page(result)) and result.state is State.NOT_DONE


def test_a_changed_argument_is_told_by_its_name() -> None:
    def check(student: Student) -> None:
        student.f(torch.ones(1), torch.ones(1))

    result = judged(check, f=lambda a, b: b.mul_(2))
    assert "f changed its argument w: work on a copy" in str(result_page(result))


def test_one_value_is_told_of_as_one() -> None:
    def check(student: Student) -> None:
        close(student.f(1.0), torch.tensor([1.0, 1.0]))

    result = judged(check, f=lambda x: torch.tensor([1.0, torch.nan]))
    assert "holds 1 value that is not finite" in str(result_page(result))


class Net:
    def forward(self, x: Any) -> Any:
        return [helper(row) for row in x]


def helper(x: Any) -> Any:
    return stub(x)


def test_what_an_answer_uses_is_found_through_helpers_and_methods() -> None:
    assert {"helper", "stub"} <= names_used(["Net"], globals())
    assert "Net" not in names_used(["helper"], globals())
    assert is_stub(stub) and is_stub(g) and not is_stub(Net)


def test_a_result_of_lists_within_lists_is_looked_through_at_once() -> None:
    def nested(depth: int) -> list[Any]:
        one: list[Any] = [1.0]
        for _ in range(depth):
            one = [one, one]
        return one

    call = Call("student:f", (), {}, Rules(), Outcome(nested(40)))
    assert call_of(nested(41), [call]) is None
    assert call_of(call.outcome.value[0], [call]) is call


def test_what_torch_has_not_implemented_is_a_failure_and_no_stub() -> None:
    def check(student: Student) -> None:
        number(student.f(torch.ones(2)), 1.0)

    def without(x: torch.Tensor) -> Any:
        return x.to(torch.complex128).max()

    result = judged(check, f=without)
    assert result.state is State.FAILED
    assert result.first_failure is not None and result.first_failure.failure is not None
    assert "NotImplementedError" in result.first_failure.failure.told

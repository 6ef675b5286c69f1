"""The all-labs test: the checks of every lab, tested against right answers and wrong ones."""

from __future__ import annotations

import copy
import importlib
import importlib.util
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from course_dl.calls.backend import LocalBackend
from course_dl.lab.catalog import LabFolder, find_labs
from course_dl.lab.diagnosis import diagnose, names_called
from course_dl.lab.exercise import Exercise, Mistake
from course_dl.lab.judge import run_exercise, run_test
from course_dl.lab.simplest import levels
from course_dl.lab.states import State

RIGHT_ANSWERS = Path(__file__).parent / "right_answers"
LABS = find_labs()
EXERCISES = [(lab, exercise) for lab in LABS for exercise in lab.exercises]


def each_exercise(test: Callable[..., None]) -> Callable[..., None]:
    ids = [f"{lab.name[:5]} {exercise.number} {exercise.names[0]}" for lab, exercise in EXERCISES]
    return pytest.mark.parametrize(("lab", "exercise"), EXERCISES, ids=ids)(test)


def solutions(lab: LabFolder) -> dict[str, Any]:
    return vars(importlib.import_module(f"course_dl.labs.{lab.name}.solutions"))


def right_answers(lab: LabFolder, exercise: Exercise) -> Iterator[tuple[str, str, Any]]:
    """Name of the function, name of the variant, the variant itself."""
    path = RIGHT_ANSWERS / f"{lab.name}.py"
    spec = importlib.util.spec_from_file_location(f"right_answers_{lab.name}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for variant, code in list(vars(module).items()):
        name = variant.partition("__")[0]
        if name in exercise.names and "__" in variant:
            yield name, variant, code


def known_mistakes(lab: LabFolder, exercise: Exercise) -> list[Mistake]:
    return [mistake for mistake in lab.mistakes if mistake.number == exercise.number]


def told(result: Any) -> str:
    failed = result.first_failure
    return "" if failed is None else f"{failed.test.title}: {failed.failure}"


def unmeasured(exercise: Exercise) -> Exercise:
    """The exercise without the tests that take their whole time budget.

    A solution meets these where its notebook runs, and in grading.
    """
    shorter = copy.copy(exercise)
    shorter.tests = [test for test in exercise.tests if not test.measured]
    return shorter


@each_exercise
def test_the_solution_passes_whatever_the_random_inputs(lab: LabFolder, exercise: Exercise) -> None:
    for seed in range(4):
        result = run_exercise(unmeasured(exercise), LocalBackend(solutions(lab)), seed)
        assert result.state is State.PASSED, f"seed {seed}: {told(result)}"


def calling(lab: LabFolder, exercise: Exercise, name: str) -> Exercise:
    """The exercise with those tests alone that call ``name``; others it cannot change."""
    called = _names_called(lab.name, exercise.number)
    narrow = unmeasured(exercise)
    narrow.tests = [test for test in narrow.tests if name in called[test.title]]
    return narrow


@cache
def _names_called(lab_name: str, number: str) -> dict[str, set[str]]:
    """By a test's title, which functions and classes of the solution it calls."""
    lab = next(lab for lab in LABS if lab.name == lab_name)
    result = run_exercise(unmeasured(lab.exercise(number)), LocalBackend(solutions(lab)))
    return {test.test.title: names_called(test) for test in result.tests}


@each_exercise
def test_differently_written_right_answers_pass(lab: LabFolder, exercise: Exercise) -> None:
    wrong = {}
    for name, variant, code in right_answers(lab, exercise):
        tests = calling(lab, exercise, name)
        assert tests.tests, f"no test calls {name}"
        result = run_exercise(tests, LocalBackend({**solutions(lab), name: code}))
        if not result:
            wrong[variant] = told(result)
    assert not wrong


@each_exercise
def test_right_answers_pass_in_simple_cases_too(lab: LabFolder, exercise: Exercise) -> None:
    """Else a student could be shown a case in which nothing is wrong.

    The solution at all levels; the others at each size once.
    """
    right = [("the solution", exercise, {})]
    right += [
        (variant, calling(lab, exercise, name), {name: code})
        for name, variant, code in right_answers(lab, exercise)
    ]
    wrong = {}
    for variant, tests, own in right:
        backend = LocalBackend({**solutions(lab), **own})
        for test in tests.tests:
            if test.hidden or test.measured or test.last:
                continue
            free = run_test(exercise, test, backend).free
            for level in list(levels(free))[:: 2 if own else 1] if free else ():
                result = run_test(exercise, test, backend, level)
                if not result:
                    wrong[variant, test.title] = f"{level}: {result.failure}"
    assert not wrong


@each_exercise
def test_every_mistake_is_rejected_and_diagnosed_as_itself(
    lab: LabFolder, exercise: Exercise
) -> None:
    wrong = {}
    for known in known_mistakes(lab, exercise):
        names = {**solutions(lab), known.name: known.code}
        result = run_exercise(unmeasured(exercise), LocalBackend(names))
        sentence = diagnose(result, lab.mistakes, names)
        if result.state is not State.FAILED or sentence != known.sentence:
            wrong[known.code.__name__] = f"{result.state}, told {sentence!r}"
    assert not wrong


@each_exercise
def test_every_stub_is_not_done_yet(lab: LabFolder, exercise: Exercise) -> None:
    from course_dl.authoring.stubs import stub  # needs what authors have installed

    source = "\n\n".join(stub(lab.name, name) for name in exercise.names)
    names = {k: v for k, v in solutions(lab).items() if k not in exercise.names}
    exec(source, names)
    result = run_exercise(exercise, LocalBackend(names))
    assert {test.state for test in result.tests} == {State.NOT_DONE}
    assert not result.points


@each_exercise
def test_an_exercise_is_complete(lab: LabFolder, exercise: Exercise) -> None:
    assert len(known_mistakes(lab, exercise)) >= 3
    assert len(list(right_answers(lab, exercise))) >= (
        3 if lab.name[:5] in ("lab01", "lab04") else 2
    )
    assert len(exercise.hints) >= 2
    assert exercise.points > 0 and exercise.minutes > 0 and exercise.difficulty in (1, 2, 3)
    assert not all(test.hidden for test in exercise.tests)


@pytest.mark.parametrize("lab", LABS, ids=lambda lab: lab.name)
def test_every_mistake_belongs_to_an_exercise(lab: LabFolder) -> None:
    for known in lab.mistakes:
        assert known.name in lab.exercise(known.number).names


@pytest.mark.parametrize("lab", LABS, ids=lambda lab: lab.name)
def test_no_mistake_has_the_name_of_a_right_answer(lab: LabFolder) -> None:
    wrong = {known.code.__name__ for known in lab.mistakes}
    right = {name for e in lab.exercises for _, name, _ in right_answers(lab, e)}
    assert not wrong & right


def test_a_check_of_shapes_alone_lets_mistakes_through() -> None:
    """What the tests above are for: with such a check, they fail."""
    lab = next(lab for lab in LABS if lab.name.startswith("lab04"))
    exercise = Exercise("4.3", ["backward_layer"], 1, 1, 1, ["hint"], autograd=False)

    @exercise.test("shapes")
    def shapes(student: Any, rng: Any) -> None:
        W = rng.normal(3, 4)
        results = student.backward_layer(
            rng.normal(3), rng.normal(3), rng.normal(4), W, lambda a: a
        )
        assert [tuple(r.shape) for r in results] == [(3, 4), (3,), (4,)]

    passing = [
        known
        for known in known_mistakes(lab, exercise)
        if run_exercise(exercise, LocalBackend({known.name: known.code}))
    ]
    assert passing

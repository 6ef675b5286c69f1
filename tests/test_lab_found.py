"""An answer that behaves as a small change to the right one is told so, if it is clear."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest

from course_dl.calls.backend import LocalBackend
from course_dl.lab import Exercise, Student, mistake, require
from course_dl.lab.catalog import LabFolder, find_lab, find_labs
from course_dl.lab.files import FOUND
from course_dl.lab.found import Found, explain, find_out, packed_changes, unpacked_changes
from course_dl.lab.judge import run_exercise

EXACTLY = "It behaves exactly as the right answer would "


def exercise(*values: int) -> Exercise:
    """``f(x)`` should be ``2 x + 1``: a test for each value."""
    asked = Exercise("0.1", ["f"], points=1, difficulty=1, minutes=1, hints=[])

    def add(x: int) -> None:
        @asked.test(f"of {x}")
        def test(student: Student) -> None:
            require(student.f(x) == 2 * x + 1, "wrong")

    for x in values:
        add(x)
    return asked


def change(text: str, words: str, size: int = 1) -> Found:
    return Found("f", words, size, f"def f(x):\n    return {text}", "import math")


def told(answer: Callable[..., Any], *changes: Found, values: tuple[int, ...] = (1, 2, 5)) -> Any:
    names = {"f": answer}
    result = run_exercise(exercise(*values), LocalBackend(names))
    return find_out(result, sorted(changes, key=lambda one: (one.is_pair, one.size)), names)


def test_what_behaves_as_a_change_does_is_told_of_it() -> None:
    left_out = change("2 * x", "without the term 1")
    assert told(lambda x: x + x, left_out) == EXACTLY + "without the term 1."
    assert told(lambda x: x + x + 2, left_out) is None
    assert told(lambda x: 2 * x + 1, left_out) is None


def test_of_several_changes_the_smallest_is_told() -> None:
    small, large = change("2 * x", "without the term 1"), change("x * 2", "with a lot changed", 5)
    assert told(lambda x: x + x, large, small) == EXACTLY + "without the term 1."


def test_nothing_is_told_where_equal_changes_say_different_things() -> None:
    one, other = change("2 * x", "without the term 1"), change("x * 2", "with 0 for 1")
    assert told(lambda x: x + x, one, other) is None
    assert told(lambda x: x + x, one, change("x * 2", one.words)) == EXACTLY + "without the term 1."


def test_what_agrees_on_most_tests_is_told_so_and_what_agrees_on_few_is_not() -> None:
    left_out = change("2 * x", "without the term 1")
    mostly = "In most tests it behaves as the right answer would without the term 1."
    assert told(lambda x: 7 if x == 5 else 2 * x, left_out) == mostly
    assert told(lambda x: 2 * x if x == 1 else 7, left_out) is None


def test_of_an_error_which_many_changes_raise_only_one_may_be_the_cause() -> None:
    def raises(x: int) -> int:
        return [1][x]

    some = (1, 0)  # an error, and a value
    one, larger = change("[1][x]", "with one thing"), change("(1,)[x:][x] or [1][x]", "", 5)
    assert told(raises, one, values=some) == EXACTLY + "with one thing."
    assert told(raises, one, change("[x + 1][x]", "with another", 5), values=some) is None
    assert told(raises, one, change("[1 - x][x]", "", 5), values=some) is None
    assert told(raises, one, larger, values=some) == EXACTLY + "with one thing."  # another error


def test_an_error_alone_does_not_tell_the_cause() -> None:
    assert told(lambda x: [1][x], change("[1][x]", "with one thing"), values=(1, 2, 5)) is None


def pair(text: str, words: str) -> Found:
    return replace(change(text, words), is_pair=True)


def test_a_pair_is_told_where_no_single_change_fits() -> None:
    both = pair("3 * x - 1", "with 3 for 2, and with the sign of 1 turned round")
    assert told(lambda x: x * 3 - 1, both) == EXACTLY + both.words + "."
    assert told(lambda x: x * 3 - 1, both, change("2 * x", "without 1")) is not None
    for single in (change("x + 2 * x - 1", "with one thing", 9), change("x + 2 * x - 1", "", 9)):
        assert both.words not in (told(lambda x: x * 3 - 1, both, single) or "")


def test_of_pairs_that_say_different_things_none_is_told_whatever_their_size() -> None:
    one, other = pair("3 * x - 1", "with one thing"), pair("x * 3 - 1", "with another")
    assert told(lambda x: x * 3 - 1, one, replace(other, size=9)) is None


def test_a_pair_fits_in_all_tests_or_not_at_all_and_explains_no_error() -> None:
    assert told(lambda x: 7 if x == 5 else 2 * x, pair("2 * x", "with two things")) is None
    assert told(lambda x: [1][x], pair("[1][x]", "with two things"), values=(1, 0)) is None


def test_a_known_mistake_wins() -> None:
    @mistake("0.1", "The 1 is missing.")
    def f__no_one(x: int) -> int:
        return 2 * x

    names = {"f": lambda x: x + x}
    result = run_exercise(exercise(1, 2), LocalBackend(names))
    changes = [change("2 * x", "without the term 1")]
    known = f__no_one.mistake  # type: ignore[attr-defined]
    assert explain(result, [known], changes, names) == "The 1 is missing."
    assert explain(result, [], changes, names) == EXACTLY + "without the term 1."


def test_a_change_is_not_looked_for_once_the_time_is_up() -> None:
    names = {"f": lambda x: x + x}
    result = run_exercise(exercise(1), LocalBackend(names))
    assert find_out(result, [change("2 * x", "without 1")], names, seconds=-1) is None


def test_packed_changes_are_not_read_by_chance_and_come_back_whole() -> None:
    changes = [
        pair("3 * x - 1", "with two things"),
        change("2 * x", "without the term 1", 3),
        change("3 * x", "with 3 for 2", 1),
    ]
    module = ModuleType("packed")
    module.PACKED = packed_changes(changes)  # type: ignore[attr-defined]
    assert "return" not in module.PACKED and "without" not in module.PACKED
    assert unpacked_changes(module) == changes[::-1]


def packed_files() -> Iterator[tuple[LabFolder, str]]:
    for lab in find_labs():
        for path in sorted((lab.path / FOUND).glob("e*.py")):
            yield lab, path.read_text(encoding="utf-8")


def test_no_packed_file_shows_a_line_of_a_solution() -> None:
    files = list(packed_files())
    assert len(files) > 30
    for lab, text in files:
        for line in lab.solutions.read_text(encoding="utf-8").splitlines():
            code = re.sub(r"\s+#.*", "", line).strip()
            assert len(code) < 12 or code not in text


WRONG = """\
def backward_layer(grad_h, a, h_prev, W, dg):
    delta = grad_h * dg(a)
    return delta[:, None] * h_prev, delta, W.T @ (delta + delta)
"""
SENTENCE = EXACTLY + "with grad_h_prev twice as large."


@pytest.fixture
def wrong() -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(WRONG, names)
    return names


def test_a_notebook_tells_of_a_change(wrong: dict[str, Any]) -> None:
    from course_dl.lab import Lab

    result = Lab("lab04").check("4.3", backward_layer=wrong["backward_layer"])
    assert result.diagnosis == SENTENCE


def test_the_sandbox_tells_the_same() -> None:
    from course_dl.grading.grade import Grading, lab_sandbox

    lab = find_lab("lab04")
    with (
        lab_sandbox(lab) as sandbox,
        Grading(lab, WRONG.encode(), "answer.py", sandbox) as grading,
    ):
        [result] = grading.judge([lab.exercise("4.3")])
    assert result.diagnosis == SENTENCE

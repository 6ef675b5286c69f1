"""Verdicts that are known already: a submission gets the same result with them as without."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from course_dl.grading import transcripts
from course_dl.grading.grade import Grading
from course_dl.grading.result import Result
from course_dl.grading.sandbox.client.sandbox import Sandbox
from course_dl.grading.transcripts import Known
from course_dl.lab.judge import run_test
from tests.grading.honest import COUNTER, solved
from tests.grading.small import sandbox, small_lab

ADD = "self.total = self.total + x"
FOR_ALL = """\
import gc
        for one in gc.get_objects():
            if isinstance(one, Counter):
                one.total = one.total + x"""
RIGHT = {
    "as the lab has it": solved(),
    "in another way": solved(double="def double(x):\n    return x + x"),
}
WRONG = {
    "wrong": solved(double="def double(x):\n    return x * x"),
    "as a known mistake in one test alone": solved(
        double="def double(x):\n    return x * x if x.dim() == 1 else 2 * x"
    ),
    "wrong the second time": solved(
        double="seen = []\ndef double(x):\n    seen.append(x)\n    return 2 * x + (len(seen) == 2)"
    ),
    "wrong in the end": solved(counter=COUNTER.replace(ADD, FOR_ALL)),
    "an argument changed": solved(double="def double(x):\n    return x.mul_(2)"),
    "ends its process": solved(slope="import os\ndef slope(x):\n    os._exit(0)"),
    "endless": solved(slope="def slope(x):\n    while True: pass"),
    "missing": solved(counter=""),
    "an error": solved(soft="def soft(Y):\n    raise KeyError('a')"),
}


SUBMISSIONS = RIGHT | WRONG


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with sandbox() as made:
        yield made


@pytest.fixture
def known() -> Known:
    return Known()


def result(data: bytes, box: Sandbox, known: Known) -> Result:
    with Grading(small_lab(), data, "answer.ipynb", box, seed=3, known=known) as grading:
        return grading.result()


def test_what_is_known_changes_no_result(box: Sandbox, known: Known) -> None:
    first = {name: result(data, box, Known()) for name, data in SUBMISSIONS.items()}
    for name, data in [*SUBMISSIONS.items(), *reversed(SUBMISSIONS.items())]:
        assert result(data, box, known) == first[name], name  # with what the others left
    passed = {name for name, found in first.items() if found.total == found.max_points}
    assert passed == set(RIGHT)


def test_a_test_is_run_again_only_where_the_answers_are_new(
    box: Sandbox, known: Known, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = []

    def noted(exercise: Any, test: Any, *rest: Any) -> Any:
        ran.append(exercise.number)
        return run_test(exercise, test, *rest)

    monkeypatch.setattr(transcripts, "run_test", noted)
    result(RIGHT["as the lab has it"], box, known)
    assert set(ran) == {exercise.number for exercise in small_lab().exercises}
    ran.clear()
    result(RIGHT["in another way"], box, known)
    assert set(ran) == {"9.5"}  # which hands over a function of its own
    ran.clear()
    result(WRONG["wrong the second time"], box, known)
    assert set(ran) == {"9.1", "9.5"}


def test_what_is_wrong_with_an_answer_is_found_out_once(
    box: Sandbox, known: Known, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = result(WRONG["wrong"], box, known)
    assert first.exercises[0].diagnosis

    def only_of_what_passes(found: Any, *_: Any) -> None:
        assert found, found.exercise.number

    monkeypatch.setattr(transcripts, "explain", only_of_what_passes)
    again = WRONG["wrong"].replace(b"x * x", b"x ** 2")
    assert again != WRONG["wrong"]
    marks = result(again, box, known).exercises
    assert marks[0].code != first.exercises[0].code  # each is shown its own
    for one, other in zip(marks, first.exercises, strict=True):
        assert replace(one, code="") == replace(other, code="")


def test_little_is_kept(box: Sandbox, known: Known, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transcripts, "MOST", 4)
    first = result(RIGHT["as the lab has it"], box, known)
    assert len(known) == 4
    assert result(RIGHT["as the lab has it"], box, known) == first


def test_what_is_kept_is_bounded_in_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transcripts, "MOST_BYTES", 100_000)
    monkeypatch.setattr(transcripts, "LARGEST", 40_000)
    known = Known()
    assert not known.keep(("large",), transcripts.Question(bytes(50_000), 1.0))
    for name in "abc":
        assert known.keep((name,), transcripts.Question(bytes(30_000), 1.0))
    known.get(("a",))  # which is then the one used last
    known.keep(("d",), transcripts.Question(bytes(30_000), 1.0))
    assert [name for name in "abcd" if (name,) in known] == ["a", "c", "d"]

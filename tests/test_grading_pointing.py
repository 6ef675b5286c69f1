"""The student's code beside the diagnosis: which text it is, and which line is marked."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from course_dl.grading.pointing import definitions, line_in_question
from course_dl.grading.reports.feedback import feedback_page
from course_dl.grading.results.records import sound_result
from tests.grading.honest import notebook
from tests.grading.reported import HOSTILE, reported_class
from tests.grading.small import grade, sandbox

RIGHT = """
def slope(W, x, b):
    s = W @ x + b
    y = s.tanh()
    return y.sum() / len(y)
"""


def test_the_last_definition_is_taken_as_it_stands() -> None:
    cells = [
        "def f(x):\n    return 1\n\nz = f(2)\n",
        "if True:\n    def f(x):\n        return 2\n    y = 3",
    ]
    assert definitions(cells, ["f"]) == "def f(x):\n    return 2"
    assert definitions(["f = lambda x: x\ng = 3"], ["f"]) == "f = lambda x: x"
    assert definitions(["def g(x): return x", "f = g"], ["f"]) == "f = g\n\ndef g(x): return x"
    assert definitions(["def fg(x): return x\nf == 3"], ["f"]) == ""


def test_texts_of_several_lines_and_brackets_at_the_margin_end_no_definition() -> None:
    cell = 'def f(x):\n    """Text\nat the margin\n    """\n    y = g(\n        x\n)\n    return y\nlater = 1'
    assert definitions([cell], ["f"]).endswith("return y")


def test_both_functions_of_an_exercise_are_shown_in_its_order() -> None:
    assert definitions(["def b(): 1\ndef a(): 2"], ["a", "b"]) == "def a(): 2\n\ndef b(): 1"


@pytest.mark.parametrize("seed", range(20))
def test_no_text_however_odd_stops_it(seed: int) -> None:
    rng = random.Random(seed)
    pieces = [
        '"""',
        "'''",
        "def f",
        "(",
        ")",
        ":",
        "\n",
        " ",
        "\t",
        "#",
        "\\",
        "f = ",
        "class f",
        "\ud800",
        "é",
    ]
    cell = "".join(rng.choice(pieces) for _ in range(400))
    code = definitions([cell], ["f"])
    assert 0 <= line_in_question(code, [RIGHT], RIGHT) <= code.count("\n") + 1


def test_the_line_that_is_like_the_mistake_s_is_marked_under_other_names_and_blanks() -> None:
    code = "def slope(W, x, b):\n    # s = W.T @ x + b\n    out = W.T@x+b\n    y = out.tanh()\n    return y.sum() / len(y)"
    wrong = "    s = W.T @ x + b\n    y = s.tanh()\n    return y.sum() / len(y)"
    assert line_in_question(code, [wrong], RIGHT) == 3


def test_nothing_is_marked_where_a_line_is_missing_or_right_or_all_differs() -> None:
    code = "def slope(W, x, b):\n    s = W @ x + b\n    return s.sum() / len(s)"
    missing = "    s = W @ x + b\n    return y.sum() / len(y)"
    assert line_in_question(code, [missing], RIGHT) == 0
    assert (
        line_in_question(
            code, ["    t = 3 * q\n    u = t - 7\n    v = u % 3\n    w = v ** 2"], RIGHT
        )
        == 0
    )
    assert line_in_question(code + "\n    s = W.T @ x + b" * 2, ["    s = W.T @ x + b"], RIGHT) == 0


def test_a_grader_shows_the_code_of_what_failed_and_marks_where_it_raised() -> None:
    cell = "import torch\ndef double(x):\n    y = x + x\n    return y.nothing\n"
    other = "def slope(x):\n    return 2 * x\n"
    with sandbox() as box:
        result = grade(notebook(cell, other, "def soft(Y):\n    raise NotImplementedError"), box)
    by_number = {mark.number: mark for mark in result.exercises}
    assert by_number["9.1"].code == "def double(x):\n    y = x + x\n    return y.nothing"
    assert by_number["9.1"].line == 3
    assert by_number["9.2"].code == other.strip() and by_number["9.2"].line == 0
    assert by_number["9.3"].code == ""  # not done yet: nothing to show
    assert sound_result(result.to_json()) == result


def test_a_record_with_a_line_beyond_the_code_is_refused() -> None:
    entry = reported_class(1)[0]
    first = replace(entry.result.exercises[0], code="a\nb", line=3)
    with pytest.raises(ValueError, match="no line 3"):
        sound_result(replace(entry.result, exercises=(first,)).to_json())


def test_the_page_has_every_line_and_marks_one_whatever_is_written_there() -> None:
    entry = next(
        e for e in reported_class(30) if any(m.state == "failed" for m in e.result.exercises)
    )
    marks = [
        replace(m, code="\n".join(("def f():", *HOSTILE)), line=2) if m.state == "failed" else m
        for m in entry.result.exercises
    ]
    page = feedback_page(
        "Lab", replace(entry, result=replace(entry.result, exercises=tuple(marks)))
    )
    failed = sum(m.state == "failed" for m in marks)
    assert page.count("<mark>") == page.count("look here") == failed
    assert "<script" not in page and "<img" not in page
    assert page.count("<li>") == failed * (1 + len(HOSTILE))

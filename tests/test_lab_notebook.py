"""What a notebook shows: checks, hints, progress and cells that wait; plain Python too."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from course_dl.calls.backend import LocalBackend
from course_dl.lab import Exercise, Lab, Student
from course_dl.lab.catalog import LabFolder, find_lab
from course_dl.lab.judge import ExerciseResult, TestResult, run_exercise
from course_dl.lab.show import result_page
from course_dl.lab.states import Failure, State

RIGHT = """
import torch
def add_bias(X):
    return torch.cat([X.new_ones(len(X), 1), X], 1)
"""
AT_THE_END = RIGHT.replace("[X.new_ones(len(X), 1), X]", "[X, X.new_ones(len(X), 1)]")
STUB = "def add_bias(X):\n    raise NotImplementedError\n"


@pytest.fixture
def shell() -> Iterator[InteractiveShell]:
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance()
    shell.run_cell("from course_dl.lab import Lab\nlab = Lab('lab01')")
    yield shell
    InteractiveShell.clear_instance()


def run(shell: InteractiveShell, cell: str) -> Any:
    with capture_output() as captured:
        shell.run_cell(cell).raise_error()
    return captured


def shown(shell: InteractiveShell, cell: str) -> tuple[str, str]:
    """The plain text and the HTML of what a cell displays."""
    outputs = run(shell, cell).outputs
    text = "\n".join(str(output.data["text/plain"]) for output in outputs)
    return text, "\n".join(output.data.get("text/html", "") for output in outputs)


def test_a_check_is_shown_once_as_text_and_html(shell: InteractiveShell) -> None:
    run(shell, RIGHT)
    text, html = shown(shell, "lab.check('1.1')")
    assert "1.1 add_bias: passed, 1 point" in text
    assert "1.1 add_bias: passed, 1 point" in html
    assert text.count("passed, 1 point") == 1


def test_what_a_test_measured_is_shown_where_it_passes() -> None:
    exercise = Exercise("0.1", ["f"], points=1, difficulty=1, minutes=1, hints=[])

    @exercise.test("accuracy after 10 seconds", measured=True)
    def measured(student: Student) -> None:
        student.notes["accuracy"] = 0.98765

    page = result_page(run_exercise(exercise, LocalBackend({})))
    assert "accuracy after 10 seconds: 0.9877" in str(page)


def test_a_redefinition_is_seen_at_once(shell: InteractiveShell) -> None:
    for source, state in [(STUB, "not done yet"), (AT_THE_END, "failed"), (RIGHT, "passed")]:
        run(shell, source)
        assert state in shown(shell, "lab.check(add_bias)")[0]


def test_a_known_mistake_is_named(shell: InteractiveShell) -> None:
    run(shell, AT_THE_END)
    result = shell.user_ns["lab"]._judge(
        shell.user_ns["lab"]._folder.exercise("1.1"), shell.user_ns
    )
    assert result.diagnosis
    text, html = shown(shell, "lab.check('1.1')")
    assert result.diagnosis in text
    assert "➜" in html


def test_hints_come_one_at_a_time(shell: InteractiveShell) -> None:
    first, _ = shown(shell, "lab.hint('1.1')")
    second, _ = shown(shell, "lab.hint('1.1')")
    assert "1." in first and "2." not in first
    assert "2." in second
    for _ in range(5):
        last, _ = shown(shell, "lab.hint('1.1')")
    assert "That was the last one" in last


def test_a_cell_that_waits_runs_once_its_exercises_pass(shell: InteractiveShell) -> None:
    run(shell, STUB)
    cell = "%%after 1.1\nran = add_bias(torch.zeros(2, 2)).shape\nran"
    text, _ = shown(shell, cell)
    assert "runs once these exercises pass" in text and "1.1 add_bias: not done yet" in text
    assert "ran" not in shell.user_ns
    run(shell, RIGHT)
    run(shell, cell)
    assert shell.user_ns["ran"] == (2, 3)


def test_a_cell_that_waits_says_what_is_not_defined_after_a_restart(
    shell: InteractiveShell,
) -> None:
    text, _ = shown(shell, "%%after 1.1  # a comment\n1")
    assert "1.1 add_bias: not defined" in text and "run the setup cell" in text


def test_a_cell_that_waits_names_what_other_cells_make(shell: InteractiveShell) -> None:
    run(shell, RIGHT)
    cell = "%%after 1.1\nran = [add_bias(one) for one in samples]\nprint(len(ran), path)"
    text, _ = shown(shell, cell)
    assert "This cell needs path and samples, which cells above it make" in text
    assert "ran" not in shell.user_ns
    run(shell, "samples, path = [torch.zeros(2, 2)], []")
    run(shell, cell)
    assert len(shell.user_ns["ran"]) == 1


def test_an_answer_names_the_earlier_exercise_that_fails(shell: InteractiveShell) -> None:
    wrong = "def predict(w, X):\n    return X @ w\n"
    step = "def perceptron_step(w, x, d, lr):\n    return w + lr * d * x * (predict(w, x) != d)\n"
    run(shell, "import torch\n" + wrong + step)
    text, _ = shown(shell, "lab.check('1.4')")
    assert "It calls predict (1.2), which does not pass its check: begin there." in text


TRAINING = """
def build_model():
    raise AssertionError("it was run")
def train(model, X, d, seconds):
    raise AssertionError("it was run")
"""


def test_progress_trains_nothing_and_shows_the_last_result(shell: InteractiveShell) -> None:
    run(shell, "lab = Lab('lab05')" + TRAINING)
    ask = 'written, not checked yet: lab.check("5.7")'
    assert f"5.7 build_model, train: {ask}" in shown(shell, "lab.progress()")[0]
    lab, exercise = shell.user_ns["lab"], find_lab("lab05").exercise("5.7")
    names = [shell.user_ns[name] for name in exercise.names]
    part = TestResult(exercise.tests[-1], State.PARTLY, Failure("97 %"), 2.0)
    lab._checked["5.7"] = names, ExerciseResult(exercise, [part])
    assert "◐ 5.7 build_model, train: 2 of 4 points\n" in shown(shell, "lab.progress()")[0] + "\n"
    run(shell, TRAINING)
    changed = "2 of 4 points, before your last change"
    assert changed in shown(shell, "lab.progress()")[0]


def test_before_a_challenge_it_is_said_how_long_it_takes(shell: InteractiveShell) -> None:
    run(shell, "lab = Lab('lab05')" + TRAINING)
    with capture_output() as captured:
        shell.run_cell("lab.check('5.7')")
    first, last = (str(output.data["text/plain"]) for output in captured.outputs)
    assert "training has 10 seconds" in first and "it was run" in last


def test_an_error_in_a_cell_that_waits_is_shown(shell: InteractiveShell) -> None:
    run(shell, RIGHT)
    with capture_output() as captured:
        shell.run_cell("%%after 1.1\n1 / 0")
    assert "ZeroDivisionError" in captured.stdout + captured.stderr


def test_progress_shows_every_exercise(shell: InteractiveShell) -> None:
    run(shell, RIGHT)
    text, html = shown(shell, "lab.progress()")
    assert "1 of 7 exercises" in text and "1.7 margin: not done yet" in text
    assert "width:" in html


def test_plain_python_prints(capsys: pytest.CaptureFixture[str]) -> None:
    InteractiveShell.clear_instance()
    lab = Lab("lab01")

    def add_bias(X: torch.Tensor) -> torch.Tensor:
        return torch.cat([torch.ones(len(X), 1, dtype=X.dtype), X], 1)

    result = lab.check("1.1")
    assert result
    assert result.state is State.PASSED
    assert "passed" in capsys.readouterr().out
    assert lab.check("1.1", add_bias=lambda X: X).state is State.FAILED


def test_html_escapes_what_a_student_wrote(shell: InteractiveShell) -> None:
    run(shell, "def add_bias(X):\n    raise ValueError('<script>alert(1)</script>')")
    _, html = shown(shell, "lab.check('1.1')")
    assert "<script>" not in html and "&lt;script&gt;" in html


WRAPPED = """
def perceptron_loss(w, X, d):
    from course_dl import losses
    return losses.perceptron_loss(X @ w, d)
"""


@pytest.mark.parametrize("cell", ["from course_dl.losses import perceptron_loss", WRAPPED])
def test_the_packages_own_answer_is_refused(shell: InteractiveShell, cell: str) -> None:
    run(shell, cell)
    text, _ = shown(shell, "lab.check('1.3')")
    assert "course_dl.losses.perceptron_loss" in text and "write it yourself" in text


def test_the_packages_own_answer_is_refused_where_its_chapter_has_several_files(
    shell: InteractiveShell,
) -> None:
    run(shell, "from course_dl.attention import causal_mask")
    text, _ = shown(shell, "Lab('lab10').check('10.2')")
    assert "causal_mask of the library" in text and "write it yourself" in text


def test_unknown_names_are_told_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="lab01_perceptron"):
        Lab("lab99")
    lab = Lab("lab01")
    for call in (lambda: lab.check("9.9"), lambda: lab.hint("add_bais")):
        with pytest.raises(ValueError, match=r"1\.1 \(add_bias\)"):
            call()
    with pytest.raises(ValueError, match="is about add_bias"):
        lab.check("1.1", margin=max)


@pytest.mark.parametrize(
    "call",
    ["check('1.1')", "check(' 1.1 ')", "check(1.1)", "check('Add_Bias')", "check(add_bias)",
     "check('1.1', add_bias=partial(add_bias))"],
)  # fmt: skip
def test_an_exercise_is_found_however_it_is_named(call: str, shell: InteractiveShell) -> None:
    run(shell, RIGHT + "from functools import partial")
    assert "1.1 add_bias: passed" in shown(shell, f"lab.{call}")[0]


def test_a_function_without_a_name_is_found_where_it_is_the_notebooks(
    shell: InteractiveShell,
) -> None:
    run(shell, RIGHT + "from functools import partial\nadd_bias = partial(add_bias)")
    assert "1.1 add_bias: passed" in shown(shell, "lab.check(add_bias)")[0]
    run(shell, "add_bias = lambda X: torch.cat([X.new_ones(len(X), 1), X], 1)")
    assert "1.1 add_bias: passed" in shown(shell, "lab.check(add_bias)")[0]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ("check(object())", r'give the number too, as in lab.check\("1.1", add_bias=...\)'),
        ("check(partial(print))", "a partial does not say which exercise"),
        ("check(None)", "a NoneType does not say"),
        ("check(1)", "lab01_perceptron has no exercise 1; it has 1.1"),
        ("check(True)", "no exercise True"),
        ("check('9.9')", "no exercise 9.9"),
        ("hint(object())", "does not say which exercise"),
    ],
)
def test_what_names_no_exercise_is_told_what_does(
    call: str, words: str, shell: InteractiveShell
) -> None:
    with pytest.raises(ValueError, match=words):
        run(shell, f"from functools import partial\nlab.{call}")


def test_a_number_that_two_exercises_have_is_to_be_put_in_quotes() -> None:
    two = LabFolder("lab04")
    numbers = ("4.1", "4.2", "4.10")
    vars(two)["exercises"] = [Exercise(n, [f"f{n[2:]}"], 1, 1, 1, []) for n in numbers]
    assert two.exercise(4.2).number == "4.2"
    assert two.exercise("4.10").number == "4.10"
    with pytest.raises(ValueError, match=r"4\.1 and 4\.10 are the same: put it in quotes"):
        two.exercise(4.1)


@pytest.mark.parametrize("name", ["lab01", " Lab01 ", "LAB01_Perceptron", 1, "1", "01"])
def test_a_lab_is_found_however_it_is_written(name: str | int) -> None:
    assert find_lab(name).name == "lab01_perceptron"

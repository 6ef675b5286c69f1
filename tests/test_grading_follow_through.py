"""Follow-through: what fails only because of an earlier answer is judged again without it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from course_dl.authoring.stubs import stub
from course_dl.grading.follow_through import builds_on, right_versions
from course_dl.grading.grade import Grading, lab_sandbox
from course_dl.grading.marks.mark import mark_of
from course_dl.grading.reports.junit import junit_xml
from course_dl.grading.reports.words import tell
from course_dl.grading.result import ExerciseMark, Result
from course_dl.grading.sandbox.client.child import Cell
from course_dl.grading.sandbox.client.sandbox import Sandbox
from course_dl.lab.catalog import LabFolder, find_lab
from tests.grading.classroom import _pieces
from tests.grading.honest import notebook

# What a student writes who builds on earlier exercises; with what is wrong before.
STUB = "def accumulate(total, new):\n    raise NotImplementedError"
WRONG = "def accumulate(total, new):\n    return total"
LAB = find_lab("lab04")


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with lab_sandbox(LAB) as sandbox:
        yield sandbox


def handed_in(lab: LabFolder, **changed: str) -> list[str]:
    """Cells with the lab's solutions, and other answers to what is named."""
    pieces = _pieces(lab)
    answers = pieces.solutions | changed
    return [pieces.imports, *pieces.helpers.values(), *answers.values()]


def graded(lab: LabFolder, box: Sandbox, *cells: str, only: str = "") -> dict[str, ExerciseMark]:
    exercises = [e for e in lab.exercises if not only or e.number in only.split()]
    with Grading(lab, notebook(*cells), "a.ipynb", box) as grading:
        result = grading.result(exercises)
    assert Result.from_json(json.loads(json.dumps(result.to_json()))) == result
    return {mark.number: mark for mark in result.exercises}


def mlp(lab: LabFolder) -> str:
    """A ManualMLP whose gradients are added up by ``accumulate``."""
    source = _pieces(lab).solutions["ManualMLP"]
    assert "accumulate(" in source or "+=" in source or "add_" in source
    return source


ADDING = '''
class ManualMLP(ManualMLP):
    """Adds up by the student's own accumulate, through a helper."""

    def backward(self, grad_Y):
        before = self.grad_weights, self.grad_biases
        self.grad_weights = [torch.zeros_like(W) for W in self.weights]
        self.grad_biases = [torch.zeros_like(b) for b in self.biases]
        super().backward(grad_Y)
        self.grad_weights = add_up(before[0], self.grad_weights)
        self.grad_biases = add_up(before[1], self.grad_biases)
'''
ADD_UP = "def add_up(total, new):\n    return accumulate(total, new)"


@pytest.mark.parametrize("accumulate", [WRONG, STUB])
def test_a_right_class_on_a_wrong_or_open_function_earns_its_points(
    box: Sandbox, accumulate: str
) -> None:
    cells = handed_in(LAB, accumulate=accumulate)
    marks = graded(LAB, box, *cells, ADD_UP, ADDING, only="4.6 4.7 4.8")
    assert marks["4.6"].state == "passed" and marks["4.6"].carried == ()
    assert marks["4.8"].state != "passed" and marks["4.8"].points == 0
    assert (marks["4.8"].carried, marks["4.8"].carried_points) == (("4.7",), 4.0)
    assert (marks["4.7"].points, marks["4.7"].carried, marks["4.7"].carried_points) == (0, (), 0)
    told = tell(marks["4.8"]).message  # as the notebook tells it
    assert "It calls accumulate (4.7), which" in told
    assert "calls" not in tell(marks["4.7"]).message


def test_what_is_wrong_itself_earns_nothing_by_it(box: Sandbox) -> None:
    broken = ADDING + "        self.grad_biases = before[1]\n"
    marks = graded(LAB, box, *handed_in(LAB, accumulate=WRONG), ADD_UP, broken, only="4.7 4.8")
    assert marks["4.8"].points == marks["4.8"].carried_points == 0
    assert marks["4.8"].carried == ()


def test_a_later_one_is_not_put_in_place(box: Sandbox) -> None:
    cells = handed_in(LAB, accumulate=WRONG, ManualMLP="ManualMLP = None")
    marks = graded(LAB, box, *cells, only="4.7 4.8")
    assert all(mark.carried == () and mark.points == 0 for mark in marks.values())


# Tells all that it can find: by a message, by printing, by what it returns.
SPY = """
def sources():
    found = [str(value) for value in list(globals().values())]
    try:
        import sys, inspect
        frame = sys._getframe()
        while frame is not None:
            found += [repr(c) for c in frame.f_code.co_consts]
            frame = frame.f_back
        found.append(inspect.getsource(accumulate))
        found.append(repr(accumulate.__code__.co_consts) + repr(accumulate.__code__.co_names))
    except Exception as error:
        found.append(repr(error))
    return " ".join(found)

class ManualMLP(ManualMLP):
    def backward(self, grad_Y):
        print(sources())
        raise ValueError("TOLD " + str(accumulate([1], [1])) + sources()[-900:])
"""


def test_nothing_of_that_run_is_told(box: Sandbox) -> None:
    with Grading(LAB, notebook(*handed_in(LAB, accumulate=WRONG), SPY), "a.ipynb", box) as grading:
        result = grading.result([LAB.exercise("4.7"), LAB.exercise("4.8")])
    told = json.dumps(result.to_json()) + junit_xml(result, "a.ipynb", mark_of(result, {}))
    assert "TOLD [1]" in told  # by the student's own accumulate
    assert "TOLD [2]" not in told and "_right" not in told and "zip" not in told
    assert not grading.carried and not result.notices


def test_an_answer_that_mentions_none_is_not_judged_again(monkeypatch: pytest.MonkeyPatch) -> None:
    cells = [Cell("1", WRONG), Cell("2", "class ManualMLP:\n    pass\n\nprint(accumulate)")]
    assert dict(named(cells, "4.7 4.8")) == {"4.8": ("4.7",)}  # what follows may belong to it
    cells[1] = Cell("2", "class ManualMLP:\n    def step(self): return accumulated")
    assert dict(named(cells, "4.7 4.8")) == {}


def test_what_an_answer_builds_on_is_found_through_helpers_and_in_any_layout() -> None:
    for source in [
        ADD_UP + "\n\nclass ManualMLP:\n    def backward(self, g): add_up(g, g)",
        "add_up = lambda t, n: accumulate(t, n)\n@decorated\nclass ManualMLP:\n    f = add_up",
        "    import torch\n    class ManualMLP:\n        f = accumulate",
        "if True:\n    def g(): accumulate()\nclass ManualMLP:\n    '''Text\nat the margin'''\n    f = g",
        "a, b = accumulate, 1\nclass ManualMLP:\n    def f(self): return a",
    ]:
        assert dict(named([Cell("1", source)], "4.7 4.8")) == {"4.8": ("4.7",)}, source


def test_what_is_only_talked_about_is_not_built_on() -> None:
    used = "class ManualMLP:\n    def backward(self, g):\n        {}\n        return g"
    for line in ("# accumulate", '"""accumulate"""', "a = 'accumulate'", r"b = '\'; accumulate'"):
        assert dict(named([Cell("1", WRONG), Cell("2", used.format(line))], "4.7 4.8")) == {}, line
    for line in ("accumulate(g, g)", 'f"{accumulate(g, g)}"', "a = '#'; accumulate(g, g)"):
        cells = [Cell("1", WRONG), Cell("2", used.replace("{}", line))]
        assert dict(named(cells, "4.7 4.8")) == {"4.8": ("4.7",)}, line


def test_an_untouched_stub_is_not_judged_again() -> None:
    cells = [Cell("1", STUB), Cell("2", stub(LAB.name, "ManualMLP") + "\n# accumulate")]
    assert dict(named(cells, "4.7 4.8", state="not done yet")) == {}


def named(cells: list[Cell], wrong: str, state: str = "failed") -> Iterator[tuple[str, Any]]:
    """The exercises to be judged again, with those to be replaced, by number."""
    results = [FakeResult(LAB.exercise(number), state) for number in wrong.split()]
    for exercise, earlier in builds_on(cells, results):  # type: ignore[arg-type]
        yield exercise.number, tuple(e.number for e in earlier)


class FakeResult(SimpleNamespace):
    def __init__(self, exercise: Any, state: str) -> None:
        from course_dl.lab.states import State

        super().__init__(exercise=exercise, state=State(state))

    def __bool__(self) -> bool:
        return False


@pytest.mark.parametrize(
    "lab_name",
    ["lab01", "lab02", "lab03", "lab04", "lab05", "lab06", "lab07", "lab08", "lab09", "lab11"],
)
def test_right_versions_stand_alone(lab_name: str) -> None:
    lab = find_lab(lab_name)
    for exercise in lab.exercises:
        cell = right_versions(lab.path / "solutions.py", [exercise])
        assert cell is not None
        namespace: dict[str, Any] = {"__name__": "submission"}
        exec(cell.source, namespace)
        assert set(exercise.names) == set(namespace) - {"__name__", "__builtins__", "_right"}


def test_without_solutions_there_is_no_follow_through(tmp_path: Path) -> None:
    assert right_versions(tmp_path / "solutions.py", LAB.exercises) is None
    (tmp_path / "solutions.py").write_text("import torch\n")
    assert right_versions(tmp_path / "solutions.py", LAB.exercises) is None


BUILDING = {
    "lab02": ("2.2", "2.3"),
    "lab04": ("4.3", "4.4"),
}


@pytest.mark.parametrize("lab_name", BUILDING)
def test_an_answer_that_calls_the_one_before(lab_name: str) -> None:
    earlier, later = BUILDING[lab_name]
    lab = find_lab(lab_name)
    first, second = lab.exercise(earlier).names[0], lab.exercise(later).names[0]
    source = _pieces(lab).solutions[second]
    assert first in source, "the lab's own answer builds on the one before"
    wrong = f"def {first}(*args, **kwargs):\n    return None"
    with lab_sandbox(lab) as box:
        marks = graded(lab, box, *handed_in(lab, **{first: wrong}), only=f"{earlier} {later}")
    assert marks[later].carried == (earlier,) and not marks[later].points
    assert marks[later].carried_points == marks[later].max_points
    assert not marks[earlier].points and not marks[earlier].carried

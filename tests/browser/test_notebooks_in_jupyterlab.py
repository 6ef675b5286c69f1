"""A student at work in JupyterLab: run all, a wrong answer, its diagnosis, the right one."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest

from course_dl.authoring.stubs import make_solution, solution
from course_dl.lab.catalog import find_lab

COLAB = Path(__file__).parents[2] / "colab"
A_WHOLE_NOTEBOOK = 400_000  # milliseconds: half a minute, but for what else the machine has to do
ALL_CELLS_RAN = """\
() => [...document.querySelectorAll(".jp-CodeCell .jp-InputPrompt")]
    .every(prompt => /\\[\\d+\\]/.test(prompt.textContent))
"""


class Student:
    """Who sees a notebook in the browser, and uses mouse and keyboard."""

    def __init__(self, page: Any, notebook: Path) -> None:
        self.page = page
        self.cells = nbformat.read(notebook, as_version=4).cells

    def cell(self, name: str) -> Any:
        """A cell by its id, or by how its code begins."""
        for place, cell in enumerate(self.cells):
            if cell.id == name or cell.source.startswith(name):
                return self.page.locator(".jp-Notebook-cell").nth(place)
        raise LookupError(name)

    def open(self, address: str) -> None:
        self.page.goto(address)
        self.page.locator(".jp-Notebook-cell").nth(len(self.cells) - 1).wait_for(state="attached")
        self.page.locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]').wait_for()

    def run_all(self) -> None:
        self.page.get_by_text("Run", exact=True).click()
        self.page.get_by_text("Run All Cells", exact=True).click()
        self.page.wait_for_function(ALL_CELLS_RAN, timeout=A_WHOLE_NOTEBOOK)

    def write(self, name: str, code: str) -> None:
        self.cell(name).locator(".cm-content").click()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.insert_text(code)

    def run(self, cell: Any) -> str:
        """Run a cell by Shift+Enter; what it shows."""
        cell.locator(".cm-content").click()
        before = cell.locator(".jp-InputPrompt").inner_text()
        self.page.keyboard.press("Shift+Enter")
        self.page.wait_for_function(
            "([prompt, before]) => /\\d/.test(prompt.innerText) && prompt.innerText != before",
            arg=[cell.locator(".jp-InputPrompt").element_handle(), before],
        )
        return str(cell.locator(".jp-OutputArea").inner_text())

    def points(self) -> float:
        """Those of the progress page."""
        shown = self.run(self.cell("lab.progress()"))
        return float(re.findall(r"([\d.]+) of [\d.]+ points?, ", shown)[0])


@pytest.mark.parametrize(
    ("number", "mistake"),
    [("1.1", "add_bias__at_the_end"), ("4.3", "backward_layer__not_transposed")],
)
def test_a_wrong_answer_is_diagnosed_and_its_correction_passes(
    number: str,
    mistake: str,
    page: Any,
    jupyter: Callable[[Path], str],
    look: Callable[[str, str], None],
) -> None:
    lab = find_lab(f"lab0{number[0]}")
    known = next(known for known in lab.mistakes if known.code.__name__ == mistake)
    source = Path(inspect.getfile(known.code)).read_text(encoding="utf-8")
    undecorated = make_solution(source, mistake).partition("def ")[1:]
    wrong = "".join(undecorated).replace(mistake, known.name)
    notebook, key = COLAB / f"{lab.name}.ipynb", number.replace(".", "-")
    student = Student(page, notebook)

    student.open(jupyter(notebook))
    student.run_all()
    assert page.locator('[data-mime-type*="error"], [data-mime-type*="stderr"]').all() == []
    check, waiting = student.cell(f"check-{key}"), student.cell(f"%%after {number}  #")
    assert "not done yet" in check.locator(".jp-OutputArea").inner_text()
    assert "This cell runs once" in waiting.locator(".jp-OutputArea").inner_text()
    assert student.points() == 0
    look(".jp-OutputArea-output", f"{lab.name[:5]}-untouched")

    student.write(f"exercise-{key}", wrong)
    student.run(student.cell(f"exercise-{key}"))
    shown = student.run(check)
    assert known.sentence in shown and f'lab.hint("{number}")' in shown
    check.locator(".jp-OutputArea").evaluate("area => area.id = 'checked'")
    look("#checked", f"{lab.name[:5]}-wrong")
    assert student.points() < lab.exercise(number).points

    student.write(f"exercise-{key}", solution(lab.name, known.name))
    student.run(student.cell(f"exercise-{key}"))
    assert f"{known.name}: passed" in student.run(check)
    look("#checked", f"{lab.name[:5]}-right")
    assert "This cell runs once" not in student.run(waiting)
    assert student.points() == lab.exercise(number).points
    student.cell("lab.progress()").evaluate("cell => cell.id = 'progress'")
    look("#progress .jp-OutputArea-output", f"{lab.name[:5]}-progress")

"""Every notebook, solved and untouched, run to its end in a kernel of its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import nbformat
import pytest

from course_dl.authoring.notebooks import make_notebook
from course_dl.authoring.sources import Project, repository_root
from course_dl.lab.catalog import LabFolder, find_labs
from course_dl.lab.exercise import Exercise
from tests.full_data import has_full_data

pytestmark = pytest.mark.notebooks

Run = Callable[..., Any]

SECONDS = {
    "lab06": 90.0,
    "lab07": 90.0,
    "lab08": 90.0,
    "lab09": 90.0,
    "lab10": 90.0,
    "lab11": 120.0,
}  # for a whole notebook on two cores; 60 for the others
COLABS_LIMIT = 20_000_000  # bytes of a notebook
ALTERNATIVE = re.compile(r'<img alt="[^"]{20,}"')

each_lab = pytest.mark.parametrize("lab", find_labs(), ids=lambda lab: lab.name)


def with_its_data(lab: LabFolder) -> list[Any]:
    """The lab's notebook with the full data; where they are at hand, the small sets take longer."""
    small, full = [pytest.param(lab, data, id=f"{lab.name}-{data}") for data in ("small", "full")]
    if "mnist" not in lab.story.read_text():  # then the sets of the package are all that there is
        return [small]
    marks = [pytest.mark.thorough] if has_full_data() else []
    return [small._replace(marks=marks), full._replace(marks=[pytest.mark.full_data])]


each_lab_with_its_data = pytest.mark.parametrize(
    ("lab", "data"),
    [param for lab in find_labs() for param in with_its_data(lab)],
    indirect=["data"],
)


@pytest.fixture
def data(request: pytest.FixtureRequest) -> None:
    """The full data, or neither data nor network: what is inside the package must do."""
    if request.param == "small":
        request.getfixturevalue("offline")


def text_for(lab: LabFolder, *, solutions: bool) -> str:
    return make_notebook(lab, Project.read(repository_root()), solutions=solutions)


def seconds_for(lab: LabFolder) -> float:
    return SECONDS.get(lab.name[:5], 60.0)


def outputs(notebook: Any) -> Iterator[tuple[Any, Any]]:
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            yield cell, output


def text_of(cell: Any) -> str:
    """What a cell shows, as a terminal would."""
    return "\n".join(
        output.get("text", "") + output.get("data", {}).get("text/plain", "")
        for output in cell.get("outputs", [])
    )


def is_solved(exercise: Exercise, text: str) -> bool:
    """A pass is told; of a challenge some points are enough: how many, the machine decides."""
    if any(test.measured for test in exercise.tests):
        earned = rf"^◐ {re.escape(exercise.number)} .* of {exercise.points:g} points$"
        return ": passed, " in text or bool(re.search(earned, text, re.MULTILINE))
    return ": passed, " in text


def check_common(notebook: Any) -> None:
    """What holds of every notebook that ran."""
    # A cell that %%after runs may fail without the kernel's reply saying so.
    errors = [(cell.source, o.evalue) for cell, o in outputs(notebook) if o.output_type == "error"]
    assert not errors
    warnings = [o.text for _, o in outputs(notebook) if o.get("name") == "stderr"]
    assert not [text for text in warnings if "Warning" in text]
    assert len(nbformat.writes(notebook)) < COLABS_LIMIT
    shown = [o.data for _, o in outputs(notebook) if "image/png" in o.get("data", {})]
    assert [data for data in shown if not ALTERNATIVE.search(data.get("text/html", ""))] == []
    for cell in notebook.cells:
        if cell.id.startswith("check-"):
            assert [set(o.data) for o in cell.outputs] == [{"text/plain", "text/html"}]


@each_lab_with_its_data
def test_a_solved_notebook_runs_to_its_end(
    lab: LabFolder, data: None, tmp_path: Path, run_notebook: Run
) -> None:
    notebook = run_notebook(text_for(lab, solutions=True), tmp_path, seconds_for(lab))
    check_common(notebook)
    checks = [cell for cell in notebook.cells if cell.id.startswith("check-")]
    told = zip(lab.exercises, map(text_of, checks), strict=True)
    assert [text for exercise, text in told if not is_solved(exercise, text)] == []
    assert "This cell runs once" not in "".join(text_of(cell) for cell in notebook.cells)
    assert any("image/png" in o.get("data", {}) for _, o in outputs(notebook))


@each_lab
def test_run_all_on_an_untouched_notebook_ends_without_an_error(
    lab: LabFolder, offline: None, tmp_path: Path, run_notebook: Run
) -> None:
    """Without data: with it, an untouched notebook loads what the solved one loads, and no more."""
    notebook = run_notebook(text_for(lab, solutions=False), tmp_path, seconds_for(lab))
    check_common(notebook)
    for cell in notebook.cells:
        if cell.id.startswith("check-"):
            assert "not done yet" in text_of(cell)
        if cell.source.startswith("%%after"):
            assert "This cell runs once these exercises pass" in text_of(cell)


def test_the_kernel_is_of_this_environment(tmp_path: Path, run_notebook: Run) -> None:
    """So that the tests above speak of the versions that are installed here."""
    cell = nbformat.v4.new_code_cell(
        "import IPython, ipykernel\nIPython.__version__, ipykernel.__version__"
    )
    text = nbformat.writes(nbformat.v4.new_notebook(cells=[cell]))
    notebook = run_notebook(text, tmp_path)
    assert text_of(notebook.cells[0]) == str((version("ipython"), version("ipykernel")))

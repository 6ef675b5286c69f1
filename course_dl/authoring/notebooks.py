"""The notebooks, made from the labs: the same bytes every time."""

from __future__ import annotations

from pathlib import Path

import nbformat
from nbformat.v4 import new_notebook

from course_dl.authoring.cells import make_cells
from course_dl.authoring.colab import METADATA
from course_dl.authoring.sources import Project, repository_root
from course_dl.lab.catalog import LabFolder, find_labs

__all__ = ["build", "find_stale", "make_notebook", "make_notebooks"]


def build(out: Path, *, solutions: bool = False) -> list[Path]:
    """Write the notebooks of all labs, the students' or the solved ones, into a folder."""
    out.mkdir(parents=True, exist_ok=True)
    notebooks = make_notebooks(solutions=solutions)
    for name, text in notebooks.items():
        (out / name).write_text(text, encoding="utf-8", newline="\n")
    return [out / name for name in notebooks]


def find_stale(out: Path) -> dict[str, str]:
    """The student notebooks in a folder that differ from what the labs give, and how."""
    notebooks = make_notebooks()
    there = {path.name: path.read_bytes() for path in out.glob("*.ipynb")}
    wrong = dict.fromkeys(there.keys() - notebooks.keys(), "belongs to no lab")
    for name, text in notebooks.items():
        if name not in there:
            wrong[name] = "is missing"
        elif there[name] != text.encode():
            wrong[name] = "is stale"
    return dict(sorted(wrong.items()))


def make_notebooks(*, solutions: bool = False) -> dict[str, str]:
    """File name and content of the notebook of each lab."""
    project = Project.read(repository_root())
    return {
        f"{lab.name}.ipynb": make_notebook(lab, project, solutions=solutions) for lab in find_labs()
    }


def make_notebook(lab: LabFolder, project: Project, *, solutions: bool = False) -> str:
    """The notebook of a lab as JSON (format 4.5)."""
    cells = make_cells(lab, project, solutions=solutions)
    notebook = new_notebook(cells=cells, metadata=METADATA, nbformat=4, nbformat_minor=5)
    nbformat.validate(notebook)
    return nbformat.writes(notebook) + "\n"

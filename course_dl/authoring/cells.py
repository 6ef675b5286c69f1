"""From the cells of a lab's story to the cells of its notebook."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator

import jupytext
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from course_dl.authoring.colab import badge, setup_code
from course_dl.authoring.sources import Project
from course_dl.authoring.stubs import solution, stub
from course_dl.lab.catalog import LabFolder
from course_dl.lab.exercise import Exercise
from course_dl.lab.show import parts_told, points

__all__ = ["make_cells"]

# After a restart IPython says no more than that the magic is not found: the line says the rest.
_NOT_FOUND = "  # not found? Run the setup cell, then your functions."


def make_cells(lab: LabFolder, project: Project, *, solutions: bool) -> list[NotebookNode]:
    """The cells of a lab's notebook, without outputs.

    Raises
    ------
    ValueError
        If ``notebook.py`` has not one setup cell, or other exercises than ``checks/``.
    """
    story = jupytext.reads(lab.story.read_text(encoding="utf-8"), fmt="py:percent").cells
    _demand_whole(lab, story)
    cells = [_text(badge(project, lab.name), "badge")]
    for cell in story:
        kind = cell.metadata
        if cell.cell_type == "markdown":
            cells.append(_text(cell.source))
        elif kind.get("title") == "setup":
            cells.append(_code(setup_code(project, cell.source), "setup", cellView="form"))
        elif "exercise" in kind:
            exercise = lab.exercise(kind["exercise"])
            cells += _exercise_cells(lab, exercise, solution if solutions else stub)
        elif "after" in kind:
            cells.append(_code(f"%%after {kind['after']}{_NOT_FOUND}\n{cell.source}"))
        else:
            cells.append(_code(cell.source))
    return list(_with_distinct_ids(cells))


def _exercise_cells(
    lab: LabFolder, exercise: Exercise, code: Callable[[str, str], str]
) -> list[NotebookNode]:
    """Header, stub or solution, check."""
    number, names = exercise.number, [f"`{name}`" for name in exercise.names]
    key = number.replace(".", "-")
    stars = "★" * exercise.difficulty + "☆" * (3 - exercise.difficulty)
    parts = f" ({parts_told(exercise)})" if exercise.parts else ""
    header = (
        f"### Exercise {number}: {', '.join(names)}\n\n"
        f"{stars} · about {exercise.minutes} minutes · {points(exercise.points)}{parts}"
        f' · stuck? `lab.hint("{number}")`'
    )
    answer = "\n\n\n".join(code(lab.name, name) for name in exercise.names)
    return [
        _text(header, f"header-{key}"),
        _code(answer, f"exercise-{key}", exercise=number),
        _code(f'lab.check("{number}")', f"check-{key}"),
    ]


def _demand_whole(lab: LabFolder, story: list[NotebookNode]) -> None:
    told = [cell.metadata["exercise"] for cell in story if "exercise" in cell.metadata]
    checked = [exercise.number for exercise in lab.exercises]
    if told != checked:
        raise ValueError(
            f"{lab.name}: the exercises of notebook.py are {', '.join(told) or 'none'}, "
            f"those of checks/ {', '.join(checked) or 'none'}, in this order"
        )
    setups = sum(cell.metadata.get("title") == "setup" for cell in story)
    if setups != 1:
        raise ValueError(f"{lab.name}: notebook.py needs one cell '# %% setup', it has {setups}")
    for cell in story:
        for number in cell.metadata.get("after", "").split():
            lab.exercise(number)  # raises if there is none


def _text(source: str, name: str = "") -> NotebookNode:
    return new_markdown_cell(source, id=name or _digest(source))


def _code(source: str, name: str = "", **metadata: str) -> NotebookNode:
    return new_code_cell(source, id=name or _digest(source), metadata=metadata)


def _digest(source: str) -> str:
    """An id that depends on the source alone, so that a cell keeps it when it moves."""
    return hashlib.sha256(source.encode()).hexdigest()[:12]


def _with_distinct_ids(cells: list[NotebookNode]) -> Iterator[NotebookNode]:
    seen: Counter[str] = Counter()
    for cell in cells:
        seen[cell.id] += 1
        if seen[cell.id] > 1:
            cell.id = f"{cell.id}-{seen[cell.id]}"
        yield cell

"""A class that hands in a lab: notebooks made of its solutions, right answers, mistakes and stubs.

The same seed makes the same class. What each student gets is known where all pieces are.
"""

from __future__ import annotations

import ast
import random
from dataclasses import dataclass
from pathlib import Path

from course_dl.lab.catalog import LabFolder, find_lab
from tests.grading.honest import notebook

__all__ = ["HandedIn", "classroom"]

RIGHT_ANSWERS = Path(__file__).parents[1] / "right_answers"
NAMES = "Zoé Müller,José Peña,Ann O'Neill,Łukasz Żak,Nguyễn An,Bob Smith,Çağla Ünal,Iris de Vries"


@dataclass(frozen=True)
class HandedIn:
    """A student's notebook, and the exercises that are right in it."""

    student: str
    data: bytes
    right: frozenset[str]
    points: float


@dataclass(frozen=True)
class _Pieces:
    """The answers to a lab's exercises as source, by function or class."""

    imports: str
    helpers: str
    solutions: dict[str, str]
    right: dict[str, list[str]]
    wrong: dict[str, list[str]]
    stubs: dict[str, str]


def classroom(lab_name: str, students: int, seed: int = 0) -> list[HandedIn]:
    """A class of so many: most answers right, some wrong, some open, a few cells broken."""
    lab, rng = find_lab(lab_name), random.Random(seed)
    pieces = _pieces(lab)
    return [_student(lab, pieces, rng, k) for k in range(students)]


def _student(lab: LabFolder, pieces: _Pieces, rng: random.Random, place: int) -> HandedIn:
    names = NAMES.split(",")
    skill = rng.choice([0.55, 0.8, 0.8, 0.97])
    cells, right, points = [pieces.imports, pieces.helpers], set(), 0.0
    for exercise in lab.exercises:
        is_right = True
        for name in exercise.names:
            if rng.random() < skill:
                cells.append(rng.choice([pieces.solutions[name], *pieces.right.get(name, [])]))
                continue
            is_right = False
            kind = rng.random()
            if kind < 0.6 and pieces.wrong.get(name):
                cells.append(rng.choice(pieces.wrong[name]))
            elif kind < 0.9:
                cells.append(pieces.stubs[name])
            else:
                cells.append(pieces.solutions[name].replace(":\n", "\n", 1))
        if is_right:
            right.add(exercise.number)
            points += exercise.points
        cells.append(f'lab.check("{exercise.number}")')
        cells.append("print('what follows is not run')\nfor step in range(10**9):\n    pass")
    student = f"{names[place % len(names)]} {place:03d}"
    return HandedIn(student, notebook(*cells, f"# {student}"), frozenset(right), points)


def _pieces(lab: LabFolder) -> _Pieces:
    solved = _parts(lab.path / "solutions.py")
    wrong, right = _parts(lab.path / "mistakes.py"), _parts(RIGHT_ANSWERS / f"{lab.name}.py")
    helpers = [
        source
        for parts in (solved, wrong, right)
        for name, source in parts.items()
        if _is_helper(name, lab)
    ]
    names = [name for exercise in lab.exercises for name in exercise.names]
    return _Pieces(
        "\n".join(parts.get("", "") for parts in (solved, wrong, right)),
        "\n\n\n".join(helpers),
        {name: solved[name] for name in names},
        {name: _variants(right, name) for name in names},
        {name: _variants(wrong, name) for name in names},
        {name: _stub(solved[name]) for name in names},
    )


def _is_helper(name: str, lab: LabFolder) -> bool:
    names = [n for exercise in lab.exercises for n in exercise.names]
    return bool(name) and name not in names and name.partition("__")[0] not in names


def _parts(path: Path) -> dict[str, str]:
    """The definitions of a file by name, without decorators; its imports under ``""``."""
    if not path.exists():
        return {}
    parts: dict[str, str] = {"": ""}
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            if getattr(node, "module", "") != "course_dl.lab":
                parts[""] += ast.unparse(node) + "\n"
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            node.decorator_list = [d for d in node.decorator_list if "mistake" not in ast.dump(d)]
            parts[node.name] = ast.unparse(node)
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            parts[node.targets[0].id] = ast.unparse(node)
    parts.pop("__all__", None)
    return parts


def _variants(parts: dict[str, str], name: str) -> list[str]:
    """The sources of ``name__how``, each with ``name = name__how`` below.

    Those that build on the answer to another exercise are left out.
    """
    own = {key: source for key, source in parts.items() if key.startswith(f"{name}__")}
    others = [key for key in parts if "__" in key.strip("_") and key not in own]
    return [
        f"{source}\n\n\n{name} = {key}"
        for key, source in own.items()
        if not any(other in source for other in others) and not key.endswith("__right")
    ]


def _stub(source: str) -> str:
    tree = ast.parse(source)
    node = tree.body[0]
    assert isinstance(node, ast.FunctionDef | ast.ClassDef)
    raising = ast.parse("raise NotImplementedError").body
    if isinstance(node, ast.ClassDef):
        for method in node.body:
            if isinstance(method, ast.FunctionDef):
                method.body = raising
    else:
        node.body = raising
    return ast.unparse(tree)

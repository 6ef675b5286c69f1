"""A class that hands in a lab: notebooks made of its solutions, right answers, mistakes and stubs.

The same seed makes the same class. What each student gets is known where all pieces are.
"""

from __future__ import annotations

import ast
import inspect
import random
import re
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
    helpers: dict[str, str]
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
    answers: dict[str, str] = {}
    right: set[str] = set()
    for name in pieces.solutions:
        kind = rng.random()
        if rng.random() < skill:
            right.add(name)
            answers[name] = rng.choice([pieces.solutions[name], *pieces.right[name]])
        elif kind < 0.6 and pieces.wrong[name]:
            answers[name] = rng.choice(pieces.wrong[name])
        elif kind < 0.9:
            answers[name] = pieces.stubs[name]
        else:
            answers[name] = pieces.solutions[name].replace(":\n", "\n", 1)
    while weak := {n for n in right if _uses(answers[n], pieces) & set(answers) - right - {n}}:
        right -= weak  # what builds on a wrong answer is wrong
    cells = [pieces.imports, *_helpers_of(list(answers.values()), pieces.helpers)]
    for exercise in lab.exercises:
        cells += [answers[name] for name in exercise.names]
        cells.append(f'lab.check("{exercise.number}")')
        cells.append("print('what follows is not run')\nfor step in range(10**9):\n    pass")
    student = f"{names[place % len(names)]} {place:03d}"
    solved = [e for e in lab.exercises if right.issuperset(e.names)]
    points = float(sum(exercise.points for exercise in solved))
    return HandedIn(
        student, notebook(*cells, f"# {student}"), frozenset(e.number for e in solved), points
    )


def _uses(answer: str, pieces: _Pieces) -> set[str]:
    """The names that an answer and the helpers it needs take from outside themselves."""
    names = [
        node
        for source in [answer, *_helpers_of([answer], pieces.helpers)]
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Name)
    ]
    return {n.id for n in names} - {n.id for n in names if isinstance(n.ctx, ast.Store)}


def _pieces(lab: LabFolder) -> _Pieces:
    solved = _parts(lab.path / "solutions.py")
    wrong, right = _wrong(lab), _parts(RIGHT_ANSWERS / f"{lab.name}.py")
    assert not set(wrong) & set(right) - {""}, "a mistake and a right answer of the same name"
    helpers = {
        name: source
        for parts in (solved, wrong, right)
        for name, source in parts.items()
        if _is_helper(name, lab)
    }
    names = [name for exercise in lab.exercises for name in exercise.names]
    return _Pieces(
        "\n".join(parts.get("", "") for parts in (solved, wrong, right)),
        helpers,
        {name: solved[name] for name in names},
        {name: _variants(right, name, names) for name in names},
        {name: _variants(wrong, name, names) for name in names},
        {name: _stub(solved[name]) for name in names},
    )


def _helpers_of(cells: list[str], helpers: dict[str, str]) -> list[str]:
    """The helpers that the cells use, and those that these use."""
    used: list[str] = []
    wanted = "\n".join(cells)
    while more := [n for n in helpers if n not in used and re.search(rf"\b{n}\b", wanted)]:
        used += more
        wanted += "\n".join(helpers[n] for n in more)
    return [helpers[name] for name in helpers if name in used]


def _is_helper(name: str, lab: LabFolder) -> bool:
    return bool(name) and name not in [n for e in lab.exercises for n in e.names]


def _wrong(lab: LabFolder) -> dict[str, str]:
    """The parts of all files of ``mistakes/``, in the order of the exercises."""
    files = {Path(inspect.getfile(known.code)): None for known in lab.mistakes}
    parts = _parts(lab.path / "mistakes" / "shared.py")
    for more in map(_parts, files):
        imports = parts.get("", "") + more.pop("", "")
        assert not set(parts) & set(more) - {""}, "two parts of the same name"
        parts |= more | {"": imports}
    return parts


def _parts(path: Path) -> dict[str, str]:
    """The definitions of a file by name, without decorators; its imports under ``""``."""
    if not path.exists():
        return {}
    parts: dict[str, str] = {"": ""}
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            if getattr(node, "module", "") != "course_dl.lab" and not getattr(node, "level", 0):
                parts[""] += ast.unparse(node) + "\n"
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            node.decorator_list = [d for d in node.decorator_list if "mistake" not in ast.dump(d)]
            parts[node.name] = ast.unparse(node)
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            parts[node.targets[0].id] = ast.unparse(node)
    parts.pop("__all__", None)
    return parts


def _variants(parts: dict[str, str], name: str, names: list[str]) -> list[str]:
    """The sources that call a ``name__how`` by its plain name.

    Those that build on the answer to another exercise are left out.
    """
    others = "|".join(other for other in names if other != name)
    return [
        f"{name} = {key}"
        for key, source in parts.items()
        if key.startswith(f"{name}__")
        and not key.endswith("__right")
        and source.startswith(("def ", "class "))
        and not re.search(rf"\b({others})\b", source)
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

"""What labs import: the course as everybody sees it, and ``course_dl.lab`` by its face alone."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import course_dl
import course_dl.lab
from course_dl.lab.catalog import find_labs

AUTHORS = Path(__file__).parents[1] / "docs" / "authors.md"
SOURCES = [
    pytest.param(path, id=f"{lab.name[:5]} {path.relative_to(lab.path)}")
    for lab in find_labs()
    for path in sorted(lab.path.rglob("*.py"))
]
# `tuple` says so of its own methods: they are no less public for the underscore.
OF_NAMEDTUPLES = {"_replace", "_asdict", "_fields"}


def imports(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """The modules that are imported, each with the name that is taken from it ("" for itself)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((name.name, "") for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (("." * node.level + (node.module or ""), name.name) for name in node.names)


def is_public(module: str, name: str, lab: str) -> bool:
    """Whether the course shows this to everybody, or it is the lab's own."""
    if module.startswith(f"course_dl.labs.{lab}"):
        return True
    if module == "course_dl":
        return not name or name in dir(course_dl)
    if module == "course_dl.lab":
        return name in course_dl.lab.__all__
    return module.removeprefix("course_dl.") in dir(course_dl)


@pytest.mark.parametrize("path", SOURCES)
def test_labs_import_the_public_course_alone(path: Path) -> None:
    lab = next(part for part in path.parts if re.match(r"lab\d\d_", part))
    tree = ast.parse(path.read_text(encoding="utf-8"))
    of_the_course = [one for one in imports(tree) if one[0].partition(".")[0] == "course_dl"]
    assert [one for one in of_the_course if not is_public(*one, lab)] == []
    assert [one for one in imports(tree) if any(p.startswith("_") for p in one[1].split("."))] == []


@pytest.mark.parametrize("path", SOURCES)
def test_labs_use_private_names_of_their_own_alone(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    used = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and getattr(node.value, "id", "") != "self"
    }
    private = {name for name in used if name.startswith("_") and not name.endswith("__")}
    assert private - OF_NAMEDTUPLES == set()


def test_the_guide_for_authors_tells_of_every_name_of_the_face() -> None:
    guide = AUTHORS.read_text(encoding="utf-8")
    assert [name for name in course_dl.lab.__all__ if not re.search(rf"\b{name}\b", guide)] == []


def test_every_name_of_the_face_is_there_and_no_other_is() -> None:
    for name in course_dl.lab.__all__:
        assert getattr(course_dl.lab, name) is not None
        assert name in dir(course_dl.lab)
    with pytest.raises(AttributeError, match="examine"):
        course_dl.lab.examine  # noqa: B018


def test_the_names_of_a_lab_s_files_are_read_without_torch() -> None:
    code = "import sys, course_dl.lab.files; print('torch' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout == "False\n"

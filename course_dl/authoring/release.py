"""The student edition: the repository as students get it, without solutions and hidden tests.

Only what is named here is copied, and of that only what git tracks: no other file can get out by
mistake.
"""

from __future__ import annotations

import importlib
import importlib.util
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePath

from course_dl.authoring.notebooks import build
from course_dl.authoring.sources import repository_root
from course_dl.authoring.students import (
    packed,
    without_hidden_tests,
    without_instructor_parts,
)
from course_dl.lab.catalog import find_labs
from course_dl.lab.collect import exercises_in
from course_dl.lab.exercise import Exercise
from course_dl.lab.files import CHECKS, DRIVERS, FOUND, MISTAKES

__all__ = ["release", "tracked"]

PACKAGE = "course_dl"
LEFT_OUT = "authoring"  # the part of the package that needs the solutions
CHECKS_FILES, MISTAKES_FILES = f"labs/*/{CHECKS}/*.py", f"labs/*/{MISTAKES}/*.py"
LAB_FILES = (
    *("labs/__init__.py", "labs/*/__init__.py", f"labs/*/{DRIVERS}"),
    *(CHECKS_FILES, MISTAKES_FILES, f"labs/*/{FOUND}/*.py"),
)
OTHER_FILES = ("CITATION.cff", "LICENSE*", "README.md", "pyproject.toml", "setup.py", ".gitignore")
DOCS = (
    *("docs/students.md", "docs/training.md"),
    *("docs/images/check.png", "docs/images/map.png", "docs/images/tour.png"),
)
MARK = '[tool.course_dl]\nedition = "student"\n'


def release(out: Path) -> None:
    """Write the student edition into a folder that is empty or holds an earlier edition.

    A ``.git`` in the folder stays, so that the edition is published by committing it there.

    Raises
    ------
    FileExistsError
        If the folder holds anything else.
    ValueError
        If git does not know a lab, or if a hidden test would be left in the edition.
    """
    root = repository_root()
    files = [path for path in tracked(root) if _goes_in(path)]
    for lab in find_labs():
        if PurePath("labs", lab.name, CHECKS, "__init__.py") not in files:
            raise ValueError(f"labs/{lab.name} is not known to git: git add it, or take it away")
    _clear(out)
    for path in files:
        (out / path).parent.mkdir(parents=True, exist_ok=True)
        adapt = _adaptation(path)
        if adapt is None:
            shutil.copyfile(root / path, out / path)
        else:
            text = adapt((root / path).read_text(encoding="utf-8"))
            (out / path).write_text(text, encoding="utf-8", newline="\n")
    _demand_no_hidden_tests(out)
    build(out / "colab")


def tracked(root: Path) -> Iterator[PurePath]:
    """The files of a repository that git tracks and that are there."""
    git = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, check=False)
    if git.returncode:
        raise RuntimeError(f"git does not list the files of {root}: {git.stderr.decode().strip()}")
    for name in git.stdout.decode().split("\0"):
        if name and (root / name).is_file():
            yield PurePath(name)


def _goes_in(path: PurePath) -> bool:
    top, *rest = path.parts
    if top == PACKAGE:
        return rest[0] != LEFT_OUT
    if top == "labs":
        return any(path.match(pattern) for pattern in LAB_FILES)
    if rest:
        return path.as_posix() in DOCS
    return any(path.match(pattern) for pattern in OTHER_FILES)


def _adaptation(path: PurePath) -> Callable[[str], str] | None:
    """What changes the text of a file; None if it is copied as it is."""
    if path.match(CHECKS_FILES):
        return without_hidden_tests
    if path.match(MISTAKES_FILES):
        return packed
    if path.name == "README.md":
        return without_instructor_parts
    if path.name == "pyproject.toml":
        return lambda text: text.replace("[tool.course_dl]\n", MARK)
    return None


def _clear(out: Path) -> None:
    """Make the folder, or remove an earlier edition from it."""
    out.mkdir(parents=True, exist_ok=True)
    there = [path for path in out.iterdir() if path.name != ".git"]
    if there and not _is_edition(out):
        raise FileExistsError(f"{out} is neither empty nor an earlier student edition")
    for path in there:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def _is_edition(folder: Path) -> bool:
    project = folder / "pyproject.toml"
    if not project.is_file():
        return False
    content = tomllib.loads(project.read_text(encoding="utf-8"))
    return content.get("tool", {}).get("course_dl", {}).get("edition") == "student"


def _demand_no_hidden_tests(out: Path) -> None:
    """Raise if the checks of the edition hold other tests than the labs' public ones."""
    for lab in find_labs():
        edition = _exercises(out / "labs" / lab.name)
        left = [test for exercise in edition for test in exercise.tests]
        public = [test for e in lab.exercises for test in e.tests if not test.hidden]
        if any(test.hidden for test in left) or len(left) != len(public):
            raise ValueError(
                f"the hidden tests of {lab.name} cannot be taken out of its checks: write each "
                "as a function decorated with @EXERCISE.test(..., hidden=True)"
            )


def _exercises(lab: Path) -> list[Exercise]:
    """The exercises of a lab that is not the installed one."""
    name = f"edition_{lab.name}"
    spec = importlib.util.spec_from_file_location(
        name, lab / "__init__.py", submodule_search_locations=[str(lab)]
    )
    assert spec is not None and spec.loader is not None
    sys.modules[name] = package = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(package)
        return exercises_in(importlib.import_module(f"{name}.{CHECKS}"))
    finally:
        for module in [one for one in sys.modules if one.partition(".")[0] == name]:
            del sys.modules[module]

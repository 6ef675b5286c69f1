"""Starts the server, run by its path: ``python -P -s bootstrap.py CONTROL_FD``.

The packages ``course_dl`` and ``course_dl.lab`` are put in place without running their
``__init__.py``, which would bring the course's answers into the memory that every child inherits.
"""

import ast
import importlib
import sys
import types
from pathlib import Path

COURSE = Path(__file__).resolve().parent.parent


def _public_names():
    """Where ``course_dl`` takes its public names from, read from the source of its ``__init__``."""
    tree = ast.parse((COURSE / "__init__.py").read_text(encoding="utf-8"))
    return {
        alias.asname or alias.name: statement.module
        for statement in tree.body
        if isinstance(statement, ast.ImportFrom) and statement.module != "__future__"
        for alias in statement.names
    }


def _lazy_course(name):
    """``course_dl.MLP`` in a submission: its module is imported when first asked for."""
    home = NAMES.get(name, "course_dl")
    if name.startswith("__"):
        raise AttributeError(name)
    try:
        if home != "course_dl":
            return getattr(importlib.import_module(home), name)
        return importlib.import_module(f"course_dl.{name}")
    except ModuleNotFoundError as error:
        raise AttributeError(f"course_dl has no {name} here: {error}") from None


class Lab:
    """Stands in for the notebook's ``lab``, whose cells are not run here."""

    def __init__(self, *args, **kwargs):
        pass

    def __getattr__(self, name):
        return lambda *args, **kwargs: None


NAMES = _public_names()

if __name__ == "__main__":
    for package in ("course_dl", "course_dl.lab", "course_dl.grading"):
        module = types.ModuleType(package)
        module.__path__ = [str(COURSE.joinpath(*package.split(".")[1:]))]
        sys.modules[package] = module
    sys.modules["course_dl"].__getattr__ = _lazy_course
    sys.modules["course_dl.lab"].Lab = Lab

    from course_dl.grading.server import main

    main(int(sys.argv[1]))

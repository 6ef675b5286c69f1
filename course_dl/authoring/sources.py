"""The source of the labs: where it is, and the functions and classes in it."""

from __future__ import annotations

import ast
import importlib
import tomllib
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Definition", "Project", "find_definition", "repository_root"]

Definition = ast.FunctionDef | ast.ClassDef


def repository_root() -> Path:
    """The checkout from which ``labs/`` is installed.

    Raises
    ------
    FileNotFoundError
        If the course was installed without its repository.
    """
    root = Path(importlib.import_module("course_dl.labs").__path__[0]).parent
    if not (root / "pyproject.toml").is_file():
        raise FileNotFoundError(
            f"the labs stand in {root}, which is not a checkout of the course's repository: "
            "clone it and install it with pip install -e ."
        )
    return root


@dataclass(frozen=True)
class Project:
    """From ``pyproject.toml``: the course's version, and where students get it."""

    version: str
    repository: str
    tag: str

    @classmethod
    def read(cls, root: Path) -> Project:
        """Read ``[project]`` and ``[tool.course_dl]``."""
        content = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
        own = content["tool"]["course_dl"]
        return cls(content["project"]["version"], own["repository"], own["tag"])


def find_definition(source: str, name: str) -> Definition:
    """The function or class of this name at the top level of a source text."""
    for node in ast.parse(source).body:
        if isinstance(node, Definition) and node.name == name:
            return node
    raise ValueError(f"no function or class {name!r} stands at the top level of the source")

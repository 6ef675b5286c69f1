# Runs in: server, child
"""Modules that no submission may import: the answers, the labs, the grader."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from typing import Any

__all__ = ["block_modules"]

_ALWAYS = ("course_dl.labs", "course_dl.authoring")


class _Blocked:
    """First in line of all finders: refuses the blocked modules, and says so."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        for blocked in self._names:
            if name == blocked or name.startswith(f"{blocked}."):
                raise ModuleNotFoundError(f"{name} cannot be used in an answer", name=name)
        return None


def block_modules(answers: Sequence[str]) -> None:
    """Refuse to import ``answers``, the labs and what builds them, in this process from here on."""
    sys.meta_path.insert(0, _Blocked([*answers, *_ALWAYS]))  # type: ignore[arg-type]

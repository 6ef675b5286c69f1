"""The names of a lab's files. Imports nothing: they are read where no lab is imported.

A lab is a folder with a story, solutions, and two packages with a file an exercise, which is named
after its number: ``checks/e4_3_backward_layer.py``. Drivers, where there are any, belong to checks.
"""

from __future__ import annotations

import re

__all__ = ["CHECKS", "DRIVERS", "FOUND", "MISTAKES", "SOLUTIONS", "STORY", "module_of", "number_of"]

STORY, SOLUTIONS, DRIVERS = "notebook.py", "solutions.py", "drivers.py"
CHECKS, MISTAKES = "checks", "mistakes"
FOUND = "found"  # made by `course-dl build`, with a file an exercise too

_OF_AN_EXERCISE = re.compile(r"e(\d+)_(\d+)_\w+")


def number_of(module: str) -> str | None:
    """The number of the exercise that a module of these packages is for, if it is for one.

    ``"4.3"`` for ``e4_3_backward_layer``, None for ``shared``.
    """
    match = _OF_AN_EXERCISE.fullmatch(module)
    return f"{match[1]}.{match[2]}" if match else None


def module_of(number: str) -> str:
    """The module of ``found/`` for an exercise: ``e4_3`` for ``"4.3"``."""
    return f"e{number.replace('.', '_')}"

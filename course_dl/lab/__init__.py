"""What a notebook talks to, and what a lab is written with.

A notebook needs :class:`Lab` alone. The rest is for a lab's ``checks/`` and ``mistakes/``, which
import nothing past this face; ``docs/authors.md`` describes it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from course_dl.calls.values import summary
    from course_dl.lab.challenge import SLACK, Challenge, check_scores
    from course_dl.lab.compare import close, close_all, equal, number, require, shaped, unpack
    from course_dl.lab.exercise import Exercise, mistake
    from course_dl.lab.inputs import Inputs
    from course_dl.lab.notebook import Lab
    from course_dl.lab.recording import Recorded
    from course_dl.lab.states import Forbidden, Wrong
    from course_dl.lab.student import Call, Remote, Student, backward, drive, is_network, operate

__all__ = [
    "SLACK",
    "Call",
    "Challenge",
    "Exercise",
    "Forbidden",
    "Inputs",
    "Lab",
    "Recorded",
    "Remote",
    "Student",
    "Wrong",
    "backward",
    "check_scores",
    "close",
    "close_all",
    "drive",
    "equal",
    "is_network",
    "mistake",
    "number",
    "operate",
    "require",
    "shaped",
    "summary",
    "unpack",
]

# Imported when first asked for: who reads the names of a lab's files needs no torch.
_HOMES = {
    "course_dl.lab.challenge": ("SLACK", "Challenge", "check_scores"),
    "course_dl.lab.compare": (
        "close",
        "close_all",
        "equal",
        "number",
        "require",
        "shaped",
        "unpack",
    ),
    "course_dl.lab.exercise": ("Exercise", "mistake"),
    "course_dl.lab.inputs": ("Inputs",),
    "course_dl.lab.notebook": ("Lab",),
    "course_dl.lab.recording": ("Recorded",),
    "course_dl.lab.states": ("Forbidden", "Wrong"),
    "course_dl.lab.student": (
        "Call",
        "Remote",
        "Student",
        "backward",
        "drive",
        "is_network",
        "operate",
    ),
    "course_dl.calls.values": ("summary",),
}


def __getattr__(name: str) -> Any:
    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(module), name)
    raise AttributeError(f"module 'course_dl.lab' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

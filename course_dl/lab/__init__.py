"""What a notebook talks to, and what a lab is written with.

A notebook needs :class:`Lab` alone. The rest is for a lab's ``checks/`` and ``mistakes/``, which
import nothing past this face; ``docs/authors.md`` describes it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from course_dl.calls.values import summary
    from course_dl.lab.bound import BoundChallenge
    from course_dl.lab.call import Call, about
    from course_dl.lab.challenge import SLACK, Challenge, built, check_scores
    from course_dl.lab.compare import (
        close,
        close_all,
        equal,
        integer,
        number,
        require,
        shaped,
        unpack,
    )
    from course_dl.lab.drawing import DrawingChallenge
    from course_dl.lab.exercise import Exercise, mistake
    from course_dl.lab.fewshot import FewShotChallenge
    from course_dl.lab.inputs import Inputs
    from course_dl.lab.library import ATTENTION, CROSS_ENTROPY
    from course_dl.lab.likelihood import LikelihoodChallenge
    from course_dl.lab.networks import check_network, check_shapes
    from course_dl.lab.notebook import Lab
    from course_dl.lab.recording import Recorded
    from course_dl.lab.segmentation import SegmentationChallenge
    from course_dl.lab.states import Forbidden, Wrong
    from course_dl.lab.student import Remote, Student, backward, drive, is_network, operate
    from course_dl.lab.written import shown_as

__all__ = [
    "ATTENTION",
    "CROSS_ENTROPY",
    "SLACK",
    "BoundChallenge",
    "Call",
    "Challenge",
    "DrawingChallenge",
    "Exercise",
    "FewShotChallenge",
    "Forbidden",
    "Inputs",
    "Lab",
    "LikelihoodChallenge",
    "Recorded",
    "Remote",
    "SegmentationChallenge",
    "Student",
    "Wrong",
    "about",
    "backward",
    "built",
    "check_network",
    "check_scores",
    "check_shapes",
    "close",
    "close_all",
    "drive",
    "equal",
    "integer",
    "is_network",
    "mistake",
    "number",
    "operate",
    "require",
    "shaped",
    "shown_as",
    "summary",
    "unpack",
]

# Imported when first asked for: who reads the names of a lab's files needs no torch.
_HOMES = {
    "course_dl.lab.bound": ("BoundChallenge",),
    "course_dl.lab.call": ("Call", "about"),
    "course_dl.lab.challenge": ("SLACK", "Challenge", "built", "check_scores"),
    "course_dl.lab.compare": (
        "close",
        "close_all",
        "equal",
        "integer",
        "number",
        "require",
        "shaped",
        "unpack",
    ),
    "course_dl.lab.drawing": ("DrawingChallenge",),
    "course_dl.lab.exercise": ("Exercise", "mistake"),
    "course_dl.lab.fewshot": ("FewShotChallenge",),
    "course_dl.lab.inputs": ("Inputs",),
    "course_dl.lab.library": ("ATTENTION", "CROSS_ENTROPY"),
    "course_dl.lab.likelihood": ("LikelihoodChallenge",),
    "course_dl.lab.networks": ("check_network", "check_shapes"),
    "course_dl.lab.notebook": ("Lab",),
    "course_dl.lab.recording": ("Recorded",),
    "course_dl.lab.segmentation": ("SegmentationChallenge",),
    "course_dl.lab.states": ("Forbidden", "Wrong"),
    "course_dl.lab.student": (
        "Remote",
        "Student",
        "backward",
        "drive",
        "is_network",
        "operate",
    ),
    "course_dl.lab.written": ("shown_as",),
    "course_dl.calls.values": ("summary",),
}


def __getattr__(name: str) -> Any:
    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(module), name)
    raise AttributeError(f"module 'course_dl.lab' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

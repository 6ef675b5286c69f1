"""What a notebook talks to, and what a lab is written with.

A notebook needs :class:`Lab` alone. The rest is for ``checks.py`` and ``mistakes.py``.
"""

from __future__ import annotations

from course_dl.lab.compare import close, close_all, equal, number, require, shaped, unpack
from course_dl.lab.exercise import Exercise, mistake
from course_dl.lab.inputs import Inputs
from course_dl.lab.notebook import Lab
from course_dl.lab.states import Wrong
from course_dl.lab.student import Student, in_turn

__all__ = [
    "Exercise",
    "Inputs",
    "Lab",
    "Student",
    "Wrong",
    "close",
    "close_all",
    "equal",
    "in_turn",
    "mistake",
    "number",
    "require",
    "shaped",
    "unpack",
]

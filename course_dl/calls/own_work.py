# Runs in: notebook
"""Calls in a notebook, where the package's own answers are within reach and are not to be used."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import FrameType
from typing import Any

from course_dl.calls.backend import LocalBackend, Outcome, Rules

__all__ = ["OwnWork"]


class OwnWork(LocalBackend):
    """Runs student's code, and notices where it calls the package's own answers to an exercise."""

    def __init__(self, names: Mapping[str, Any], answers: Sequence[str]) -> None:
        super().__init__(names)
        self._answers = tuple(f"{module}." for module in answers)  # and what is in a package

    def call(
        self, target: str, args: tuple[Any, ...], kwargs: dict[str, Any], rules: Rules
    ) -> Outcome:
        found = ""

        def profile(frame: FrameType, event: str, arg: Any) -> None:
            nonlocal found
            if event == "call" and not found:
                called = f"{frame.f_globals.get('__name__')}.{frame.f_code.co_qualname}"
                found = called if called.startswith(self._answers) else ""

        profiler = sys.getprofile()
        sys.setprofile(profile)
        try:
            outcome = super().call(target, args, kwargs, rules)
        finally:
            sys.setprofile(profiler)
        return replace(outcome, used_library=found) if found else outcome

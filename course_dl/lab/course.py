"""The student's whole course: what the checks of all labs found, kept beside the notebooks.

Each lab has a file of its own, ``lab04_backprop.json``, in the folder ``course_dl_progress`` of the
current one, or in the folder that ``COURSE_DL_PROGRESS`` names. So a notebook knows what was found
in the others of its folder, and no two notebooks at work write to the same file. What was found in
this process is known even where nothing can be written.

The files are for the student's eyes. No mark comes from them.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from course_dl.lab.catalog import LabFolder, find_labs
from course_dl.lab.judge import ExerciseResult
from course_dl.lab.states import State

__all__ = ["Kept", "LabKept", "course_so_far", "keep", "progress_folder"]

NAMED_BY = "COURSE_DL_PROGRESS"
FOLDER = "course_dl_progress"


@dataclass(frozen=True)
class Kept:
    """An exercise as its last check found it, ``on`` a day such as 2026-11-29."""

    points: float
    passed: bool
    on: str


@dataclass(frozen=True)
class LabKept:
    """What is known of a lab: its exercises by number, those that were checked.

    ``exercises`` and ``whole`` are the number of all its exercises, and their points.
    """

    exercises: int
    whole: float
    checked: Mapping[str, Kept]

    @property
    def points(self) -> float:
        return sum(one.points for one in self.checked.values())

    @property
    def passed(self) -> int:
        return sum(one.passed for one in self.checked.values())

    @property
    def last(self) -> str:
        """The day of the last check."""
        return max(one.on for one in self.checked.values())


_here: dict[str, LabKept] = {}  # what was found in this process, by the lab's name


def progress_folder() -> Path:
    """The folder of the files; it need not be there."""
    return Path(os.environ.get(NAMED_BY) or FOLDER).expanduser()


def keep(lab: LabFolder, result: ExerciseResult) -> None:
    """Keep what a check found, in place of what was found of this exercise before.

    An exercise that is not done keeps what was found before: after a restart nothing is defined,
    and nothing is lost by it. Where the file cannot be written, this process alone knows.
    """
    if result.state is State.NOT_DONE:
        return
    found = Kept(float(result.points), bool(result), date.today().isoformat())
    before = _known(lab.name)
    earlier = before.checked if before is not None else {}
    all_points = sum(exercise.points for exercise in lab.exercises)
    now = LabKept(len(lab.exercises), all_points, {**earlier, result.exercise.number: found})
    _here[lab.name] = now
    _write(progress_folder() / f"{lab.name}.json", now)


def course_so_far() -> dict[str, LabKept | None]:
    """What is known of each lab, by its title, in order; None where nothing is."""
    return {lab.title: _known(lab.name) for lab in find_labs()}


def _known(name: str) -> LabKept | None:
    """What the file says, and what was found in this process."""
    filed, here = _read(progress_folder() / f"{name}.json"), _here.get(name)
    if filed is None or here is None:
        return filed or here
    return replace(here, checked={**filed.checked, **here.checked})


def _write(path: Path, kept: LabKept) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(json.dumps(asdict(kept), indent=1) + "\n", encoding="utf-8")
        draft.replace(path)
    except OSError:  # a folder that is for reading alone: a check must not fail for it
        pass


def _read(path: Path) -> LabKept | None:
    """The content of a file; None where there is none, or one that is damaged."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        checked = {str(number): _one(said) for number, said in content["checked"].items()}
        kept = LabKept(int(content["exercises"]), _finite(content["whole"]), checked)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return kept if checked else None


def _one(said: Any) -> Kept:
    return Kept(
        _finite(said["points"]), said["passed"] is True, str(date.fromisoformat(said["on"]))
    )


def _finite(said: Any) -> float:
    number = float(said)
    if not math.isfinite(number):
        raise ValueError(f"expected a finite number, got {said!r}")
    return number

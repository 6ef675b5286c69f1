"""The law of small changes: each change to a solution is rejected, or equal in effect."""

from __future__ import annotations

import importlib
import tomllib
from pathlib import Path

import pytest

from course_dl.authoring.changes import changes_of
from course_dl.authoring.changes.packing import find_stale_changes, is_told_of
from course_dl.authoring.changes.trials import Trials
from course_dl.lab.catalog import LabFolder, find_labs

REVIEWED = Path(__file__).parent / "equal_in_effect"
Line = tuple[str, str, str]  # of which function, the line as it was, as it is

each_lab = pytest.mark.parametrize("lab", find_labs(), ids=lambda lab: lab.name)


def reviewed(lab: LabFolder) -> dict[Line, str]:
    """The changes of which somebody has found that they change nothing, with the reasons."""
    path = REVIEWED / f"{lab.name}.toml"
    listed = tomllib.loads(path.read_text(encoding="utf-8"))["equal"] if path.exists() else []
    return {
        (one["of"], one["before"], after): one["reason"] for one in listed for after in one["after"]
    }


@each_lab
def test_every_small_change_is_rejected_or_equal_in_effect(lab: LabFolder) -> None:
    equal = reviewed(lab)
    source = lab.solutions.read_text(encoding="utf-8")
    right = vars(importlib.import_module(f"course_dl.labs.{lab.name}.solutions"))
    accepted, seen = [], set()
    for exercise in filter(is_told_of, lab.exercises):
        trials = Trials(exercise, right)
        for change in (one for name in exercise.names for one in changes_of(source, name)):
            line = change.name, change.before, change.after
            seen.add(line)
            if line not in equal and trials.rejection(change) is None:
                accepted.append(line)
    assert not accepted, "mend the checks, or list with a reason what is equal in effect"
    assert not equal.keys() - seen, "no such change is made any more"


@each_lab
def test_the_reasons_are_sentences(lab: LabFolder) -> None:
    assert all(reason.endswith(".") and " " in reason for reason in reviewed(lab).values())


@each_lab
def test_what_is_packed_is_as_the_solutions_are(lab: LabFolder) -> None:
    assert not find_stale_changes(lab), "run course-dl build"

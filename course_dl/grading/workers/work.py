# Runs in: judge
"""The unit of work of bulk grading, as a process of the pool or of a cluster runs it.

Imports what is heavy where it is used: the process that hands out the work needs none of it.
"""

from __future__ import annotations

import gc
import socket
from dataclasses import dataclass
from functools import cache
from multiprocessing.util import Finalize
from typing import TYPE_CHECKING, Any

from course_dl.grading.sandbox.server.layer import ACTIVE

if TYPE_CHECKING:
    from course_dl.grading.sandbox.client.sandbox import Sandbox
    from course_dl.grading.transcripts import Known

__all__ = ["HEAVY", "Sheet", "begin", "describe", "failed_work", "warnings", "work"]

HEAVY = ["torch", "course_dl.grading.grade"]
_sandboxes: dict[str, Sandbox] = {}


@dataclass(frozen=True)
class Sheet:
    """What the reports need to know of a lab."""

    name: str
    title: str
    folder: str
    exercises: tuple[tuple[str, tuple[str, ...], float], ...]

    @property
    def names(self) -> list[str]:
        """The functions and classes that the lab asks for."""
        return [name for _, names, _ in self.exercises for name in names]


def begin(lab_name: str, covered: tuple[str, ...], line: socket.socket | None) -> None:
    """Have a sandbox, by the line to a server if there is one, before the first submission."""
    _sandbox(lab_name, covered, line)


def warnings(lab_name: str, covered: tuple[str, ...] = ()) -> dict[str, Any]:
    """What whoever grades should know about the sandbox of this machine."""
    packages = _sandbox(lab_name, covered).layers().get("Python's packages in sight", ACTIVE)
    return {"warnings": [] if packages.active else [packages.reason]}


def describe(lab_name: str) -> Sheet:
    """The lab's title and its exercises: number, names, points."""
    from course_dl.lab.catalog import find_lab

    lab = find_lab(lab_name)
    exercises = tuple((e.number, tuple(e.names), float(e.points)) for e in lab.exercises)
    return Sheet(lab.name, lab.title, str(lab.path), exercises)


def work(data: bytes, file: str, lab_name: str, covered: tuple[str, ...] = ()) -> dict[str, Any]:
    """Grade one submission: its result, as plain data.

    ``again`` is there where points were lost to a busy machine: then it should be graded alone.
    """
    from course_dl.grading.grade import Grading, unreadable
    from course_dl.grading.intake.notebooks import Unreadable
    from course_dl.lab.catalog import find_lab

    lab, again = find_lab(lab_name), False
    try:
        with Grading(lab, data, file, _sandbox(lab_name, covered), known=_known()) as grading:
            result = grading.result()
            again = grading.again
    except Unreadable as error:
        result = unreadable(data, lab, "unreadable", str(error))
    return {"result": result.to_json()} | ({"again": True} if again else {})


def failed_work(
    data: bytes, lab_name: str, status: str, reason: str, file: str = ""
) -> dict[str, Any]:
    """The same for a submission that cannot be graded."""
    from course_dl.grading.grade import unreadable
    from course_dl.lab.catalog import find_lab

    return {"result": unreadable(data, find_lab(lab_name), status, reason).to_json()}


@cache
def _known() -> Known:
    """How tests ended on the submissions that this process has judged."""
    from course_dl.grading.transcripts import Known

    return Known()


def _sandbox(
    lab_name: str, covered: tuple[str, ...], control: socket.socket | None = None
) -> Sandbox:
    """The sandbox of this process for a lab, started when first asked for."""
    import torch

    from course_dl.grading.grade import lab_sandbox
    from course_dl.lab.catalog import find_lab

    lab = find_lab(lab_name)
    if lab.name not in _sandboxes:
        torch.set_num_threads(1)
        _sandboxes[lab.name] = sandbox = lab_sandbox(lab, covered, control=control)
        Finalize(None, sandbox.close, exitpriority=10)  # a process of a pool runs no atexit
        gc.collect()
        gc.freeze()
    return _sandboxes[lab.name]

# Runs in: judge
"""pytest with submissions goes on in an interpreter that obeys nothing but its command line.

In the folder in which it is typed there may be students' files: a ``conftest.py``, a
configuration, modules named as Python's own are.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.metadata import entry_points

import pytest

from course_dl.grading.labs import folders
from course_dl.grading.start import interpreter

__all__ = ["hand_over", "run"]

_PLUGIN = "course_dl.grading.plugin"


class HandedOver:
    """A plugin by which the run is known that was handed over already."""


def hand_over(config: pytest.Config) -> None:
    """If this run is pytest's command line and grades submissions, go on isolated.

    Called as soon as this plugin is registered: no configuration was asked for a plugin since, no
    output is captured. Returns where there is nothing to hand over.

    Raises
    ------
    pytest.UsageError
        Where Python itself has run files of the current folder already.
    """
    arguments = list(map(str, config.invocation_params.args))
    if not any(is_ours(argument) for argument in arguments) or not is_a_command(config):
        return
    if taken := interpreter.imported_from_here(*map(str, config.getini("pythonpath"))):
        raise pytest.UsageError(
            f"--submission: {', '.join(taken)} of this folder was run before grading began, as "
            "`python -m pytest` and settings of pytest do it: type pytest in another folder"
        )
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os.execve(sys.executable, interpreter.command("pytest", *arguments), interpreter.environment())


def is_a_command(config: pytest.Config) -> bool:
    """Whether a run is pytest's command line, and no part of another program."""
    given = config.invocation_params
    is_worker = "PYTEST_XDIST_WORKER" in os.environ
    return not given.plugins and list(given.args) == sys.argv[1:] and not is_worker


def is_ours(argument: str) -> bool:
    """Whether an argument is the option that names a submission."""
    return argument == "--submission" or argument.startswith("--submission=")


def run(arguments: Sequence[str]) -> int:
    """Be pytest, without any configuration; its exit status."""
    labs = folders()[0]
    ours = ["-c", os.devnull, f"--rootdir={labs}", f"--confcutdir={labs}", "--noconftest"]
    ours += ["-p", "no:cacheprovider"]  # it would keep its notes between the labs
    if "PYTEST_DISABLE_PLUGIN_AUTOLOAD" in os.environ or not entry_points(
        group="pytest11", name="course_dl"
    ):
        ours += [] if _PLUGIN in arguments else ["-p", _PLUGIN]
    return int(pytest.main([*ours, *arguments], plugins=[HandedOver()]))

"""Cells, run by IPython and run as a submission is: the names that are there afterwards.

Run by its path: reads ``[[cell, ...], ...]`` as JSON from stdin, writes what each of the two has.
"""

from __future__ import annotations

import json
import re
import socket
import sys
import types
from typing import Any

__all__ = ["by_us", "shown"]


def by_us(cells: list[str], names: list[str], *, whole: bool | None = None) -> dict[str, Any]:
    """The names that a submission's child has after loading, for a process of its own."""
    from course_dl.grading.sandbox.child.main import Submission
    from course_dl.grading.sandbox.wire.channel import Channel

    judge, child = map(Channel, socket.socketpair())
    content = [
        {"place": f"cell {n}", "source": source, "whole": whole, "python": ""}
        for n, source in enumerate(cells, start=1)
    ]
    program = {"cells": content, "names": names, "skip": [], "announced": False, "seconds": 5.0}
    submission = Submission(child, program)
    judge.close()
    child.close()
    return submission._namespace


def by_ipython(cells: list[str]) -> dict[str, Any]:
    """The names of a shell that was emptied, after its cells have run."""
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell.instance()
    shell.history_manager.enabled = False
    shell.reset(new_session=False)
    shell.compile.reset_compiler_flags()
    shell.enable_gui = lambda gui=None: None
    shell.register_magic_function(lambda line, cell: shell.run_cell(cell), "cell", "after")
    for cell in cells:
        shell.run_cell(cell)
    return dict(shell.user_ns)


def shown(names: dict[str, Any]) -> dict[str, str]:
    """What can be told of the values: those of literals, and what functions give."""
    told = {}
    for name, value in list(names.items()):
        if name.startswith("_") or name in ("In", "Out", "exit", "quit", "open", "lab"):
            continue
        if isinstance(value, types.FunctionType):
            try:
                told[name] = re.sub(r"0x\w+", "0x", f"gives {value(3)!r}")
            except Exception as error:
                told[name] = f"raises {type(error).__name__}"
        elif isinstance(value, int | float | str | list | tuple | dict):
            told[name] = repr(value)
    return told


def main() -> None:
    """For each case what IPython has, and what a child has."""
    kept = sys.stdout
    sys.stdout = sys.stderr
    cases = json.load(sys.stdin)
    theirs = [shown(by_ipython(cells)) for cells in cases]
    from course_dl.grading.sandbox.child.main import Submission  # noqa: F401  (its stand-ins come last)

    ours = [shown(by_us(cells, [], whole=True)) for cells in cases]
    sys.stdout = kept
    print(json.dumps([theirs, ours]))


if __name__ == "__main__":
    main()

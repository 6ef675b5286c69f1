# Runs in: server
"""A control group for a sandbox: one bound on the memory of all its processes together.

Version 1 has a tree of groups for each thing that is bounded, version 2 one tree for all. A group
can be made where the system lets this user write, as a rule only root, or below a delegated group.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

__all__ = ["enter", "remove"]

_PREFIX = "course-dl-"


def enter(number: int, memory: int, processes: int) -> None:
    """Move this process, which has one thread, into a new group with these bounds.

    Raises :class:`OSError`, with the reason, where that cannot be.
    """
    entered = False
    reason = "there are no control groups"
    for home, version in _homes():
        try:
            _enter(home / f"{_PREFIX}{number}", version, memory, processes)
            entered = entered or version in ("2", "memory")
        except OSError as error:
            reason = str(error)
    if not entered:
        raise OSError(reason)


def remove(number: int) -> None:
    """Remove the group of a process that has ended, once those that it started have ended too."""
    for home, _ in _homes():
        group = home / f"{_PREFIX}{number}"
        for _ in range(100):
            try:
                group.rmdir()
            except FileNotFoundError:
                break
            except OSError:  # not empty yet, or not ours to remove
                time.sleep(0.01)


def _enter(group: Path, version: str, memory: int, processes: int) -> None:
    group.mkdir()
    try:
        if version == "memory":
            _write(group / "memory.limit_in_bytes", memory)
            with contextlib.suppress(OSError):  # where swap is counted
                _write(group / "memory.memsw.limit_in_bytes", memory)
        if version == "2":
            _write(group / "memory.max", memory)
            with contextlib.suppress(OSError):
                _write(group / "memory.swap.max", 0)
        if version in ("pids", "2"):
            _write(group / "pids.max", processes)
        _write(group / "cgroup.procs", 0)  # this process
    except OSError:
        group.rmdir()
        raise


def _write(file: Path, number: int) -> None:
    # Never made: where the file is missing, the group knows no such bound.
    fd = os.open(file, os.O_WRONLY)
    try:
        os.write(fd, str(number).encode())
    finally:
        os.close(fd)


def _homes() -> Iterator[tuple[Path, str]]:
    """The groups below which one may be made, with what they bound: memory, pids, 2 for both."""
    mounts: dict[str, Path] = {}
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/mounts").read_text().splitlines():
            _, folder, kind, options = line.split()[:4]
            if kind == "cgroup2":
                mounts["2"] = Path(folder)
            elif kind == "cgroup":
                mounts |= {o: Path(folder) for o in options.split(",") if o in ("memory", "pids")}
        for line in Path("/proc/self/cgroup").read_text().splitlines():
            _, names, path = line.split(":", 2)
            for name in names.split(",") if names else ["2"]:
                if name in mounts:
                    own = mounts[name] / path.lstrip("/")
                    # In version 2, only a group without processes of its own hands bounds on.
                    yield own.parent if name == "2" and own != mounts["2"] else own, name

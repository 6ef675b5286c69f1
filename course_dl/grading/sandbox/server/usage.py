# Runs in: judge, server
"""What a submission's processes use: seconds of a core, seconds of waiting for one, memory.

The server reads it from ``/proc`` when the judge asks, which it does where something takes long.
"""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Iterator
from typing import NamedTuple

__all__ = ["Usage", "memory_of", "used_by", "waited_here"]

_TICK = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
_PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


class Usage(NamedTuple):
    """Seconds that all processes together have had of a core, and seconds that their threads have
    waited for one; bytes of memory that they hold beyond what the server has.
    """

    cpu: float = 0.0
    waited: float = 0.0
    memory: int = 0


def used_by(child: int, servers: Collection[int], own_memory: int) -> Usage:
    """What this server's descendants use; the memory is that of the other servers' too.

    ``own_memory`` is what a server holds itself, in which its children share. Where ``/proc``
    cannot be read, only the child's seconds of a core are known.
    """
    parents, cpu = {}, {}
    for pid in _numbers("/proc"):
        fields = _read(f"/proc/{pid}/stat").rpartition(")")[2].split()
        if fields:
            parents[pid] = int(fields[1])
            cpu[pid] = sum(map(int, fields[11:15])) / _TICK  # with children that have ended
    above = {pid: _server_above(pid, parents, servers) for pid in parents if pid not in servers}
    mine = [pid for pid, server in above.items() if server == os.getpid()]
    if not mine:
        return Usage(_seconds_of(child))
    memory = sum(memory_of(pid) for pid, server in above.items() if server)
    seconds, waited = sum(cpu[pid] for pid in mine), sum(map(_waited, mine))
    return Usage(seconds, waited, max(0, memory - own_memory))


def waited_here() -> float:
    """Seconds that the threads of this process have waited for a core."""
    return _waited(os.getpid())


def memory_of(pid: int) -> int:
    """Bytes that a process holds; of what it shares with others, its share."""
    for line in _read(f"/proc/{pid}/smaps_rollup").splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) << 10
    pages = _read(f"/proc/{pid}/statm").split()
    return (int(pages[1]) - int(pages[2])) * _PAGE if pages else 0


def _server_above(pid: int, parents: dict[int, int], servers: Collection[int]) -> int:
    """The server from which this process descends, or 0."""
    seen = set()
    while pid in parents and pid not in seen:  # while it is read, the tree may change
        seen.add(pid)
        pid = parents[pid]
        if pid in servers:
            return pid
    return 0


def _waited(pid: int) -> float:
    told = [_read(f"/proc/{pid}/task/{task}/schedstat") for task in _numbers(f"/proc/{pid}/task")]
    return sum(int(text.split()[1]) for text in told if text) / 1e9


def _seconds_of(pid: int) -> float:
    """By the clock that Linux keeps for each process."""
    try:
        return time.clock_gettime((~pid << 3) | 2) if pid else 0.0
    except (OSError, AttributeError):
        return 0.0


def _read(path: str) -> str:
    """A file of ``/proc``; empty where the process has ended, or hides it."""
    try:
        with open(path) as file:
            return file.read()
    except OSError:
        return ""


def _numbers(folder: str) -> Iterator[int]:
    try:
        names = os.listdir(folder)
    except OSError:
        return iter(())
    return (int(name) for name in names if name.isdigit())

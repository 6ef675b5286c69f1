# Runs in: server, child
"""What a child may see of the file system: Python, its packages, the system's libraries; no more.

Two ways to the same end: a root of its own (needs a mount namespace), or Landlock's rules.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress

from course_dl.grading.sandbox.server import kernel
from course_dl.grading.sandbox.server.needed import SYSTEM, below, needed

__all__ = ["SCRATCH", "build_root", "landlock_paths", "open_to_others", "private_mounts", "roots"]

SCRATCH = "/tmp"
_HELD = "/held"  # where what stands below the scratch folder is kept for the children
_PROC = kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC
_ETC = (
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "localtime",
    "nsswitch.conf",
    "passwd",
    "group",
)
_DEVICES = ("null", "zero", "random", "urandom")


def roots() -> list[str]:
    """The folders that Python and its packages need, outermost only."""
    return needed(SCRATCH)


def build_root(covered: Iterable[str]) -> list[str]:
    """Enter a read-only root that holds :func:`roots` alone, with the ``covered`` paths left out.

    Needs a mount namespace of one's own. Returns what :func:`private_mounts` is to show again.
    """
    kernel.make_private()
    root = "/tmp" if os.path.isdir("/tmp") else "/mnt"
    shown = [(p, os.open(p, os.O_PATH)) for p in roots()]
    shown += [
        (f"/etc/{f}", os.open(f"/etc/{f}", os.O_PATH)) for f in _ETC if os.path.exists(f"/etc/{f}")
    ]
    devices = [(f"/dev/{d}", os.open(f"/dev/{d}", os.O_PATH)) for d in _DEVICES]
    links = [(f, os.readlink(f)) for f in SYSTEM if os.path.islink(f)]
    cover = [(p, os.path.isdir(p)) for p in covered if os.path.exists(p)]
    again = [path for path, _ in shown if below(path, SCRATCH)]

    # What is below /tmp must be held open before it is covered: /tmp itself is the new root.
    kernel.mount("tmpfs", root, "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV, "mode=755,size=1m")
    os.umask(0o022)
    for path, fd in shown + devices:
        _place(root + path, is_folder=os.path.isdir(f"/proc/self/fd/{fd}"))
    for path, fd in shown:
        kernel.bind(f"/proc/self/fd/{fd}", root + path)
    for path, target in links:
        os.symlink(target, root + path)
    for folder in (SCRATCH, "/proc", "/nothing"):
        os.makedirs(root + folder, exist_ok=True)
    for path, is_folder in cover:
        if os.path.exists(root + path):
            kernel.bind(root + "/nothing" if is_folder else "/dev/null", root + path)
    again = [path for path in again if os.path.exists(root + path)]  # what is not covered with it
    for path in again:
        _place(root + _HELD + path, is_folder=os.path.isdir(root + path))
        kernel.bind(root + path, root + _HELD + path)
    kernel.make_read_only(root)
    for path, fd in devices:  # after the rest, which was made to hold no devices
        kernel.bind(f"/proc/self/fd/{fd}", root + path)
    for _, fd in shown + devices:
        os.close(fd)
    # A user namespace may mount processes of its own only where others are in view already.
    with suppress(OSError):
        kernel.mount("proc", f"{root}/proc", "proc", _PROC)
    kernel.move_root(root)
    return again


def _place(path: str, is_folder: bool) -> None:
    os.makedirs(path if is_folder else os.path.dirname(path), exist_ok=True)
    if not is_folder:
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o644))


def private_mounts(scratch_bytes: int, again: Iterable[str] = ()) -> None:
    """In a child's own mount namespace: an empty scratch folder, and its own processes alone.

    What Python needs of the folder that the scratch covers is shown ``again`` in it.
    """
    flags = kernel.MS_NOSUID | kernel.MS_NODEV
    data = f"mode=1777,size={scratch_bytes},nr_inodes=4096"
    kernel.mount("tmpfs", SCRATCH, "tmpfs", flags, data)
    before = os.umask(0o022)
    for path in again:
        _place(path, is_folder=os.path.isdir(_HELD + path))
        kernel.bind(_HELD + path, path)
    os.umask(before)
    with suppress(OSError):  # where the system's own /proc is covered in part; then there is none
        kernel.mount("proc", "/proc", "proc", _PROC)


def landlock_paths(covered: Iterable[str]) -> tuple[list[str], list[str]]:
    """What Landlock lets a child read (nothing ``covered``), and the folders above it."""
    covered = [os.path.realpath(p) for p in covered]
    readable: list[str] = []
    listed: list[str] = []
    for root in roots():
        for path, whole in _around(root, covered):
            (readable if whole else listed).append(path)
    readable += [f"/etc/{f}" for f in _ETC] + [f"/dev/{d}" for d in _DEVICES] + ["/proc/self"]
    return readable, listed


def _around(path: str, covered: list[str]) -> Iterator[tuple[str, bool]]:
    """``path`` if nothing covered lies below it, else its parts one by one."""
    if path in covered:
        return
    if not any(below(c, path) for c in covered):
        yield path, True
        return
    yield path, False
    for name in os.listdir(path):
        yield from _around(os.path.join(path, name), covered)


def open_to_others(path: str) -> bool:
    """Whether a user without rights of its own can enter ``path`` and read there."""
    while True:
        if os.stat(path).st_mode & 0o005 != 0o005:
            return False
        if path == "/":
            return True
        path = os.path.dirname(path)

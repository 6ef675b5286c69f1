# Runs in: judge
"""Whether this system can keep an answer from what is the user's: seen before anything is graded.

An answer that could end the user's other processes, or delete files, is not run unless asked for.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from course_dl.grading.sandbox.server import kernel, syscalls

__all__ = ["refusal"]


def refusal() -> str:
    """A sentence that says what is missing here, and what to do; ``""`` where enough is there."""
    missing = _missing()
    if not missing:
        return ""
    return (
        f"This system has {missing}: what is handed in could end your other processes, and change "
        "or delete your files. Grade on Linux 5.13 or newer, or as root in a container; or, where "
        "you trust what is handed in, or it is your own, add --weak-sandbox."
    )


def _missing() -> str:
    if sys.platform != "linux":
        return f"no sandbox of its own ({sys.platform})"
    if os.geteuid() == 0 or _works(_enter_namespaces):
        return ""  # children have a user, or a view, of their own
    if not _works(kernel.landlock_version):
        return "no namespaces, no Landlock, and no other users to offer"
    if kernel.landlock_version() < 6 and not _works(syscalls.available):
        return "no namespaces, and nothing that keeps signals from other processes"
    return ""


def _enter_namespaces() -> None:
    kernel.unshare(kernel.CLONE_NEWPID | kernel.CLONE_NEWNS | kernel.CLONE_NEWUSER)
    kernel.make_private()
    kernel.mount("tmpfs", "/tmp", "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV)


def _works(action: Callable[[], object]) -> bool:
    """Whether the system grants it, tried in a process of its own."""
    pid = os.fork()
    if pid == 0:
        try:
            action()
            os._exit(0)
        finally:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0

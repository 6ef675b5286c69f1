# Runs in: server, child
"""The sandbox's layers, each put on where the system allows it.

Some the server puts on once, for all its children (:class:`ServerLayers`); the others each child
puts on itself, right after the fork and before any code of a submission
(:meth:`ServerLayers.enter_child`). A layer that cannot be had is noted with the reason, and the
others stand without it.
"""

from __future__ import annotations

import contextlib
import os
import resource
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass

from course_dl.grading.sandbox.server import cgroups, kernel, needed, syscalls, view
from course_dl.grading.sandbox.server.layer import ACTIVE, Layer

__all__ = ["Bounds", "ServerLayers"]

NICE = 5  # a child gives way to the judge and to whatever else runs


@dataclass(frozen=True)
class Bounds:
    """What a child may use: bytes of data (beyond what the server has), of one file, of its scratch
    folder; seconds of work; open files; processes and threads.
    """

    data: int = 2 << 30
    file: int = 16 << 20
    scratch: int = 64 << 20
    cpu_seconds: int = 600
    open_files: int = 64
    processes: int = 32


class ServerLayers:
    """Puts the layers on; ``report`` tells of each layer whether it is active, or why not."""

    def __init__(self, bounds: Bounds, covered: list[str]) -> None:
        self.bounds = bounds
        self.covered = covered
        self.report: dict[str, Layer] = {}
        self._own_pid_namespace = -1
        self._number = os.getpid()  # as seen from outside: no other server's
        self._landlock: tuple[list[str], list[str]] | None = None
        self._user: int | None = None
        self._kept = 0
        self._memory = 0, 0
        self._autograd = True
        self._again: list[str] = []
        self.packages: dict[str, str] = {}

    def _try(self, layer: str, action: Callable[[], object]) -> bool:
        try:
            action()
        except OSError as error:
            self.report[layer] = Layer(False, str(error))
        else:
            self.report[layer] = ACTIVE
        return self.report[layer].active

    def has(self, layer: str) -> bool:
        """Whether this layer is on."""
        return layer in self.report and self.report[layer].active

    # -- in the server ----------------------------------------------------------------------

    def enter_group(self) -> None:
        """First of all: bounds for the server and whatever it starts."""
        own, both = _memory_now()[1], 2 * self.bounds.data
        many = 2 * (self.bounds.processes + 8)
        self._try(
            "one bound for all processes", lambda: cgroups.enter(self._number, own + both, many)
        )

    def enter_namespaces(self, wanted: bool = True) -> None:
        """Early, with one thread: own processes, network, mounts. Goes on in a forked process."""
        self._try("killed first when memory is short", lambda: _be_killed(_SERVER_FIRST))
        spaces = (
            kernel.CLONE_NEWPID | kernel.CLONE_NEWNET | kernel.CLONE_NEWNS | kernel.CLONE_NEWIPC
        )

        def enter() -> None:
            if not wanted:
                raise OSError("not asked for")
            user, group = os.getuid(), os.getgid()
            try:
                kernel.unshare(spaces)
            except PermissionError:
                kernel.unshare(spaces | kernel.CLONE_NEWUSER)
                _write("/proc/self/setgroups", "deny")
                _write("/proc/self/uid_map", f"{user} {user} 1")
                _write("/proc/self/gid_map", f"{group} {group} 1")
                self.report["user namespace"] = ACTIVE

        if self._try("pid namespace", enter):
            _continue_in_child()
            self._own_pid_namespace = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
        self.report["network namespace"] = self.report["pid namespace"]
        self._try("system calls", syscalls.available)

    def enter_view(self, landlock: bool = True) -> None:
        """After torch is imported: a root without answers; else Landlock's rules, in each child."""
        self._memory = _memory_now()
        self.packages = needed.packages()
        roots = view.roots()
        if self._own_pid_namespace >= 0:
            self._try("own root, read only", self._enter_root)
        else:
            self.report["own root, read only"] = self.report["pid namespace"]
        if not self.has("own root, read only") and landlock and sys.platform == "linux":
            self._landlock = view.landlock_paths(self.covered)
        self._choose_user([*roots, *self.packages.values()])

    def _enter_root(self) -> None:
        self._again = view.build_root(self.covered)

    def _choose_user(self, places: list[str]) -> None:
        if os.getuid() != 0 or self.has("user namespace"):
            self.report["another user"] = Layer(False, "the judge is not root")
        else:
            self._user = 200_000 + self._number % 100_000
            self.report["another user"] = ACTIVE
            if not all(view.open_to_others(path) for path in places if os.path.isdir(path)):
                self._kept = kernel.MAY_READ_ALL  # Python's home is closed to other users

    def without_autograd(self) -> None:
        """For the server whose children have no autograd: what keeps them from those of the other.

        A user of their own, and no programs but Python itself, which has no autograd here.
        """
        self._autograd = False
        if self._user is not None:
            self._user += 100_000

    # -- what they add up to --------------------------------------------------------------------

    def signals_are_held(self) -> bool:
        """Whether signals reach no process but a child's own, filter or not."""
        return (
            self.has("pid namespace")
            or self.has("another user")
            or (self._landlock is not None and kernel.landlock_version() >= 6)
        )

    def apart(self) -> bool:
        """Whether children that live at the same time have no files in common."""
        return self.has("own root, read only") or self._landlock is not None

    # -- for each child ---------------------------------------------------------------------

    def before_fork(self) -> None:
        """The next fork begins a process namespace of its own."""
        if self._own_pid_namespace >= 0:
            kernel.setns(self._own_pid_namespace, kernel.CLONE_NEWPID)
            kernel.unshare(kernel.CLONE_NEWPID)

    def after_fork(self) -> None:
        """Forks of the server itself stay in its own process namespace."""
        if self._own_pid_namespace >= 0:
            kernel.setns(self._own_pid_namespace, kernel.CLONE_NEWPID)

    def enter_child(self, connection: int, scratch: str) -> int:
        """Put on what each child wears; the new number of its connection. Ends in ``scratch``."""
        connection = _keep_only(connection)
        os.setsid()
        os.umask(0o077)
        if self.has("own root, read only"):
            kernel.unshare(kernel.CLONE_NEWNS | self._more_spaces())
            view.private_mounts(self.bounds.scratch, self._again)
            scratch = view.SCRATCH
        elif self._user is not None:
            os.chown(scratch, self._user, self._user)
        self._try("lower priority", lambda: os.nice(NICE))
        with contextlib.suppress(OSError):
            _be_killed(_CHILD_FIRST)
        self._limit()
        if self._user is not None:
            if self._kept:
                kernel.keep_capabilities()
            os.setgroups([])
            os.setresgid(self._user, self._user, self._user)
            os.setresuid(self._user, self._user, self._user)
        self._try("no capabilities", lambda: kernel.drop_capabilities(self._kept))
        self._try("no new privileges", kernel.no_new_privileges)
        self._try("dies with its server", kernel.die_with_parent)
        if self._landlock is not None:
            rules = self._landlock
            self._try("landlock", lambda: kernel.allow_only_below(*rules, [scratch]))
        if self.has("system calls"):
            self._try("system calls", self._filter)
        os.environ.clear()
        os.environ.update(
            HOME=scratch, TMPDIR=scratch, MPLCONFIGDIR=scratch, PATH="/usr/bin:/bin",
            LC_ALL="C.UTF-8", OMP_NUM_THREADS="1", MPLBACKEND="agg",
        )  # fmt: skip
        tempfile.tempdir = None  # to be found anew, from TMPDIR
        os.chdir(scratch)
        return connection

    def _more_spaces(self) -> int:
        """Where calls are filtered, nothing of a network or of System V's memory can be asked for:
        namespaces for that, which cost a child more than all the rest, are left away.
        """
        return 0 if self.has("system calls") else kernel.CLONE_NEWNET | kernel.CLONE_NEWIPC

    def _filter(self) -> None:
        held = self.signals_are_held()
        syscalls.restrict(signals=held, programs=self._autograd, locks=self._autograd)

    def _limit(self) -> None:
        bounds = self.bounds
        own = bounds.processes + (0 if self._uncounted() else _processes_of(os.getuid()))
        address_space, data = self._memory
        limits = {
            "RLIMIT_DATA": data + bounds.data,
            "RLIMIT_AS": address_space + 2 * bounds.data,  # shared memory is not in RLIMIT_DATA
            "RLIMIT_FSIZE": bounds.file,
            "RLIMIT_CPU": bounds.cpu_seconds,
            "RLIMIT_NOFILE": bounds.open_files,
            "RLIMIT_NPROC": own,
            "RLIMIT_CORE": 0,
            "RLIMIT_MSGQUEUE": 0,
            "RLIMIT_MEMLOCK": 0,
        }
        missing = []
        for name, value in limits.items():
            try:
                resource.setrlimit(getattr(resource, name), (value, value))
            except (AttributeError, ValueError, OSError):
                missing.append(name)
        self.report["limits"] = Layer(not missing, ", ".join(missing))

    def _uncounted(self) -> bool:
        """Whether the child's processes are counted apart from those of the judge's user."""
        return self._user is not None or self.has("user namespace")


def _continue_in_child() -> None:
    """Fork into the new process namespace; this process only waits for the end of it."""
    pid = os.fork()
    if pid:
        with contextlib.suppress(OSError):
            os.closerange(3, 256)
        _, status = os.waitpid(pid, 0)
        os._exit(os.waitstatus_to_exitcode(status) & 0xFF)
    kernel.die_with_parent()


def _keep_only(connection: int) -> int:
    """Close every other file; standard input and output go nowhere."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(nowhere, fd)
    if connection != 3:
        os.dup2(connection, 3, inheritable=False)
    os.closerange(4, os.sysconf("SC_OPEN_MAX") if sys.platform != "linux" else 4096)
    return 3


def _write(path: str, text: str) -> None:
    with open(path, "w") as file:
        file.write(text)


_SERVER_FIRST, _CHILD_FIRST = 900, 1000  # of all processes a child is killed, then its server


def _be_killed(order: int) -> None:
    _write("/proc/self/oom_score_adj", str(order))


def _memory_now() -> tuple[int, int]:
    """Bytes of address space and of data that the process has already."""
    try:
        with open("/proc/self/statm") as file:
            pages = [int(number) for number in file.read().split()]
    except OSError:
        return 64 << 30, 0
    return pages[0] * resource.getpagesize(), pages[5] * resource.getpagesize()


def _processes_of(user: int) -> int:
    """How many tasks the user runs already, which count in its limit."""
    count = 0
    for name in os.listdir("/proc") if os.path.isdir("/proc") else []:
        with contextlib.suppress(OSError):
            if name.isdigit() and os.stat(f"/proc/{name}").st_uid == user:
                count += len(os.listdir(f"/proc/{name}/task"))
    return count

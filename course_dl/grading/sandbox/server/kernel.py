# Runs in: judge, server, child
"""The few calls of Linux that the sandbox needs and that Python's ``os`` lacks, through ctypes.

Each raises :class:`OSError` where the system refuses, and where there is no Linux.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import sys

__all__ = [
    "allow_only_below",
    "bind",
    "die_with_parent",
    "drop_capabilities",
    "keep_capabilities",
    "keep_orphans",
    "landlock_version",
    "make_private",
    "make_read_only",
    "mount",
    "move_root",
    "no_new_privileges",
    "seccomp",
    "setns",
    "unshare",
    "use_huge_pages",
]

CLONE_NEWNS, CLONE_NEWIPC = 0x00020000, 0x08000000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000

MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_BIND, MS_REC, MS_PRIVATE = 2, 4, 8, 4096, 16384, 1 << 18
_PR_SET_PDEATHSIG, _PR_SET_KEEPCAPS, _PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS = 1, 8, 24, 38
_PR_SET_CHILD_SUBREAPER = 36
MAY_READ_ALL = 1 << 2  # CAP_DAC_READ_SEARCH
_AT_FDCWD, _AT_RECURSIVE = -100, 0x8000
_ATTR_RDONLY, _ATTR_NOSUID, _ATTR_NODEV = 1, 2, 4
# Numbers that all architectures of Linux share, but for pivot_root, capset and seccomp.
_SYS_MOUNT_SETATTR, _SYS_LANDLOCK = 442, 444
_SYS = {"x86_64": (155, 126, 317), "aarch64": (41, 91, 277)}.get(platform.machine())

_HUGE, _MADV_HUGEPAGE, _MADV_COLLAPSE = 2 << 20, 14, 25

_libc = ctypes.CDLL(None, use_errno=True)


def _checked(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def _need_linux() -> None:
    if sys.platform != "linux" or _SYS is None:
        raise OSError(f"not available on {sys.platform} {platform.machine()}")


def _syscall(what: str, number: int, *args: object) -> int:
    _need_linux()
    return _checked(_libc.syscall(ctypes.c_long(number), *args), what)


def _prctl(what: str, option: int, value: int = 0) -> None:
    _need_linux()
    zero = ctypes.c_ulong(0)
    result = _libc.prctl(option, ctypes.c_ulong(value), zero, zero, zero)
    _checked(result, what)


def unshare(flags: int) -> None:
    """Leave the namespaces named by ``flags`` for new ones."""
    _need_linux()
    _checked(_libc.unshare(flags), "unshare")


def setns(fd: int, kind: int) -> None:
    """Enter the namespace behind ``fd``."""
    _need_linux()
    _checked(_libc.setns(fd, kind), "setns")


def mount(source: str, target: str, kind: str, flags: int, data: str = "") -> None:
    """Mount a file system."""
    _need_linux()
    names = (os.fsencode(name) for name in (source, target, kind))
    result = _libc.mount(*names, ctypes.c_ulong(flags), data.encode() or None)
    _checked(result, f"mount {kind or source} on {target}")


def bind(source: str, target: str) -> None:
    """Show the file or folder ``source`` at ``target``, with what is mounted below it."""
    mount(source, target, "", MS_BIND | MS_REC)


def make_private() -> None:
    """Keep this namespace's mounts to itself."""
    mount("none", "/", "", MS_REC | MS_PRIVATE)


def make_read_only(target: str) -> None:
    """Nothing below ``target`` can be written, no program there gains rights by being run."""
    attributes = struct.pack("QQQQ", _ATTR_RDONLY | _ATTR_NOSUID | _ATTR_NODEV, 0, 0, 0)
    path = ctypes.c_char_p(os.fsencode(target))
    size = ctypes.c_size_t(len(attributes))
    _syscall("mount_setattr", _SYS_MOUNT_SETATTR, _AT_FDCWD, path, _AT_RECURSIVE, attributes, size)


def move_root(new_root: str) -> None:
    """Make ``new_root`` the root of the file system, and let go of the old one."""
    _need_linux()
    assert _SYS is not None
    os.chdir(new_root)
    here = ctypes.c_char_p(b".")
    _syscall("pivot_root", _SYS[0], here, here)
    _checked(_libc.umount2(b".", 2), "umount2")  # 2: detach, since the old root is in use
    os.chdir("/")


def use_huge_pages() -> None:
    """Move this process's data to pages of 2 MB, as far as that goes: a fork copies less."""
    _need_linux()
    with open("/proc/self/maps") as file:
        areas = [line.split() for line in file]
    for span, rights, _, _, _, *name in areas:
        if rights.startswith("rw") and name in ([], ["[heap]"]):
            first, last = (int(end, 16) for end in span.split("-"))
            begin, end = -(-first // _HUGE) * _HUGE, last // _HUGE * _HUGE
            if begin < end:
                address, size = ctypes.c_void_p(begin), ctypes.c_size_t(end - begin)
                if not _libc.madvise(address, size, _MADV_HUGEPAGE):
                    _libc.madvise(address, size, _MADV_COLLAPSE)


def die_with_parent() -> None:
    """Be killed when the parent ends."""
    _prctl("PR_SET_PDEATHSIG", _PR_SET_PDEATHSIG, 9)


def keep_orphans() -> None:
    """Be the parent of all descendants whose own parent has ended, wherever they went."""
    _prctl("PR_SET_CHILD_SUBREAPER", _PR_SET_CHILD_SUBREAPER, 1)


def no_new_privileges() -> None:
    """No program run from here on gains rights, whatever its file says."""
    _prctl("PR_SET_NO_NEW_PRIVS", _PR_SET_NO_NEW_PRIVS, 1)


def keep_capabilities() -> None:
    """Let a change of user leave the capabilities that :func:`drop_capabilities` then keeps."""
    _prctl("PR_SET_KEEPCAPS", _PR_SET_KEEPCAPS, 1)


def drop_capabilities(kept: int = 0) -> None:
    """Give up every capability, those of root in a namespace of one's own included.

    All but those of the mask ``kept``.
    """
    _need_linux()
    assert _SYS is not None
    for capability in range(64):
        try:
            _prctl("PR_CAPBSET_DROP", _PR_CAPBSET_DROP, capability)
        except OSError:
            break  # past the last one, or not ours to drop
    header, sets = struct.pack("Ii", 0x20080522, 0), struct.pack("6I", kept, kept, 0, 0, 0, 0)
    _syscall("capset", _SYS[1], header, sets)


def seccomp(operation: int, flags: int, argument: bytes) -> None:
    """What has to do with filters of system calls, as the manual of seccomp numbers it."""
    _need_linux()
    assert _SYS is not None
    _syscall("seccomp", _SYS[2], ctypes.c_uint(operation), ctypes.c_uint(flags), argument)


_LANDLOCK_ALL, _LANDLOCK_READ, _LANDLOCK_LIST = (1 << 13) - 1, 0b1101, 0b1000
_LANDLOCK_ON_FILES, _LANDLOCK_TCP, _LANDLOCK_SCOPES = 0b0111, 0b11, 0b11


def landlock_version() -> int:
    """What the kernel knows of Landlock: 4 and above TCP, 6 and above signals."""
    return _syscall("landlock", _SYS_LANDLOCK, None, ctypes.c_size_t(0), ctypes.c_uint(1))


def allow_only_below(readable: list[str], listed: list[str], writable: list[str]) -> None:
    """Landlock: files can be read below ``readable`` and written below ``writable`` alone.

    Folders can be listed below ``listed`` too. Where the kernel is new enough, TCP is closed, and
    signals reach no process outside.
    """
    size, version = ctypes.c_size_t, landlock_version()
    ruleset = struct.pack("Q", _LANDLOCK_ALL)
    ruleset += struct.pack("Q", _LANDLOCK_TCP) if version >= 4 else b""
    ruleset += struct.pack("Q", _LANDLOCK_SCOPES) if version >= 6 else b""
    fd = _syscall("landlock", _SYS_LANDLOCK, ruleset, size(len(ruleset)), ctypes.c_uint(0))
    try:
        for rights, paths in (
            (_LANDLOCK_READ, readable),
            (_LANDLOCK_LIST, listed),
            (_LANDLOCK_ALL, writable),
        ):
            for path in paths:
                _allow_below(fd, path, rights)
        _syscall("landlock", _SYS_LANDLOCK + 2, ctypes.c_int(fd), ctypes.c_uint(0))
    finally:
        os.close(fd)


def _allow_below(ruleset: int, path: str, rights: int) -> None:
    try:
        fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # what is not there needs no rule
    try:
        if not os.path.isdir(path):
            rights &= _LANDLOCK_ON_FILES
        rule = struct.pack("=Qi", rights, fd)
        _syscall(
            "landlock",
            _SYS_LANDLOCK + 1,
            ctypes.c_int(ruleset),
            ctypes.c_int(1),
            rule,
            ctypes.c_uint(0),
        )
    finally:
        os.close(fd)

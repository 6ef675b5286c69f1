# Runs in: judge, server, child
"""A filter of system calls (seccomp), which the kernel runs before each call of a child.

What honest code never needs is refused with an error, "Operation not permitted" as a rule, and
nobody is killed for asking. The filter goes over to every process and program that the child
starts, and cannot be taken off. It holds alone where there are no namespaces and no Landlock.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct

from course_dl.grading.sandbox.server import kernel

__all__ = ["available", "restrict"]

# Name, number on x86_64, number on aarch64.
_REFUSED = """
# priorities and cores
sched_setaffinity 203 122, sched_setattr 314 274, sched_setparam 142 118,
sched_setscheduler 144 119, setpriority 141 140, ioprio_set 251 30, migrate_pages 256 238,
move_pages 279 239,
# other processes
ptrace 101 117, process_vm_readv 310 270, process_vm_writev 311 271, process_madvise 440 440,
process_mrelease 448 448, kcmp 312 272, pidfd_open 434 434, pidfd_getfd 438 438,
pidfd_send_signal 424 424,
# lines to others
socket 41 198, connect 42 203, bind 49 200, listen 50 201, accept 43 202, accept4 288 242,
shmget 29 194, shmat 30 196, shmctl 31 195, shmdt 67 197, semget 64 190, semop 65 193,
semtimedop 220 192, semctl 66 191, msgget 68 186, msgsnd 69 189, msgrcv 70 188, msgctl 71 187,
mq_open 240 180, mq_unlink 241 181, mq_timedsend 242 182, mq_timedreceive 243 183,
mq_notify 244 184, mq_getsetattr 245 185, inotify_init 253 -, inotify_init1 294 26,
inotify_add_watch 254 27, fanotify_init 300 262, fanotify_mark 301 263, keyctl 250 219,
add_key 248 217, request_key 249 218,
# another view of the system
unshare 272 97, setns 308 268, mount 165 40, umount2 166 39, pivot_root 155 41, chroot 161 51,
move_mount 429 429, open_tree 428 428, open_tree_attr 467 467, fsopen 430 430,
fsconfig 431 431, fsmount 432 432, fspick 433 433, mount_setattr 442 442, statmount 457 457,
listmount 458 458, name_to_handle_at 303 264, open_by_handle_at 304 265, quotactl 179 60,
quotactl_fd 443 443,
# the kernel
bpf 321 280, perf_event_open 298 241, userfaultfd 323 282, io_uring_setup 425 425,
io_uring_enter 426 426, io_uring_register 427 427, personality 135 92, init_module 175 105,
finit_module 313 273, delete_module 176 106, kexec_load 246 104, kexec_file_load 320 294,
swapon 167 224, swapoff 168 225, reboot 169 142, acct 163 89, settimeofday 164 170,
clock_settime 227 112, adjtimex 159 171, clock_adjtime 305 266, sethostname 170 161,
setdomainname 171 162, syslog 103 116, vhangup 153 58, lookup_dcookie 212 18,
nfsservctl 180 42, ioperm 173 -, iopl 172 -, modify_ldt 154 -, uselib 134 -,
"""
_ASKED = """
clone 56 220, clone3 435 435, execve 59 221, execveat 322 281, fcntl 72 25, flock 73 32,
ioctl 16 29, kill 62 129, prctl 157 167, prlimit64 302 261, rt_sigqueueinfo 129 138,
rt_tgsigqueueinfo 297 240, socketpair 53 199, tgkill 234 131, tkill 200 130,
"""
_LAST = 470  # of the calls known here; a newer one is answered as by an older kernel
_ARCHITECTURES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}
_X32 = 0x40000000  # from here on, another way to number the calls of x86_64

_NAMESPACES = 0x7E020000  # flags of clone that ask for namespaces
_SIBLING = 0x00008000  # the new process is a child of the server
_FCNTL_SIGNALS = (8, 10, 15)  # F_SETOWN, F_SETSIG, F_SETOWN_EX: a signal to whomever one likes
_FCNTL_NOTICES = (1024, 1026)  # F_SETLEASE, F_NOTIFY: news of what others open
_FCNTL_LOCKS = (5, 6, 7, 36, 37, 38)  # seen by whoever opens the same file
_IOCTLS = (0x540E, 0x5412, 0x541C, 0x8901, 0x8902)  # typing at a terminal, signals again
_PRCTLS = (1, 35, 0x59616D61)  # PR_SET_PDEATHSIG, PR_SET_MM, PR_SET_PTRACER
_UNIX = 1  # AF_UNIX

# An instruction: what it does, jumps if true and if false, a number.
_Instruction = tuple[int, int, int, int]
_LOAD, _AND, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x54, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16  # where they stand in what a filter looks at
_ALLOW = (_RETURN, 0, 0, 0x7FFF0000)


def _refuse(number: int = errno.EPERM) -> _Instruction:
    return (_RETURN, 0, 0, 0x00050000 | number)


def available() -> None:
    """Raise :class:`OSError`, with the reason, where there is no filter for this system."""
    if platform.machine() not in _ARCHITECTURES or struct.calcsize("P") != 8:
        raise OSError(f"no table of system calls for {platform.machine()}")
    action = struct.pack("I", 0x00050000)
    kernel.seccomp(2, 0, action)  # SECCOMP_GET_ACTION_AVAIL: is there an answer by an error?


def restrict(*, signals: bool, programs: bool, locks: bool) -> None:
    """Put the filter on this process, for good. Needs that it can gain no privileges.

    Parameters
    ----------
    signals
        Whether it may send signals to other processes than itself: where something else keeps
        them from those that are not its own.
    programs
        Whether it may run programs.
    locks
        Whether it may lock files.
    """
    available()
    code = b"".join(struct.pack("HBBI", *i) for i in _filter(signals, programs, locks))
    kept = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("HxxxxxxQ", len(code) // 8, ctypes.addressof(kept))
    kernel.seccomp(1, 1 << 2, program)  # SECCOMP_SET_MODE_FILTER, without slowing down branches


def _filter(signals: bool, programs: bool, locks: bool) -> list[_Instruction]:
    architecture, column = _ARCHITECTURES[platform.machine()]
    numbers = _table(_ASKED, column)
    code: list[_Instruction] = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, architecture),
        _refuse(),  # calls as 32-bit programs make them
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, 0, 1, _X32),
        _refuse(),
        (_AT_LEAST, 0, 1, _LAST),
        _refuse(errno.ENOSYS),
    ]
    refused = list(_table(_REFUSED, column).values())
    refused += [] if programs else [numbers["execve"], numbers["execveat"]]
    refused += [] if locks else [numbers["flock"]]
    for number in refused:
        code += [(_EQUAL, 0, 1, number), _refuse()]
    # clone3 keeps its flags where no filter can read them: without it, libraries use clone.
    code += [(_EQUAL, 0, 1, numbers["clone3"]), _refuse(errno.ENOSYS)]

    def asked(name: str, argument: int, test: list[_Instruction], then: _Instruction) -> None:
        """Where the test of an argument holds, the call is answered by ``then``, else not."""
        opposite = _refuse() if then == _ALLOW else _ALLOW
        body = [(_LOAD, 0, 0, _ARGUMENTS + 8 * argument), *test, then, opposite]
        code.extend([(_EQUAL, 0, len(body), numbers[name]), *body])

    fcntl = _FCNTL_SIGNALS + _FCNTL_NOTICES + (() if locks else _FCNTL_LOCKS)
    asked("clone", 0, [(_ANY_BIT, 0, 1, _NAMESPACES | _SIBLING)], _refuse())
    asked("fcntl", 1, _one_of(*fcntl), _refuse())
    asked("ioctl", 1, _one_of(*_IOCTLS), _refuse())
    asked("prctl", 0, _one_of(*_PRCTLS), _refuse())
    asked("socketpair", 0, _one_of(_UNIX), _ALLOW)
    itself = os.getpid()
    asked("prlimit64", 0, _one_of(0, itself), _ALLOW)
    if not signals:
        asked("kill", 0, _one_of(0, itself), _ALLOW)  # 0: its own group
        for name in ("tgkill", "tkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo"):
            asked(name, 0, _one_of(itself), _ALLOW)
    return [*code, _ALLOW]


def _one_of(*values: int) -> list[_Instruction]:
    """A test: goes on if what was loaded is one of these, else leaves one instruction out."""
    last = len(values) - 1
    return [(_EQUAL, last - k, int(k == last), value) for k, value in enumerate(values)]


def _table(text: str, column: int) -> dict[str, int]:
    """The numbers by name in one of the columns."""
    lines = " ".join(line for line in text.splitlines() if not line.startswith("#"))
    entries = (entry.split() for entry in lines.split(",") if entry.strip())
    return {name: int(both[column]) for name, *both in entries if both[column] != "-"}

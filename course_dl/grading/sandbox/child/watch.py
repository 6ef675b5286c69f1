# Runs in: child
"""A watch on tricks, in the child: what honest answers rarely do, by name, for the instructor.

Python tells a hook of what code does besides computing; the names that code uses tell of PyTorch's
private switches; a few looks find what has been patched and what is left running. A trick that is
told is a hint. That none is told proves nothing: whoever runs in this process can mislead the
watch, and marks never depend on it.
"""

from __future__ import annotations

import _thread
import builtins
import math
import operator
import os
import re
import sys
import threading
import types
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from course_dl.calls import bans
from course_dl.grading.sandbox.server.noautograd import has_autograd

__all__ = ["Watch", "know_functions"]

# Of each event that Python tells its hooks: the trick, and the modules through which it is done.
_THREADS = ("threading", "concurrent/", "multiprocessing/")
_PROCESSES = ("subprocess", "os", "multiprocessing/", "concurrent/", "pty", "<frozen os>")
_FILES: tuple[str, ...] = (
    *("pathlib", "io", "os", "shutil", "glob", "tempfile", "codecs"),
    *("<frozen os>", "<frozen codecs>", "<frozen io>"),
)
_EVENTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "_thread.start_new_thread": ("threads", _THREADS),
    "_thread.start_joinable_thread": ("threads", _THREADS),
    "os.fork": ("processes", _PROCESSES),
    "os.forkpty": ("processes", _PROCESSES),
    "os.exec": ("other programs", _PROCESSES),
    "os.posix_spawn": ("other programs", _PROCESSES),
    "os.spawn": ("other programs", _PROCESSES),
    "os.system": ("other programs", _PROCESSES),
    "subprocess.Popen": ("other programs", _PROCESSES),
    "os.kill": ("signals", ("os", "<frozen os>", "multiprocessing/", "subprocess")),
    "os.killpg": ("signals", ()),
    "signal.pthread_kill": ("signals", ()),
    "sys.settrace": ("tracing", ("threading",)),
    "sys.setprofile": ("tracing", ("threading",)),
    "sys.monitoring.register_callback": ("tracing", ()),
    "sys.addaudithook": ("audit hooks", ()),
    "sys._getframe": ("frames of callers", ("inspect",)),
    "sys._current_frames": ("frames of callers", ()),
    "gc.get_objects": ("all objects in memory", ()),
    "gc.get_referrers": ("all objects in memory", ()),
    "gc.get_referents": ("all objects in memory", ()),
    "ctypes.dlopen": ("ctypes", ("ctypes/",)),
    "ctypes.dlsym": ("ctypes", ("ctypes/",)),
    "ctypes.addressof": ("ctypes", ("ctypes/",)),
    "ctypes.cdata": ("ctypes", ("ctypes/",)),
    "ctypes.cdata/buffer": ("ctypes", ("ctypes/",)),
    "ctypes.string_at": ("ctypes", ("ctypes/",)),
    "ctypes.memoryview_at": ("ctypes", ("ctypes/",)),
    "ctypes.PyObj_FromPtr": ("ctypes", ("ctypes/",)),
    "socket.__new__": ("sockets", ("socket", "socketserver", "http/", "urllib/")),
    "code.__new__": ("bytecode", ("types",)),
    "open": ("files elsewhere", _FILES),
    "os.listdir": ("files elsewhere", _FILES),
    "os.scandir": ("files elsewhere", _FILES),
}
# What may not be done while a library's function is banned, autograd is off, or work is counted.
_HELD = {"threads", "processes", "other programs", "tracing"}
_ON_FILES = {"open", "os.listdir", "os.scandir"}

# Names in code, each of them enough.
_NAMES = {
    "PyTorch's private switches": r"DisableTorchFunction\w*|_[Dd]isableTorch\w*|_disabled_torch\w*"
    r"|_?\w*DispatchKey\w*|_dispatch_\w+|_python_dispatch|TorchDispatchMode|TorchFunctionMode"
    r"|_?\w*_torch_function_stack\w*|_?(push|pop|get|set)_\w*mode\w*_stack|_pop_mode\w*"
    r"|_AutoDispatchBelow\w+|_make_(wrapper_)?subclass|_execution_engine|_ImperativeEngine|_functorch"
    r"|_jit_\w+",
    "compiled functions": r"jit|_dynamo|_inductor",
    "threads": r"_?start_new_thread|_?start_joinable_thread",
    "tracing": r"f_trace\w*",
    "frames of callers": r"f_back|f_locals|f_globals|tb_frame|gi_frame|cr_frame|ag_frame",
    "ctypes": r"ctypes|ctypeslib|__array_interface__|pythonapi|_construct_storage_from_\w+",
    "the grader's own modules": r"course_dl\.(grading|lab\.\w+)(\.\w+)*",
}
_PATTERNS = [(trick, re.compile(names)) for trick, names in _NAMES.items()]

_PATCHED: list[tuple[str, Any]] = [
    ("Python", builtins),
    ("Python", math),
    ("Python", operator),
    ("PyTorch", torch),
    ("PyTorch", torch.Tensor),
    ("PyTorch", torch.nn.functional),
    ("PyTorch", torch.autograd),
    ("NumPy", np),
]
_known: list[dict[str, Any]] = []
_OURS = {"display", "get_ipython"}  # which each child has from the grader

_HOMES = tuple(
    {os.path.join(os.path.dirname(m.__file__ or "?"), "") for m in (os, bans, threading)}
    | {os.path.join(os.path.dirname(os.path.dirname(torch.__file__)), "")}
    | {os.path.join(os.path.dirname(os.path.dirname(bans.__file__)), "")}
)
_READABLE = (*_HOMES, sys.prefix, sys.base_prefix, "/dev/null", "/dev/urandom", "/usr/share")


def know_functions() -> None:
    """Remember the functions of Python and of the libraries, while they are what they were."""
    _known[:] = [
        {
            name: value
            for name, value in vars(place).items()
            if callable(value) and name not in _OURS
        }
        for _, place in _PATCHED
    ]


class Watch:
    """The tricks seen so far. From here on this process tells of what it does; that stays so."""

    def __init__(self) -> None:
        self._seen: set[str] = set()
        self._told: set[str] = set()
        self._busy = False
        self._threads = _count_threads()
        self._scratch = os.getcwd()
        self._autograd = has_autograd()
        sys.addaudithook(self._hear)
        self._hear_of_threads()

    def news(self) -> list[str]:
        """The tricks that have not been told yet, in order."""
        news = sorted(self._seen - self._told)
        self._told.update(news)
        return news

    def _hear(self, event: str, args: tuple[Any, ...]) -> None:
        if event == "exec":
            if isinstance(args[0], types.CodeType) and not _of_library(args[0].co_filename):
                self._read(args[0])
            return
        known = _EVENTS.get(event)
        if known is None or self._busy:
            return
        self._busy = True
        try:
            trick, tools = known
            if not _asked_by_student(sys._getframe(1), (*tools, __file__)):
                self._threads += trick == "threads"  # a library's own
                return
            if event in _ON_FILES and self._may_be_read(args[0]):
                return
            self._seen.add(trick)
        finally:
            self._busy = False
        if trick in _HELD and bans.held():
            raise bans.Refused(f"{trick}: not in this exercise")

    def _hear_of_threads(self) -> None:
        """Python 3.11 tells nothing of a thread that is started from C's own function."""
        start = _thread.start_new_thread

        def start_new_thread(*args: Any, **kwargs: Any) -> int:
            self._hear("_thread.start_new_thread", args)
            return start(*args, **kwargs)

        for place, name in ((_thread, "start_new_thread"), (threading, "_start_new_thread")):
            if hasattr(place, name):
                setattr(place, name, start_new_thread)

    def _may_be_read(self, path: Any) -> bool:
        if not isinstance(path, str | bytes | os.PathLike):
            return True  # a file that is open already
        whole = os.path.abspath(os.path.join(self._scratch, os.fsdecode(path)))
        return whole == self._scratch or whole.startswith((self._scratch + os.sep, *_READABLE))

    def _read(self, code: types.CodeType) -> None:
        for name in _names(code):
            for trick, pattern in _PATTERNS:
                if pattern.fullmatch(name):
                    self._seen.add(trick)

    def look(self) -> None:
        """See what has been patched and what is left running: of every function there is, which
        takes as long as an answer and makes the memory that holds them this process's own.
        """
        for (whose, place), before in zip(_PATCHED, _known, strict=False):
            now = vars(place)
            if any(now.get(name) is not value for name, value in before.items()):
                self._seen.add(f"{whose}'s functions patched")
        if _count_threads() > self._threads:
            self._seen.add("threads")
        if not self._autograd and has_autograd():
            self._seen.add("autograd brought back")


def _names(code: types.CodeType) -> Iterator[str]:
    """The names that code uses, and the short texts in it, which may be names."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _names(constant)
        elif isinstance(constant, str) and len(constant) < 80:
            yield constant


def _of_library(file: str) -> bool:
    return file.startswith((*_HOMES, "<frozen", "<__array_function__"))


def _asked_by_student(frame: types.FrameType | None, tools: tuple[str, ...]) -> bool:
    """Whether a student's code asked, itself or through the modules that are there for it."""
    standard = os.path.dirname(os.__file__) + os.sep
    starts = tuple(t if t.startswith(("<", "/")) else standard + t for t in tools)
    while frame is not None:
        file = frame.f_code.co_filename
        if not file.startswith(starts):
            return not _of_library(file)
        frame = frame.f_back
    return False


def _count_threads() -> int:
    try:
        return len(os.listdir("/proc/self/task"))
    except OSError:
        return threading.active_count()

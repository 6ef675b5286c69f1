# Runs in: server
"""The server: holds torch, and forks a sandboxed child whenever the judge asks for one.

Several are forked from one process that has imported torch for all. A server never imports labs,
checks or answers, reads nothing but the judge's requests, runs one thread, and holds no file but
its end of the control socket.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import signal
import socket
import sys
import tempfile
import traceback
from typing import Any

from course_dl.grading.files import remove_folder
from course_dl.grading.sandbox.server import cgroups, kernel
from course_dl.grading.sandbox.server.blocked import block_modules
from course_dl.grading.sandbox.server.layer import Layer
from course_dl.grading.sandbox.server.layers import Bounds, ServerLayers
from course_dl.grading.sandbox.server.needed import unseen
from course_dl.grading.sandbox.server.usage import memory_of, used_by

__all__ = ["main"]


def main(controls: list[int]) -> None:
    """Become a server for each of these sockets; each serves the judge until that closes it."""
    gc.disable()  # what is imported stays: to go through it again and again takes long
    _import_and_warm()
    with contextlib.suppress(OSError):
        kernel.use_huge_pages()
    for control in controls:
        if os.fork() == 0:
            for other in controls:
                if other != control:
                    os.close(other)
            try:
                _serve(control)
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(0)
    for control in controls:
        os.close(control)
    for _ in controls:
        cgroups.remove(os.wait()[0])
    os._exit(0)  # nothing to be put in order first, which takes as long as an import


def _serve(control_fd: int) -> None:
    with contextlib.suppress(OSError):
        kernel.keep_orphans()
    control = socket.socket(fileno=control_fd)
    asked = control.recv(1 << 20)
    if not asked:
        return
    config = json.loads(asked)
    if config["cores"]:
        os.sched_setaffinity(0, config["cores"])
    layers = ServerLayers(Bounds(**config["bounds"]), config["covered"])
    layers.enter_group()
    layers.enter_namespaces(config["namespaces"])
    block_modules(config["answers"])
    for name in config["preload"]:
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    layers.enter_view(config["landlock"])
    _Server(control, layers, config["scratch"]).serve()


def _import_and_warm() -> None:
    """Everything that a child would otherwise import or set up itself; one thread, always."""
    import matplotlib.pyplot  # noqa: F401
    import torch
    from torch.nn import functional

    from course_dl.grading.sandbox.child.watch import know_functions
    from course_dl.grading.sandbox.server import noautograd  # noqa: F401
    from course_dl.grading.sandbox.server.practice import practise

    torch.set_num_threads(1)
    torch.set_num_interop_threads(1)
    model = torch.nn.Linear(2, 2)
    for kind in (torch.optim.SGD, torch.optim.Adam):
        optimizer = kind(model.parameters(), lr=0.1)
        functional.cross_entropy(
            model(torch.ones(3, 2)), torch.zeros(3, dtype=torch.int64)
        ).backward()
        optimizer.step()
    practise()
    know_functions()


class _Server:
    """``above`` is the server from which this one was split off, if it was."""

    def __init__(
        self, control: socket.socket, layers: ServerLayers, scratch_home: str, above: int = 0
    ) -> None:
        self._control = control
        self._above = above
        self._memory = memory_of(os.getpid())
        self._layers = layers
        self._scratch_home = scratch_home
        self._child = 0
        self._scratch = ""
        self._splits: set[int] = set()

    def serve(self) -> None:
        """Requests: ``probe``, ``usage``, ``kill``; with a socket ``fork`` and ``split``."""
        gc.freeze()
        gc.enable()
        self._reply(True)
        while True:
            request, fds, _, _ = socket.recv_fds(self._control, 64, 1)
            if request == b"split":
                self._reply(self._split(fds[0]))
                continue
            if request == b"usage":
                servers = {os.getpid(), self._above, *self._splits} - {0}
                self._reply(used_by(self._child, servers, self._memory))
                continue
            self._end_child()
            match request:
                case b"fork":
                    self._reply(self._fork(fds[0]))
                case b"probe":
                    self._reply(self._probe())
                case b"kill":
                    self._reply(True)
                case _:
                    return  # the judge is gone

    def _reply(self, answer: Any) -> None:
        with contextlib.suppress(OSError):
            self._control.sendall(json.dumps(answer).encode())

    def _new_scratch(self) -> str:
        if not self._layers.has("own root, read only"):
            self._scratch = tempfile.mkdtemp(dir=self._scratch_home)
        return self._scratch

    def _fork(self, connection: int) -> bool:
        from course_dl.grading.sandbox.child import main as child

        scratch = self._new_scratch()
        self._layers.before_fork()
        self._child = os.fork()
        if self._child == 0:
            try:
                fd = self._layers.enter_child(connection, scratch)
                child.main(fd)
            finally:
                os._exit(1)
        self._layers.after_fork()
        os.close(connection)
        return True

    def _probe(self) -> dict[str, Layer]:
        """The layers that a child gets, as one that enters them finds them."""
        ours, theirs = socket.socketpair()
        scratch = self._new_scratch()
        self._layers.before_fork()
        self._child = os.fork()
        if self._child == 0:
            try:
                fd = self._layers.enter_child(theirs.fileno(), scratch)
                unread = unseen(self._layers.packages)
                self._layers.report["Python's packages in sight"] = Layer(not unread, unread)
                os.write(fd, json.dumps(self._layers.report).encode())
            except BaseException as error:
                reason = f"{type(error).__name__}: {error}"
                self._layers.report["child"] = Layer(False, reason)
                os.write(3, json.dumps(self._layers.report).encode())
            finally:
                os._exit(0)
        self._layers.after_fork()
        theirs.close()
        told = ours.recv(1 << 16)
        report: dict[str, Layer] = json.loads(told) if told else {"child": Layer(False, "it died")}
        self._end_child()
        return report

    def _split(self, control: int) -> bool:
        """Fork a second server, whose children have no autograd.

        The answer tells whether its children and this one's may live at the same time.
        """
        above, pid = os.getpid(), os.fork()
        if pid == 0:
            from course_dl.grading.sandbox.server.noautograd import remove_autograd

            with contextlib.suppress(OSError):
                kernel.die_with_parent()
                kernel.keep_orphans()
            self._control.close()
            remove_autograd()
            self._layers.without_autograd()
            try:
                line = socket.socket(fileno=control)
                _Server(line, self._layers, self._scratch_home, above).serve()
            finally:
                os._exit(0)
        self._splits.add(pid)
        os.close(control)
        return self._layers.apart()

    def _end_child(self) -> None:
        """Kill the child with all that it left running, and empty its scratch folder."""
        if self._child:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._child, signal.SIGKILL)
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._child, signal.SIGKILL)
            os.waitpid(self._child, 0)
            if not self._layers.has("pid namespace"):
                _end_descendants(self._splits)
            self._child = 0
        if self._scratch:
            remove_folder(self._scratch)
            self._scratch = ""


def _end_descendants(spared: set[int]) -> None:
    """Kill whatever a child left behind: orphans come to this process, which keeps them."""
    while True:
        orphans = [pid for pid in _own_children() if pid not in spared]
        for pid in orphans:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for pid in orphans:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)
        if not orphans:
            return


def _own_children() -> list[int]:
    found = []
    for name in os.listdir("/proc") if sys.platform == "linux" else []:
        with contextlib.suppress(OSError, IndexError, ValueError):
            if name.isdigit():
                with open(f"/proc/{name}/stat") as file:
                    if int(file.read().rpartition(")")[2].split()[1]) == os.getpid():
                        found.append(int(name))
    return found

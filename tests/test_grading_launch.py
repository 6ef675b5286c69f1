"""Servers started together: each is a sandbox of its own."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from course_dl.calls.backend import Rules
from course_dl.grading.sandbox.client.child import Cell, Child, Program
from course_dl.grading.sandbox.client.launch import launch
from course_dl.grading.sandbox.client.remote import RemoteBackend
from tests.grading.honest import solved
from tests.grading.small import descendants, marks, sandbox

WHO = "import os\ndef who():\n    return os.getuid()"


def test_several_servers_of_one_process_work_and_end_each_for_itself() -> None:
    process, (first, second) = launch(2)
    with sandbox(control=second) as other:
        with sandbox(control=first) as box:
            expected = marks(solved(), box)
            assert marks(solved(), other) == expected
            scratch = Path(box._scratch)
        assert not scratch.exists()
        assert marks(solved(), other) == expected
        assert process.poll() is None
    assert process.wait(10) == 0


@pytest.mark.skipif(sys.platform != "linux", reason="processes are found in /proc")
def test_a_server_that_has_ended_is_replaced() -> None:
    process, [line] = launch()
    with sandbox(control=line) as box:
        expected = marks(solved(), box)
        for pid in descendants(process):
            os.kill(pid, signal.SIGKILL)
        assert marks(solved(), box) == expected


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has other users to offer")
def test_servers_have_users_of_their_own() -> None:
    process, lines = launch(2)
    users = set()
    for line in lines:
        with sandbox(control=line) as box:
            child = Child(box, Program([Cell("cell 1", WHO)], []))
            backend = RemoteBackend(child)
            users.add(backend.call("student:who", (), {}, Rules()).value)
            child.end()
    assert process.wait(10) == 0
    assert len(users) == 2
    assert os.getuid() not in users

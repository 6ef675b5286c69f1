"""A group's processes share one bound on their memory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from course_dl.grading.sandbox.server import cgroups

CODE = """
import os, sys, time
from course_dl.grading.sandbox.server import cgroups
try:
    cgroups.enter(os.getpid(), 64 << 20, 16)
except OSError as error:
    print(error)
    sys.exit(3)
print(os.getpid(), flush=True)
children = []
for _ in range(8):  # each within the bound, all together beyond it
    pid = os.fork()
    if pid == 0:
        kept = bytearray(os.urandom(1 << 20)) * 16
        time.sleep(1)
        os._exit(0)
    children.append(pid)
sys.exit(any(os.waitpid(pid, 0)[1] for pid in children))
"""


def test_processes_that_are_small_each_and_large_together_are_ended() -> None:
    process = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True)
    if process.returncode == 3:
        pytest.skip(f"no groups here: {process.stdout}")
    number = int(process.stdout)
    cgroups.remove(number)
    assert process.returncode in (1, -9)
    assert not list(Path("/sys/fs/cgroup").glob(f"**/course-dl-{number}"))

"""A class in which some attack the grader, some hand in damaged files, and some export theirs."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import jupytext
import nbformat

from tests.grading.classroom import classroom
from tests.grading.honest import notebook
from tests.grading.made import notebook_of

__all__ = ["DAMAGED", "EXPORTED", "HOSTILE", "hand_in"]

LAB = "lab04"

# What each does instead of the answer to 4.7.
HOSTILE = {
    "exits": "import os\nos._exit(0)",
    "loops": "while True: pass",
    "swallows": "while True:\n        try:\n            while True: pass\n        except BaseException: pass",
    "forks": "import os\n    while True:\n        try: os.fork()\n        except OSError: pass",
    "fills memory": "kept = []\n    while True: kept.append(torch.ones(1 << 22))",
    "fills the disk": "k = 0\n    while True:\n        k += 1\n        open(f'f{k}', 'wb').write(b'x' * (1 << 19))",
    "spins on all cores": "import os\n    for _ in range(8): os.fork()\n    while True: pass",
    "kills": "import os, signal\n    os.kill(os.getppid(), signal.SIGKILL)\n    os.kill(-1, signal.SIGKILL)",
    "odd class": "return type('X', (), {'__name__': chr(0xd800)})()",
    "sleeps": "import time\n    time.sleep(10**6)",
}


def hostile(body: str) -> bytes:
    """The solved notebook with an attack in the place of an answer."""
    content = json.loads(notebook_of(LAB, solutions=True))
    content["cells"].append(
        json.loads(notebook(f"def accumulate(total, new):\n    {body}"))["cells"][0]
    )
    return json.dumps(content).encode()


def exported(fmt: str) -> bytes:
    """The solved notebook as jupytext writes it."""
    return jupytext.writes(
        nbformat.reads(notebook_of(LAB, solutions=True), as_version=4), fmt=fmt
    ).encode()


EXPORTED = {
    "light.py": lambda: exported("py:light"),
    "percent.py": lambda: exported("py:percent"),
    "hydrogen.py": lambda: exported("py:hydrogen"),
    "sphinx.py": lambda: exported("py:sphinx"),
    "nomarker.py": lambda: exported("py:nomarker"),
    "windows.py": lambda: exported("py:percent").replace(b"\n", b"\r\n"),
    "bom.py": lambda: b"\xef\xbb\xbf" + exported("py:light"),
    "utf16.ipynb": lambda: notebook_of(LAB, solutions=True).encode("utf-16"),
    "text.ipynb.txt": lambda: notebook_of(LAB, solutions=True).encode(),
    "trailing.ipynb": lambda: notebook_of(LAB, solutions=True).encode() + b"\n\n<<<garbage",
}

DAMAGED = {
    "empty.ipynb": b"",
    "page.ipynb": b"<!DOCTYPE html><html>Sign in</html>",
    "nothing.ipynb": b"{",
    "list.ipynb": b"[]",
    "deep.ipynb": b"[" * 100_000,
    "no cells.ipynb": b'{"cells": [], "nbformat": 4}',
    "report.pdf": b"%PDF-1.4",
    "broken.zip": b"PK\x03\x04 not a zip",
    "zeros.ipynb": bytes(4096),
    "prose.py": "Je n'ai pas réussi cet exercice.".encode("latin-1"),
}


def hand_in(
    folder: Path, honest: int, *, trouble: bool, attacks: Iterable[str] = tuple(HOSTILE)
) -> Path:
    """A class as Moodle hands it out; with ``trouble``, these attacks are in it, and ten each of
    damaged files and of exports.
    """
    number = 1000

    def put(student: str, name: str, data: bytes) -> None:
        nonlocal number
        number += 1
        home = folder / f"{student}_{number}_assignsubmission_file_"
        home.mkdir(parents=True)
        (home / name).write_bytes(data)

    for one in classroom(LAB, honest, seed=5):
        put(one.student, "lab04.ipynb", one.data)
    if trouble:
        for name in attacks:
            put(f"Hostile {name}", "lab04.ipynb", hostile(HOSTILE[name]))
        for name, data in DAMAGED.items():
            put(f"Damaged {name.partition('.')[0]}", name, data)
        for name, make in EXPORTED.items():
            put(f"Exported {name.partition('.')[0]}", name, make())
    return folder

"""Classes as they are handed in: made at random, as a folder or a zip, with what each student gave."""

from __future__ import annotations

import io
import json
import os
import random
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["RawName", "Tree", "book", "make_class", "zipped"]

NAMES = [
    "Zoé Müller",
    "Zoé Müller",
    "José Peña",
    "Łukasz Żak",
    "Nguyễn An",
    "王伟",
    "山田 太郎",
    "O'Neill Ann",
    "anna",
    "Anna",
    "ANNA",
    "Anna (7)",
    "Anna (12)",
    "=1+1",
    "Smith_Jones Al",
    "a b",
    "a  b",
    "-rf",
    "%s",
    "Ärmel",
    "ärmel",
    "Straße",
    "STRASSE",
    "ﬁn",
    "fin",
]
ODD = [
    b"M\xfcller",
    b"M\x81ller",
    b"\xcd\xf5\xce\xb0",
    b"\xff\xfe\xfa",
    b"a\x1b[31mb",
    b"new\nline",
]


class RawName(zipfile.ZipInfo):
    """An entry whose name is bytes in no encoding that is told."""

    raw = b""

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:
        return self.raw, self.flag_bits & ~0x800


def book(*cells: str) -> bytes:
    """A notebook of these cells."""
    made = [
        {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [], "source": c}
        for c in cells
    ]
    return json.dumps({"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


def zipped(entries: dict[str, bytes] | dict[bytes, bytes]) -> bytes:
    """A zip of these entries; names in bytes are written as they are."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            if isinstance(name, str):
                archive.writestr(name, data)
                continue
            entry = RawName(f"raw{len(archive.infolist())}")
            entry.raw, entry.compress_type = name, zipfile.ZIP_DEFLATED
            archive.writestr(entry, data)
    return made.getvalue()


@dataclass
class Tree:
    """A class: its files by path (an empty folder ends in ``/``), and what each student gave."""

    entries: dict[bytes, bytes] = field(default_factory=dict)
    gave: list[bytes] = field(default_factory=list)  # b"": nothing that can be graded

    def as_folder(self, folder: Path) -> Path:
        for name, data in self.entries.items():
            path = os.fsencode(folder) + b"/" + name
            os.makedirs(path if name.endswith(b"/") else os.path.dirname(path), exist_ok=True)
            if not name.endswith(b"/"):
                Path(os.fsdecode(path)).write_bytes(data)
        return folder

    def as_zip(self, path: Path) -> Path:
        path.write_bytes(zipped(self.entries))
        return path


def make_class(rng: random.Random, layout: str) -> Tree:
    """A class of 3 to 12 students; ``layout``: folders, files, moodle, moodle files, canvas."""
    tree = Tree()
    names = [name.encode() for name in rng.sample(NAMES, rng.randint(3, 9))]
    names += rng.sample(ODD, rng.randint(0, 3))
    for number, name in enumerate(names):
        mark = f"def f():\n    return {rng.random()}"
        good = book(mark)
        if layout == "files":
            tree.entries |= {name + b".ipynb": good}
            tree.gave.append(good)
        elif layout == "canvas":
            plain = f"student{'abcdefghijkl'[number]}"
            late = rng.choice(["", "_LATE"])
            file = f"{plain}{late}_{100 + number}_{9000 + number}_lab04.ipynb"
            tree.entries |= {file.encode(): good}
            if rng.random() < 0.3:
                extra = f"{plain}{late}_{100 + number}_{9500 + number}_notes.pdf"
                tree.entries[extra.encode()] = b"%PDF"
            tree.gave.append(good)
        else:
            suffix = b"" if layout == "folders" else b"_%d_assignsubmission_file_" % (20 + number)
            between = b"" if layout == "moodle files" else b"/"
            files, gave = _work(rng, good)
            if layout == "moodle files":
                files, gave = {b"lab04.ipynb": good}, good
            tree.entries |= {name + suffix + between + file: data for file, data in files.items()}
            tree.gave.append(gave)
    return tree


def _work(rng: random.Random, good: bytes) -> tuple[dict[bytes, bytes], bytes]:
    """The files of a student's folder, and the one to be graded."""
    return rng.choice(
        [
            ({b"lab04.ipynb": good}, good),
            ({b"lab04.ipynb.txt": good}, good),
            ({b"LAB04.IPYNB": good, b"plot.png": b"PNG"}, good),
            (
                {b"draft.ipynb": book("def f():\n    raise NotImplementedError"), b"z.ipynb": good},
                good,
            ),
            ({b"lab.zip": zipped({"a/lab04.ipynb": good, "__MACOSX/a/._lab04.ipynb": b"x"})}, good),
            ({b"work/deep/lab04.ipynb": good, b".git/config": b"x"}, good),
            ({b"": b""}, b""),  # an empty folder
            ({b".lab04.ipynb": good}, b""),
            ({b"__MACOSX/._lab04.ipynb": b"x"}, b""),
            ({b".ipynb_checkpoints/lab04-checkpoint.ipynb": good}, b""),
            ({b"report.pdf": b"%PDF", b"lab.rar": b"Rar!"}, b""),
            ({b"lab.zip": b"PK\x03\x04 cut off"}, b""),
        ]
    )

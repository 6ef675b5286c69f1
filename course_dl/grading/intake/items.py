# Runs in: judge
"""A thing that was handed in, as a folder or an archive lists it; it is read when needed."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

from course_dl.grading.intake.names import shown

__all__ = ["CANDIDATE", "LARGEST_FILE", "LARGEST_ZIP", "Item", "Unread", "is_system", "megabytes"]

LARGEST_FILE, LARGEST_ZIP = 32 << 20, 96 << 20
CANDIDATE = r"\.ipynb(?:[ ._-]?(?:txt|json))?|\.pyw?(?:\.txt)?"  # the ends of what is graded
_SYSTEM = frozenset(
    b"__MACOSX __pycache__ .ipynb_checkpoints .DS_Store Thumbs.db desktop.ini $RECYCLE.BIN @eaDir "
    b".git .github .svn .hg .idea .vscode .spyproject .venv venv site-packages node_modules .cache "
    b".config .local .jupyter .ipython .pytest_cache .mypy_cache .ruff_cache .gitignore "
    b".gitattributes .gitkeep .Trashes .Spotlight-V100 .fseventsd lost+found .localized "
    b"course_dl_progress".split()  # the last: what checks found, kept beside a notebook
) | {b"System Volume Information"}
_SYSTEM_BEGINS = (b"._", b".Trash-", b".~lock.", b"~$")


class Unread(Exception):
    """Why a file's bytes cannot be had, told to teacher and student."""


def _nothing(most: int) -> bytes:
    raise Unread("there is nothing to read")


@dataclass(frozen=True)
class Item:
    """A file, an empty folder, or what cannot be read.

    Attributes
    ----------
    path
        The parts of its path, as bytes: two names that look alike are two.
    size
        Bytes that it says it has.
    when, claimed
        When it was written, in seconds since 1970, 0 if unknown; ``claimed`` by a student's zip.
    take
        Reads it, at most so many bytes; raises :class:`Unread`.
    place
        Where it is on this machine, if it is there by itself.
    problem
        Why it cannot be read; ``""`` where it can.
    root
        What stood before the path and is no part of it: ``../``, a drive.
    """

    path: tuple[bytes, ...]
    size: int = 0
    when: float = 0.0
    take: Callable[[int], bytes] = _nothing
    problem: str = ""
    is_folder: bool = False
    root: bytes = b""
    claimed: float = 0.0
    place: bytes = b""

    @cached_property
    def name(self) -> str:
        """The file's own name, as text."""
        return shown(self.path[-1])

    @property
    def is_system(self) -> bool:
        """Whether it is the system's, an editor's or a library's, and nobody's work."""
        return any(map(is_system, self.path))

    @property
    def is_hidden(self) -> bool:
        """Whether a name in its path begins with a dot."""
        return any(part.startswith(b".") for part in self.path)

    def below(self, parts: int) -> Item:
        """The same, its path without the first parts."""
        return replace(self, path=self.path[parts:])

    def ends(self, pattern: str) -> bool:
        """Whether the file's name ends as the regular expression says, in capitals or not."""
        return re.search(rf"(?:{pattern})$", self.name, re.IGNORECASE) is not None

    def read(self, most: int = LARGEST_FILE) -> bytes:
        """The bytes.

        Raises
        ------
        Unread
            Where they cannot be had, or are more than ``most``.
        """
        if self.problem:
            raise Unread(self.problem)
        if self.size > most:
            raise Unread(
                f"{megabytes(self.size)} are more than the {megabytes(most)} that are read"
            )
        return self.take(most)


def is_system(name: bytes) -> bool:
    """Whether a name is one that a system, an editor or a library gives."""
    return name in _SYSTEM or name.startswith(_SYSTEM_BEGINS)


def megabytes(size: int) -> str:
    return f"{size / (1 << 20):.0f} MB" if size >= 1 << 20 else f"{size:,} bytes"

"""What a verdict depends on besides the submission, as one short text."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from course_dl.lab.files import STORY

__all__ = ["version_of"]

_PACKAGE = Path(__file__).resolve().parents[1]
# What shows results, makes notebooks or is asked for by nobody's answer decides no mark.
_WITHOUT = ("grading/reports", "grading/intake/submissions.py", "authoring", "labs", "plots")


def version_of(folder: Path) -> str:
    """A digest of all that decides marks: the lab in ``folder``, this package, Python and torch.

    The lab's checks, its known mistakes and its solutions count (which are put in place of wrong
    earlier answers), not its story, and every file of the package that judges or runs answers.
    Python and torch count too, since answers run on them: the same file gets the same mark, whoever
    was graded before they were replaced.
    """
    digest = hashlib.sha256()
    for top, without in ((folder, ()), (_PACKAGE, _WITHOUT)):
        for path in _sources(top, without):
            name = path.relative_to(top).as_posix()
            digest.update(name.encode() + b"\0" + path.read_bytes() + b"\0")
    digest.update(f"{sys.version_info[:2]} {_torch()}".encode())
    return digest.hexdigest()[:16]


def _sources(folder: Path, without: tuple[str, ...]) -> Iterator[Path]:
    left_out = [folder / name for name in without]
    for path in sorted(folder.rglob("*.py")):
        if path.name != STORY and not any(map(path.is_relative_to, left_out)):
            yield path


def _torch() -> str:
    """The version of torch, which is not imported for it."""
    try:
        return version("torch")
    except PackageNotFoundError:
        return ""

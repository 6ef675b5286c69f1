# Runs in: judge
"""The version: a digest of what decides verdicts besides the submission."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from course_dl.lab.files import STORY

__all__ = ["version_of"]

_PACKAGE = Path(__file__).resolve().parents[2]
# What shows results, of a lab or of a term, finds the class and its files, weighs points, or makes
# notebooks and pictures.
_OF_REPORTS = ("reports", "moodle", "marks", "term", "alike", "names.py", "intake/submissions.py")
_WITHOUT = (*(f"grading/{name}" for name in _OF_REPORTS), "authoring", "labs", "plots")


def version_of(folder: Path) -> str:
    """A digest of the lab in ``folder``, of this package, and of the versions of Python and torch.

    Of the lab, every Python file counts but its story, ``notebook.py``. Of the package, every
    Python file counts that is not in ``_WITHOUT``: what judges and runs answers, the chapters,
    which answers import, and also files that decide no mark, such as the command line.
    ``grading.toml`` does not count, nor what reads and applies it: weights and penalties are
    applied to the records at every run.
    Python and torch count, since answers run on them: a whole class is graded on the same ones.
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

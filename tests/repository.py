"""What git knows of the project, in an unpacked archive too, where git knows nothing."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

__all__ = ["ROOT", "known_to_git"]

ROOT = Path(__file__).parents[1]


@contextmanager
def known_to_git() -> Iterator[None]:
    """Git knows the files of the project while this lasts.

    Where they are no repository, one elsewhere is told of all that ``.gitignore`` lets in.
    """
    if (ROOT / ".git").exists():
        yield
        return
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("GIT_DIR", f"{folder}/git")
        patch.setenv("GIT_WORK_TREE", str(ROOT))
        for command in (["init", "-q"], ["add", "-A"]):
            subprocess.run(["git", *command], cwd=ROOT, check=True, capture_output=True)
        yield

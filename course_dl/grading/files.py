"""Files written whole or not at all, and folders removed whatever was done to them."""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path
from typing import Any

__all__ = ["remove_folder", "write_atomically"]


def write_atomically(path: Path, text: str) -> None:
    """The whole file or the one that was there before, whatever happens meanwhile."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(text, encoding="utf-8", newline="")
    draft.replace(path)


def remove_folder(folder: str) -> None:
    """Remove a folder with all that is in it: locked parts are opened, links are not followed."""

    def unlock(function: Any, path: str, _: Any) -> None:
        with contextlib.suppress(OSError):
            for locked in (os.path.dirname(path), path):
                if not os.path.islink(locked):
                    os.chmod(locked, 0o700)
            function(path)

    for _ in range(2):  # what lay below a locked folder goes the second time
        shutil.rmtree(folder, onerror=unlock)

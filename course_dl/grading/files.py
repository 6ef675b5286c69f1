"""Files written whole or not at all, and folders removed whatever was done to them."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from pathlib import Path

__all__ = ["remove_folder", "write_atomically"]


def write_atomically(path: Path, text: str) -> None:
    """The whole file or the one that was there before, whatever happens meanwhile."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(text, encoding="utf-8", newline="")
    draft.replace(path)


def remove_folder(folder: str) -> None:
    """Remove a folder with all that is in it; links are not followed."""
    with contextlib.suppress(RecursionError):
        shutil.rmtree(folder, ignore_errors=True)
    if os.path.exists(folder):  # locked parts, or folders nested without end
        for command in (["chmod", "-R", "u+rwx"], ["rm", "-rf"]):
            subprocess.run([*command, folder], check=False, stderr=subprocess.DEVNULL)

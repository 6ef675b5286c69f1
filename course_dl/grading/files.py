# Runs in: judge, server
"""Files written whole or not at all, and folders removed whatever was done to them."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import subprocess
from pathlib import Path

__all__ = ["DRAFT", "remove_folder", "update", "write_atomically"]

DRAFT = ".{}.draft"  # what a file is called while it is written


def write_atomically(path: Path, text: str | bytes) -> None:
    """The whole file or the one that was there before, whatever happens meanwhile.

    Nothing is forced to the disk: after a power failure a file may be empty. Results are taken
    only if they are whole, and all other files are made from them again.

    Raises
    ------
    OSError
        Where it cannot be written; the error names the path.
    """
    content = text.encode("utf-8") if isinstance(text, str) else text
    draft = path.with_name(DRAFT.format(path.name))
    try:
        draft.unlink(missing_ok=True)
        with open(draft, "xb") as file:  # never through a link that lies there
            file.write(content)
        draft.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
        raise OSError(error.errno, error.strerror or str(error), str(path)) from None


def update(path: Path, text: str) -> None:
    """The same where the file holds something else so far."""
    if not _holds(path, text.encode("utf-8")):
        write_atomically(path, text)


def _holds(path: Path, content: bytes) -> bool:
    try:
        found = path.lstat()
        same = stat.S_ISREG(found.st_mode) and found.st_size == len(content)
        return same and path.read_bytes() == content
    except OSError:
        return False


def remove_folder(folder: str) -> None:
    """Remove a folder with all that is in it; links are not followed."""
    with contextlib.suppress(RecursionError):
        shutil.rmtree(folder, ignore_errors=True)
    if os.path.exists(folder):  # locked parts, or folders nested without end
        for command in (["chmod", "-R", "u+rwx"], ["rm", "-rf"]):
            subprocess.run([*command, folder], check=False, stderr=subprocess.DEVNULL)

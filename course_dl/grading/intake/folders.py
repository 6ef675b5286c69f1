# Runs in: judge
"""A folder, listed: links are not followed, devices not opened, folders of results left out."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from course_dl.grading.intake.items import Item, Unread
from course_dl.grading.intake.times import likely

__all__ = ["in_folder", "read_file"]

_DEEPEST = 64


def in_folder(folder: Path, leave_out: Sequence[Path] = ()) -> Iterator[Item]:
    """All files and empty folders, in the order of their names.

    Folders of ``leave_out`` are told as what they are and not entered.
    """
    left = {os.path.realpath(os.fsencode(path)) for path in leave_out}
    top = os.fsencode(folder)
    yield from _listed(top, (), left - {os.path.realpath(top)})


def _listed(folder: bytes, parts: tuple[bytes, ...], left: set[bytes]) -> Iterator[Item]:
    try:
        with os.scandir(folder) as entries:
            inside = sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        if not parts:
            raise
        yield Item(parts, problem=f"the folder cannot be read: {error.strerror}")
        return
    if not inside and parts:
        yield Item(parts, is_folder=True)
    for entry in inside:
        path = (*parts, entry.name)
        if entry.is_symlink():
            yield Item(path, problem="a link, which is not followed")
        elif entry.is_dir(follow_symlinks=False):
            if os.path.realpath(entry.path) in left:
                continue
            if len(path) > _DEEPEST:
                yield Item(path, problem=f"more than {_DEEPEST} folders, one in another")
            else:
                yield from _listed(entry.path, path, left)
        else:
            yield _file(entry, path)


def _file(entry: os.DirEntry[bytes], path: tuple[bytes, ...]) -> Item:
    try:
        status = entry.stat(follow_symlinks=False)
    except OSError as error:
        return Item(path, problem=f"it cannot be read: {error.strerror}")
    if not stat.S_ISREG(status.st_mode):
        return Item(path, problem="a pipe, a socket or a device, which is not opened")
    take = partial(read_file, entry.path)
    return Item(path, status.st_size, likely(status.st_mtime), take, place=entry.path)


def read_file(path: bytes, most: int) -> bytes:
    """The bytes of a file that is still one, and not more of them than are taken."""
    careful = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    careful |= getattr(os, "O_BINARY", 0)
    try:
        with open(os.open(path, os.O_RDONLY | careful), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise Unread("it is no longer a file")
            data = file.read(most + 1)
    except OSError as error:
        raise Unread(f"it cannot be read: {error.strerror}") from None
    if len(data) > most:
        raise Unread("it has grown while it was read")
    return data

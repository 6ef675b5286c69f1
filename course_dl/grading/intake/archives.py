# Runs in: judge
"""A zip, listed: entries are read in memory when needed, never unpacked to disk, within bounds."""

from __future__ import annotations

import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from datetime import tzinfo
from functools import partial

from course_dl.grading.intake.items import Item, Unread
from course_dl.grading.intake.times import of_entry

__all__ = ["MOST_ENTRIES", "count_entries", "in_zip"]

MOST_ENTRIES = 50_000  # of a student's own zip
_METHODS = {0: "stored", 8: "deflated"}
_OTHERS = {1: "shrunk", 6: "imploded", 9: "Deflate64", 12: "bzip2", 14: "LZMA", 93: "Zstandard"}
_UNICODE_PATH = 0x7075
_ENCRYPTED, _UTF8 = 0x1, 0x800


def in_zip(archive: zipfile.ZipFile, zone: tzinfo | None = None) -> Iterator[Item]:
    """The entries of an open zip: files, and folders in which there is nothing."""
    entries = archive.infolist()
    names = [_raw_name(entry) for entry in entries]
    places = [_parts(name) for name in names]
    filled = {path[:k] for _, path in places for k in range(1, len(path))}
    for entry, name, (root, path) in zip(entries, names, places, strict=True):
        is_folder = name.endswith((b"/", b"\\")) or stat.S_ISDIR(entry.external_attr >> 16)
        if is_folder:
            if path and path not in filled:
                yield Item(path, is_folder=True, root=root)
            continue
        take = partial(_taken, archive, entry)
        when = of_entry(entry, zone)
        path = path or (b"unnamed",)
        yield Item(path, entry.file_size, when, take, _refused(entry), root=root)


def count_entries(data: bytes) -> int:
    """How many entries a zip lists, before any of them is looked at."""
    return data.count(b"PK\x01\x02")


def _refused(entry: zipfile.ZipInfo) -> str:
    """Why an entry is not read, by what the zip says of it."""
    mode = entry.external_attr >> 16
    if stat.S_ISLNK(mode):
        return "a link, which is not followed"
    if stat.S_IFMT(mode) and not stat.S_ISREG(mode):
        return "a pipe or a device, which is not opened"
    if entry.flag_bits & _ENCRYPTED:
        return "it is encrypted: hand it in without a password"
    if entry.compress_type not in _METHODS:
        how = _OTHERS.get(entry.compress_type, f"method {entry.compress_type}")
        return f"it is packed by {how}, which is not read: make an ordinary zip"
    return ""


def _taken(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, most: int) -> bytes:
    try:
        with archive.open(entry) as member:
            data = member.read(most + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError) as error:
        raise Unread(f"it cannot be taken out of the zip: {error or 'it is cut off'}") from None
    except (RuntimeError, NotImplementedError, struct.error) as error:
        raise Unread(f"it cannot be taken out of the zip: {error}") from None
    if len(data) > most:
        raise Unread("it is larger than the zip says")
    if len(data) != entry.file_size:
        raise Unread(f"the zip is cut off: {len(data):,} of {entry.file_size:,} bytes")
    return data


def _raw_name(entry: zipfile.ZipInfo) -> bytes:
    """The name's bytes as the archive has them; in UTF-8 where it gives that as well."""
    said = entry.orig_filename
    if entry.flag_bits & _UTF8:
        return said.encode("utf-8", "surrogatepass")
    try:
        raw = said.encode("cp437")
    except UnicodeEncodeError:
        return said.encode("utf-8", "surrogatepass")
    place = 0
    while place + 9 <= len(entry.extra):
        tag, size = struct.unpack_from("<HH", entry.extra, place)
        content = entry.extra[place + 4 : place + 4 + size]
        if tag == _UNICODE_PATH and content[:5] == struct.pack("<BL", 1, zlib.crc32(raw)):
            return content[5:]
        place += 4 + size
    return raw


def _parts(name: bytes) -> tuple[bytes, tuple[bytes, ...]]:
    """A relative path, whatever the archive says, and what was left out: root, drive, ways up."""
    separators = rb"[/\\]+"
    try:
        name.decode("utf-8")
    except UnicodeDecodeError:  # a backslash may be half of a Japanese letter
        separators = rb"/+"
    parts = [part for part in re.split(separators, name) if part not in (b"", b".")]
    kept = [part for part in parts if part != b".." and not re.fullmatch(rb"[A-Za-z]:", part)]
    dropped = [part for part in parts if part not in kept]
    root = (b"/" if name[:1] in (b"/", b"\\") else b"") + b"/".join(dropped)
    return root, tuple(kept)

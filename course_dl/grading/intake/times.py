# Runs in: judge
"""When something was handed in: exact times first, then times without a zone, read in one."""

from __future__ import annotations

import struct
import time
from collections.abc import Iterable
from datetime import datetime, tzinfo
from zipfile import ZipInfo

__all__ = ["likely", "made_at_once", "of_entry", "within"]

_EARLIEST = datetime(2000, 1, 1).timestamp()
_CLOCKS_DIFFER = 15 * 60.0
_ZONES_DIFFER = 14 * 3600.0
_UNIX, _NTFS = 0x5455, 0x000A
_1601 = 11_644_473_600  # seconds from 1601, where NTFS begins, to 1970


def likely(seconds: float, slack: float = _CLOCKS_DIFFER) -> float:
    """The time, or 0 (unknown) where it lies before 2000 or in the future."""
    return seconds if _EARLIEST <= seconds <= time.time() + slack else 0.0


def of_entry(entry: ZipInfo, zone: tzinfo | None = None) -> float:
    """When a zip's entry was written: its exact time if there is one, else DOS time in ``zone``."""
    for tag, content in _extras(entry.extra):
        if tag == _UNIX and len(content) >= 5 and content[0] & 1:
            return likely(float(struct.unpack_from("<i", content, 1)[0]))
        if tag == _NTFS and len(content) >= 16 and content[4:8] == b"\x01\x00\x18\x00":
            return likely(struct.unpack_from("<Q", content, 8)[0] / 1e7 - _1601)
    try:
        return within(datetime(*entry.date_time), zone)
    except (ValueError, OverflowError, OSError):  # the 31st of February, and the year 0
        return 0.0


def within(moment: datetime, zone: tzinfo | None) -> float:
    """A time without zone, read in ``zone``, or in that of this machine."""
    try:
        return likely(moment.replace(tzinfo=zone).timestamp(), _ZONES_DIFFER)
    except (ValueError, OverflowError, OSError):
        return 0.0


def made_at_once(times: Iterable[float], within: float = 60.0) -> bool:
    """Whether the times of a class tell nothing: several, all of them within a minute.

    Moodle (from 4.1) writes the moment of the download into its zip, and a copied folder has the
    moment of the copy.
    """
    known = [when for when in times if when]
    return len(known) > 1 and max(known) - min(known) <= within


def _extras(extra: bytes) -> Iterable[tuple[int, bytes]]:
    place = 0
    while place + 4 <= len(extra):
        tag, size = struct.unpack_from("<HH", extra, place)
        yield tag, extra[place + 4 : place + 4 + size]
        place += 4 + size

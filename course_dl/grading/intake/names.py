# Runs in: judge
"""Names as they are handed in: bytes that may be in any encoding, shown as text that loses nothing.

Students are told apart by the bytes. What is shown is a label, made afterwards.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

__all__ = ["distinct", "in_one_form", "listed", "shown", "shown_path"]

_LONGEST = 200  # characters of a label
_MOST_LISTED = 10
_LATIN = re.compile(r"LATIN|COMBINING")


@lru_cache(maxsize=1024)
def shown(raw: bytes) -> str:
    """A name as text that can be printed, in one form of its accents, and never empty."""
    text = unicodedata.normalize("NFC", _decoded(raw))
    if not text.isprintable():
        text = "".join(c if c.isprintable() else _escaped(c) for c in text)
    text = text.strip()
    if len(text) > _LONGEST:  # what is cut is told apart by its digest
        text = f"{text[: _LONGEST - 12]}… {hashlib.sha256(raw).hexdigest()[:8]}"
    return text or "unnamed"


def shown_path(parts: Sequence[bytes]) -> str:
    """The last name of a path, which a person knows the file by."""
    return shown(parts[-1]) if parts else "unnamed"


def in_one_form(name: str) -> str:
    """A name given by hand, to be compared: accents in one form, no capitals, single blanks."""
    return " ".join(unicodedata.normalize("NFC", name).casefold().split())


def listed(names: Sequence[str], most: int = _MOST_LISTED, by: str = ", ") -> str:
    """The first names, and how many more there are."""
    more = len(names) - most
    return by.join(names[:most]) + (f"{by}and {more:,} more" if more > 0 else "")


def distinct(labels: Sequence[tuple[str, str]]) -> list[str]:
    """The labels, each once in small and capital letters alike.

    Each comes with what tells it from others of its name: a number, or nothing. Where that does
    not do it they are counted, in the order given.
    """
    times = Counter(label.casefold() for label, _ in labels)
    marked = [
        f"{label} ({mark})" if mark and times[label.casefold()] > 1 else label
        for label, mark in labels
    ]
    taken: set[str] = set()
    first = Counter(label.casefold() for label in marked)
    found = []
    for label in marked:
        made, number = label, 1
        while made.casefold() in taken or (number > 1 and made.casefold() in first):
            number += 1
            made = f"{label} ({number})"
        taken.add(made.casefold())
        found.append(made)
    return found


def _decoded(raw: bytes) -> str:
    """As UTF-8; else in the encoding in which it reads as a name; else its bytes spelled out."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        pass
    dos = any(0x80 <= byte <= 0xA5 for byte in raw)  # letters in DOS, marks on Windows
    western = ("cp437", "cp850", "cp1252") if dos else ("cp1252", "cp437", "cp850")
    for encoding in western:
        text = _read(raw, encoding)
        if text and _is_western(text):
            return text
    for encoding in ("gb2312", "shift_jis", "gbk"):
        text = _read(raw, encoding)
        if text and all(c.isascii() or "\u3040" <= c <= "\u9fff" for c in text):
            return text
    return raw.decode("utf-8", "backslashreplace")


def _read(raw: bytes, encoding: str) -> str:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        return ""


def _is_western(text: str) -> bool:
    """Whether it reads as a European name: Latin letters, few accents in a row, no cApitals."""
    strange = [c for c in text if not c.isascii()]
    if not all(c.isalpha() and _LATIN.match(unicodedata.name(c, "")) for c in strange):
        return False
    if re.search(r"[^\x00-\x7f]{3}", text):
        return False
    shouted = (
        re.search(r"[^\W\d_a-zß-ÿ][^\W\d_A-ZÀ-Þ]*[À-Þ]", text) if text != text.upper() else None
    )
    return 3 * len(strange) <= 2 * len(text) and not shouted


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")

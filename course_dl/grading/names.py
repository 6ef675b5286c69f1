# Runs in: judge
"""People's names: compared whatever wrote them, ordered as a reader looks for them."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable

__all__ = ["alphabetical", "close_names", "letters", "same_name"]

# Letters that Unicode does not take apart into a plain letter and its mark.
_PLAIN = str.maketrans(
    {"æ": "ae", "œ": "oe", "ß": "ss", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th",
     "ħ": "h", "ı": "i", "ŋ": "n", "ŧ": "t", "ƶ": "z", "ə": "e"}
)  # fmt: skip


def same_name(name: str) -> str:
    """One form for a name, whichever system wrote it: accents, case and blanks told one way."""
    text = unicodedata.normalize("NFKC", name).casefold()
    return " ".join(unicodedata.normalize("NFKC", text).split())


def alphabetical(name: str) -> tuple[str, str]:
    """A key to sort by: É among E, Ł among L, ß as ss, capitals as small letters."""
    return _without_marks(name), name


def letters(name: str) -> str:
    """The letters and digits alone: what is left of a name whatever a file system allows in it."""
    return "".join(c for c in _without_marks(name) if c.isalnum())


def close_names(name: str, known: Iterable[str], most: int = 3) -> list[str]:
    """The known names that look most like this one."""
    plain = {_without_marks(other): other for other in known}
    found = difflib.get_close_matches(_without_marks(name), list(plain), most, 0.6)
    return [plain[one] for one in found]


def _without_marks(name: str) -> str:
    apart = unicodedata.normalize("NFKD", name.casefold())
    return "".join(c for c in apart if not unicodedata.combining(c)).translate(_PLAIN)

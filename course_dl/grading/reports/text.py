# Runs in: judge
"""Text for readers of different kinds: pages, Moodle's comments, spreadsheets. Each made safe here.

What a submission prints, names or raises is a student's text, and so is the student's name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape as _escape_markup

__all__ = ["cell", "clean", "escape", "html_comment", "listed", "shortened"]

# What a spreadsheet takes for a formula, also in the wide forms, after what it takes for the end of
# a cell or skips before it.
_BLANKS = r"[\s\u200b-\u200f\u2060\ufeff\u00ad]*"
_FORMULA = re.compile(
    rf"(^|[;,\t|\r\n])({_BLANKS}['\"]?{_BLANKS})([=+\-@\u2212\uff1d\uff0b\uff0d\uff20\ufe62\ufe63\ufe66\ufe6b]+)"
)
# Control codes, halves of letters, and marks that turn the direction of what follows.
_NO_TEXT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")


def clean(text: str) -> str:
    """The text with what is no letter of it made visible: control codes, half letters."""
    return _NO_TEXT.sub("\ufffd", text.replace("\r\n", "\n"))


def escape(text: str) -> str:
    """Text for an HTML page."""
    return _escape_markup(clean(text))


def html_comment(lines: Sequence[str]) -> str:
    """Lines as a comment in HTML, in which no spreadsheet finds a formula."""
    text = "<br>".join(escape(line).replace("\n", "<br>") for line in lines)
    return _FORMULA.sub(lambda m: m[1] + m[2] + "".join(f"&#{ord(c)};" for c in m[3]), text)


def cell(text: str) -> str:
    """Text for a cell of a spreadsheet: one line, and no formula whatever separates the cells."""
    line = " ".join(clean(text).split("\n"))
    return _FORMULA.sub(r"\1\2'\3", line)


def shortened(text: str, most: int) -> str:
    """The text, or its begin and how much is left out."""
    if len(text) <= most:
        return text
    return f"{text[:most]} ... ({len(text) - most} more characters)"


def listed(names: Sequence[str], most: int = 5) -> str:
    """The names in one line, or the first of them and how many there are more."""
    told = ", ".join(names[:most])
    return told if len(names) <= most else f"{told} and {len(names) - most} more"

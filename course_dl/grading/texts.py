# Runs in: judge, child
"""Text from outside, made fit to be told: for any terminal, file, page or table.

Values keep their text; what is told to people goes through :func:`printable`, in the judge.
"""

from __future__ import annotations

import unicodedata

__all__ = ["printable", "whole"]

MOST = 2_000  # characters
_NEW_LINES = ("\r\n", "\r", "\x0b", "\x0c", "\x85", "\u2028", "\u2029")


def whole(text: str) -> str:
    """The text with U+FFFD for each half of a character (a lone surrogate), which no file takes."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def printable(text: str, most: int = MOST, *, line: bool = False) -> str:
    """The text, cut to ``most`` characters, without any that steer a terminal or hide others.

    Control characters, those that change the direction of writing and those without width become
    U+FFFD; rare kinds of space become a space, ends of lines a newline, or a space too in a
    ``line``.
    """
    if len(text) > most:
        text = f"{text[: max(0, most - 3)]}..."
    if text.isascii() and text.isprintable():
        return text
    text = whole(text)
    for end in _NEW_LINES:
        text = text.replace(end, "\n")
    if line:
        text = " ".join(text.split())
    return "".join(c if c.isprintable() or c in "\n\t" else _shown(c) for c in text)


def _shown(character: str) -> str:
    return " " if unicodedata.category(character) == "Zs" else "\ufffd"

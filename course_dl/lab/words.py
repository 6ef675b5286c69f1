"""Numbers with their nouns, as English has them."""

from __future__ import annotations

__all__ = ["are", "counted"]


def counted(n: float, noun: str) -> str:
    """``1 point``, ``2.5 points``, ``0 values``."""
    return f"{n:g} {noun}{'s' * (n != 1)}"


def are(n: float) -> str:
    """``is`` for one, else ``are``."""
    return "is" if n == 1 else "are"

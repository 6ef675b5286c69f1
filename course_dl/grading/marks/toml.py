# Runs in: judge
"""What ``grading.toml`` and ``marks.toml`` have in common: read, and refused in plain words."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

__all__ = ["demand_known", "did_you_mean", "number_within", "read_toml"]


def read_toml(path: Path) -> dict[str, Any]:
    """What a file says that a person wrote.

    Raises
    ------
    ValueError
        Where it is no TOML, or not in UTF-8.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError("it is not written in UTF-8: save it as UTF-8 in your editor") from None
    return tomllib.loads(text)


def number_within(what: str, said: Any, most: float) -> float:
    """The number that is said, from 0 up to ``most``; an error names it as ``what``."""
    is_number = isinstance(said, int | float) and not isinstance(said, bool)
    if not is_number or not 0 <= said <= most:  # not a number (nan) is in no range either
        raise ValueError(f"{what} is a number from 0 up to {most:g}, not {said!r}")
    return float(said)


def demand_known(said: Iterable[str], known: Iterable[str], where: str) -> None:
    """Refuse names that are not known, and tell those that are."""
    unknown = sorted(set(said) - set(known))
    if unknown:
        meant = "".join(did_you_mean(name, known) for name in unknown[:1])
        told = f"known: {', '.join(known)}"
        raise ValueError(f"unknown {', '.join(unknown)} {where}{meant}; {told}")


def did_you_mean(said: str, known: Iterable[str]) -> str:
    """The known name that is most like the said one, as a question; ``""`` where none is."""
    folded = {name.casefold(): name for name in sorted(known)}
    close = difflib.get_close_matches(said.casefold(), list(folded), 1, 0.6)
    return f" (did you mean {folded[close[0]]}?)" if close else ""

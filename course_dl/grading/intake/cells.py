# Runs in: judge
"""One cell of a submission, as it is sent to a child."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Cell"]


@dataclass(frozen=True)
class Cell:
    """One cell of a submission: where it stands, its text, and whether all of it is run.

    ``whole`` is None where that depends on whether an exercise's name is defined in it.
    ``python`` is the version that its notebook says it ran on, ``""`` if it does not say.
    """

    place: str
    source: str
    whole: bool | None = None
    python: str = ""

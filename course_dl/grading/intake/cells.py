"""One cell of a submission, as it is sent to a child."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Cell"]


@dataclass(frozen=True)
class Cell:
    """One cell of a submission: where it stands, its text, and whether all of it is run.

    ``whole`` is None where that hangs on whether an exercise's name is defined in it.
    """

    place: str
    source: str
    whole: bool | None = None

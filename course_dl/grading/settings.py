"""``grading.toml`` beside a lab: weights of exercises, and what a late submission loses.

deadline = 2026-11-20T23:59:00+01:00

[late]
per_day = 10        # percent of the points, for each day begun
most = 50           # percent at most
grace_minutes = 15

[extensions]        # days more for a student, by name
"Zoé Müller" = 3

[weights]           # what an exercise's points are multiplied by
"4.8" = 1.5
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from course_dl.grading.result import Result

__all__ = ["Mark", "Settings", "read_settings"]

_DAY = 86_400.0


@dataclass(frozen=True)
class Mark:
    """A student's points after weights and the penalty for being late."""

    points: dict[str, float]
    total: float
    max_points: float
    days_late: int = 0
    penalty: float = 0.0


@dataclass(frozen=True)
class Settings:
    """What ``grading.toml`` says. Without it nothing is weighted and nobody is late."""

    deadline: datetime | None = None
    per_day: float = 0.0
    most: float = 100.0
    grace_minutes: float = 0.0
    extensions: Mapping[str, float] = field(default_factory=dict)
    weights: Mapping[str, float] = field(default_factory=dict)

    def mark(self, result: Result, student: str, when: float) -> Mark:
        """The mark for a result handed in at ``when`` (seconds since 1970; 0: unknown, in time)."""
        weight = {e.number: float(self.weights.get(e.number, 1.0)) for e in result.exercises}
        points = {e.number: e.points * weight[e.number] for e in result.exercises}
        most = sum(e.max_points * weight[e.number] for e in result.exercises)
        earned = sum(points.values())
        days = self._days_late(student, when)
        penalty = earned * min(days * self.per_day, self.most) / 100
        return Mark(points, round(earned - penalty, 6), round(most, 6), days, round(penalty, 6))

    def _days_late(self, student: str, when: float) -> int:
        if self.deadline is None or not when:
            return 0
        more = float(self.extensions.get(student, 0.0)) * _DAY + self.grace_minutes * 60
        return max(0, math.ceil((when - self.deadline.timestamp() - more) / _DAY))


def read_settings(folder: Path, numbers: list[str]) -> Settings:
    """The settings of the lab in ``folder``, whose exercises have these numbers.

    Raises
    ------
    ValueError
        Where the file says something that is not known, with what is.
    """
    path = folder / "grading.toml"
    if not path.exists():
        return Settings()
    try:
        said: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{path}: {error}") from None
    late, extensions, weights = (said.pop(key, {}) for key in ("late", "extensions", "weights"))
    deadline = said.pop("deadline", None)
    _demand(path, said, [], "at the top (known: deadline, [late], [extensions], [weights])")
    _demand(path, late, ["per_day", "most", "grace_minutes"], "in [late]")
    _demand(path, weights, numbers, "in [weights]")
    if deadline is not None and not isinstance(deadline, datetime):
        raise ValueError(f"{path}: deadline is a date and a time, as 2026-11-20T23:59:00+01:00")
    for table in (late, extensions, weights):
        for key, number in table.items():
            if not isinstance(number, int | float) or isinstance(number, bool) or number < 0:
                raise ValueError(f"{path}: {key} is a number from 0 up, not {number!r}")
    return Settings(deadline, **late, extensions=extensions, weights=weights)


def _demand(path: Path, said: Mapping[str, Any], known: list[str], where: str) -> None:
    unknown = sorted(set(said) - set(known))
    if unknown:
        told = f"; known: {', '.join(known)}" if known else ""
        raise ValueError(f"{path}: unknown {', '.join(unknown)} {where}{told}")

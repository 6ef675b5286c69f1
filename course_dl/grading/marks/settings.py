# Runs in: judge
"""``grading.toml`` beside a lab: weights of exercises, and what a late submission loses.

deadline = 2026-11-20T23:59:00
timezone = "Europe/Paris"  # of the deadline, and of the times in a zip
follow_through = true      # an exercise that fails only for an earlier one earns its points

[late]
per_day = 10        # percent of the points, for each day begun
most = 50           # percent at most
grace_minutes = 15

[extensions]        # days more for a student: by name, Moodle's number or e-mail address
"Zoé Müller" = 3

[weights]           # what an exercise's points are multiplied by
"4.8" = 1.5
"""

from __future__ import annotations

import math
import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

from course_dl.grading.marks.mark import Line, Mark, Words, mark_of
from course_dl.grading.marks.toml import demand_known, did_you_mean, number_within, read_toml
from course_dl.grading.names import same_name
from course_dl.grading.result import Result

__all__ = ["Line", "Mark", "Settings", "read_settings"]

_DAY = 86_400.0
_TOP = ("deadline", "timezone", "follow_through", "late", "extensions", "weights")
_TABLES = ("late", "extensions", "weights")
_EXAMPLE = "2026-11-20T23:59:00+01:00"
_PERCENT = 100.0
_MOST = {"per_day": _PERCENT, "most": _PERCENT, "grace_minutes": 525_600.0}
_MOST_DAYS, _MOST_WEIGHT = 3_660.0, 1_000.0


@dataclass(frozen=True)
class Settings:
    """What ``grading.toml`` says. Without it nothing is weighted and nobody is late.

    ``zone`` is the time zone of times that tell none: the one that is named, else the deadline's.
    """

    deadline: datetime | None = None
    per_day: float = 0.0
    most: float = _PERCENT
    grace_minutes: float = 0.0
    extensions: Mapping[str, float] = field(default_factory=dict)
    weights: Mapping[str, float] = field(default_factory=dict)
    follow_through: bool = True
    zone: tzinfo | None = None

    def mark(self, result: Result, student: str, when: float, words: Words | None = None) -> Mark:
        """The mark for a result handed in at ``when`` (seconds since 1970; 0: unknown, in time).

        ``words`` are what a person said of the student by hand.
        """
        days = self._days_late(student, when)
        return mark_of(
            result,
            self.weights,
            follow_through=self.follow_through,
            days_late=days,
            percent=min(days * self.per_day, self.most),
            words=words,
        )

    def with_extensions(self, extensions: Mapping[str, float]) -> Settings:
        """The same with other extensions."""
        return replace(self, extensions=extensions)

    def _days_late(self, student: str, when: float) -> int:
        if self.deadline is None or not when:
            return 0
        named = {same_name(name): float(days) for name, days in self.extensions.items()}
        more = named.get(same_name(student), 0.0) * _DAY + self.grace_minutes * 60
        return max(0, math.ceil((when - self.deadline.timestamp() - more) / _DAY))


def read_settings(folder: Path, numbers: list[str] | None = None) -> Settings:
    """The settings of the lab in ``folder``, whose exercises have these numbers, if they are known.

    Raises
    ------
    ValueError
        Where the file says something that is not known or cannot be, with what can.
    """
    path = folder / "grading.toml"
    if not path.exists():
        return Settings()
    try:
        return _settings(read_toml(path), numbers)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def _settings(said: Mapping[str, Any], numbers: list[str] | None) -> Settings:
    demand_known(said, _TOP, "at the top")
    for name in _TABLES:
        if not isinstance(said.get(name, {}), dict):
            example = (
                "write [late] and below it per_day = 10"
                if name == "late"
                else (f"write [{name}] and below it a line for each")
            )
            raise ValueError(f"[{name}] is a table, not {said[name]!r}: {example}")
    late, extensions, weights = (said.get(name, {}) for name in _TABLES)
    demand_known(late, list(_MOST), "in [late]")
    demand_known(weights, list(weights) if numbers is None else numbers, "in [weights]")
    zone = _zone(said.get("timezone"))
    deadline = _deadline(said.get("deadline"), zone)
    follow = said.get("follow_through", True)
    if not isinstance(follow, bool):
        raise ValueError(f"follow_through is true or false, not {follow!r}")
    return Settings(
        deadline,
        **{
            key: number_within(f"{key} in [late]", value, _MOST[key]) for key, value in late.items()
        },
        extensions=_numbers("extensions", extensions, _MOST_DAYS),
        weights=_numbers("weights", weights, _MOST_WEIGHT),
        follow_through=follow,
        zone=zone or (deadline.tzinfo if deadline else None),
    )


def _numbers(table: str, said: Mapping[str, Any], most: float) -> dict[str, float]:
    return {key: number_within(f'"{key}" in [{table}]', value, most) for key, value in said.items()}


def _zone(said: Any) -> tzinfo | None:
    if said is None:
        return None
    if isinstance(said, str):
        try:
            return zoneinfo.ZoneInfo(said)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
            known = zoneinfo.available_timezones()
            if not known:
                told = "this system has no list of time zones: pip install tzdata"
                raise ValueError(f"timezone {said!r} cannot be looked up; {told}") from None
            raise ValueError(
                f"there is no time zone {said!r}{did_you_mean(said, known)}; a name is written as "
                "Europe/Paris or America/New_York"
            ) from None
    raise ValueError(f'timezone is a name such as "Europe/Paris", not {said!r}')


def _deadline(said: Any, zone: tzinfo | None) -> datetime | None:
    if said is None:
        return None
    if not isinstance(said, datetime):
        raise ValueError(f"deadline is a date and a time, as {_EXAMPLE}, without quotes")
    if said.tzinfo is not None:
        return said
    if zone is None:
        raise ValueError(
            f"deadline = {said.isoformat()} tells no time zone: add a line "
            f'timezone = "Europe/Paris" above it, or write its offset, as {_EXAMPLE}'
        )
    return said.replace(tzinfo=zone)

# Runs in: judge
"""A student's mark: weighted, with follow-through and penalty, rounded once, for all reports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from course_dl.grading.result import ExerciseMark, Result

__all__ = ["Line", "Mark", "mark_of", "number", "points_told"]

_DIGITS = 2  # of points, wherever they are shown


@dataclass(frozen=True)
class Line:
    """The points of one exercise, weighted and rounded.

    ``carried`` names the earlier exercises because of which alone it failed; ``could`` is what it
    earns with right versions of those. It is what was earned, unless that is switched off.
    """

    number: str
    points: float
    max_points: float
    weight: float = 1.0
    carried: tuple[str, ...] = ()
    could: float = 0.0

    @property
    def followed(self) -> bool:
        """Whether the points were earned with right versions of earlier exercises."""
        return bool(self.carried) and self.points == self.could


@dataclass(frozen=True)
class Mark:
    """Points by exercise, the penalty for being late, and the total: lines and total add up.

    All are rounded to what is printed, so that the printed rows add up to the printed total too.
    """

    lines: tuple[Line, ...]
    days_late: int = 0
    penalty: float = 0.0

    @property
    def total(self) -> float:
        """The points of all exercises, less the penalty."""
        return _rounded(sum(line.points for line in self.lines) - self.penalty)

    @property
    def max_points(self) -> float:
        """The points to be had."""
        return _rounded(sum(line.max_points for line in self.lines))

    @property
    def points(self) -> dict[str, float]:
        """The points of each exercise."""
        return {line.number: line.points for line in self.lines}

    def line(self, exercise: str) -> Line:
        """The points of an exercise."""
        return next(line for line in self.lines if line.number == exercise)


def mark_of(
    result: Result,
    weights: Mapping[str, float],
    *,
    follow_through: bool = True,
    days_late: int = 0,
    percent: float = 0.0,
) -> Mark:
    """The mark that a result gives, of which ``percent`` are lost for being late."""
    lines = tuple(
        _line(e, float(weights.get(e.number, 1.0)), follow_through) for e in result.exercises
    )
    earned = sum(line.points for line in lines)
    return Mark(lines, days_late, _rounded(earned * percent / 100))


def _line(exercise: ExerciseMark, weight: float, follow_through: bool) -> Line:
    points = exercise.points
    carried: tuple[str, ...] = ()
    could = 0.0
    if exercise.carried and exercise.carried_points > points:
        carried, could = exercise.carried, exercise.carried_points
        points = could if follow_through else points
    return Line(
        exercise.number,
        _rounded(points * weight),
        _rounded(exercise.max_points * weight),
        weight,
        carried,
        _rounded(could * weight),
    )


def number(points: float) -> str:
    """``3``, ``2.5``: points without needless zeros."""
    return f"{_rounded(points):.{_DIGITS}f}".rstrip("0").rstrip(".")


def points_told(points: float) -> str:
    """``1 point``, ``2.5 points``."""
    return f"{number(points)} point{'s' * (number(points) != '1')}"


def _rounded(points: float) -> float:
    return round(points, _DIGITS) + 0.0  # no minus zero

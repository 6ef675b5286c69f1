# Runs in: judge
"""A student's mark: weighted, with follow-through, what a person said by hand, and penalty.

Rounded once, for all reports.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from course_dl.grading.result import ExerciseMark, Result

__all__ = ["Line", "Mark", "Word", "Words", "mark_of", "number", "points_told"]

_DIGITS = 2  # of points, wherever they are shown


@dataclass(frozen=True)
class Word:
    """What a person says by hand of an exercise, or of a whole lab: points, a comment, excused."""

    points: float | None = None
    comment: str = ""
    excused: bool = False


@dataclass(frozen=True)
class Words:
    """What is said by hand of one student.

    ``whole`` is of the lab, ``of`` of exercises by number. ``left_out`` are the exercises that
    everybody is excused from, so that they are no part of the lab's maximum.
    """

    whole: Word = Word()
    of: Mapping[str, Word] = field(default_factory=dict)
    left_out: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Line:
    """The points of one exercise, weighted and rounded.

    ``carried`` names the earlier exercises because of which alone it failed; ``could`` is what it
    earns with right versions of those. It is what was earned, unless that is switched off.
    ``word`` is what a person said by hand; ``graded`` are the points without it. Who is excused has
    no points, of none.
    """

    number: str
    points: float
    max_points: float
    weight: float = 1.0
    carried: tuple[str, ...] = ()
    could: float = 0.0
    word: Word = Word()
    graded: float = 0.0

    @property
    def followed(self) -> bool:
        """Whether the points were earned with right versions of earlier exercises."""
        return bool(self.carried) and self.points == self.could and not self.by_hand

    @property
    def by_hand(self) -> bool:
        """Whether a person decided the points."""
        return self.word.points is not None or self.word.excused


@dataclass(frozen=True)
class Mark:
    """Points by exercise, the penalty for being late, and the total: they add up.

    All are rounded to what is printed, so that the printed rows add up to the printed total too.
    ``word`` is what a person said by hand of the whole; ``adjusted`` is what that adds or takes
    away. ``full`` is the lab's maximum for whoever is not excused from anything.
    """

    lines: tuple[Line, ...]
    days_late: int = 0
    penalty: float = 0.0
    word: Word = Word()
    adjusted: float = 0.0
    full: float = 0.0

    @property
    def total(self) -> float:
        """The points of all exercises, less the penalty, and what a person added by hand."""
        return _rounded(sum(line.points for line in self.lines) - self.penalty + self.adjusted)

    @property
    def max_points(self) -> float:
        """The points to be had."""
        return _rounded(sum(line.max_points for line in self.lines))

    @property
    def of_full(self) -> float:
        """The total as a share of the lab's maximum: for who is excused from a part of it."""
        if not self.excused_from or not self.max_points:
            return self.total
        return _rounded(self.total * self.full / self.max_points)

    @property
    def excused_from(self) -> tuple[str, ...]:
        """The exercises that this student is excused from, and not everybody."""
        lines = [line for line in self.lines if line.word.excused]
        missing = _rounded(self.full - self.max_points)
        return tuple(line.number for line in lines) if missing > 0 else ()

    @property
    def by_hand(self) -> bool:
        """Whether a person decided any of it."""
        return (
            self.word.points is not None
            or self.word.excused
            or any(line.by_hand for line in self.lines)
        )

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
    words: Words | None = None,
) -> Mark:
    """The mark that a result gives, of which ``percent`` are lost for being late.

    Points by hand of an exercise are points as any: being late costs its part of them. Points by
    hand of the whole lab are the total.
    """
    words = words or Words()
    whole = words.whole
    graded = [_line(e, float(weights.get(e.number, 1.0)), follow_through) for e in result.exercises]
    lines = tuple(
        _with_word(line, Word(excused=True) if whole.excused else words.of.get(line.number))
        for line in graded
    )
    earned = sum(line.points for line in lines)
    penalty = _rounded(earned * percent / 100)
    adjusted = 0.0 if whole.points is None else _rounded(whole.points - _rounded(earned - penalty))
    full = sum(line.max_points for line in graded if line.number not in words.left_out)
    return Mark(lines, days_late, penalty, whole, adjusted, _rounded(full))


def _with_word(line: Line, word: Word | None) -> Line:
    if word is None:
        return line
    if word.excused:
        return replace(line, points=0.0, max_points=0.0, word=word)
    points = line.points if word.points is None else _rounded(word.points)
    return replace(line, points=points, word=word)


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
        graded=_rounded(points * weight),
    )


def number(points: float) -> str:
    """``3``, ``2.5``: points without needless zeros."""
    return f"{_rounded(points):.{_DIGITS}f}".rstrip("0").rstrip(".")


def points_told(points: float) -> str:
    """``1 point``, ``2.5 points``."""
    return f"{number(points)} point{'s' * (number(points) != '1')}"


def _rounded(points: float) -> float:
    return round(points, _DIGITS) + 0.0  # no minus zero

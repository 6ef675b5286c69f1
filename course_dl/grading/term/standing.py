# Runs in: judge
"""How each student stands over all labs: marks, late days, what was not handed in."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from course_dl.grading.labs import folder_of
from course_dl.grading.marks.by_hand import read_by_hand
from course_dl.grading.marks.mark import points_told
from course_dl.grading.names import alphabetical, close_names
from course_dl.grading.reports.entry import NOT_YET
from course_dl.grading.results.changes import read_marks, settings_of
from course_dl.grading.term.people import key_of

__all__ = ["Graded", "Standing", "Term", "read_term"]


@dataclass(frozen=True)
class Graded:
    """A student in a lab: points of those possible, and what there is to tell.

    ``points`` are of the lab's maximum, also for who is excused from a part of it. ``said`` is what
    a person said by hand.
    """

    points: float = 0.0
    full: float = 0.0
    status: str = "nothing handed in"
    days_late: int = 0
    penalty: float = 0.0
    by_hand: bool = False
    said: tuple[str, ...] = ()
    reason: str = ""
    handed_in: bool = False
    exercises: Mapping[str, tuple[float, float, bool]] = field(default_factory=dict)

    @property
    def counts(self) -> bool:
        """Whether the lab counts for the student: not excused, and not still to be graded."""
        return self.status not in ("excused", NOT_YET)


@dataclass(frozen=True)
class Lab:
    """A lab as it was graded."""

    name: str
    title: str
    full: float
    exercises: tuple[str, ...]

    @property
    def short(self) -> str:
        """``lab04``."""
        return self.name.partition("_")[0]


@dataclass(frozen=True)
class Standing:
    """A student over all labs, by the labs' names."""

    student: str
    labs: Mapping[str, Graded]

    @property
    def points(self) -> float:
        """The points of all labs that count."""
        return round(sum(one.points for one in self.labs.values() if one.counts), 2)

    @property
    def full(self) -> float:
        """The points to be had in the labs that count."""
        return round(sum(one.full for one in self.labs.values() if one.counts), 2)

    @property
    def share(self) -> float | None:
        """Points by points to be had; None where nothing counts."""
        return self.points / self.full if self.full else None

    @property
    def days_late(self) -> int:
        """Late days over all labs that count."""
        return sum(one.days_late for one in self.labs.values() if one.counts)


@dataclass(frozen=True)
class Term:
    """The class over all labs; ``notes`` is what is to be told of the whole.

    ``listed`` tells whether the class is a list's; else it is who handed in at least once.
    """

    labs: tuple[Lab, ...]
    class_: tuple[Standing, ...]
    notes: tuple[str, ...] = ()
    listed: bool = False

    def anonymous(self) -> Term:
        """The same by numbers in the order of points, without anything that tells who it is."""
        order = sorted(self.class_, key=lambda one: (-(one.share or 0.0), _digest(one.student)))
        width = len(str(len(order)))
        hidden = tuple(
            Standing(
                f"Student {place:0{width}d}",
                {lab: replace(one, said=(), reason="") for lab, one in standing.labs.items()},
            )
            for place, standing in enumerate(order, start=1)
        )
        return Term(self.labs, hidden, (), self.listed)


def read_term(results: Sequence[Path], people: Sequence[str] | None = None) -> Term:
    """All labs whose results lie in these folders, for these people, if they are given.

    Raises
    ------
    ValueError
        Where a folder holds no results, two are of one lab, or two people have one name.
    """
    read: dict[str, tuple[Lab, dict[str, Graded]]] = {}
    notes: list[str] = []
    for folder in results:
        lab, marks = _read(folder)
        if lab.name in read:
            raise ValueError(f"{folder} is of {lab.name}, as another folder is: give one a lab")
        read[lab.name] = lab, marks
        if note := _stale(folder, lab):
            notes.append(note)
    labs = tuple(read[name][0] for name in sorted(read))
    names = _class(people, [marks for _, marks in read.values()], notes)
    rows: dict[str, dict[str, Graded]] = {key: {} for key in names}
    for lab, marks in read.values():
        nothing = Graded(full=lab.full)
        by_key = {key_of(student): one for student, one in marks.items()}
        for key, row in rows.items():
            row[lab.name] = by_key.get(key, nothing)
    class_ = [
        Standing(names[key], {lab.name: row[lab.name] for lab in labs}) for key, row in rows.items()
    ]
    class_.sort(key=lambda one: alphabetical(one.student))
    return Term(labs, tuple(class_), tuple(notes), people is not None)


def _read(folder: Path) -> tuple[Lab, dict[str, Graded]]:
    kept = read_marks(folder)
    if not kept["students"]:
        raise ValueError(
            f"{folder} holds no marks: give folders that `course-dl grade` of this version wrote, "
            "-o DIR there"
        )
    students = {student: _graded(one) for student, one in kept["students"].items()}
    full = Counter(one.full for one in students.values()).most_common(1)[0][0]
    students |= dict.fromkeys(kept.get("waiting", ()), Graded(status=NOT_YET, handed_in=True))
    students |= _without_submission(folder, full, students)
    return Lab(kept["lab"], kept["title"], full, tuple(kept["exercises"])), students


def _without_submission(
    folder: Path, full: float, students: Mapping[str, Graded]
) -> dict[str, Graded]:
    """What is said by hand of those who handed in nothing."""
    known = set(map(key_of, students))
    found = {}
    for name, words in read_by_hand(folder).students.items():
        word = words.whole
        if key_of(name) in known or (word.points is None and not word.excused):
            continue
        points = word.points or 0.0
        told = "excused" if word.excused else points_told(points)
        said = f"By hand: {told}. Nothing was handed in. {word.comment}".rstrip()
        status = "excused" if word.excused else "nothing handed in"
        found[name] = Graded(points, full, status, by_hand=True, said=(said,))
    return found


def _graded(kept: Mapping[str, Any]) -> Graded:
    excused = kept["whole"] == "excused"
    lines = kept["exercises"]
    return Graded(
        kept["of full"],
        kept["full"],
        "excused" if excused else kept["status"],
        kept["days late"],
        kept["penalty"],
        kept["whole"] is not None or any(one["by hand"] is not None for one in lines.values()),
        tuple(kept["said"]),
        kept["reason"],
        True,
        {
            number: (one["points"], one["max"], one["by hand"] is not None)
            for number, one in lines.items()
        },
    )


def _stale(folder: Path, lab: Lab) -> str:
    """That what a person said was changed after the marks were made."""
    try:
        now = settings_of(folder, folder_of(lab.name))
    except ValueError:
        return ""
    before = read_marks(folder).get("settings", now)
    changed = " and ".join(name for name in now if now[name] != before.get(name))
    if not changed:
        return ""
    return f"{changed} of {lab.short} changed after the last run of course-dl grade: run it again"


def _class(
    people: Sequence[str] | None, marks: Sequence[Mapping[str, Graded]], notes: list[str]
) -> dict[str, str]:
    """The students' names by their keys: those of the list, and whoever else handed in."""
    names: dict[str, str] = {}
    for name in people or ():
        if key_of(name) in names:
            raise ValueError(
                f'"{names[key_of(name)]}" and "{name}" cannot be told apart by their names: add '
                "to the list what tells them apart, as the reports have it"
            )
        names[key_of(name)] = name
    for found in marks:
        for student in found:
            key = key_of(student)
            if key in names:
                continue
            if people is not None:
                close = close_names(student, people, 1)
                perhaps = f'; is it "{close[0]}"?' if close else ""
                notes.append(f"{student} handed in and is not on the list{perhaps}")
            names[key] = student
    return names


def _digest(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()

# Runs in: judge
"""Moodle's grading worksheet: whose row is whose, when they handed in, their marks filled in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path

from course_dl.grading.intake.submissions import Submission
from course_dl.grading.moodle.cells import Table, read_table
from course_dl.grading.moodle.columns import IDENTIFIER, Columns, decimal, find_columns
from course_dl.grading.moodle.dates import read_times
from course_dl.grading.names import letters, same_name

__all__ = ["Filled", "Worksheet", "read_worksheet"]


@dataclass(frozen=True)
class Filled:
    """What is written into a student's row: points of those possible, and a comment as HTML."""

    points: float
    max_points: float
    comment: str


@dataclass(frozen=True)
class Worksheet:
    """The worksheet, and the rows of each submission: one, or those of a team's members."""

    table: Table
    columns: Columns
    rows: Mapping[str, Sequence[int]]
    strangers: Sequence[str]  # what is to be told of submissions that have no row

    @property
    def maximum(self) -> float:
        """The maximum grade of the assignment."""
        return decimal(self.table.text(1, self.columns.maximum))

    @property
    def tells_times(self) -> bool:
        """Whether it has a column of when each submission was changed last."""
        return self.columns.submitted >= 0

    def times(self, zone: tzinfo | None) -> dict[str, float]:
        """When each student handed in, in seconds since 1970; 0 where it is not told."""
        column = self.columns.submitted
        times = [0.0, *read_times(self.table.column(column), zone)]
        return {student: max(times[row] for row in rows) for student, rows in self.rows.items()}

    @property
    def teams(self) -> set[str]:
        """Those who handed in for several people."""
        return {student for student, rows in self.rows.items() if len(rows) > 1}

    def numbers(self) -> dict[str, str]:
        """The participant's number of each student who has a row of their own."""
        found = {
            student: IDENTIFIER.fullmatch(self.table.text(rows[0], self.columns.identifier))
            for student, rows in self.rows.items()
            if len(rows) == 1
        }
        return {student: match[1] for student, match in found.items() if match}

    def other_names(self) -> dict[str, str]:
        """Identifiers and their numbers, names and addresses of the rows, with whose they are.

        That is the team of a member, and ``""`` where there is no submission.
        """
        whose = {row: student for student, rows in self.rows.items() for row in rows}
        first = self.columns.identifier
        found: dict[str, str] = {}
        for row in range(1, len(self.table.rows)):
            student = whose.get(row, "")
            columns = [column for column in (first, first + 1, self.columns.email) if column >= 0]
            names = [self.table.text(row, column) for column in columns]
            if number := IDENTIFIER.fullmatch(names[0]):
                names.append(number[1].lstrip("0"))
            for name in filter(None, map(same_name, names)):
                found[name] = "" if found.get(name, student) != student else student
        return found

    def fill(self, marks: Mapping[str, Filled], *, scale: bool = False) -> tuple[bytes, list[str]]:
        """The worksheet with the marks of these students, and what is to be told of it.

        With ``scale`` the points are scaled to the assignment's maximum grade.
        """
        numbers = (self.columns.grade, self.columns.maximum)
        comma = any("," in text for column in numbers for text in self.table.column(column))
        filled, above = 0, []
        for student, mark in marks.items():
            points = mark.points
            if scale and mark.max_points:
                points = points * self.maximum / mark.max_points
            text = f"{points:.2f}".rstrip("0").rstrip(".")
            above += [student] * (float(text) > self.maximum)
            for row in self.rows.get(student, ()):
                self.table.write(row, self.columns.grade, text.replace(".", ",") if comma else text)
                if self.columns.feedback >= 0:
                    self.table.write(row, self.columns.feedback, mark.comment)
                filled += 1
        return self.table.to_bytes(), list(self._told(marks, filled, above, scale))

    def _told(
        self, marks: Mapping[str, Filled], filled: int, above: Sequence[str], scale: bool
    ) -> Iterable[str]:
        count = sum(any(cell for cell in row) for row in self.table.rows) - 1
        yield (
            f"{filled} of {count} rows of the worksheet have a grade; the others, of whom "
            "there is no submission that was graded, stay as they are"
        )
        yield from self.strangers
        maxima = {mark.max_points for mark in marks.values()} - {self.maximum}
        if maxima and not scale:
            yield (
                f"the assignment's maximum grade is {self.maximum:g} in Moodle, the lab's is "
                f"{max(maxima):g}: set it to that in Moodle, or give --scale-to-worksheet"
            )
        if above:
            yield (
                f"{len(above)} grades are above the maximum, and Moodle will leave them out: "
                f"{', '.join(above[:5])}{' and others' * (len(above) > 5)}"
            )
        if self.table.separator != "," or self.table.encoding != "utf-8":
            yield (
                f"the worksheet is separated by {self.table.separator!r} and encoded in "
                f"{self.table.encoding}, and moodle.csv too: say so when you upload it, or give "
                "the file as Moodle made it"
            )
        if self.columns.feedback < 0:
            yield "the worksheet has no column of comments: switch on Feedback comments in Moodle"


def read_worksheet(path: Path, found: Sequence[Submission]) -> Worksheet:
    """The worksheet in a file, with the rows of these submissions.

    Raises
    ------
    ValueError
        Where it is no grading worksheet.
    """
    table = read_table(Path(path))
    try:
        columns = find_columns(table)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    rows: dict[str, list[int]] = {}
    strangers = []
    book = _Rows(table, columns, found)
    whose: dict[int, str] = {}
    for submission in found:
        mine, reason = book.of(submission)
        if taken := [row for row in mine if row in whose]:
            mine, reason = [], f"what would be its row is that of {whose[taken[0]]}"
        if mine:
            rows[submission.student] = mine
            whose.update(dict.fromkeys(mine, submission.student))
        else:
            strangers.append(f"{submission.student}: no row of the worksheet: {reason}")
    return Worksheet(table, columns, rows, strangers)


class _Rows:
    """Looks rows up by the number in the identifier, by name, e-mail address and team."""

    def __init__(self, table: Table, columns: Columns, found: Sequence[Submission]) -> None:
        self._table, self._columns = table, columns
        self._by_number: dict[str, list[int]] = defaultdict(list)
        self._by_name: dict[str, list[int]] = defaultdict(list)
        self._by_team: dict[str, list[int]] = defaultdict(list)
        hidden = set()
        for row in range(1, len(table.rows)):
            identifier = table.text(row, columns.identifier)
            number = IDENTIFIER.fullmatch(identifier)
            if number is None:
                continue
            hidden.add(_word(identifier))
            self._by_number[number[1].lstrip("0")].append(row)
            self._by_name[letters(self._name(row))].append(row)
            if columns.email >= 0:
                self._by_name[letters(table.text(row, columns.email))].append(row)
            for column in range(columns.identifier + 2, columns.grade):
                if column != columns.email and (team := letters(table.text(row, column))):
                    self._by_team[team].append(row)
        # Where names are hidden from the marker, all folders have the same.
        names = {_word(_bare(s.student)) for s in found if s.number}
        alone = len(names) == 1 and sum(bool(s.number) for s in found) > 1
        self._blind = alone or (bool(names) and names <= hidden)

    def of(self, submission: Submission) -> tuple[list[int], str]:
        """The rows of a submission; or none, and why."""
        number, name = submission.number, _bare(submission.student)
        numbered = self._by_number.get(number.lstrip("0"), []) if number else []
        said = self._name(numbered[0]) if numbered else ""
        if numbered and (self._blind or letters(said) == letters(name)):
            return numbered, ""
        team = self._by_team.get(letters(submission.student)) or self._by_team.get(letters(name))
        if team:
            return team, ""
        if numbered and _ends_with(name, said):
            return numbered, ""
        if numbered:
            return [], (
                f"participant {number} is {said} there; is it the worksheet of another "
                "assignment, or are these teams?"
            )
        if number:
            return [], f"there is neither a participant {number} nor a team of this name"
        named = self._by_name.get(letters(submission.student), [])
        if len(named) > 1:
            return [], f"{len(named)} rows have this name"
        return named, "nobody has this name there"

    def _name(self, row: int) -> str:
        return self._table.text(row, self._columns.identifier + 1)


def _bare(student: str) -> str:
    """The name without the number by which two of one name are told apart."""
    return student.rpartition(" (")[0] if student.endswith(")") and " (" in student else student


def _word(identifier: str) -> str:
    return letters(identifier).rstrip("0123456789")


def _ends_with(name: str, said: str) -> bool:
    """Whether a name is the said one after a group's: "Group A-Ann"."""
    parts = name.split("-")
    return any(letters("".join(parts[k:])) == letters(said) for k in range(1, len(parts)))

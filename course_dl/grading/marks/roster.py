# Runs in: judge
"""The class as it handed in: when, and who is meant by a name given by hand."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import replace

from course_dl.grading.intake.submissions import Submission
from course_dl.grading.marks.by_hand import FILE, ByHand
from course_dl.grading.marks.mark import Words
from course_dl.grading.marks.settings import Settings
from course_dl.grading.marks.times import times_by_files, times_by_worksheet
from course_dl.grading.moodle.teams import without_team_numbers
from course_dl.grading.moodle.worksheet import Worksheet
from course_dl.grading.names import close_names, same_name

__all__ = ["by_hand_of", "extensions_of", "handed_in", "named"]

_NUMBERED = re.compile(r" \([^()]*\)$")  # by which two students of one name are told apart


def handed_in(
    found: Sequence[Submission], settings: Settings, worksheet: Worksheet | None
) -> tuple[list[Submission], Settings, list[str]]:
    """The class with the times that count, the settings for it, and what is to be told."""
    timed, notes = (list(found), []) if worksheet else without_team_numbers(found)
    if settings.deadline is not None:
        if worksheet and worksheet.tells_times:
            timed, told = times_by_worksheet(timed, worksheet.times(settings.zone))
        else:
            timed, told = times_by_files(timed)
        notes = told + notes
    extensions, told = extensions_of(settings.extensions, *_known(timed, worksheet))
    return timed, settings.with_extensions(extensions), notes + told


def by_hand_of(
    said: ByHand, found: Sequence[Submission], worksheet: Worksheet | None
) -> tuple[ByHand, list[str]]:
    """What is said by hand, by the students' names in the reports, and what is to be told of it.

    Raises
    ------
    ValueError
        Where two names mean the same student, whose points would be the one's or the other's.
    """
    known, others, teams = _known(found, worksheet)
    students: dict[str, Words] = {}
    names: dict[str, str] = {}
    told = []
    for name, words in said.students.items():
        meant, remark = _meant(name, known, others)
        if not remark and meant[0] in teams and same_name(meant[0]) != same_name(name):
            remark = f'counts for the whole team "{meant[0]}"'
        if not meant:
            remark += "; of somebody who handed in nothing, it counts in course-dl report"
        if remark:
            told.append(f'{FILE}: "{name}" {remark}')
        for student in meant:
            if student in names:
                raise ValueError(
                    f'{FILE}: "{names[student]}" and "{name}" are one: put them together'
                )
            students[student], names[student] = words, name
    return replace(said, students=students), told


def _known(
    found: Sequence[Submission], worksheet: Worksheet | None
) -> tuple[Sequence[Submission], Mapping[str, str], Container[str]]:
    """By whom a name can be meant: submissions, further names of theirs, and which are teams."""
    if worksheet is None:
        return found, {}, ()
    return _without_numbers(found, worksheet.rows), worksheet.other_names(), worksheet.teams


def _without_numbers(found: Sequence[Submission], rows: Container[str]) -> list[Submission]:
    """Take the number of the folder from those who have a row in the worksheet, which has theirs.

    The number of a folder may be a team's, and some participant has the same one.
    """
    return [replace(s, number="") if s.student in rows else s for s in found]


def named(found: Sequence[Submission], said: str | None) -> list[Submission]:
    """The submissions whose student's name holds ``said``, or whose number it is; or all.

    Raises
    ------
    ValueError
        Where there is none, with the names that look like it.
    """
    if said is None:
        return list(found)
    wanted = same_name(said)
    chosen = [s for s in found if wanted in same_name(s.student) or wanted == s.number]
    if not chosen:
        raise ValueError(
            f"no student's name holds {said!r}; there are {len(found)} students"
            f"{_perhaps(said, [s.student for s in found])}"
        )
    return chosen


def extensions_of(
    said: Mapping[str, float],
    found: Sequence[Submission],
    others: Mapping[str, str] | None = None,
    teams: Container[str] = (),
) -> tuple[dict[str, float], list[str]]:
    """The extensions by student, and what is to be told of names that mean nobody, or several.

    ``others`` are further names of students, in :func:`same_name`'s form, with the student that
    each means: e-mail addresses, and names without a group's; ``""`` for one without submission.
    A member's extension is that of the member's team, if it is one of ``teams``.
    """
    given: dict[str, float] = {}
    told: list[str] = []
    for name, days in said.items():
        students, remark = _meant(name, found, others or {})
        if not remark and students[0] in teams and same_name(students[0]) != same_name(name):
            remark = f'counts for the whole team "{students[0]}"'
        if remark:
            told.append(f'[extensions] "{name}" {remark}')
        for student in students:
            given[student] = max(days, given.get(student, 0.0))
    return given, told


def _meant(
    name: str, found: Sequence[Submission], others: Mapping[str, str]
) -> tuple[list[str], str]:
    """The student that a name means, and what is to be told of it."""
    key = same_name(name)
    exact = [s.student for s in found if same_name(s.student) == key]
    if exact:
        return exact, ""
    number = re.fullmatch(r"(?:participant )?0*(\d+)", key)
    numbered = [s.student for s in found if number and s.number.lstrip("0") == number[1]]
    if numbered:
        return numbered, ""
    key = number[1] if number and number[1] in others else key
    if key in others:
        return ([others[key]], "") if others[key] else ([], "has handed in nothing")
    namesakes = [s.student for s in found if _NUMBERED.sub("", same_name(s.student)) == key]
    if namesakes:
        return [], f"means several students: write one of {_quoted(namesakes)}"
    grouped = [s.student for s in found if same_name(s.student).endswith(f"-{key}")]
    if len(grouped) == 1:  # Moodle puts a group's name before a student's
        return grouped, f'is taken for "{grouped[0]}"'
    if grouped:
        return [], f"means several students: write one of {_quoted(grouped)}"
    return [], f"matches no student{_perhaps(name, [s.student for s in found])}"


def _perhaps(said: str, names: Sequence[str]) -> str:
    close = close_names(said, names)
    return f"; did you mean {_quoted(close)}?" if close else ""


def _quoted(names: Sequence[str]) -> str:
    told = ", ".join(f'"{name}"' for name in names[:5])
    return told if len(names) <= 5 else f"{told} and {len(names) - 5} more"

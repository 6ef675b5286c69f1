# Runs in: judge
"""``marks.toml`` in the folder of results: what a person says of marks. No run ever changes it.

[students."Zoé Müller"]            # by name, Moodle's number or e-mail address
comment = "Your plots are a pleasure to read."

[students."Zoé Müller"."4.3"]      # of one exercise; without it of the whole lab
points = 1.5                       # instead of what the tests gave
comment = "The idea is right, the index is not."

[students."José Peña"]
excused = true                     # from the whole lab; of an exercise, from that one

[everybody."4.8"]
excused = true                     # the exercise counts for nobody
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from course_dl.grading.marks.mark import Word, Words, number
from course_dl.grading.marks.toml import demand_known, number_within, read_toml
from course_dl.grading.texts import printable

__all__ = ["FILE", "ByHand", "leave_example", "read_by_hand"]

FILE = "marks.toml"
_KEYS = ("points", "comment", "excused")
_EXERCISE = re.compile(r"\d+\.\d+\w*")
_EXAMPLE = """\
# Points and comments by hand. Nothing but you ever changes this file, and every run of
# `course-dl grade` applies it; all reports say what is by hand. Take the # away and write:
#
# [students."Zoé Müller"."4.3"]   # a student, as in the reports or by Moodle's number; an exercise
# points = 1.5                    # instead of what the tests gave
# comment = "The idea is right, the index is not."
#
# [students."José Peña"]          # the whole lab: points here are the total
# excused = true
#
# [everybody."4.8"]               # an exercise that counts for nobody
# excused = true
"""


@dataclass(frozen=True)
class ByHand:
    """What ``marks.toml`` says: of everybody, and of students by the name that it gives them."""

    everybody: Words = field(default_factory=Words)
    students: Mapping[str, Words] = field(default_factory=dict)

    def of(self, student: str) -> Words:
        """All that is said of a student; the student's own points go before everybody's."""
        own = self.students.get(student, Words())
        numbers = {*own.of, *self.everybody.of}
        return Words(
            _both(own.whole, self.everybody.whole),
            {n: _both(own.of.get(n, Word()), self.everybody.of.get(n, Word())) for n in numbers},
            self.everybody.left_out,
        )

    def demand_points(self, most: Mapping[str, float]) -> None:
        """Refuse exercises that the lab does not have, and more points than it gives for them.

        Raises
        ------
        ValueError
            Which says what can be.
        """
        whole = sum(most.values())
        for who, words in {"everybody": self.everybody, **self.students}.items():
            _demand_at_most(f'of "{who}"', words.whole, whole)
            demand_known(words.of, list(most), f'of "{who}" in {FILE}')
            for exercise, word in words.of.items():
                _demand_at_most(f'of "{exercise}" of "{who}"', word, most[exercise])


def read_by_hand(folder: Path) -> ByHand:
    """What is said in the ``marks.toml`` of a folder of results; nothing where there is none.

    Raises
    ------
    ValueError
        Where the file says something that is not known or cannot be, with what can.
    """
    path = folder / FILE
    if not path.exists():
        return ByHand()
    try:
        return _read(read_toml(path))
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def leave_example(folder: Path) -> None:
    """Put an example, all in comments, where there is no ``marks.toml``."""
    with contextlib.suppress(FileExistsError), open(folder / FILE, "x", encoding="utf-8") as file:
        file.write(_EXAMPLE)


def _read(said: Mapping[str, Any]) -> ByHand:
    demand_known(said, ("students", "everybody"), "at the top")
    everybody = _words("everybody", said.get("everybody", {}))
    students = said.get("students", {})
    if not isinstance(students, dict):
        raise ValueError('students is a table: write [students."Zoé Müller"] and below it points')
    if everybody.whole.points is not None or everybody.whole.excused:
        raise ValueError('points and excused of everybody are of an exercise: [everybody."4.8"]')
    left_out = frozenset(n for n, word in everybody.of.items() if word.excused)
    own = {name: _words(name, one) for name, one in students.items()}
    for name, words in own.items():
        for exercise in left_out & {n for n, word in words.of.items() if word.points is not None}:
            raise ValueError(
                f'"{exercise}" of "{name}" has points, and everybody is excused from {exercise}: '
                "leave one out"
            )
    return ByHand(replace(everybody, left_out=left_out), own)


def _words(who: str, said: Any) -> Words:
    if not isinstance(said, dict):
        raise ValueError(f'"{who}" is a table, not {said!r}: write [students."{who}"] above it')
    of = {}
    for key, one in said.items():
        if not isinstance(one, dict):
            continue
        if not _EXERCISE.fullmatch(key):
            inner = next(iter(one), "1")
            meant = f'"{key}.{inner}"' if key.isdigit() else '"4.3"'
            raise ValueError(
                f'"{key}" of "{who}" is no exercise: an exercise is written in quotes, {meant}'
            )
        of[key] = _word(f'of "{key}" of "{who}"', one)
    whole = {key: one for key, one in said.items() if not isinstance(one, dict)}
    return Words(_word(f'of "{who}"', whole), of)


def _word(where: str, said: Mapping[str, Any]) -> Word:
    demand_known(said, _KEYS, where)
    points, comment, excused = (said.get(key) for key in _KEYS)
    if points is not None:
        points = number_within(f"points {where}", points, 1e6)
    if comment is not None and not isinstance(comment, str):
        raise ValueError(f"comment {where} is a text in quotes, not {comment!r}")
    if excused is not None and not isinstance(excused, bool):
        raise ValueError(f"excused {where} is true or false, not {excused!r}")
    if excused and points is not None:
        raise ValueError(f"{where.removeprefix('of ')} has points and is excused: leave one out")
    return Word(points, printable(comment or "", most=20_000).strip(), bool(excused))


def _demand_at_most(where: str, word: Word, most: float) -> None:
    if word.points is not None and number(word.points) != number(min(word.points, most)):
        raise ValueError(
            f"{FILE}: points {where} are {number(word.points)}, and at most {number(most)} can be "
            "had there (weights included)"
        )


def _both(own: Word, everybody: Word) -> Word:
    decides = own if own.points is not None or own.excused else everybody
    comments = dict.fromkeys(filter(None, (own.comment, everybody.comment)))
    return Word(decides.points, "\n".join(comments), decides.excused)

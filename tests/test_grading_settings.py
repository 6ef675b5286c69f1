"""Weights and late penalties."""

from __future__ import annotations

import unicodedata
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Literal

import pytest

from course_dl.grading.marks.settings import Settings, read_settings
from course_dl.grading.result import ExerciseMark, Result

NUMBERS = ["4.1", "4.2"]
DEADLINE = datetime(2026, 11, 20, 23, 59, tzinfo=timezone(timedelta(hours=1)))
RESULT = Result(
    "lab04", 1, "", "graded", "",
    (ExerciseMark("4.1", ("f",), 2.0, 2.0, "passed"), ExerciseMark("4.2", ("g",), 0.0, 4.0, "failed")),
)  # fmt: skip


def written(tmp_path: Path, text: str) -> Settings:
    (tmp_path / "grading.toml").write_text(text, encoding="utf-8")
    return read_settings(tmp_path, NUMBERS)


def test_without_a_file_points_are_points(tmp_path: Path) -> None:
    mark = read_settings(tmp_path, NUMBERS).mark(RESULT, "Ann", 1e9)
    assert (mark.total, mark.max_points, mark.points, mark.days_late) == (
        2,
        6,
        {"4.1": 2, "4.2": 0},
        0,
    )


def test_weights(tmp_path: Path) -> None:
    mark = written(tmp_path, '[weights]\n"4.1" = 1.5').mark(RESULT, "Ann", 0)
    assert (mark.total, mark.max_points, mark.points["4.1"]) == (3, 7, 3)


LATE = """deadline = 2026-11-20T23:59:00+01:00
[late]
per_day = 10
most = 25
grace_minutes = 30
[extensions]
"Zoé" = 2
"""


@pytest.mark.parametrize(
    ("student", "minutes", "days", "total"),
    [
        ("Ann", -1, 0, 2.0),
        ("Ann", 30, 0, 2.0),
        ("Ann", 31, 1, 1.8),
        ("Ann", 24 * 60 + 31, 2, 1.6),
        ("Ann", 10 * 24 * 60, 10, 1.5),
        ("Zoé", 48 * 60 + 30, 0, 2.0),
        ("Zoé", 48 * 60 + 31, 1, 1.8),
    ],
)
def test_each_day_begun_costs(
    tmp_path: Path, student: str, minutes: int, days: int, total: float
) -> None:
    when = DEADLINE.timestamp() + 60 * minutes
    mark = written(tmp_path, LATE).mark(RESULT, student, when)
    assert (mark.days_late, mark.total) == (days, pytest.approx(total))
    assert mark.total + mark.penalty == pytest.approx(2.0)


def test_an_unknown_time_is_in_time(tmp_path: Path) -> None:
    assert written(tmp_path, LATE).mark(RESULT, "Ann", 0).days_late == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[late]\nper_week = 1", "unknown per_week"),
        ("[weights]\n'9.9' = 1", "known: 4.1, 4.2"),
        ("dead_line = 1", "unknown dead_line"),
        ("deadline = 'tomorrow'", "date and a time"),
        ("[late]\nper_day = 'ten'", "a number"),
        ("[late]\nper_day = -1", "from 0 up"),
        ("[late", "grading.toml"),
    ],
)
def test_a_mistake_in_the_file_is_told(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        written(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("late = 10", r"\[late\] is a table"),
        ("extensions = 3", r"\[extensions\] is a table"),
        ("weights = [1]", r"\[weights\] is a table"),
        ("[late]\nper_day = 101", "per_day in .late. is a number from 0 up to 100"),
        ("[late]\nmost = 1000", "most in .late."),
        ("[late]\nper_day = nan", "nan"),
        ("[late]\ngrace_minutes = inf", "inf"),
        ("[late]\nper_day = true", "not True"),
        ("[weights]\n'4.1' = inf", '"4.1" in'),
        ("[weights]\n'4.1' = -0.5", "from 0 up"),
        ("[extensions]\n'Ann' = '3'", '"Ann" in'),
        ("[extensions]\n'Ann' = 1e300", '"Ann" in'),
        ("dead_line = 1", r"did you mean deadline\?"),
        ("[late]\nperday = 1", r"did you mean per_day\?"),
        ("[weight]\n'4.1' = 1", r"did you mean weights\?"),
        ("follow_through = 'no'", "true or false"),
        ("timezone = 'Europe/Pari'", r"did you mean Europe/Paris\?"),
        ("timezone = '../../etc/passwd'", "no time zone"),
        ("timezone = 1", "Europe/Paris"),
        ("deadline = 2026-11-20T23:59:00", "timezone = "),
        ("deadline = 2026-11-20", "a date and a time"),
        ("deadline = 23:59:00", "a date and a time"),
    ],
)
def test_each_mistake_is_told_with_what_is_expected(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said) as told:
        written(tmp_path, text)
    assert str(tmp_path / "grading.toml") in str(told.value)


@pytest.mark.parametrize("code", ["latin-1", "cp1252", "utf-16"])
def test_another_encoding_is_told(tmp_path: Path, code: str) -> None:
    (tmp_path / "grading.toml").write_bytes('[extensions]\n"Zoé" = 1\n'.encode(code))
    with pytest.raises(ValueError, match=r"grading\.toml.*save it as UTF-8"):
        read_settings(tmp_path, NUMBERS)


def test_a_byte_order_mark_is_read_over(tmp_path: Path) -> None:
    (tmp_path / "grading.toml").write_bytes(b'\xef\xbb\xbf[weights]\n"4.1" = 2\n')
    assert read_settings(tmp_path, NUMBERS).weights == {"4.1": 2}


def test_a_deadline_without_an_offset_is_in_the_time_zone(tmp_path: Path) -> None:
    named = written(tmp_path, 'deadline = 2026-07-20T23:59:00\ntimezone = "Europe/Paris"')
    offset = written(tmp_path, "deadline = 2026-07-20T23:59:00+02:00")
    assert named.deadline == offset.deadline
    assert str(named.zone) == "Europe/Paris"
    assert offset.zone == timezone(timedelta(hours=2))
    assert written(tmp_path, "").zone is None


@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC", "NFKD"])
@pytest.mark.parametrize("student", ["Zoé Müller", "zoé  müller ", "ZOÉ MÜLLER"])
def test_an_extension_meets_the_name_in_every_form(
    tmp_path: Path, form: Literal["NFC", "NFD", "NFKC", "NFKD"], student: str
) -> None:
    text = LATE.replace("Zoé", "Zoé Müller")
    settings = written(tmp_path, unicodedata.normalize(form, text))
    when = DEADLINE.timestamp() + 2 * 86_400
    assert settings.mark(RESULT, student, when).days_late == 0
    assert settings.mark(RESULT, student.replace("é", "e").replace("É", "E"), when).days_late == 2


def test_an_extension_of_part_of_a_day(tmp_path: Path) -> None:
    settings = written(tmp_path, LATE.replace('"Zoé" = 2', '"Zoé" = 0.5'))
    when = DEADLINE.timestamp() + 30 * 60
    assert settings.mark(RESULT, "Zoé", when + 43_200).days_late == 0
    assert settings.mark(RESULT, "Zoé", when + 43_260).days_late == 1


def test_no_penalty_leaves_less_than_nothing(tmp_path: Path) -> None:
    settings = written(tmp_path, LATE.replace("per_day = 10", "per_day = 100"))
    mark = settings.mark(RESULT, "Ann", DEADLINE.timestamp() + 1e7)
    assert (mark.total, mark.penalty) == (1.5, 0.5)  # most = 25
    assert Settings(DEADLINE, per_day=100).mark(RESULT, "Ann", 2e9).total == 0

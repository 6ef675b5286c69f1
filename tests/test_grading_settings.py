"""Weights and late penalties."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from course_dl.grading.result import ExerciseMark, Result
from course_dl.grading.settings import Settings, read_settings

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

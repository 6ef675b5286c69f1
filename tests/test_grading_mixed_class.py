"""A class with attacks, damaged files and exports in it is graded to the end, and honestly."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from course_dl.grading.bulk import grade_class
from tests.grading.mixed import DAMAGED, EXPORTED, LAB, hand_in

HONEST = 6
ATTACKS = ("exits", "fills the disk", "kills", "odd class")  # those that end soon

Row = dict[str, str]


def graded(folder: Path, *, trouble: bool) -> dict[str, Row]:
    submissions = hand_in(folder / "in", HONEST, trouble=trouble, attacks=ATTACKS)
    grade_class(LAB, submissions, folder / "out", processes=2, progress=False)
    with (folder / "out" / "grades.csv").open(encoding="utf-8-sig", newline="") as file:
        return {row["student"]: row for row in csv.DictReader(file)}


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Row]:
    return graded(tmp_path_factory.mktemp("calm"), trouble=False)


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Row]:
    return graded(tmp_path_factory.mktemp("mixed"), trouble=True)


def test_everybody_has_a_row(mixed: dict[str, Row]) -> None:
    assert len(mixed) == HONEST + len(ATTACKS) + len(DAMAGED) + len(EXPORTED)


def test_no_honest_mark_differs_from_a_class_without_trouble(
    calm: dict[str, Row], mixed: dict[str, Row]
) -> None:
    assert len(calm) == HONEST
    assert {name: mixed[name] for name in calm} == calm


def test_attacks_earn_what_their_honest_part_earns(mixed: dict[str, Row]) -> None:
    for name in ATTACKS:
        row = mixed[f"Hostile {name}"]
        assert row["4.7"] == "0", row
        others = sum(float(row[f"4.{k}"]) for k in (1, 2, 3, 4, 5, 6))
        assert others == float(row["max"]) - 5, row  # 4.7 has 1 point, 4.8, which uses it, 4


def test_exports_earn_every_point(mixed: dict[str, Row]) -> None:
    for name in EXPORTED:
        row = mixed[f"Exported {name.partition('.')[0]}"]
        assert row["total"] == row["max"], row


def test_damaged_files_are_told_with_a_reason(mixed: dict[str, Row]) -> None:
    for name in DAMAGED:
        row = mixed[f"Damaged {name.partition('.')[0]}"]
        assert row["total"] == "0"
        if not name.endswith(".py"):
            assert row["status"] == "unreadable", row

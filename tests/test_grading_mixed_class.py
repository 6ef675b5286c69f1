"""A class with attacks, damaged files and exports in it is graded to the end, and honestly."""

from __future__ import annotations

import csv
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections import defaultdict
from pathlib import Path

import pytest

from course_dl.grading.bulk import grade_class
from course_dl.grading.reports.entry import Entry
from course_dl.grading.reports.junit import junit_xml
from course_dl.lab.catalog import find_lab
from tests.grading.mixed import DAMAGED, EXPORTED, LAB, hand_in

HONEST = 4
ATTACKS = ("exits", "fills the disk", "kills", "odd class")  # those that end soon

Row = dict[str, str]


def graded(folder: Path, *, trouble: bool) -> list[Entry]:
    submissions = hand_in(folder / "in", HONEST, trouble=trouble, attacks=ATTACKS)
    return grade_class(LAB, submissions, folder / "out", processes=2, progress=False)


def rows(folder: Path) -> dict[str, Row]:
    with (folder / "out" / "grades.csv").open(encoding="utf-8-sig", newline="") as file:
        return {row["student"]: row for row in csv.DictReader(file)}


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Row]:
    folder = tmp_path_factory.mktemp("calm")
    graded(folder, trouble=False)
    return rows(folder)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the class with trouble is graded."""
    return tmp_path_factory.mktemp("mixed")


@pytest.fixture(scope="module")
def entries(folder: Path) -> list[Entry]:
    return graded(folder, trouble=True)


@pytest.fixture(scope="module")
def mixed(folder: Path, entries: list[Entry]) -> dict[str, Row]:
    return rows(folder)


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


def test_pytest_tells_the_same_of_the_whole_class(
    folder: Path, entries: list[Entry], tmp_path: Path
) -> None:
    """Results, points, diagnoses, hidden tests and follow-through, in JUnit."""
    graded = [entry for entry in entries if entry.result.status == "graded"]
    names = [f"s{place}{Path(entry.file).suffix}" for place, entry in enumerate(graded)]
    for name, entry in zip(names, graded, strict=True):
        (file,) = (folder / "in").glob(f"{entry.student}_*/*")
        shutil.copy(file, tmp_path / name)
    command = [sys.executable, "-P", "-m", "pytest", "-p", "no:cacheprovider", "--pyargs"]
    command += [f"course_dl.labs.{find_lab(LAB).name}", "--junitxml=all.xml"]
    command += [f"--submission={name}" for name in names]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=500, check=False)
    by_pytest = suites(ElementTree.parse(tmp_path / "all.xml").getroot())
    assert len(by_pytest) == len(graded) >= HONEST + len(EXPORTED), done.stdout
    for name, entry in zip(names, graded, strict=True):
        ours = ElementTree.fromstring(junit_xml(entry.result, entry.file, entry.mark))
        assert [by_pytest[name.partition(".")[0]]] == [*suites(ours).values()], entry.student


Cases = dict[str, tuple[str, str, list[tuple[str, str]]]]


def suites(report: ElementTree.Element) -> dict[str, Cases]:
    """By submission each test: how it ended, what was said of it, its exercise and points."""
    found: dict[str, Cases] = defaultdict(dict)
    for case in report.iter("testcase"):
        properties = [(p.get("name", ""), p.get("value", "")) for p in case.iter("property")]
        ends = [child for child in case if child.tag != "properties"]
        said = (ends[0].tag, told(ends[0].get("message", ""))) if ends else ("passed", "")
        submission = case.get("classname", "").rpartition("checks.")[2].partition(".")[0]
        found[submission][case.get("name", "")] = (*said, properties)
    return found


def told(text: str) -> str:
    """The first line, in which pytest puts nothing of its own."""
    return text.removeprefix("Skipped: ").partition("\n")[0]

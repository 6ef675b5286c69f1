"""The zip of feedback, read as Moodle's importer reads it."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from course_dl.cli import main
from course_dl.grading.intake.submissions import Submission
from course_dl.grading.reports.moodle import FEEDBACK_ZIP, feedback_zip
from tests.grading.honest import notebook
from tests.grading.paper import ODD_NAMES, run


def as_moodle_reads(path: str) -> tuple[int, str, str] | None:
    """The participant, the plugin and the file's name; None for what Moodle leaves out.

    The rule is that of Moodle's ``mod/assign/feedback/file/importziplib.php``: the first part of a
    path that is cut by underscores into four pieces and more, of which the second is a number.
    """
    parts = path.split("/")
    if parts[-1][:1] in (".", "~", ""):
        return None
    while parts:
        pieces = parts.pop(0).split("_", 4)
        if len(pieces) >= 4 and pieces[1].isdigit():
            rest = "/".join([*pieces[4:5], *parts]) if len(pieces) > 4 else "/".join(["", *parts])
            return int(pieces[1]), "_".join(pieces[2:4]), rest
    return None


def as_older_moodle_reads(path: str) -> tuple[int, str] | None:
    """The rule before that: all of the path is cut into five."""
    pieces = f"/{path}".split("_", 4)
    return (int(pieces[1]), pieces[4]) if len(pieces) == 5 and pieces[1].isdigit() else None


def test_each_participant_gets_the_own_page_and_nothing_else(tmp_path: Path) -> None:
    names = [*ODD_NAMES, "Ann_12_assignsubmission_file_", "under_score_7", "5", "_", "/"]
    found = [
        Submission(n, f"{k}.ipynb", bytes([k]), number=str(100 + k)) for k, n in enumerate(names)
    ]
    entries = run(found, tmp_path / "out")
    numbers = {s.student: s.number for s in found}
    data, told = feedback_zip(entries, numbers, tmp_path / "out" / "feedback")
    assert not told
    by_number = {int(numbers[e.student]): e for e in entries}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert len(archive.namelist()) == len(set(archive.namelist())) == len(names)
        for path in archive.namelist():
            read = as_moodle_reads(path)
            assert read is not None and as_older_moodle_reads(path) == (read[0], "/feedback.html")
            assert read[1] == "assignsubmission_file" and read[2].strip("/") == "feedback.html"
            page = tmp_path / "out" / "feedback" / by_number[read[0]].slug / "feedback.html"
            assert archive.read(path) == page.read_bytes()
            assert ".." not in path.split("/") and path.count("/") == 1
    again, _ = feedback_zip(entries, numbers, tmp_path / "out" / "feedback")
    assert again == data


def test_whose_number_is_not_known_is_told_and_nobody_else_gets_the_page(tmp_path: Path) -> None:
    found = [Submission(n, f"{n}.ipynb", n.encode()) for n in ("Ann", "Bob")]
    entries = run(found, tmp_path / "out")
    data, told = feedback_zip(entries, {"Bob": "7"}, tmp_path / "out" / "feedback")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.namelist() == ["Bob_7_assignsubmission_file_/feedback.html"]
    assert "no page of Ann" in told[0]
    assert feedback_zip(entries, {}, tmp_path / "out" / "feedback") == (b"", [])


def test_a_class_from_moodle_gets_its_feedback_zip_and_hidden_tests_stay_here(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "in" / "Zoé Müller_31_assignsubmission_file_"
    home.mkdir(parents=True)
    wrong = "import torch\ndef predict(w, b, x):\n    return x\n"
    (home / "lab01.ipynb").write_bytes(notebook(wrong))
    (tmp_path / "in" / "Ann_32_assignsubmission_file_").mkdir()
    out = tmp_path / "out"
    assert main(["grade", "lab01", str(tmp_path / "in"), "-o", str(out), "--processes", "1"]) == 0
    with zipfile.ZipFile(out / FEEDBACK_ZIP) as archive:
        assert sorted(archive.namelist()) == [
            "Ann_32_assignsubmission_file_/feedback.html",
            "Zoé Müller_31_assignsubmission_file_/feedback.html",
        ]
    kept = {path.name for path in (out / "feedback").rglob("*") if path.is_file()}
    assert kept == {"feedback.html"}
    assert {"result.json", "junit.xml", "results.json"} <= {
        p.name for p in (out / "records").rglob("*")
    }

"""The whole course in `lab.progress()`: what other labs' checks found, and what cannot be known."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from course_dl.grading.intake.items import is_system
from course_dl.lab import Lab, course
from course_dl.lab.catalog import LabFolder, find_lab, find_labs
from course_dl.lab.course import course_so_far, keep
from course_dl.lab.judge import ExerciseResult, TestResult
from course_dl.lab.states import State


def add_bias(X):
    return torch.cat([X.new_ones(len(X), 1), X], 1)


def output_size(n, kernel, stride=1, padding=0):
    return (n + 2 * padding - kernel) // stride + 1


def ended(lab: LabFolder, number: str, state: State, points: float = 0.0) -> ExerciseResult:
    exercise = lab.exercise(number)
    return ExerciseResult(exercise, [TestResult(exercise.tests[0], state, points=points)])


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A student's folder, and a process in which nothing was checked yet."""
    monkeypatch.delenv("COURSE_DL_PROGRESS")
    monkeypatch.chdir(tmp_path)
    a_new_kernel(monkeypatch)
    return tmp_path / "course_dl_progress"


def a_new_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(course, "_here", {})


def progress(lab: Lab, capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    lab.progress()
    return capsys.readouterr().out


def test_nothing_is_known_before_a_check(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert set(course_so_far().values()) == {None}
    said = progress(Lab("lab02"), capsys)
    assert f"0 of 0 points in the 0 of {len(find_labs())} labs that are known here" in said
    assert not folder.exists()  # nothing was answered, so nothing is kept


def test_a_notebook_knows_what_another_one_of_its_folder_found(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Lab("lab01").check("1.1", add_bias=add_bias)
    a_new_kernel(monkeypatch)
    first = find_lab("lab01")
    whole = sum(exercise.points for exercise in first.exercises)
    other = Lab("lab06")
    other.check("6.1", output_size=output_size)
    said = progress(other, capsys)
    assert f"{first.title}: 1 of {whole:g} points, 1 of {len(first.exercises)} exercises" in said
    assert "in the 2 of " in said
    assert "Lab 2, Lab 3, Lab 4, Lab 5, Lab 7" in said and "nothing known here" in said
    assert "kept in course_dl_progress" in said and "hidden tests" in said
    assert sorted(path.name for path in folder.iterdir()) == [
        "lab01_perceptron.json",
        "lab06_cnn.json",
    ]


def test_two_labs_of_one_session_know_each_other_where_nothing_can_be_written(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder.write_text("a file where the folder would be")
    Lab("lab01").check("1.1", add_bias=add_bias)
    said = progress(Lab("lab06"), capsys)
    assert f"{find_lab('lab01').title}: 1 of" in said


def test_an_environment_variable_names_a_folder_for_all_notebooks(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COURSE_DL_PROGRESS", str(tmp_path / "drive" / "course"))
    keep(find_lab("lab01"), ended(find_lab("lab01"), "1.1", State.PASSED))
    assert (tmp_path / "drive" / "course" / "lab01_perceptron.json").is_file()
    assert not folder.exists()


def test_a_failure_replaces_what_passed_and_an_open_exercise_does_not(folder: Path) -> None:
    lab = find_lab("lab01")
    keep(lab, ended(lab, "1.1", State.PASSED))
    keep(lab, ended(lab, "1.1", State.NOT_DONE))  # as after a restart of the kernel
    kept = course_so_far()[lab.title]
    assert kept is not None and (kept.points, kept.passed) == (1, 1)
    keep(lab, ended(lab, "1.1", State.FAILED))
    kept = course_so_far()[lab.title]
    assert kept is not None and (kept.points, kept.passed) == (0, 0)


def test_what_a_challenge_earned_is_kept(folder: Path) -> None:
    lab = find_lab("lab05")
    keep(lab, ended(lab, "5.7", State.PARTLY, points=2.0))
    kept = course_so_far()[lab.title]
    assert kept is not None and (kept.points, kept.passed) == (2, 0)


def test_notebooks_of_the_same_lab_add_to_one_another(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab = find_lab("lab01")
    keep(lab, ended(lab, "1.1", State.PASSED))
    a_new_kernel(monkeypatch)
    keep(lab, ended(lab, "1.2", State.PASSED))
    kept = course_so_far()[lab.title]
    assert kept is not None and set(kept.checked) == {"1.1", "1.2"}


WHOLE = '{{"exercises": 7, "whole": {}, "checked": {{"1.1": {}}}}}'
DAMAGED = {
    "no JSON": "{",
    "another thing": "[1, 2]",
    "nothing in it": '{"exercises": 7, "whole": 8, "checked": {}}',
    "no date": WHOLE.format(8, '{"points": 1, "passed": true, "on": 3}'),
    "no number": WHOLE.format("NaN", '{"points": 1, "passed": true, "on": "2026-11-29"}'),
    "deep": "[" * 100_000,
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_file_is_as_none_and_is_written_anew(
    content: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab = find_lab("lab01")
    folder.mkdir()
    file = folder / "lab01_perceptron.json"
    file.write_text(content)
    assert course_so_far()[lab.title] is None
    keep(lab, ended(lab, "1.1", State.PASSED))
    assert json.loads(file.read_text())["checked"]["1.1"]["points"] == 1
    assert [path.name for path in folder.iterdir()] == [file.name]  # no draft is left


def test_the_folder_is_no_submission() -> None:
    assert is_system(course.FOLDER.encode())


def test_the_day_of_the_last_check_is_told() -> None:
    days = ["2026-11-02", "2026-12-01", "2026-11-30"]
    one = course.Kept(1.0, True, days[0])
    checked = {str(k): replace(one, on=day) for k, day in enumerate(days)}
    assert course.LabKept(7, 8.0, checked).last == "2026-12-01"

"""What is made for Gradescope and GitHub Classroom: layout, contents, and scripts that work."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from course_dl.authoring.autograder import autograder_zip
from course_dl.authoring.classroom import workflow, write_classroom
from course_dl.authoring.sources import Project, repository_root
from course_dl.cli import main
from course_dl.lab.catalog import find_lab, find_labs
from tests.grading.made import notebook_of
from tests.repository import known_to_git


@pytest.fixture(scope="module", autouse=True)
def in_git() -> Iterator[None]:
    with known_to_git():
        yield


@pytest.fixture(scope="module")
def packed(in_git: None) -> bytes:
    return autograder_zip("lab01")


def test_the_scripts_stand_at_the_top_and_can_be_run(packed: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        for name in ("setup.sh", "run_autograder"):
            entry = archive.getinfo(name)
            assert entry.external_attr >> 16 == 0o755
            text = archive.read(name).decode()
            assert text.startswith("#!/usr/bin/env bash\n") and "\r" not in text
            subprocess.run(["bash", "-n"], input=text, text=True, check=True)
    assert autograder_zip("lab01") == packed  # the same bytes


def test_the_zip_has_the_lab_alone_and_nothing_of_the_authors(packed: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        names = archive.namelist()
    labs = {n.split("/")[2] for n in names if n.startswith("course/labs/") and n.count("/") > 2}
    assert labs == {find_lab("lab01").name}
    assert not [n for n in names if "/authoring/" in n or n.startswith("course/tests")]
    assert {"course/pyproject.toml", "course/setup.py", "course/course_dl/cli/__init__.py"} <= set(
        names
    )


def as_gradescope(
    home: Path, packed: bytes, files: dict[str, bytes], course_dl: str = ""
) -> subprocess.CompletedProcess[str]:
    """Lay out a folder as Gradescope's ``/autograder``, and run the autograder there.

    The environment that ``setup.sh`` would make is stood in for by this one, or by a script.
    """
    for name in ("source", "submission", "results", "env/bin"):
        (home / name).mkdir(parents=True)
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        archive.extractall(home / "source")
    shutil.copyfile(home / "source" / "run_autograder", home / "run_autograder")
    (home / "run_autograder").chmod(0o755)
    course = home / "env" / "bin" / "course-dl"
    script = course_dl or f'exec {sys.executable} -P -m course_dl.cli "$@"'
    course.write_text(f"#!/bin/sh\n{script}\n")
    course.chmod(0o755)
    for name, data in files.items():
        (home / "submission" / name).write_bytes(data)
    return subprocess.run(
        [home / "run_autograder"],
        cwd=home,
        env={"AUTOGRADER": str(home), "PATH": os.environ["PATH"], "HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_a_submission_of_several_files_gets_its_results_where_gradescope_looks(
    tmp_path: Path, packed: bytes
) -> None:
    files = {
        "lab01.ipynb": notebook_of("lab01", solutions=True).encode(),
        "draft of mine.ipynb": notebook_of("lab01", solutions=False).encode(),
        "notes.txt": b"hello",
    }
    done = as_gradescope(tmp_path / "autograder", packed, files)
    assert done.returncode == 0, done.stderr
    results = json.loads((tmp_path / "autograder" / "results" / "results.json").read_text("utf-8"))
    whole = sum(exercise.points for exercise in find_lab("lab01").exercises)
    assert results["score"] == sum(test["score"] for test in results["tests"]) == whole
    assert results["visibility"] == "visible" and results["stdout_visibility"] == "hidden"
    hidden = [t.title for e in find_lab("lab01").exercises for t in e.tests if t.hidden]
    assert not [title for title in hidden if title in json.dumps(results)]
    assert "draft of mine.ipynb" in results["output"]


def test_a_grader_that_fails_leaves_no_results(tmp_path: Path, packed: bytes) -> None:
    """Then Gradescope says that the autograder failed; nobody gets 0 points for it."""
    done = as_gradescope(tmp_path / "autograder", packed, {"a.ipynb": b"{}"}, "exit 2")
    assert done.returncode == 2
    assert not (tmp_path / "autograder" / "results" / "results.json").exists()


def test_who_hands_in_no_notebook_is_told_so(tmp_path: Path, packed: bytes) -> None:
    done = as_gradescope(tmp_path / "autograder", packed, {"essay.pdf": b"%PDF"})
    assert done.returncode == 0, done.stderr
    results = json.loads((tmp_path / "autograder" / "results" / "results.json").read_text("utf-8"))
    assert results["score"] == 0 and "could not be read" in results["output"]


def test_the_weak_sandbox_is_asked_for_by_name() -> None:
    with zipfile.ZipFile(io.BytesIO(autograder_zip("lab01", weak_sandbox=True))) as archive:
        assert b"--weak-sandbox\n" in archive.read("run_autograder")


@pytest.mark.parametrize("lab", [lab.name for lab in find_labs()])
def test_each_lab_has_a_workflow_that_checks_its_notebook(lab: str, tmp_path: Path) -> None:
    yaml = pytest.importorskip("yaml")
    write_classroom(lab, tmp_path)
    text = (tmp_path / ".github" / "workflows" / "check.yml").read_text(encoding="utf-8")
    found = yaml.safe_load(text)
    project = Project.read(repository_root())
    assert text == workflow(find_lab(lab), project)
    steps = found["jobs"]["check"]["steps"]
    commands = "\n".join(step.get("run", "") for step in steps)
    assert f"{project.repository}@{project.tag}" in commands
    assert f"course-dl check {lab.partition('_')[0]} {lab}.ipynb" in commands
    assert (tmp_path / f"{lab}.ipynb").read_text("utf-8") == notebook_of(lab, solutions=False)
    for step in steps:
        subprocess.run(["bash", "-n"], input=step.get("run", ""), text=True, check=True)


def test_the_step_that_checks_ends_as_the_check_does(tmp_path: Path) -> None:
    yaml = pytest.importorskip("yaml")
    text = workflow(find_lab("lab01"), Project.read(repository_root()))
    script = yaml.safe_load(text)["jobs"]["check"]["steps"][-1]["run"]
    for status in (0, 1):
        (tmp_path / "course-dl").write_text(f"#!/bin/sh\necho 3 of 15 points\nexit {status}\n")
        (tmp_path / "course-dl").chmod(0o755)
        summary = tmp_path / f"summary-{status}"
        done = subprocess.run(
            ["bash", "-e", "-c", script],
            env={"PATH": f"{tmp_path}:{os.environ['PATH']}", "GITHUB_STEP_SUMMARY": str(summary)},
            check=False,
        )
        assert done.returncode == status
        assert summary.read_text() == "```text\n3 of 15 points\n```\n"


def test_what_cannot_be_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.tex").touch()
    for given, told in (
        (["gradescope", "lab01", "-o", str(tmp_path / "a.tar")], "Gradescope takes a zip"),
        (["gradescope", "lab99", "-o", str(tmp_path / "a.zip")], "there is no lab"),
        (["classroom", "lab01", str(tmp_path / "full")], "give an empty folder"),
        (["classroom", "lab99", str(tmp_path / "new")], "there is no lab"),
    ):
        assert main(given) == 2
        assert told in capsys.readouterr().err
    assert main(["classroom", "lab01", str(tmp_path / "new")]) == 0
    assert main(["classroom", "lab01", str(tmp_path / "new")]) == 0  # again, over the earlier one
    assert main(["gradescope", "lab01", "-o", str(tmp_path / "b" / "a.zip")]) == 0
    assert zipfile.is_zipfile(tmp_path / "b" / "a.zip")

"""A new lab is a whole one, which passes what every lab must pass."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from course_dl.authoring.new import new_lab
from course_dl.lab.catalog import find_labs

TESTS = Path(__file__).parent

# The labs that there are: those of a folder.
CONFTEST = """\
import importlib
importlib.import_module("course_dl.labs").__path__[:] = [{labs!r}]
"""


def test_a_new_lab_passes_the_all_labs_test_as_it_stands(bench: Path) -> None:
    new_lab("lab12_topic")
    tests = bench / "tests"
    (tests / "conftest.py").write_text(CONFTEST.format(labs=str(bench / "labs")))
    (tests / "test_labs.py").write_bytes((TESTS / "test_labs.py").read_bytes())
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rf", "-k", "12.1 or lab12_topic", tests],
        cwd=bench,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert int(done.stdout.split(" passed")[0].split()[-1]) >= 6, done.stdout


def test_a_new_lab_is_found_under_its_own_name_and_number(bench: Path) -> None:
    written = new_lab("lab07_transfer_learning")
    assert {str(path.relative_to(bench)) for path in written} == {
        "labs/lab07_transfer_learning/__init__.py",
        "labs/lab07_transfer_learning/checks/__init__.py",
        "labs/lab07_transfer_learning/checks/e7_1_center.py",
        "labs/lab07_transfer_learning/mistakes/__init__.py",
        "labs/lab07_transfer_learning/mistakes/e7_1_center.py",
        "labs/lab07_transfer_learning/notebook.py",
        "labs/lab07_transfer_learning/solutions.py",
        "tests/right_answers/lab07_transfer_learning.py",
    }
    assert not [path for path in written if "99" in path.read_text()]
    (lab,) = find_labs()
    assert (lab.name, lab.title[:6]) == ("lab07_transfer_learning", "Lab 7:")
    assert [exercise.number for exercise in lab.exercises] == ["7.1"]


@pytest.mark.parametrize("name", ["topic", "lab7_topic", "lab07", "lab07_Topic", "../lab07_x", ""])
def test_a_lab_is_named_lab_number_topic(bench: Path, name: str) -> None:
    with pytest.raises(ValueError, match="lab12_topic"):
        new_lab(name)
    assert not list((bench / "labs").iterdir())


def test_a_number_is_given_once(bench: Path) -> None:
    new_lab("lab07_first")
    with pytest.raises(FileExistsError, match="lab07_first"):
        new_lab("lab07_second")
    assert [path.name for path in (bench / "labs").iterdir()] == ["lab07_first"]

"""The pytest plugin: one submission graded by ``pytest``, and silence where none is."""

from __future__ import annotations

import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from course_dl.lab.catalog import find_lab
from tests.grading.honest import notebook

LAB = find_lab("lab04")
ANSWER = """def accumulate(total, new):
    return [a + b for a, b in zip(total, new)]"""


def run(folder: Path, *options: str, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-P", "-m", "pytest", "-p", "no:cacheprovider", *options]
    return subprocess.run(
        command, cwd=folder, env=os.environ | variables, timeout=240,
        capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.fixture
def submission(tmp_path: Path) -> Path:
    path = tmp_path / "Zoé.ipynb"
    path.write_bytes(notebook("import torch", ANSWER))
    return path


def test_an_exercise_is_graded_by_its_number(tmp_path: Path, submission: Path) -> None:
    report = tmp_path / "report.xml"
    options = ["--pyargs", f"course_dl.labs.{LAB.name}", "--submission", str(submission)]
    done = run(tmp_path, *options, "-k", "4.7", "-v", f"--junitxml={report}")
    assert done.returncode == 0, done.stdout + done.stderr
    exercise = LAB.exercise("4.7")
    assert f"{len(exercise.tests)} passed" in done.stdout
    assert f"4.7 accumulate: {exercise.tests[0].title} PASSED" in done.stdout
    cases = list(ElementTree.parse(report).iter("testcase"))
    assert [c.get("name") for c in cases] == [f"4.7 accumulate: {t.title}" for t in exercise.tests]
    said = [(p.get("name"), p.get("value")) for c in cases for p in c.iter("property")]
    assert said.count(("exercise", "4.7")) == len(cases)
    assert ("points", str(exercise.points)) in said
    assert ("max_points", str(exercise.points)) in said


def test_what_is_not_passed_fails_in_the_course_s_words(tmp_path: Path, submission: Path) -> None:
    checks = str(LAB.path / "checks")
    done = run(tmp_path, checks, "--submission", str(submission), "-k", "4.3 or 4.7", "-rN")
    assert done.returncode == 1
    assert "not done yet: There is no backward_layer yet." in done.stdout
    assert "Traceback" not in done.stdout
    passed, failed = len(LAB.exercise("4.7").tests), len(LAB.exercise("4.3").tests)
    assert f"{failed} failed, {passed} passed" in done.stdout


def test_a_file_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.ipynb").write_text("{")
    options = ["--pyargs", f"course_dl.labs.{LAB.name}", "--submission", "a.ipynb", "-k", "4.7"]
    done = run(tmp_path, *options)
    assert done.returncode == 1
    assert "the notebook is damaged" in done.stdout


WEIGHTED = """
import pathlib, sys
from course_dl.cli.commands import run
from course_dl.grading.marks import settings

read = settings.read_settings
settings.read_settings = lambda _, numbers: read(pathlib.Path("."), numbers)

class Named:
    def pytest_configure(self, config):
        from course_dl.grading.plugin import Gradebook

        book = Gradebook({file: pathlib.Path(file).read_bytes()})
        config.pluginmanager.register(book, Gradebook.name)

if __name__ == "__main__":
    import pytest

    file, checks, report = sys.argv[1:]
    options = ["-p", "no:cacheprovider", checks, "-k", "4.7", f"--junitxml={report}"]
    pytest.main(options, [Named()])
    run(["check", "lab04", file])
"""


def weighted(folder: Path, submission: Path, settings: str) -> subprocess.CompletedProcess[str]:
    """The submission graded by pytest, then checked, where the lab has these settings."""
    (folder / "weighted.py").write_text(WEIGHTED)
    (folder / "grading.toml").write_text(settings)
    checks, report = str(LAB.path / "checks"), str(folder / "report.xml")
    return subprocess.run(
        [sys.executable, "weighted.py", str(submission), checks, report],
        cwd=folder, capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip


def test_pytest_and_check_tell_weighted_points(tmp_path: Path, submission: Path) -> None:
    done = weighted(tmp_path, submission, '[weights]\n"4.7" = 1.25')
    points = 1.25 * LAB.exercise("4.7").points
    whole = sum(e.points for e in LAB.exercises if e.number != "4.7") + points
    report = ElementTree.parse(tmp_path / "report.xml")
    told = {p.get("name"): p.get("value") for p in report.iter("property")}
    assert (told["points"], told["max_points"]) == (f"{points:g}", f"{points:g}")
    assert f"4.7 accumulate: passed, {points:g} points\n" in done.stdout, done.stderr
    assert f"\n{points:g} of {whole:g} points by the public tests\n" in done.stdout


def test_settings_that_cannot_be_are_told_where_one_file_is_graded(
    tmp_path: Path, submission: Path
) -> None:
    done = weighted(tmp_path, submission, '[weights]\n"9.9" = 1')
    told = "grading.toml: unknown 9.9 in [weights]"
    assert told in done.stdout.partition("ERROR")[2] and "1 error" in done.stdout
    assert done.stderr.strip().rpartition("\n")[2].startswith(f"course-dl check: {told}")


def test_a_file_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    done = run(tmp_path, "--submission", "nothing.ipynb")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "there is no file nothing.ipynb" in done.stderr


def test_a_run_that_names_no_lab_says_how_to(tmp_path: Path, submission: Path) -> None:
    (tmp_path / "test_evil.py").write_text("def test_evil(): pass")
    done = run(tmp_path, "--submission", submission.name)
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "name the lab" in done.stderr
    assert "collected 0 items" in done.stdout


HOSTILE = {
    "conftest.py": "open('marks', 'a').write('conftest')",
    "evil.py": "open('marks', 'a').write('evil')",
    "socket.py": "open('marks', 'a').write('socket')",
    "test_evil.py": "open('marks', 'a').write('test')",
    "checks.py": "open('marks', 'a').write('checks')",
    "__init__.py": "open('marks', 'a').write('init')",
    "tox.ini": "[pytest]\naddopts = --collect-only --doctest-modules\npython_files = *.py\n",
    "setup.cfg": "[tool:pytest]\naddopts = --collect-only\n",
}


def test_neither_the_folder_nor_variables_have_a_say(tmp_path: Path, submission: Path) -> None:
    for name, content in HOSTILE.items():
        (tmp_path / name).write_text(content)
    options = ["--pyargs", f"course_dl.labs.{LAB.name}", f"--submission={submission.name}"]
    options += ["-k", "4.7", "--junitxml=report.xml", "-v", "--doctest-modules", "."]
    variables = {"PYTEST_ADDOPTS": "--collect-only", "PYTEST_PLUGINS": "evil"}
    done = run(tmp_path, *options, **variables)
    assert done.returncode == 0, done.stdout + done.stderr
    assert not (tmp_path / "marks").exists()
    tests = len(LAB.exercise("4.7").tests)
    assert f"{tests} passed" in done.stdout  # no examples, no module, no test of the folder
    assert len(list(ElementTree.parse(tmp_path / "report.xml").iter("testcase"))) == tests


def test_what_settings_of_the_folder_ran_before_is_told(tmp_path: Path, submission: Path) -> None:
    (tmp_path / "evil.py").write_text("")
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = -p evil\npythonpath = .\n")
    options = ["--pyargs", f"course_dl.labs.{LAB.name}", "--submission", submission.name]
    done = run(tmp_path, *options)
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "evil.py of this folder was run before grading began" in done.stderr


def test_a_run_inside_another_program_is_not_handed_over(tmp_path: Path, submission: Path) -> None:
    code = (
        "import pytest, sys\nfrom course_dl.grading.plugin import Gradebook\n"
        f"book = Gradebook({{'a.ipynb': open({str(submission)!r}, 'rb').read()}})\n"
        "class Named:\n"
        "    def pytest_configure(self, config):\n"
        "        config.pluginmanager.register(book, Gradebook.name)\n"
        f"pytest.main(['--pyargs', 'course_dl.labs.{LAB.name}', '-k', '4.7', '-q'], [Named()])\n"
        "print('AND THEN', *book.results)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert "AND THEN a.ipynb" in done.stdout


OTHERS = """
import sys
def test_mine():
    loaded = {"torch", "numpy", "course_dl.lab", "course_dl.grading.sandbox.client.remote"} & set(sys.modules)
    assert not loaded, loaded
"""


def test_other_people_s_runs_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "test_mine.py").write_text(OTHERS)
    (tmp_path / "checks.py").write_text("def test_not_collected(): assert False")
    done = run(tmp_path, "-q")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout
    assert "course" not in done.stdout

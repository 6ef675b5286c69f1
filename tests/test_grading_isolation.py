"""A folder of students' files is read, and never imported from, obeyed or run by the grader.

Every file of the folder that could be taken for a module leaves a mark when it is run.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from importlib.util import find_spec
from pathlib import Path

import pytest

from course_dl.grading.bulk import grade_class
from tests.grading.honest import notebook

LAB = "lab04"
ANSWER = "def accumulate(total, new):\n    return [a + b for a, b in zip(total, new)]"
OTHERS = """
course_dl torch torchvision numpy matplotlib tqdm pytest _pytest pluggy iniconfig packaging IPython
distributed dask conftest sitecustomize usercustomize colorama ipywidgets yaml evil test_evil
evil_test checks notebook solutions setuptools mypy _distutils_hack
"""
COMMAND = Path(sysconfig.get_path("scripts"), "course-dl")
pytestmark = pytest.mark.skipif(not COMMAND.exists(), reason="course-dl is not installed")


def leave_marks(folder: Path, names: set[str], marks: Path) -> None:
    """Modules that tell that they were run, and by what kind of interpreter."""
    for name in names:
        (folder / f"{name}.py").write_text(
            f"import sys\nwith open({str(marks)!r}, 'a') as file:\n"
            f"    file.write({name!r} + ('' if sys.flags.safe_path else ' before') + chr(10))\n"
            f"def test_{name}():\n    pass\n"
        )


@pytest.fixture
def marks(tmp_path: Path) -> Path:
    return tmp_path / "marks"


@pytest.fixture
def hostile(tmp_path: Path, marks: Path) -> Path:
    """A folder with a file for each module of Python and of others; and a configuration of pytest."""
    folder = tmp_path / "class"
    folder.mkdir()
    leave_marks(folder, set(sys.stdlib_module_names) | set(OTHERS.split()), marks)
    obeyed = "-p evil --doctest-modules -p no:course_dl --maxfail=0 --collect-only"
    settings = f"addopts = {obeyed}\npythonpath = .\npython_files = *.py\n"
    (folder / "pytest.ini").write_text(f"[pytest]\n{settings}")
    (folder / "setup.cfg").write_text(f"[tool:pytest]\n{settings}")
    (folder / "tox.ini").write_text(f"[pytest]\n{settings}")
    (folder / "pyproject.toml").write_text(
        f"[tool.pytest.ini_options]\naddopts = '{obeyed}'\npythonpath = ['.']\n"
    )
    (folder / "matplotlibrc").write_text("backend: module://evil\n")
    students = folder / "students"
    students.mkdir()
    (students / "Ann.ipynb").write_bytes(notebook("import torch", ANSWER))
    (students / "socket.py").write_text("raise SystemExit('run')")
    return folder


def told(marks: Path) -> list[str]:
    return marks.read_text().split("\n") if marks.exists() else []


def run(folder: Path, *command: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        list(map(str, command)), cwd=folder, env=os.environ | variables, timeout=300,
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_grade_imports_nothing_of_the_folder_in_which_it_is_typed(
    hostile: Path, marks: Path
) -> None:
    done = run(hostile, COMMAND, "grade", LAB, "students", "-o", "out", "--processes", "1")
    assert done.returncode == 0, done.stderr
    assert told(marks) == []
    assert "2 submissions graded" in done.stdout
    assert (hostile / "out" / "overview.html").exists()  # relative paths mean what they meant


def test_check_imports_nothing_of_the_folder_in_which_it_is_typed(
    hostile: Path, marks: Path
) -> None:
    done = run(hostile, COMMAND, "check", LAB, "students/Ann.ipynb")
    assert done.returncode == 1, done.stderr
    assert told(marks) == []
    assert "4.7" in done.stdout


def test_environment_variables_add_nothing_to_an_interpreter_that_grades(
    tmp_path: Path, marks: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    before = run(tmp_path, sys.executable, "-c", "import sys, re, site; print(*sys.modules)")
    free = {name for name in sys.stdlib_module_names if find_spec(name)} | set(OTHERS.split())
    free -= {name.partition(".")[0] for name in before.stdout.split()}
    leave_marks(elsewhere, free - {"course_dl", "sitecustomize", "usercustomize"}, marks)
    (elsewhere / "start.py").write_text(f"open({str(marks)!r}, 'a').write('start')")
    path = tmp_path / "Ann.ipynb"
    path.write_bytes(notebook("import torch", ANSWER))
    done = run(
        tmp_path, COMMAND, "grade", LAB, path, "-o", tmp_path / "out", "--processes", "1",
        PYTHONPATH=str(elsewhere), PYTHONSTARTUP=str(elsewhere / "start.py"), PYTHONINSPECT="",
        PYTHONWARNINGS="error", PYTHONBREAKPOINT="evil.f", PYTHONUSERBASE=str(elsewhere),
        PYTEST_ADDOPTS="-p evil", PYTEST_PLUGINS="evil",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert told(marks) == []


def test_a_program_that_is_not_isolated_itself_starts_none_that_imports_from_its_folder(
    hostile: Path, marks: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(hostile)
    for name, value in {"PYTHONPATH": ".", "PYTEST_PLUGINS": "evil"}.items():
        monkeypatch.setenv(name, value)
    entries = grade_class(LAB, Path("students"), Path("out"), processes=1, progress=False)
    assert sorted(entry.student for entry in entries) == ["Ann", "socket"]
    assert told(marks) == []


def test_what_python_has_run_of_the_folder_before_is_told_and_ends_it(
    hostile: Path, marks: Path
) -> None:
    (hostile / "course_dl.py").unlink()
    for name in ("contextlib", "warnings", "runpy", "types", "functools", "enum", "re"):
        (hostile / f"{name}.py").unlink()  # without these Python itself does not come to us
    (hostile / "_evil_early.py").write_text("")
    code = "import _evil_early, sys\nfrom course_dl.cli import main\nsys.exit(main())"
    done = run(hostile, sys.executable, "-c", code, "grade", LAB, "students", "-o", "out")
    assert done.returncode == 2
    assert "_evil_early.py" in done.stderr
    assert not [mark for mark in told(marks) if "before" not in mark]
    assert not (hostile / "out").exists()


def test_python_m_hands_over_before_it_imports_anything_of_the_folder(
    hostile: Path, marks: Path
) -> None:
    before = run(hostile.parent, sys.executable, "-c", "import sys, runpy; print(*sys.modules)")
    for name in {"course_dl"} | {name.partition(".")[0] for name in before.stdout.split()}:
        (hostile / f"{name}.py").unlink(missing_ok=True)
    done = run(
        hostile, sys.executable, "-m", "course_dl.cli", "grade", LAB, "students", "-o", "out",
        "--processes", "1",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert told(marks) == []

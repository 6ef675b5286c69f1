"""The command line: what it says, and the status it ends with."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from course_dl import __version__
from course_dl.authoring.new import new_lab
from course_dl.cli import main
from course_dl.lab.catalog import find_labs

DOORS = ["gradescope", "classroom"]
TEACHING = ["report", "teach", "alike"]
COMMANDS = ["demo", "labs", "check", "grade", *TEACHING, "build", "release", "new", *DOORS]


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["--version"])
    assert end.value.code == 0
    assert capsys.readouterr().out == f"course-dl {__version__}\n"


def test_help_names_every_command_and_where_to_begin(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["--help"])
    assert end.value.code == 0
    said = capsys.readouterr().out
    assert [c for c in COMMANDS if not re.search(rf"\n    {c}\s", said)] == []
    assert "New here? `course-dl demo`" in said


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main([command, "--help"])
    assert end.value.code == 0
    assert f"usage: course-dl {command}" in capsys.readouterr().out


@pytest.mark.parametrize("given", [[], ["lab"], ["new"], ["build", "--solutions", "--check"]])
def test_what_cannot_be_understood_ends_with_2(given: list[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(given)
    assert end.value.code == 2


def test_help_is_quick_because_it_loads_nothing() -> None:
    code = (
        "import sys\nfrom course_dl.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "print('LOADED', [m for m in ('torch', 'numpy', 'jupytext') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("LOADED []\n")


def test_labs_lists_every_exercise(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["labs"]) == 0
    said = capsys.readouterr().out
    for lab in find_labs():
        assert f"{lab.name:<20} {lab.title}\n" in said
        for exercise in lab.exercises:
            (line,) = re.findall(rf"^  {re.escape(exercise.number)} .*", said, re.MULTILINE)
            assert line.endswith(f"{exercise.minutes} min  {', '.join(exercise.names)}")
            assert f"{exercise.points:g} point" in line


def test_a_class_is_graded_with_what_was_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    from course_dl.grading import bulk

    given = []
    monkeypatch.setattr(bulk, "grade_class", lambda *a, **k: given.append((a, k)) or [])
    command = ["grade", "lab04", "class.zip", "-o", "marks", "--only", "Ann", "--regrade"]
    assert main([*command, "--processes", "2", "--dask", "tcp://host:1"]) == 0
    rest = {"only": "Ann", "regrade": True, "dask": "tcp://host:1", "processes": 2}
    rest |= {"worksheet": None, "scale": False}
    assert given == [(("lab04", Path("class.zip"), Path("marks")), rest)]


def test_demo_hands_on_what_it_was_given(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import course_dl.cli.demo

    given = []
    monkeypatch.setattr(course_dl.cli.demo, "tour", lambda data, **rest: given.append((data, rest)))
    page = tmp_path / "page.pdf"
    command = ["demo", "--data", str(tmp_path), "--seed", "7", "--out", str(page), "--quick"]
    assert main(command) == 0
    assert given == [(tmp_path, {"seed": 7, "out": page, "quick": True})]


def test_build_and_its_check(bench: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new_lab("lab12_topic")
    made = bench / "colab" / "lab12_topic.ipynb"
    found = bench / "labs" / "lab12_topic" / "found" / "e12_1.py"
    assert main(["build", "--check"]) == 1
    missing = f"{made} is missing\n{found} is missing\n"
    assert capsys.readouterr().out == f"{missing}run: course-dl build\n"
    assert main(["build"]) == 0
    assert capsys.readouterr().out == f"{made}\n{found}\n"
    assert main(["build", "--check"]) == 0
    made.write_text(made.read_text().replace("Where is", "Where was"))
    assert main(["build", "--check"]) == 1
    assert f"{made} is stale\n" in capsys.readouterr().out
    assert "was" in made.read_text()  # a check changes nothing


def test_solved_notebooks_go_only_where_they_are_asked_for(
    bench: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new_lab("lab12_topic")
    assert main(["build", "--solutions"]) == 2
    assert "-o DIR" in capsys.readouterr().err
    assert not (bench / "colab").exists()
    assert main(["build", "--solutions", "-o", str(bench / "solved")]) == 0
    assert "X.mean(dim=0)" in (bench / "solved" / "lab12_topic.ipynb").read_text()


def test_what_cannot_be_done_is_told_in_a_line(
    bench: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["new", "topic"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("course-dl new: a lab's name is")
    assert said.count("\n") == 1

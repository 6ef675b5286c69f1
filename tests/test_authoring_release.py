"""The student edition: it works, and holds no solution and no hidden test, nowhere."""

from __future__ import annotations

import ast
import importlib
import json
import os
import re
import subprocess
import sysconfig
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from course_dl.authoring.new import new_lab
from course_dl.authoring.release import release
from course_dl.authoring.sources import Definition, find_definition
from course_dl.authoring.stubs import stub
from course_dl.authoring.students import packed, without_hidden_tests, without_instructor_parts
from course_dl.lab.catalog import LabFolder, find_labs
from course_dl.lab.exercise import Exercise
from tests.grading.made import notebook_of
from tests.repository import known_to_git
from tests.test_docs import links_to_nowhere, script_of, unpack_digits

LABS = find_labs()
EXERCISES = [(lab, exercise) for lab in LABS for exercise in lab.exercises]
RIGHT_ANSWERS = Path(__file__).parent / "right_answers"
Documented = ast.Module | ast.ClassDef | ast.FunctionDef
# A body shorter than that ("return X @ w") may stand anywhere.
TELLING = 40

each_lab = pytest.mark.parametrize("lab", LABS, ids=lambda lab: lab.name)
each_exercise = pytest.mark.parametrize(
    ("lab", "exercise"), EXERCISES, ids=[exercise.number for _, exercise in EXERCISES]
)


@pytest.fixture(scope="module")
def edition(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("student") / "edition"
    with known_to_git():
        release(folder)
    return folder


@pytest.fixture(scope="module")
def site(
    edition: Path, install: Callable[[Path, Path], Path], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Where the edition is installed."""
    return install(edition, tmp_path_factory.mktemp("student") / "site")


@pytest.fixture
def installed(site: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Processes that the test starts import the edition."""
    monkeypatch.setenv("PYTHONPATH", str(site))
    return site


@pytest.fixture(scope="module")
def contents(edition: Path) -> dict[str, str]:
    """Every file of the edition, as code without comments where it is code, in one line."""
    return {str(path.relative_to(edition)): plain(path) for path in files(edition)}


def files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def plain(path: Path) -> str:
    text = path.read_bytes().decode(errors="replace")
    if path.suffix == ".ipynb":
        sources = ["".join(cell["source"]) for cell in json.loads(text)["cells"]]
        return " ".join(code(source) for source in sources)
    return code(text) if path.suffix == ".py" else one_line(text)


def code(source: str) -> str:
    """Code in one line, without comments and docstrings."""
    try:
        tree = ast.parse(source)
    except SyntaxError:  # a cell with a magic
        return one_line(source)
    for node in ast.walk(tree):
        if isinstance(node, Documented) and ast.get_docstring(node):
            del node.body[0]
    return one_line(ast.unparse(tree))


def one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def bodies(node: Definition) -> Iterator[str]:
    """The code of a function, or of each method of a class, without signatures and docstrings."""
    for function in ast.walk(node):
        if isinstance(function, ast.FunctionDef):
            yield code(ast.unparse(function.body))


def answers(lab: LabFolder, exercise: Exercise) -> Iterator[str]:
    """What would give an exercise away: the bodies of its solution and of other right answers."""
    solutions = lab.solutions.read_text(encoding="utf-8")
    kept = [code(stub(lab.name, name)) for name in exercise.names]
    right = (RIGHT_ANSWERS / f"{lab.name}.py").read_text(encoding="utf-8")
    nodes = [find_definition(solutions, name) for name in exercise.names]
    nodes += [
        node
        for node in ast.parse(right).body
        if isinstance(node, Definition) and node.name.partition("__")[0] in exercise.names
    ]
    for text in (text for node in nodes for text in bodies(node)):
        if len(text) >= TELLING and not any(text in stub for stub in kept):
            yield text


@each_exercise
def test_no_file_holds_a_solution(
    contents: dict[str, str], lab: LabFolder, exercise: Exercise
) -> None:
    # The chapters that solve an exercise are known, and out of a submission's reach.
    # One is a file, or a folder of files.
    chapters = [name.replace(".", "/") for name in exercise.answers]
    out_of_reach = tuple(f"{chapter}{end}" for chapter in chapters for end in (".py", "/"))
    found = [
        (name, answer)
        for answer in answers(lab, exercise)
        for name, text in contents.items()
        if not name.startswith(out_of_reach) and answer in text
    ]
    assert not found


@each_exercise
def test_no_file_holds_a_hidden_test(
    contents: dict[str, str], lab: LabFolder, exercise: Exercise
) -> None:
    hidden = [test for test in exercise.tests if test.hidden]
    # A title stands in quotes: as words of a sentence it may be anywhere.
    public = {test.title for _, e in EXERCISES for test in e.tests if not test.hidden}
    telling = {test.function.__name__ for test in hidden}
    telling |= {repr(test.title) for test in hidden if test.title not in public}
    for text in telling:
        assert [name for name, content in contents.items() if text in content] == []


def test_no_file_is_for_instructors(edition: Path) -> None:
    names = {str(path.relative_to(edition)) for path in files(edition)}
    secret = re.compile(r"solutions|notebook\.py|right_answers|(^|/)tests?/|authoring|template")
    assert [name for name in names if secret.search(name)] == ["course_dl/lab/notebook.py"]
    for lab in LABS:
        assert f"colab/{lab.name}.ipynb" in names
    assert {"README.md", "LICENSE", "pyproject.toml"} <= names


@pytest.mark.notebooks
@pytest.mark.parametrize("lab", [LABS[0], LABS[-1]], ids=lambda lab: lab.name)  # as any other
def test_its_notebooks_run_untouched(
    lab: LabFolder,
    edition: Path,
    installed: Path,
    offline: None,
    run_notebook: Callable[..., Any],
    tmp_path: Path,
) -> None:
    text = (edition / "colab" / f"{lab.name}.ipynb").read_text(encoding="utf-8")
    ran = run_notebook(text, tmp_path)
    shown = [output for cell in ran.cells for output in cell.get("outputs", [])]
    assert [output.evalue for output in shown if output.output_type == "error"] == []
    assert sum("not done yet" in str(output) for output in shown) >= len(lab.exercises)


def test_its_readme_says_nothing_of_what_it_lacks(edition: Path) -> None:
    readme = (edition / "README.md").read_text(encoding="utf-8")
    assert "lab.check(" in readme
    for lacking in (
        "pytest --",
        ".[test]",
        ".[dev]",
        "course-dl build",
        "course-dl release",
        "labs/",
    ):
        assert lacking not in readme
    links = re.findall(r"\]\(([^):]+)\)|src=\"([^\":]+)\"", readme)
    assert links
    assert [a or b for a, b in links if not (edition / (a or b)).exists()] == []


# What a student does first: a right answer, a wrong one, a hint, and a look at the progress.
SESSION = """\
import torch
import course_dl, course_dl.labs
from course_dl.lab import Lab
lab = Lab("lab01")
def add_bias(X): return torch.cat([X, X.new_ones(len(X), 1)], dim=1)
wrong = lab.check("1.1")
def add_bias(X):
    Y = X.new_ones(len(X), 1 + X.shape[1])
    Y[:, 1:] = X
    return Y
right = lab.check(add_bias)
lab.hint("1.1")
lab.progress()
hidden = any(t.test.hidden for t in right.tests)
print("RESULT", bool(wrong), wrong.diagnosis is not None, bool(right), hidden)
print("PLACES", course_dl.__file__, *course_dl.labs.__path__)
"""


def test_check_hint_and_progress_work_in_it(
    installed: Path, run_python: Callable[..., str]
) -> None:
    printed = run_python("-c", SESSION)
    assert "RESULT False True True False" in printed
    places = printed.split("PLACES")[1].split()
    assert all(place.startswith(str(installed)) for place in places)


@pytest.mark.parametrize("page", ["README.md", "docs/students.md", "docs/training.md"])
def test_links_of_its_pages_lead_somewhere(page: str, edition: Path) -> None:
    assert not links_to_nowhere(edition / page)


@pytest.mark.commands
@pytest.mark.parametrize("page", ["README.md", "docs/students.md"])
def test_its_own_pages_work_as_written(
    page: str, edition: Path, installed: Path, offline: None, tmp_path: Path
) -> None:
    unpack_digits(tmp_path / "data")
    solved = notebook_of("lab04", solutions=True)
    (tmp_path / "my_notebook.ipynb").write_text(solved, encoding="utf-8")
    programs = os.pathsep.join([str(installed / "bin"), sysconfig.get_path("scripts")])
    done = subprocess.run(
        ["bash", "-euxo", "pipefail", "-c", f"pip() {{ :; }}  # done\n{script_of(edition / page)}"],
        cwd=tmp_path,
        env=os.environ | {"HOME": str(tmp_path), "PATH": f"{programs}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout[-2000:]}\n{done.stderr[-3000:]}"


def test_its_command_line_has_no_commands_for_authors(
    installed: Path, run_python: Callable[..., str]
) -> None:
    printed = run_python("-m", "course_dl.cli", "--help")
    commands = set(re.findall(r"^    (\w+) ", printed, re.MULTILINE))
    assert commands == {"demo", "labs", "check", "grade", "report", "teach", "alike"}


def test_a_page_loses_what_is_for_instructors() -> None:
    page = "a\n\n<!-- instructors -->\nsecret\n\nsecret\n<!-- end instructors -->\n\nb\n"
    assert without_instructor_parts(page) == "a\n\nb\n"
    assert without_instructor_parts(page * 2).count("b") == 2


def test_packed_code_is_the_same_and_is_not_read_by_chance() -> None:
    source = "from __future__ import annotations\n\ndef secret(x: Unknown):\n    return 2 * x\n"
    text = packed(source)
    assert "secret" not in text and "Unknown" not in text
    names: dict[str, Any] = {}
    exec(text, names)
    assert names["secret"](3) == 6


CHECKS = """\
from course_dl.lab import Exercise

e = Exercise("1.1", ["f"], 1, 1, 1, ["hint"])


def helper():
    return 1


@e.test("public")
def test_f_public(student):
    helper()


# the secret of the next one
@e.test(
    "secret",
    hidden=True,
)
def test_f_secret(student):
    secret()

    secret()


@e.test("open", hidden=False)
def test_f_open(student):
    helper()
"""


def test_hidden_tests_go_and_all_else_stays() -> None:
    left = without_hidden_tests(CHECKS)
    assert "secret" not in left
    names: dict[str, Any] = {}
    exec(left, names)
    assert [test.title for test in names["e"].tests] == ["public", "open"]
    assert "\n\n\n\n" not in left
    assert without_hidden_tests(left) == left


def git(*arguments: str, folder: Path) -> None:
    subprocess.run(["git", "-C", folder, *arguments], check=True, capture_output=True)


@pytest.fixture
def small(bench: Path) -> Path:
    """A repository of one lab, its files known to git."""
    new_lab("lab12_topic")
    (bench / "README.md").write_text("The course.\n")
    git("init", folder=bench)
    git("add", "-A", folder=bench)
    return bench


def test_what_git_does_not_know_does_not_go_in(small: Path, tmp_path: Path) -> None:
    (small / "labs" / "lab12_topic" / "draft").mkdir()
    (small / "labs" / "lab12_topic" / "draft" / "checks.py").write_text("secret = 1\n")
    (small / "labs" / "lab12_topic" / "checks" / "draft.py").write_text("secret = 1\n")
    release(tmp_path / "out")
    assert sorted(str(path.relative_to(tmp_path / "out")) for path in files(tmp_path / "out")) == [
        "README.md",
        "colab/lab12_topic.ipynb",
        "labs/lab12_topic/__init__.py",
        "labs/lab12_topic/checks/__init__.py",
        "labs/lab12_topic/checks/e12_1_center.py",
        "labs/lab12_topic/mistakes/__init__.py",
        "labs/lab12_topic/mistakes/e12_1_center.py",
        "pyproject.toml",
    ]


def test_a_lab_that_git_does_not_know_stops_the_release(small: Path, tmp_path: Path) -> None:
    new_lab("lab13_topic")
    with pytest.raises(ValueError, match="labs/lab13_topic is not known to git"):
        release(tmp_path / "out")


def test_an_earlier_edition_is_replaced_and_its_git_stays(small: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    (out / ".git").mkdir(parents=True)
    (out / ".git" / "config").write_text("kept")
    release(out)
    (out / "labs" / "lab03_gone").mkdir()
    release(out)
    assert not (out / "labs" / "lab03_gone").exists()
    assert (out / ".git" / "config").read_text() == "kept"


def test_a_folder_that_holds_anything_else_is_left_alone(small: Path, tmp_path: Path) -> None:
    out = tmp_path / "home"
    out.mkdir()
    (out / "pyproject.toml").write_text('[project]\nname = "other"\n')
    with pytest.raises(FileExistsError, match="neither empty nor an earlier student edition"):
        release(out)
    with pytest.raises(FileExistsError):
        release(small)  # the repository itself
    assert [path.name for path in files(out)] == ["pyproject.toml"]


def test_a_hidden_test_that_cannot_be_taken_out_stops_the_release(
    small: Path, tmp_path: Path
) -> None:
    with (small / "labs" / "lab12_topic" / "checks" / "e12_1_center.py").open("a") as file:
        file.write('\n\ncenter.test("more", hidden=True)(test_center_laws)\n')
    importlib.invalidate_caches()
    with pytest.raises(ValueError, match=r"hidden tests of lab12_topic cannot be taken out"):
        release(tmp_path / "out")

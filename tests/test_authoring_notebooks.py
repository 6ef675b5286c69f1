"""The notebooks that are made from a lab."""

from __future__ import annotations

import importlib.metadata
import json
import re
import sys
import types
from pathlib import Path
from typing import Any

import pytest

from course_dl.authoring.colab import setup_code
from course_dl.authoring.new import new_lab
from course_dl.authoring.notebooks import build, find_stale, make_notebooks
from course_dl.authoring.sources import Project
from course_dl.training import runs_on


@pytest.fixture
def lab(bench: Path) -> Path:
    """The folder of the one lab that there is."""
    new_lab("lab12_topic")
    return bench / "labs" / "lab12_topic"


def cells(solutions: bool = False) -> dict[str, Any]:
    """The cells of the only notebook, by id."""
    (text,) = make_notebooks(solutions=solutions).values()
    return {cell["id"]: cell for cell in json.loads(text)["cells"]}


def source(cell: Any) -> str:
    return "".join(cell["source"])


def rewrite(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_building_twice_gives_the_same_bytes(lab: Path, tmp_path: Path) -> None:
    first, second = build(tmp_path / "a"), build(tmp_path / "b")
    assert [path.name for path in first] == ["lab12_topic.ipynb"]
    assert first[0].read_bytes() == second[0].read_bytes()
    assert first[0].read_bytes().endswith(b"}\n")


def test_the_metadata_are_colabs_and_no_more(lab: Path) -> None:
    (text,) = make_notebooks().values()
    notebook = json.loads(text)
    assert notebook["metadata"] == {
        "colab": {"provenance": [], "toc_visible": True, "generative_ai_disabled": True},
        "kernelspec": {"name": "python3", "display_name": "Python 3"},
        "language_info": {"name": "python"},
    }
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    kept = [cell["metadata"] for cell in notebook["cells"] if cell["metadata"]]
    assert kept == [{"cellView": "form"}, {"exercise": "12.1"}]


def test_ids_are_distinct_and_stay_when_another_cell_changes(lab: Path) -> None:
    rewrite(lab / "notebook.py", "# %%\nlab.progress()", "# %%\nlab.progress()\n" * 2)
    before = cells()
    (text,) = make_notebooks().values()
    assert len(before) == len(json.loads(text)["cells"])
    rewrite(lab / "notebook.py", "Where is their middle?", "Where do they lie?")
    assert len(before.keys() - cells().keys()) == 1


def test_no_cell_has_outputs(lab: Path) -> None:
    for cell in cells().values():
        if cell["cell_type"] == "code":
            assert (cell["outputs"], cell["execution_count"]) == ([], None)


def test_the_badge_comes_first_and_opens_this_notebook_at_the_tag(lab: Path, bench: Path) -> None:
    project = Project.read(bench)
    first = next(iter(cells().values()))
    assert first["cell_type"] == "markdown"
    assert source(first) == (
        "[![Open In Colab](https://colab.research.google.com/assets/colab-badge.svg)]"
        f"(https://colab.research.google.com/github/{project.repository}/blob/{project.tag}"
        "/colab/lab12_topic.ipynb)"
    )


def test_repository_and_tag_stand_in_one_place(lab: Path, bench: Path) -> None:
    project = Project.read(bench)
    rewrite(bench / "pyproject.toml", f'"{project.repository}"', '"school/labs"')
    rewrite(bench / "pyproject.toml", f'tag = "{project.tag}"', 'tag = "autumn"')
    (text,) = make_notebooks().values()
    assert set(re.findall(r"github(?:\.com)?/([\w-]+/[\w-]+)", text)) == {"school/labs"}
    assert "github/school/labs/blob/autumn/colab/" in text
    assert "git+https://github.com/school/labs@autumn" in text


def test_an_exercise_is_header_stub_and_check(lab: Path) -> None:
    made = cells()
    ids = list(made)
    at = ids.index("exercise-12-1")
    assert ids[at - 1 : at + 2] == ["header-12-1", "exercise-12-1", "check-12-1"]
    header = source(made["header-12-1"])
    for told in ("Exercise 12.1: `center`", "★☆☆", "5 minutes", "1 point", 'lab.hint("12.1")'):
        assert told in header
    assert source(made["exercise-12-1"]).endswith("raise NotImplementedError")
    assert source(made["check-12-1"]) == 'lab.check("12.1")'


def test_a_solved_notebook_differs_in_the_answers_alone(lab: Path) -> None:
    open_, solved = cells(), cells(solutions=True)
    assert list(open_) == list(solved)
    assert {key for key in open_ if open_[key] != solved[key]} == {"exercise-12-1"}
    assert source(solved["exercise-12-1"]).endswith("return X - X.mean(dim=0)")


def test_a_cell_that_needs_exercises_waits_for_them(lab: Path) -> None:
    after = [source(c) for c in cells().values() if source(c).startswith("%%after")]
    assert [text.split("  # ")[0] for text in after] == ["%%after 12.1"]


def test_an_exercise_of_several_functions_has_a_stub_for_each(lab: Path) -> None:
    rewrite(lab / "checks" / "e12_1_center.py", '["center"]', '["center", "spread"]')
    with (lab / "solutions.py").open("a") as file:
        file.write('\n\ndef spread(X):\n    """How wide X is."""\n    return X.std()\n')
    stubs = source(cells()["exercise-12-1"])
    assert re.findall(r"^def (\w+)|^    raise (\w+)", stubs, re.MULTILINE) == [
        ("center", ""),
        ("", "NotImplementedError"),
        ("spread", ""),
        ("", "NotImplementedError"),
    ]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("# %% setup", "# %%", "one cell '# %% setup', it has 0"),
        ('exercise="12.1"', 'exercise="12.2"', "notebook.py are 12.2, those of checks/ 12.1"),
        ('# %% exercise="12.1"', "# %%", "notebook.py are none"),
        ('after="12.1"', 'after="12.1 12.7"', "no exercise 12.7"),
    ],
)
def test_a_story_that_does_not_fit_is_told(lab: Path, old: str, new: str, told: str) -> None:
    rewrite(lab / "notebook.py", old, new)
    with pytest.raises(ValueError, match=re.escape(told)):
        make_notebooks()


def test_stale_notebooks_are_named(lab: Path, tmp_path: Path) -> None:
    out = tmp_path / "colab"
    assert find_stale(out) == {"lab12_topic.ipynb": "is missing"}
    build(out)
    assert find_stale(out) == {}
    (out / "lab03_gone.ipynb").write_text("{}")
    rewrite(lab / "solutions.py", "Move the samples", "Shift the samples")
    assert find_stale(out) == {
        "lab03_gone.ipynb": "belongs to no lab",
        "lab12_topic.ipynb": "is stale",
    }


@pytest.mark.parametrize(
    ("colab", "installed", "installs"),
    [(False, [], False), (True, [], True), (True, ["0.9"], True), (True, ["1.0"], False)],
)
def test_the_setup_cell_installs_on_colab_what_is_not_there_yet(
    colab: bool,
    installed: list[str],
    installs: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from IPython.core.inputtransformer2 import TransformerManager

    if colab:
        monkeypatch.setitem(sys.modules, "google.colab", types.ModuleType("google.colab"))
    found = [types.SimpleNamespace(version=version) for version in installed]
    monkeypatch.setattr(importlib.metadata, "distributions", lambda name: found)
    ran: list[tuple[str, str]] = []
    shell = types.SimpleNamespace(run_line_magic=lambda *magic: ran.append(magic))
    code = setup_code(Project("1.0", "school/labs", "v1.0"), "rest = 1")
    names: dict[str, Any] = {"get_ipython": lambda: shell}
    exec(TransformerManager().transform_cell(code), names)
    wanted = ("pip", 'install -q "git+https://github.com/school/labs@v1.0"')
    assert ran == [wanted] * installs
    assert names["rest"] == 1
    assert capsys.readouterr().out.endswith(f"{runs_on()}\n")


def test_the_setup_cell_is_a_form(lab: Path) -> None:
    first = next(cell for cell in cells().values() if cell["cell_type"] == "code")
    assert source(first).startswith("#@title ")
    *_, lab_made, told = source(first).splitlines()
    assert (lab_made, told[:5]) == ('lab = Lab("lab12")', "print")
    assert first["metadata"] == {"cellView": "form"}

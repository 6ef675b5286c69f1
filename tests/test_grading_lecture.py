"""What to teach next: the commonest misconceptions of a lab, an example of each, earlier years."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from course_dl.cli import main
from course_dl.grading.labs import folder_of, folders
from course_dl.grading.result import ExerciseMark, Result, TestMark
from course_dl.grading.term.lecture import place_of
from course_dl.grading.term.misconceptions import commonest, read_results
from tests.grading.reported import HOSTILE

LAB = "lab04_backprop"
TWICE = "You divided by the number of samples twice."
TURNED = "You went back through W, not through its transpose."
CASE = (("The call", "backward_layer([[1.]], [2.])"), ("Expected", "2."), ("Got", "1."))


def mark(
    diagnosis: str, code: str = "def f(x):\n    return x / n / n", line: int = 2
) -> ExerciseMark:
    tests = (TestMark("agrees", False, "failed", "The gradient of W is wrong.", CASE),)
    state = "failed" if diagnosis else "passed"
    return ExerciseMark(
        "4.3", ("backward_layer",), 0.0, 2.0, state, tests, diagnosis, code=code, line=line
    )


def results(folder: Path, class_: dict[str, ExerciseMark], lab: str = LAB) -> Path:
    """A folder of results with these students."""
    for place, (student, one) in enumerate(class_.items()):
        home = folder / "records" / str(place)
        home.mkdir(parents=True)
        result = Result(lab, 1, "", "graded", "", (one,))
        record = {"student": student, "result": result.to_json()}
        (home / "result.json").write_text(json.dumps(record), encoding="utf-8")
    return folder


CLASS = {
    "Zoé Müller": mark(TWICE),
    "Ann O'Neill": mark(
        TWICE, "def f(x):\n    # by Ann\n    '''Text\n    of zoe'''\n    return x / n / n", 5
    ),
    "Bob Smith": mark(TURNED),
    "Iris de Vries": mark(""),
}


def test_the_commonest_come_first_with_their_share_of_the_class(tmp_path: Path) -> None:
    found = commonest(read_results(results(tmp_path, CLASS)))
    assert [(one.sentence, one.count) for one in found] == [(TWICE, 2), (TURNED, 1)]
    many = {f"S{k}": mark(f"Mistake {k % 5}") for k in range(20)}
    assert len(commonest(read_results(results(tmp_path / "many", many)))) == 3


def test_an_example_names_nobody_and_keeps_its_line(tmp_path: Path) -> None:
    only = {k: v for k, v in CLASS.items() if k.startswith("Ann")}
    (found,) = commonest(read_results(results(tmp_path, only)))
    assert found.example is not None
    assert (found.example.code, found.example.line) == ("def f(x):\n    return x / n / n", 2)
    named = mark(TWICE, "def f(mueller):\n    return mueller / n / n")
    calls = mark(TWICE, "def f(x):\n    return Muller(x)")
    for one in (calls, replace(named, code=named.code.replace("mueller", "Müller"))):
        (told,) = commonest(
            read_results(
                results(tmp_path / one.code[6:9] / str(len(one.code)), {"Zoé Müller": one})
            )
        )
        assert told.example is None


def test_what_only_hidden_tests_showed_gives_no_case(tmp_path: Path) -> None:
    hidden = replace(mark(TWICE), tests=(TestMark("secret", True, "failed", "inputs!", CASE),))
    (found,) = commonest(read_results(results(tmp_path, {"Ann": hidden})))
    assert found.example is not None and not found.example.details and not found.example.message


def test_the_place_is_the_heading_above_and_the_pictures_after() -> None:
    story = '# %% [markdown]\n# ## 2. Back\n# %% exercise="4.3"\nx\n# %% after="4.3 4.4"\nplots.curves(1)\n# %% after="4.1"\nplots.filters(2)\n'
    place = place_of(story, "4.3")
    assert (place.heading, place.pictures) == ("2. Back", ("curves",))
    assert place_of(story, "4.9").heading == ""
    real = (folder_of("lab04") / "notebook.py").read_text(encoding="utf-8")
    assert place_of(real, "4.1").pictures[:1] == ("network_diagram",)


@pytest.mark.parametrize("folder", [f for top in folders() for f in sorted(top.glob("lab[0-9]*"))])
def test_every_exercise_of_every_lab_has_a_place(folder: Path) -> None:
    story = (folder / "notebook.py").read_text(encoding="utf-8")
    for number in re.findall(r'exercise="([^"]*)"', story):
        assert place_of(story, number).heading


def test_the_command_compares_with_earlier_years(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    now = results(tmp_path / "now", CLASS)
    then = results(
        tmp_path / "2025", {"Al": mark(TURNED), "Bo": mark(""), "Cy": mark(""), "Di": mark("")}
    )
    assert main(["teach", str(now), "--earlier", str(then)]) == 0
    page = (now / "lecture.html").read_text(encoding="utf-8")
    assert "2 of 4" in page and TWICE in page and "backward_layer([[1.]], [2.])" in page
    assert re.search(r"2025.*?25%", page.partition(TURNED)[2], re.DOTALL)
    assert not any(name in page for name in ("Zoé", "Neill", "Smith", "Iris"))
    assert "In the notebook: " in page
    capsys.readouterr()
    other = results(tmp_path / "other", CLASS, "lab02_networks")
    for given, told in (
        ([str(tmp_path)], "holds no results"),
        ([str(now), "--earlier", str(other)], "earlier ones of lab04_backprop are wanted"),
    ):
        assert main(["teach", *given]) == 2
        assert told in capsys.readouterr().err
    shutil.rmtree(now / "records" / "0")
    (now / "records" / "1" / "result.json").write_text("{", encoding="utf-8")
    assert main(["teach", str(now), "-o", str(tmp_path / "new" / "page.html")]) == 0
    assert "1 of 2" in (tmp_path / "new" / "page.html").read_text(encoding="utf-8")


def test_hostile_text_stays_text(tmp_path: Path) -> None:
    class_ = {
        f"S{k}": mark(text, f"def f():\n    return {text!r}") for k, text in enumerate(HOSTILE)
    }
    assert main(["teach", str(results(tmp_path, class_))]) == 0
    page = (tmp_path / "lecture.html").read_text(encoding="utf-8")
    assert "<script" not in page and "<img" not in page

"""A lab's exercises and mistakes come from a file each, in the order of their numbers."""

from __future__ import annotations

import importlib
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest

from course_dl.lab.catalog import LabFolder, find_labs
from course_dl.lab.files import number_of

DECLARED = (
    "from course_dl.lab import Exercise\n\n"
    '{name} = Exercise("{number}", ["f"], 1, 1, 1, ["A hint."])\n'
)
MISTAKEN = (
    "from course_dl.lab import mistake\n\n\n"
    '@mistake("{number}", "You forgot it.")\ndef f__{name}(x):\n    return x\n'
)

Write = Callable[[str, str], None]


def declared(number: str, name: str = "f") -> str:
    return DECLARED.format(number=number, name=name)


def mistaken(number: str, name: str) -> str:
    return MISTAKEN.format(number=number, name=name)


@pytest.fixture
def write(bench: Path) -> Write:
    """Write a file of lab 8 into its package, ``checks`` or ``mistakes``."""
    lab = bench / "labs" / "lab08_topic"
    for folder in (lab, lab / "checks", lab / "mistakes"):
        folder.mkdir()
        (folder / "__init__.py").write_text('"""Lab 8: A topic"""\n')

    def write(name: str, text: str) -> None:
        (lab / name).write_text(text)
        importlib.invalidate_caches()

    return write


def lab() -> LabFolder:
    (found,) = find_labs()
    return found


def test_exercises_come_in_the_order_of_their_numbers(write: Write) -> None:
    for number in ("8.10", "8.2", "8.1", "8.9"):
        write(f"checks/e{number.replace('.', '_')}_f.py", declared(number))
    assert [exercise.number for exercise in lab().exercises] == ["8.1", "8.2", "8.9", "8.10"]


def test_mistakes_come_by_number_and_then_as_they_stand(write: Write) -> None:
    write("mistakes/e8_10_f.py", mistaken("8.10", "late"))
    write("mistakes/e8_2_f.py", mistaken("8.2", "zero") + mistaken("8.2", "all"))
    assert [known.code.__name__ for known in lab().mistakes] == ["f__zero", "f__all", "f__late"]


def test_what_exercises_share_stands_in_a_file_of_another_name(write: Write) -> None:
    write("checks/shared.py", "POINTS = 3\n")
    text = declared("8.1").replace('["f"], 1', '["f"], POINTS')
    write("checks/e8_1_f.py", f"from .shared import POINTS\n{text}")
    assert [exercise.points for exercise in lab().exercises] == [3]


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"e8_1_f": declared("8.2")}, "e8_1_f.py should declare exercise 8.1; it declares 8.2"),
        ({"e8_1_f": ""}, "e8_1_f.py should declare exercise 8.1; it declares none"),
        ({"e8_1_f": declared("8.1") + declared("8.2", "g")}, "it declares 8.1 and 8.2"),
        ({"f": declared("8.1")}, "f.py should declare no exercise (a file for 4.3 is named e4_3_"),
        ({"e8_1_f": declared("8.1"), "e8_1_g": ""}, "two files for exercise 8.1: e8_1_f.py and"),
    ],
)
def test_a_file_that_does_not_declare_its_exercise_is_named(
    files: dict[str, str], told: str, write: Write
) -> None:
    for name, text in files.items():
        write(f"checks/{name}.py", text)
    with pytest.raises(ValueError, match=r"checks") as raised:
        _ = lab().exercises
    assert told in str(raised.value)


def test_a_mistake_in_the_file_of_another_exercise_is_named(write: Write) -> None:
    write("mistakes/e8_1_f.py", mistaken("8.2", "zero"))
    with pytest.raises(ValueError, match=r"e8_1_f.py should have mistakes of exercise 8.1"):
        _ = lab().mistakes


def test_a_file_that_cannot_be_imported_says_where(write: Write) -> None:
    write("checks/e8_1_f.py", "\n\nimport not_there\n")
    with pytest.raises(ModuleNotFoundError, match="not_there") as raised:
        _ = lab().exercises
    last = traceback.extract_tb(raised.tb)[-1]
    assert (Path(last.filename).name, last.lineno) == ("e8_1_f.py", 3)


@pytest.mark.parametrize(
    ("module", "number"),
    [
        ("e4_3_backward_layer", "4.3"),
        ("e12_10_f", "12.10"),
        ("shared", None),
        ("e4_3", None),
        ("e4_backward_layer", None),
    ],
)
def test_the_number_stands_at_the_front_of_the_name(module: str, number: str | None) -> None:
    assert number_of(module) == number

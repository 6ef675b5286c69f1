"""What `import course_dl` gives, and what it must not cost."""

from __future__ import annotations

import subprocess
import sys

import pytest

import course_dl


def run(code: str) -> str:
    """What a fresh interpreter prints."""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_import_brings_in_nothing_heavy() -> None:
    heavy = ("matplotlib", "torchvision", "pytest", "IPython", "ipywidgets", "pandas", "scipy")
    code = f"import sys, course_dl; print([name for name in {heavy} if name in sys.modules])"
    assert run(code) == "[]\n"


@pytest.mark.parametrize("name", ["MLP", "ManualMLP", "Perceptron", "fit", "evaluate"])
def test_the_main_names_are_at_hand(name: str) -> None:
    assert callable(getattr(course_dl, name))
    assert name in dir(course_dl)
    assert name in course_dl.__all__


def test_chapters_are_reached_through_the_package() -> None:
    chapters = (
        "activations losses perceptron mlp backprop gradcheck descent training data plots lab"
    )
    code = f"import course_dl; print(*[getattr(course_dl, c).__name__ for c in {chapters.split()}])"
    assert run(code).split() == [f"course_dl.{chapter}" for chapter in chapters.split()]


def test_the_version_is_a_version() -> None:
    assert course_dl.__version__.split(".")[0].isdigit()


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="perzeptron"):
        course_dl.perzeptron  # noqa: B018

"""The wheel: everything is in it, and it works without the repository."""

from __future__ import annotations

import re
import subprocess
import tomllib
from collections.abc import Callable
from importlib.metadata import requires
from pathlib import Path

import pytest

from course_dl.lab.catalog import find_labs

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def site(install: Callable[[Path, Path], Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the package is installed from a wheel."""
    return install(ROOT, tmp_path_factory.mktemp("wheel") / "site")


def test_every_file_of_the_package_and_of_the_labs_is_installed(site: Path) -> None:
    git = ["git", "-C", str(ROOT), "ls-files", "-z", "--", "course_dl", "labs"]
    tracked = subprocess.run(git, capture_output=True, text=True, check=True).stdout
    expected = {re.sub("^labs/", "course_dl/labs/", name) for name in tracked.split("\0") if name}
    there = {path.relative_to(site).as_posix() for path in site.rglob("*")}
    assert sorted(expected - there) == []


CODE = """\
import course_dl, course_dl.data, course_dl.labs
from course_dl.lab.catalog import find_labs
print(course_dl.__file__, course_dl.labs.__file__)
print(len(course_dl.data.mnist("test")), len(course_dl.data.fashion_mnist("test")))
print([lab.name for lab in find_labs() if lab.exercises and lab.mistakes])
"""


def test_the_course_works_from_the_wheel_without_network(
    site: Path, offline: None, monkeypatch: pytest.MonkeyPatch, run_python: Callable[..., str]
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(site))
    places, *_, sizes, labs = run_python("-c", CODE).splitlines()
    assert all(place.startswith(str(site)) for place in places.split())
    assert sizes == "1000 1000"
    assert labs == str([lab.name for lab in find_labs()])


def test_authors_commands_say_that_they_need_the_repository(
    site: Path, monkeypatch: pytest.MonkeyPatch, run_python: Callable[..., str]
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(site))
    code = "import sys; sys.stderr = sys.stdout; from course_dl.cli import main; main(['build'])"
    assert "not a checkout of the course's repository" in run_python("-c", code)


def test_the_tag_that_students_install_is_this_version() -> None:
    assert PROJECT["tool"]["course_dl"]["tag"] == f"v{PROJECT['project']['version']}"


def test_the_readme_leads_to_the_same_repository_and_tag() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    own = PROJECT["tool"]["course_dl"]
    links = re.findall(r"github(?:\.com)?/([\w.-]+/[\w-]+)(?:/blob/([\w.-]+))?", readme)
    assert {repository for repository, _ in links} == {own["repository"]}
    assert {tag for _, tag in links if tag} == {own["tag"]}
    opened = re.findall(r"/colab/(\w+)\.ipynb", readme)
    assert opened == [lab.name for lab in find_labs()]


def test_installing_pins_nothing_and_asks_for_nothing_newer_than_colab_has() -> None:
    base = [r for r in requires("course-dl") or [] if "extra ==" not in r]
    assert sorted(base) == [
        "matplotlib>=3.8",
        "numpy>=1.26",
        "torch>=2.6",
        "torchvision>=0.21",
        "tqdm>=4.66",
    ]

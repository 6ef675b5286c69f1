"""Wheel and sdist: everything is in them, and the course works without the repository."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Callable
from importlib.metadata import requires
from pathlib import Path

import pytest

from course_dl.lab.catalog import find_labs
from tests.repository import ROOT, known_to_git

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def site(install: Callable[[Path, Path], Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the package is installed from a wheel."""
    return install(ROOT, tmp_path_factory.mktemp("wheel") / "site")


def tracked() -> set[str]:
    """What git knows of the package and of the labs."""
    git = ["git", "-C", str(ROOT), "ls-files", "-z", "--", "course_dl", "labs"]
    with known_to_git():
        listed = subprocess.run(git, capture_output=True, text=True, check=True).stdout
    return {name for name in listed.split("\0") if (ROOT / name).is_file()}


def installed(names: set[str]) -> set[str]:
    return {re.sub("^labs/", "course_dl/labs/", name) for name in names}


def test_every_file_of_the_package_and_of_the_labs_is_installed(site: Path) -> None:
    there = {path.relative_to(site).as_posix() for path in site.rglob("*")}
    assert sorted(installed(tracked()) - there) == []


def build(kind: str, source: Path, out: Path) -> Path:
    """Build a ``wheel`` or an ``sdist`` without a warning; the file."""
    code = f"from setuptools.build_meta import build_{kind}; build_{kind}({str(out)!r})"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=source, capture_output=True, text=True, check=True
    )
    told = [line for line in f"{done.stdout}\n{done.stderr}".splitlines() if "warn" in line.lower()]
    assert [line for line in told if "byte-compiling" not in line] == []
    (built,) = out.iterdir()
    return built


def test_the_sdist_holds_the_sources_and_builds_a_whole_wheel(tmp_path: Path) -> None:
    names = tracked() | {"README.md", "LICENSE", "CHANGELOG.md", "CITATION.cff", "MANIFEST.in"}
    for name in names | {"pyproject.toml", "setup.py"}:
        (tmp_path / "source" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / "source" / name)
    sdist = build("sdist", tmp_path / "source", tmp_path / "sdist")
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    unpacked = tmp_path / sdist.name.removesuffix(".tar.gz")
    there = {path.relative_to(unpacked).as_posix() for path in unpacked.rglob("*")}
    assert sorted(names - there) == []
    with zipfile.ZipFile(build("wheel", unpacked, tmp_path / "wheel")) as wheel:
        code = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert code == installed(tracked())


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


def test_the_changes_of_this_version_are_told() -> None:
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.findall(r"^## ([\d.]+)", changes, re.M)[0] == PROJECT["project"]["version"]


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

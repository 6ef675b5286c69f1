"""The contract with Colab: its packages stay as they are, and its notebooks run among them."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import nbformat
import pytest

from course_dl.authoring.notebooks import make_notebook
from course_dl.authoring.sources import Project
from course_dl.lab.catalog import find_lab

pytestmark = [pytest.mark.colab, pytest.mark.xdist_group("colab")]  # they share an environment

ROOT = Path(__file__).parents[1]
PROJECT = Project.read(ROOT)
VERSIONS = dict(
    line.strip().split("==")
    for line in (ROOT / "tests" / "colab_versions.txt").read_text().splitlines()
    if not line.startswith("#")
)
HEAVY = ("torch", "torchvision")  # gigabytes: those of this environment do
ON_COLAB = 'import sys, types\nsys.modules["google.colab"] = types.ModuleType("google.colab")'


class Colab:
    """An environment with Colab's packages, known to Jupyter as a kernel."""

    def __init__(self, folder: Path) -> None:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        self.python = folder / "bin" / "python"
        where = "import sysconfig; print(sysconfig.get_path('purelib'))"
        self.site = Path(subprocess.check_output([self.python, "-c", where], text=True).strip())
        light = {name: version for name, version in VERSIONS.items() if name not in HEAVY}
        # The dependencies of ipywidgets are for the page around a notebook: a whole server.
        widgets = ["ipywidgets==" + light.pop("ipywidgets"), "ipython-genutils"]
        self.pip("install", "-q", *(f"{name}=={version}" for name, version in light.items()))
        self.pip("install", "-q", "--no-deps", *widgets)
        self._lend()

    def pip(self, *arguments: str) -> str:
        command = [self.python, "-m", "pip", "--disable-pip-version-check", *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def packages(self) -> dict[str, str]:
        listed = json.loads(self.pip("list", "--format=json"))
        return {package["name"].lower(): package["version"] for package in listed}

    def _lend(self) -> None:
        """Link what is only in this environment; torch says that it is of Colab's version."""
        there = {*self.packages(), "course-dl"}
        for lent in distributions(path=[sysconfig.get_path("purelib")]):
            name = lent.name.lower()
            if name in there:
                continue
            for top in {file.parts[0] for file in lent.files or () if file.parts[0] != ".."}:
                heavy = name in HEAVY and top.endswith(".dist-info")
                if not heavy and not (self.site / top).exists():
                    (self.site / top).symlink_to(lent.locate_file(top))
        for name in HEAVY:
            info = self.site / f"{name}-{VERSIONS[name]}.dist-info"
            info.mkdir()
            metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {VERSIONS[name]}\n"
            (info / "METADATA").write_text(metadata)


@pytest.fixture(scope="module")
def colab(tmp_path_factory: pytest.TempPathFactory) -> Colab:
    return Colab(tmp_path_factory.mktemp("colab") / "venv")


@pytest.fixture(autouse=True)
def kernel(colab: Colab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Jupyter finds Colab's kernel under the name ``colab``."""
    spec = {"argv": [str(colab.python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]}
    spec |= {"display_name": "Colab", "language": "python"}
    home = tmp_path / "jupyter" / "kernels" / "colab"
    home.mkdir(parents=True)
    (home / "kernel.json").write_text(json.dumps(spec))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))


@pytest.fixture
def published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks git for the published repository gets this one, tagged with its version."""
    clone = tmp_path / "published"
    subprocess.run(["git", "clone", "-q", "--bare", ROOT, clone], check=True)
    subprocess.run(["git", "-C", clone, "tag", "-f", PROJECT.tag], check=True)
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", f"url.{clone}.insteadOf")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", f"https://github.com/{PROJECT.repository}")


@pytest.fixture
def fetched(colab: Colab, published: None) -> None:
    """The course is in Colab's environment, whichever tests ran in this process before."""
    if "course-dl" not in colab.packages():
        colab.pip("install", "-q", f"git+https://github.com/{PROJECT.repository}@{PROJECT.tag}")


def setup_on_colab() -> str:
    """A notebook of two cells: Colab's module is imported, and the setup cell of lab 1."""
    notebook = nbformat.reads(make_notebook(find_lab("lab01"), PROJECT), as_version=4)
    setup = next(cell for cell in notebook.cells if cell.id == "setup")
    notebook.cells = [nbformat.v4.new_code_cell(ON_COLAB), setup]
    return nbformat.writes(notebook)


def test_the_environment_is_as_colab_has_it(colab: Colab) -> None:
    there = colab.packages()
    assert {name: there[name] for name in VERSIONS} == VERSIONS
    assert "course-dl" not in there


def test_without_network_the_setup_cell_says_what_to_do(
    offline: None, tmp_path: Path, run_notebook: Callable[..., Any]
) -> None:
    with pytest.raises(Exception, match="wait a minute, then run this cell again") as caught:
        run_notebook(setup_on_colab(), tmp_path, kernel="colab")
    assert f"pip install git+https://github.com/{PROJECT.repository}" in str(caught.value)
    assert "docs/students.md" in str(caught.value)


def test_of_the_wheel_and_all_that_it_needs_only_the_wheel_is_not_there(
    colab: Colab, tmp_path: Path
) -> None:
    left_out = shutil.ignore_patterns(".*", "*.egg-info", "build")
    shutil.copytree(ROOT, tmp_path / "source", ignore=left_out)
    colab.pip("wheel", "-q", "--no-deps", "-w", str(tmp_path), str(tmp_path / "source"))
    (wheel,) = tmp_path.glob("*.whl")
    report = colab.pip("install", "--dry-run", "--quiet", "--report", "-", str(wheel))
    would_come = [item["metadata"]["name"] for item in json.loads(report)["install"]]
    assert would_come == ["course-dl"]


def test_the_setup_cell_fetches_the_course_and_replaces_nothing(
    colab: Colab, published: None, tmp_path: Path, run_notebook: Callable[..., Any]
) -> None:
    before = colab.packages()
    run_notebook(setup_on_colab(), tmp_path, 120.0, kernel="colab")
    assert colab.packages() == before | {"course-dl": PROJECT.version}


def test_once_it_is_there_the_setup_cell_needs_no_network(
    fetched: None, offline: None, tmp_path: Path, run_notebook: Callable[..., Any]
) -> None:
    notebook = run_notebook(setup_on_colab(), tmp_path, kernel="colab")
    nothing, [told] = (cell.outputs for cell in notebook.cells)
    assert nothing == [] and told.text.startswith("PyTorch ")  # what runs here, and nothing fetched


@pytest.mark.parametrize("solutions", [False, True], ids=["untouched", "solved"])
def test_the_first_notebook_runs_there(
    fetched: None,
    offline: None,
    solutions: bool,
    tmp_path: Path,
    run_notebook: Callable[..., Any],
) -> None:
    text = make_notebook(find_lab("lab01"), PROJECT, solutions=solutions)
    notebook = run_notebook(text, tmp_path, kernel="colab")
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert [output.evalue for output in outputs if output.output_type == "error"] == []
    assert any("image/png" in output.get("data", {}) for output in outputs)
    states = "passed" if solutions else "not done yet"
    checks = [cell.outputs for cell in notebook.cells if cell.id.startswith("check-")]
    assert checks and all(states in str(shown) for shown in checks)

"""What several tests use."""

from __future__ import annotations

import importlib
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.full_data import has_full_data

ROOT = Path(__file__).parents[1]

if "PYTEST_XDIST_WORKER" in os.environ:
    # Each worker has a core. Threads that wait for one another's core slow small networks tenfold.
    os.environ["OMP_NUM_THREADS"] = "1"


# Files whose tests take longest, most of them minutes on one core.
LONGEST = [
    *("test_labs", "test_authoring_release", "test_grading_pytest", "test_grading_pool"),
    *("test_grading_bulk", "test_grading_labs", "test_grading_odd", "test_grading_attacks"),
    *("test_grading_environments", "test_grading_mixed_class", "test_grading_store"),
    *("test_grading_launch", "test_grading_transcripts", "test_grading_isolation"),
]


def pytest_configure(config: pytest.Config) -> None:
    """Workers of xdist take the files as they come, not those with the most tests first."""
    config.option.loadscopereorder = False


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files come first, so that no worker is left alone with one at the end."""
    order = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: order.get(item.path.stem, len(order)))


def pytest_sessionstart() -> None:
    """What the tests start is none of xdist's workers, though they may run in one."""
    for name in [name for name in os.environ if name.startswith("PYTEST_XDIST_")]:
        del os.environ[name]


def pytest_runtest_setup(item: pytest.Item) -> None:
    """A test marked ``full_data`` says that it was skipped where the full sets are not at hand."""
    if item.get_closest_marker("full_data") and not has_full_data():
        pytest.skip("COURSE_DL_DATA names no folder with the full MNIST and Fashion-MNIST")


@pytest.fixture(scope="session", autouse=True)
def progress_elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What checks find is kept in a temporary folder, and not where the tests are run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COURSE_DL_PROGRESS", str(tmp_path_factory.mktemp("progress")))
        yield


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A repository without labs, in a temporary folder, in which authors' commands work."""
    (tmp_path / "labs").mkdir()
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    labs = importlib.import_module("course_dl.labs")
    monkeypatch.setattr(labs, "__path__", [str(tmp_path / "labs")])
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if name.startswith("course_dl.labs."):
            del sys.modules[name]
            labs.__dict__.pop(name.split(".")[2], None)


@pytest.fixture
def fonts(monkeypatch: pytest.MonkeyPatch) -> None:
    """matplotlib's cache of fonts stays where it is, not to be made anew by each process."""
    import matplotlib

    monkeypatch.setenv("MPLCONFIGDIR", matplotlib.get_cachedir())


@pytest.fixture
def offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fonts: None) -> None:
    """Neither data nor network for the processes that a test starts."""
    monkeypatch.delenv("COURSE_DL_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "empty"))
    for name in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # where nobody answers
    monkeypatch.setenv("no_proxy", "")


@pytest.fixture(scope="session")
def run_notebook() -> Callable[..., Any]:
    """Run a notebook, given as its text, in a fresh kernel; at most so many seconds.

    The seconds are those of a machine on which a certain training takes ``USUAL`` seconds, and more
    on a slower one. A neighbour at work makes the clock run on but no processor time: the
    notebook's seconds are the fewer of the two. Half as many again are let pass, since trainings by
    the clock take theirs on any machine; a cell that hangs is ended after three times as many.
    """
    import nbformat
    from nbclient import NotebookClient

    slower = max(1.0, _training_seconds() / USUAL)

    def run(text: str, folder: Path, seconds: float = 60.0, kernel: str = "python3") -> Any:
        seconds *= slower
        notebook = nbformat.reads(text, as_version=4)
        started, processor = time.monotonic(), _processor_seconds()
        client = NotebookClient(
            notebook,
            kernel_name=kernel,
            timeout_func=lambda cell: max(1, round(started + 3 * seconds - time.monotonic())),
        )
        client.execute(cwd=str(folder))
        took = min(time.monotonic() - started, _processor_seconds() - processor)
        assert took <= 1.5 * seconds
        return notebook

    return run


USUAL = 0.7  # a machine with 2 cores, as Colab lends


def _training_seconds() -> float:
    """The processor time of a training as the labs have many: small layers, small batches."""
    import torch

    network = torch.nn.Sequential(torch.nn.Linear(2, 32), torch.nn.Tanh(), torch.nn.Linear(32, 1))
    optimizer = torch.optim.Adam(network.parameters())
    X = torch.rand(256, 2)
    started = time.thread_time()
    for _ in range(1000):
        optimizer.zero_grad()
        network(X).square().mean().backward()
        optimizer.step()
    return time.thread_time() - started


def _processor_seconds() -> float:
    """What the processes used that this one started and that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


# An editable install of the repository would lend what the installed package lacks.
NOT_FROM_THE_REPOSITORY = """\
import sys
sys.meta_path[:] = [finder for finder in sys.meta_path if "editable" not in repr(finder)]
"""


@pytest.fixture(scope="session")
def install() -> Callable[[Path, Path], Path]:
    """Install a source tree into a folder, from which Python takes it by ``PYTHONPATH``."""

    def into(source: Path, site: Path) -> Path:
        own = site.with_name(f"{site.name}-source")  # building leaves files behind
        ignored = shutil.ignore_patterns(".*", "*.egg-info", "build", "__pycache__")
        shutil.copytree(source, own, ignore=ignored)
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"]
        command += ["--no-build-isolation", "--target", str(site), str(own)]
        subprocess.run(command, check=True, timeout=300)
        (site / "sitecustomize.py").write_text(NOT_FROM_THE_REPOSITORY)
        return site

    return into


@pytest.fixture
def run_python(tmp_path: Path) -> Callable[..., str]:
    """Run Python in a folder where nothing is to be imported from; what it prints."""

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run

"""Every command and every example in README and docs/, run as a reader would run them.

Not the three blocks that set up a new environment: these `.ci/run` runs, word for word. Whoever
asks git for the published repository gets this one.
"""

from __future__ import annotations

import gzip
import os
import re
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from course_dl.lab.catalog import find_labs
from tests.grading.classroom import classroom
from tests.grading.made import notebook_of

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
LINKING = [*PAGES, ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*/*.md"))]
PUBLISHED = "https://github.com/course-dl/course-dl"
BLOCK = re.compile(
    r"(<!-- (?:demo|tests|published) -->\n)?^```(bash|python)\n(.*?)^```", re.M | re.S
)
SECONDS = 600


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A reader's folder: a class's submissions, a notebook, digits, and a checkout elsewhere."""
    home, checkout = tmp_path / "home", tmp_path / "checkout" / "course-dl"
    subprocess.run(["git", "clone", "-q", "--bare", ROOT, tmp_path / "published"], check=True)
    subprocess.run(["git", "clone", "-q", tmp_path / "published", checkout], check=True)
    unpack_digits(home / "data")
    solved = notebook_of("lab04", solutions=True)
    for folder in (home, checkout):
        (folder / "my_notebook.ipynb").write_text(solved, encoding="utf-8")
        with zipfile.ZipFile(folder / "submissions.zip", "w") as file:
            for number, one in enumerate(classroom("lab04", 4)):
                name = f"{one.student}_{number}_assignsubmission_file_/lab04_backprop.ipynb"
                file.writestr(name, one.data)
    return home


def unpack_digits(folder: Path) -> None:
    """The small MNIST, as somebody keeps the full one."""
    raw = folder / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for packed in (ROOT / "course_dl" / "data" / "small" / "MNIST" / "raw").glob("*.gz"):
        (raw / packed.stem).write_bytes(gzip.decompress(packed.read_bytes()))


@pytest.fixture
def shell(home: Path) -> dict[str, str]:
    """The environment of the reader's shell."""
    return os.environ | {
        "HOME": str(home),
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{home.parent / 'published'}.insteadOf",
        "GIT_CONFIG_VALUE_0": PUBLISHED,
        "PATH": f"{new_environment(home.parent / 'venv')}{os.pathsep}{os.environ['PATH']}",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }


def new_environment(folder: Path) -> Path:
    """A virtual environment that finds in this one what it lacks; the folder of its programs."""
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    python = folder / "bin" / "python"
    where = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site = subprocess.check_output([python, "-c", where], text=True).strip()
    outer = sysconfig.get_path("purelib")
    (Path(site) / "outer.pth").write_text(f"import site; site.addsitedir({outer!r})\n")
    (folder / "bin" / "pytest").write_text(f'#!/bin/sh\nexec {python} -m pytest "$@"\n')
    (folder / "bin" / "pytest").chmod(0o755)
    return folder / "bin"


def script_of(page: Path) -> str:
    """All commands and examples of a page, for one shell: a reader stays where the last one led."""
    blocks = [
        (kind, text)
        for by_ci, kind, text in BLOCK.findall(page.read_text(encoding="utf-8"))
        if not by_ci
    ]
    assert blocks
    return "\n".join(
        text if kind == "bash" else f"python - <<'END_OF_EXAMPLE'\n{text}END_OF_EXAMPLE\n"
        for kind, text in blocks
    )


@pytest.mark.commands
@pytest.mark.parametrize(
    "page", [page for page in PAGES if BLOCK.search(page.read_text("utf-8"))], ids=lambda p: p.name
)
def test_every_command_and_example_works_as_written(
    page: Path, home: Path, shell: dict[str, str]
) -> None:
    checkout = home.parent / "checkout" / "course-dl"
    done = subprocess.run(
        ["bash", "-euxo", "pipefail", "-c", script_of(page)],
        cwd=checkout if page.name in ("README.md", "authors.md") else home,
        env=shell,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout[-2000:]}\n{done.stderr[-3000:]}"


def test_the_table_of_labs_is_what_the_labs_say() -> None:
    table = re.findall(
        r"^\| (\d+) \| ([^|]+?) \| ([^|]+?) \| (\d+) \|",
        (ROOT / "README.md").read_text(encoding="utf-8"),
        re.M,
    )
    said = [(number, title, int(minutes)) for number, title, _, minutes in table]
    assert said == [
        (
            str(int(lab.name[3:5])),
            lab.title.partition(": ")[2],
            sum(exercise.minutes for exercise in lab.exercises),
        )
        for lab in find_labs()
    ]


def links_to_nowhere(page: Path) -> list[str]:
    """What a page links to, or shows, and is not there."""
    text = page.read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)|src=\"([^\":]+)\"", text)
    return [t for pair in targets for t in pair if t and not (page.parent / t).exists()]


@pytest.mark.parametrize("page", LINKING, ids=lambda p: p.name)
def test_links_lead_somewhere(page: Path) -> None:
    assert not links_to_nowhere(page)

"""Make the pictures of the README and of docs/: `python scripts/make_pictures.py`, with Chromium.

The page of the tour, the answer of a check to a known mistake, and the overview of a class that
was graded; each by the project itself, so that they show what it does now.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # for the class that the tests hand in

from course_dl.calls.backend import LocalBackend  # noqa: E402
from course_dl.cli.demo import tour  # noqa: E402
from course_dl.grading.bulk import grade_class  # noqa: E402
from course_dl.lab.catalog import find_lab  # noqa: E402
from course_dl.lab.diagnosis import diagnose  # noqa: E402
from course_dl.lab.exercise import Test  # noqa: E402
from course_dl.lab.inputs import Level  # noqa: E402
from course_dl.lab.judge import TestResult, run_exercise, run_test  # noqa: E402
from course_dl.lab.show import result_page  # noqa: E402
from course_dl.lab.simplest import with_simplest_case  # noqa: E402
from tests.grading.classroom import classroom  # noqa: E402

IMAGES = ROOT / "docs" / "images"
STUDENTS = 40


def main() -> None:
    """Make all three."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    tour(out=IMAGES / "tour.png")
    with tempfile.TemporaryDirectory() as folder:
        picture_of_a_check(Path(folder))
        picture_of_an_overview(Path(folder))


def picture_of_a_check(folder: Path) -> None:
    """What a student sees who goes back through W instead of its transpose."""
    lab = find_lab("lab04")
    known = next(m for m in lab.mistakes if m.number == "4.3" and "transpose" in m.sentence)
    names, exercise = {known.name: known.code}, lab.exercise("4.3")
    backend = LocalBackend(names)

    def run(test: Test, level: Level) -> TestResult:
        return run_test(exercise, test, backend, level)

    result = with_simplest_case(run_exercise(exercise, backend, hidden=False), run)
    told = replace(result, diagnosis=diagnose(result, lab.mistakes, names))
    page = folder / "check.html"
    body = result_page(told)._repr_html_()
    page.write_text(f'<body style="margin: 1em; font-family: sans-serif">{body}</body>')
    photograph(page, IMAGES / "check.png", 760, 390)


def picture_of_an_overview(folder: Path) -> None:
    """The overview of a class that handed in lab 4 by way of Moodle."""
    for number, one in enumerate(classroom("lab04", STUDENTS, seed=2)):
        home = folder / "in" / f"{one.student}_{number}_assignsubmission_file_"
        home.mkdir(parents=True)
        (home / "lab04_backprop.ipynb").write_bytes(one.data)
    grade_class("lab04", folder / "in", folder / "out", progress=False)
    photograph(folder / "out" / "overview.html", IMAGES / "overview.png", 900, 1150)


def photograph(page: Path, picture: Path, width: int, height: int) -> None:
    """The top of a page, as Chromium shows it."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    if browser is None:
        raise FileNotFoundError("Chromium is not there: on Debian, apt install chromium")
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
    where = [f"--window-size={width},{height}", f"--screenshot={picture}", page.as_uri()]
    subprocess.run([browser, *options, *where], check=True, capture_output=True)


if __name__ == "__main__":
    main()

"""The pages of grading, as an instructor and a student open them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from course_dl.cli import main
from tests.grading.classroom import classroom


def test_the_overview_leads_to_the_feedback_and_both_are_readable(
    page: Any, look: Callable[[str, str], None], tmp_path: Path
) -> None:
    for number, one in enumerate(classroom("lab01", 6, seed=1)):
        home = tmp_path / "in" / f"{one.student}_{number}_assignsubmission_file_"
        home.mkdir(parents=True)
        (home / "lab01.ipynb").write_bytes(one.data)
    assert main(["grade", "lab01", str(tmp_path / "in"), "-o", str(tmp_path / "out")]) == 0

    page.goto((tmp_path / "out" / "overview.html").as_uri())
    assert "Commonest misconceptions" in page.locator("main").inner_text()
    look("main", "overview")
    student = page.locator("table").last.get_by_role("link").first
    name = student.inner_text()
    student.click()
    assert name in page.locator("header").inner_text()
    look("main", "feedback")

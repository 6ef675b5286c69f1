"""The pages of grading, as an instructor and a student open them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from course_dl.cli import main
from course_dl.grading.reports.feedback import feedback_page
from course_dl.grading.reports.overview import overview_page
from tests.grading.classroom import classroom
from tests.grading.reported import HOSTILE, reported_class


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


def test_pages_of_hostile_text_are_readable_and_run_nothing(
    page: Any, look: Callable[[str, str], None], tmp_path: Path
) -> None:
    ran: list[str] = []
    page.on("dialog", lambda dialog: (ran.append(dialog.message), dialog.dismiss()))
    page.on("request", lambda asked: ran.append(asked.url) if asked.url[:4] == "http" else None)
    entries = reported_class()
    pages = {"overview": overview_page("Lab 4", entries, [*HOSTILE, "a note"])}
    pages |= {f"feedback-{k}": feedback_page("Lab 4", entries[k]) for k in (0, 4, 7, 10)}
    for name, text in pages.items():
        (tmp_path / f"{name}.html").write_text(text, encoding="utf-8")
        page.goto((tmp_path / f"{name}.html").as_uri())
        assert page.locator("script, main img, main [onmouseover], main [onerror]").count() == 0
        assert page.title().startswith("Lab 4: ")
        look("main", name)
        page.set_viewport_size({"width": 400, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") == 400
        assert page.evaluate(SCROLLING) == []
    assert not ran


# What is wider than the box that shows it.
SCROLLING = """[...document.querySelectorAll("main *")]
    .filter(e => e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).overflowX !== "visible")
    .map(e => e.outerHTML.slice(0, 80))"""

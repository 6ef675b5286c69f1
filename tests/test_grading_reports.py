"""The instructor's page, made of results as grading leaves them."""

from __future__ import annotations

import re

from course_dl.grading.reports.entry import Entry
from course_dl.grading.reports.overview import overview_page
from course_dl.grading.result import ExerciseMark, Result
from course_dl.grading.settings import Settings


def entry(student: str, accuracy: float | None) -> Entry:
    notes = {} if accuracy is None else {"accuracy": accuracy}
    mark = ExerciseMark("5.7", ("train",), 4.0, 4.0, "passed", notes=notes)
    result = Result("lab05", 1, "", "graded", "", (mark,))
    return Entry(student, "", "a.ipynb", student, result, Settings().mark(result, student, 0.0))


def test_a_challenge_has_its_leaderboard_the_best_first_and_equals_share_a_place() -> None:
    found = {"Ann": 0.97, "Bob": 0.985, "Cem": None, "<b>Dan</b>": 0.97, "Eva": 0.5}
    page = overview_page("Lab 5", [entry(*who) for who in found.items()])
    table = page.partition("Leaderboard of 5.7: accuracy")[2].partition("</table>")[0]
    rows = re.findall(
        r'<td class="number">(\d+)</td><td><a [^>]*>(.*?)</a></td>.*?>([\d.]+)<', table
    )
    assert rows == [
        ("1", "Bob", "0.9850"),
        ("2", "&lt;b&gt;Dan&lt;/b&gt;", "0.9700"),
        ("2", "Ann", "0.9700"),
        ("4", "Eva", "0.5000"),
    ]


def test_without_a_challenge_there_is_no_leaderboard() -> None:
    assert "Leaderboard" not in overview_page("Lab 1", [entry("Ann", None)])

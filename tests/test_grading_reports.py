"""What people read, made of results as grading leaves them: numbers that agree, text that is safe."""

from __future__ import annotations

import csv
import io
import json
import random
import re
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from decimal import Decimal
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest

from course_dl.grading.marks.mark import Mark, mark_of, number
from course_dl.grading.marks.settings import Settings
from course_dl.grading.names import alphabetical
from course_dl.grading.reports import write_class_reports
from course_dl.grading.reports.entry import NOT_YET, Entry
from course_dl.grading.reports.feedback import feedback_page
from course_dl.grading.reports.gradescope import gradescope_results
from course_dl.grading.reports.junit import junit_xml
from course_dl.grading.reports.overview import overview_page
from course_dl.grading.reports.tables import grades_csv, moodle_csv
from course_dl.grading.reports.text import cell, clean, html_comment
from course_dl.grading.reports.words import feedback_html, feedback_text
from course_dl.grading.result import ExerciseMark, Result, TestMark


def entry_of(student: str, *marks: ExerciseMark, mark: Mark | None = None, **more: object) -> Entry:
    result = Result("lab05", 1, "", "graded", "", marks, **more)  # type: ignore[arg-type]
    return Entry(student, "7", "a.ipynb", "slug", result, mark or mark_of(result, {}))


def entry(student: str, accuracy: float | None) -> Entry:
    notes = {} if accuracy is None else {"accuracy": accuracy}
    return entry_of(student, ExerciseMark("5.7", ("train",), 4.0, 4.0, "passed", notes=notes))


# -- one source of points ----------------------------------------------------------------------


def random_entry(rng: random.Random) -> Entry:
    marks = []
    for place in range(rng.randint(1, 9)):
        most = rng.choice([1.0, 2.0, 3.0, 4.0])
        points = rng.choice([0.0, most, most * rng.random(), most / 3])
        passed = points == most
        carried = {} if passed else {"carried": ("5.0",), "carried_points": most * rng.random()}
        state = "passed" if passed else "failed"
        tests = (TestMark("a", False, "passed"), TestMark("b", False, state))
        marks.append(ExerciseMark(f"5.{place}", ("f",), points, most, state, tests, **carried))  # type: ignore[arg-type]
    result = Result("lab05", 1, "", "graded", "", tuple(marks))
    weights = {m.number: rng.choice([0.0, 0.5, 1 / 3, 1.0, 1.7, 3.0]) for m in marks}
    days = rng.choice([0, 0, 1, 3])
    follow = rng.random() < 0.7
    percent = days * rng.choice([0.0, 7.0, 33.3])
    mark = mark_of(result, weights, follow_through=follow, days_late=days, percent=percent)
    return Entry("Ann", "7", "a.ipynb", "slug", result, mark)


@pytest.fixture(scope="module")
def entries() -> list[Entry]:
    rng = random.Random(0)
    return [random_entry(rng) for _ in range(300)]


def test_printed_rows_add_up_to_the_printed_total_in_every_report(entries: list[Entry]) -> None:
    for one in entries:
        total, most = Decimal(number(one.mark.total)), Decimal(number(one.mark.max_points))
        assert 0 <= total <= most

        page = feedback_page("Lab", one)
        assert f"<b>{total} of {most} points</b>" in page
        rows = re.findall(r'class="points">(-?[\d.]+)(?: of ([\d.]+))?<', page)
        assert sum(Decimal(a) for a, _ in rows) == total
        assert sum(Decimal(b or 0) for _, b in rows) == most

        text = feedback_text(one)
        rows = re.findall(r": (-?[\d.]+)(?:/([\d.]+))?", text.rpartition("Total")[0])
        kept = [row for row in rows if row[1] or row[0].startswith("-")]
        assert sum(Decimal(a) for a, _ in kept) == total
        assert text.endswith(f"Total: {total}/{most}")

        scope = json.loads(gradescope_results(one))
        assert Decimal(number(scope["score"])) == total
        assert sum(Decimal(number(t["score"])) for t in scope["tests"]) == total
        assert sum(Decimal(number(t["max_score"])) for t in scope["tests"]) == most

        row = next(csv.DictReader(io.StringIO(grades_csv([one]).removeprefix("\ufeff"))))
        points = [Decimal(row[e.number]) for e in one.result.exercises]
        assert sum(points) - Decimal(row["penalty"]) == total == Decimal(row["total"])
        assert Decimal(row["max"]) == most

        suite = ElementTree.fromstring(junit_xml(one.result, one.file, one.mark))[0]
        told = [(p.get("name"), Decimal(p.get("value", ""))) for p in suite.iter("property")]
        penalty = Decimal(number(one.mark.penalty))
        assert told[:3] == [("total", total), ("max_points", most), ("penalty", penalty)]
        assert sum(value for name, value in told if name == "points") - penalty == total

        (sheet,) = csv.DictReader(io.StringIO(moodle_csv([one])))
        assert (Decimal(sheet["Grade"]), Decimal(sheet["Maximum grade"])) == (total, most)


@pytest.mark.parametrize("status", ["graded", "unreadable", "error", NOT_YET])
def test_moodle_gets_no_grade_where_the_grader_failed_or_has_not_graded(
    status: str, entries: list[Entry], tmp_path: Path
) -> None:
    one = replace(entries[0], result=replace(entries[0].result, status=status))
    write_class_reports(tmp_path, "Lab", [one])
    with (tmp_path / "moodle.csv").open(encoding="utf-8-sig", newline="") as file:
        assert len(list(csv.DictReader(file))) == (status in ("graded", "unreadable"))


def test_the_overview_has_the_same_points(entries: list[Entry]) -> None:
    for one in entries[:50]:
        page = overview_page("Lab", [one])
        row = page.partition("Students</h2>")[2]
        assert f'data-label="total">{number(one.mark.total)}<' in row
        for line in one.mark.lines:
            shown = re.search(rf'data-label="{line.number}">.*?</span>([\d.]+)<', row)
            assert shown and shown[1] == number(line.points)
            assert f"of {number(line.max_points)}</td>" in page
        told = f"mean {number(one.mark.total)} of {number(one.mark.max_points)}"
        assert told in page


def test_full_points_are_full_under_any_weight() -> None:
    for weight in (0.1, 1 / 3, 1.005, 2.675, 7.77):
        one = ExerciseMark("5.1", ("f",), 3.0, 3.0, "passed")
        mark = mark_of(Result("lab05", 1, "", "graded", "", (one,)), {"5.1": weight})
        assert mark.total == mark.max_points


CARRIED = ExerciseMark(
    "4.8", ("ManualMLP",), 0.0, 4.0, "failed", carried=("4.7",), carried_points=4.0
)


@pytest.mark.parametrize(("follow", "points"), [(True, 4.0), (False, 0.0)])
def test_follow_through_is_given_or_at_least_told(follow: bool, points: float) -> None:
    result = Result("lab04", 1, "", "graded", "", (CARRIED,))
    mark = Settings(follow_through=follow).mark(result, "Ann", 0.0)
    one = Entry("Ann", "7", "a.ipynb", "slug", result, mark)
    assert mark.total == points
    scope = json.loads(gradescope_results(one))["tests"][0]["output"]
    for report in (feedback_page("Lab", one), feedback_text(one), feedback_html(one), scope):
        assert ("with a right 4.7 it " + ("earns 4" if follow else "would earn 4")) in report
    assert "4.8 fails only because of 4.7" in overview_page("Lab", [one])


def test_points_that_follow_through_would_not_raise_stay() -> None:
    result = Result("lab04", 1, "", "graded", "", (replace(CARRIED, points=4.0, state="passed"),))
    line = mark_of(result, {}).line("4.8")
    assert (line.points, line.carried) == (4.0, ())


def test_an_unreadable_late_file_has_its_reason_and_its_lateness() -> None:
    mark = ExerciseMark("5.1", ("f",), 0.0, 2.0, "not done yet")
    result = Result("lab05", 1, "", "unreadable", "it is empty", (mark,))
    late = mark_of(result, {}, days_late=2, percent=20)
    one = Entry("Ann", "7", "a.ipynb", "slug", result, late, ("b.ipynb",))
    for report in (overview_page("Lab", [one]), feedback_page("Lab", one), feedback_text(one)):
        assert "it is empty" in report and "2 days late" in report and "b.ipynb" in report


def test_remarks_are_for_the_instructor_alone() -> None:
    one = entry_of("Ann", CARRIED, remarks=("used ctypes",))
    assert "used ctypes" in overview_page("Lab", [one]) and "used ctypes" in grades_csv([one])
    for report in (feedback_page("Lab", one), feedback_text(one), gradescope_results(one)):
        assert "ctypes" not in report


# -- hostile text ------------------------------------------------------------------------------

HOSTILE = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "\"'><b>", "</table></main>",
    "a & b < 3", "\ud800", "\x00\x1b[2J\x07", "\u202eevil\u202c", "a\nb\r\nc", "]]>", "&lt;",
]  # fmt: skip
FORMULAS = [
    "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "\u00a0=1", "\u200b=1", "a;=1+1;b",
    "a,=1", "a|=1", "a\t@x", "a\n=1", "a; =1", "\uff1d1+1", "\uff0b1", "x;;==1", '";=1', "a;\"=1",
    "−1", "a\x0b=1", "a;\x00=1",
]  # fmt: skip


class Tags(HTMLParser):
    """The tags and attributes of a page, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(f"{tag} {' '.join(sorted(name for name, _ in attrs))}")

    def handle_data(self, data: str) -> None:
        self.text += data


def everywhere(text: str) -> Entry:
    """A student all of whose texts are this one."""
    test = TestMark(text, False, "failed", text, ((text, text),))
    mark = ExerciseMark(
        "5.1", (text,), 0.0, 1.0, "failed", (test,), text, {text: 0.5}, (text,), 0.5
    )
    result = Result("lab05", 1, "", "graded", text, (mark,), ((text, text, text),), (text,))
    return Entry(text, "7", text, "slug", result, mark_of(result, {}), (text,))


@pytest.mark.parametrize("text", HOSTILE + FORMULAS)
def test_text_is_text_in_every_page(text: str) -> None:
    for make in (
        lambda one: feedback_page("Lab", one),
        lambda one: overview_page("Lab", [one], [one.student]),
        feedback_html,
    ):
        tags = [Tags(make(everywhere(said))).tags for said in (text.replace("\n", " "), "plain")]
        assert tags[0] == tags[1]
        page = make(everywhere(text))
        page.encode("utf-8")
        assert not re.search("[\x00-\x08\x0b-\x1f\u202a-\u202e\u2066-\u2069]", page)


@pytest.mark.parametrize("text", HOSTILE + FORMULAS)
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_no_cell_is_a_formula_whatever_separates_the_cells(text: str, separator: str) -> None:
    one = everywhere(text)
    for table in (grades_csv([one]).removeprefix("\ufeff"), moodle_csv([one])):
        table.encode("utf-8")
        for row in csv.reader(io.StringIO(table), delimiter=separator):
            for said in row:
                assert not re.match(r"[\s\u200b\ufeff]*[=+@\uff1d\uff0b\uff20]", said)
                if re.match(r"[\s\u200b\ufeff]*[-\u2212]", said):
                    assert re.fullmatch(r"-?[\d.]+", said)


def test_grades_csv_opens_in_a_spreadsheet() -> None:
    one = entry_of("Zoé Müller", ExerciseMark("5.1", ("f",), 1 / 3, 2.0, "failed"))
    table = grades_csv([one])
    assert table.encode("utf-8").startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(table[1:]), quoting=csv.QUOTE_NONNUMERIC))
    assert rows[0][1:8] == ["student", "file", "total", "max", "5.1", "status", "seed"]
    assert rows[1][1:8] == ["Zoé Müller", "a.ipynb", 0.33, 2.0, 0.33, "graded", 1.0]


def test_a_comment_for_moodle_is_html_that_says_the_same() -> None:
    lines = ["3<4 & <class list>", "=1; -2, +3", "a\nb"]
    html = html_comment(lines)
    assert unescape(html).split("<br>") == ["3<4 & <class list>", "=1; -2, +3", "a", "b"]
    assert "<class" not in html


def test_ordinary_text_stays_as_it_is() -> None:
    for text in (
        "Anna-Maria O'Neill",
        "x = 3",
        "lab04 (1).ipynb",
        "שלום",
        "नमस्ते",
        "a\u200db",
        "5-3",
    ):
        assert clean(text) == text == cell(text)


def test_names_are_ordered_by_their_letters() -> None:
    names = [
        "Zoe",
        "Éric",
        "Œdipe",
        "Łukasz",
        "straße",
        "Eva",
        "Strasse b",
        "Øre",
        "Otto",
        "Luca",
        "élan",
    ]
    assert sorted(names, key=alphabetical) == [
        "élan", "Éric", "Eva", "Luca", "Łukasz", "Œdipe", "Øre", "Otto", "straße", "Strasse b", "Zoe",
    ]  # fmt: skip
    page = overview_page("Lab", [entry(name, None) for name in names])
    assert page.index("Éric") < page.index("Otto")


# -- what is cut is said -----------------------------------------------------------------------


def test_all_who_share_a_misconception_are_linked() -> None:
    mark = ExerciseMark("5.1", ("f",), 0.0, 1.0, "failed", (), "You divided twice.")
    page = overview_page("Lab", [entry_of(f"Student {k:02d}", mark) for k in range(9)])
    told = page.partition("misconceptions")[2].partition("</section>")[0]
    assert told.count("<a ") == 9 and "and 6 more" in told


def test_what_is_cut_is_said() -> None:
    board = overview_page("Lab", [entry(f"Student {k:02d}", k / 100) for k in range(25)])
    assert "and 5 more" in board
    notices = tuple((f"cell {k}", "NameError", "x") for k in range(33))
    assert "and 13 more" in feedback_page("Lab", entry_of("Ann", CARRIED, notices=notices))
    long = TestMark("t", False, "failed", "x" * 5_000)
    page = feedback_page("Lab", entry_of("Ann", replace(CARRIED, tests=(long,))))
    assert "3800 more characters" in page


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


def test_a_leaderboard_shows_weighted_points() -> None:
    plain = entry("Ann", 0.9)
    double = replace(plain, mark=mark_of(plain.result, {"5.7": 2.0}))
    table = overview_page("Lab 5", [double]).partition("Leaderboard")[2].partition("</table>")[0]
    assert ">8</td>" in table


def test_without_a_challenge_there_is_no_leaderboard() -> None:
    assert "Leaderboard" not in overview_page("Lab 1", [entry("Ann", None)])

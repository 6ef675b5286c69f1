"""All labs together: a page and a workbook, from what grading left in its folders."""

from __future__ import annotations

import json
import re
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from course_dl.cli import main
from course_dl.grading.intake.submissions import Submission
from course_dl.grading.marks.by_hand import FILE, read_by_hand
from course_dl.grading.marks.roster import by_hand_of
from course_dl.grading.marks.settings import Settings
from course_dl.grading.reports.entry import Entry
from course_dl.grading.results.folders import claimed
from course_dl.grading.results.store import Store
from course_dl.grading.term.page import term_page
from course_dl.grading.term.people import key_of, read_people
from course_dl.grading.term.standing import read_term
from course_dl.grading.workers.work import Sheet
from tests.grading.paper import SHEET, contents, judged

NAMES = ["Zoé Müller", "Émile Zola", "Ann O'Neill", "Łukasz Żak", "=1+1", "<b>Eve</b>"]


def lab(out: Path, number: int, names: list[str], marks: str = "", only: int = 99) -> list[Entry]:
    """A lab, graded on paper."""
    sheet = Sheet(f"lab{number}_small", f"Lab {number}", "nowhere", SHEET.exercises)
    out.mkdir(parents=True)
    (out / FILE).write_text(marks, encoding="utf-8")
    found = [Submission(n, f"{n}.ipynb", f"{number}{n}".encode(), when=2e9) for n in names]
    by_hand, _ = by_hand_of(read_by_hand(out), found, None)

    late = Settings(datetime.fromtimestamp(2e9 - 100_000, UTC), per_day=10)
    with claimed(out, out.parent / "handed-in"):
        store = Store(out, sheet, late, "1", found, by_hand)
        for place, submission in enumerate(found):
            if place < only:
                done = judged(submission)
                done["result"]["lab"] = sheet.name
                store.save(submission, done)
        return store.publish()


@pytest.fixture
def term(tmp_path: Path) -> list[Path]:
    """Two labs; Zola misses one, Zoé is excused from one, Ann has points by hand for the other."""
    marks = '[students."Zoé Müller"]\nexcused = true\n[students."Ann O\'Neill"."9.3"]\npoints = 2'
    lab(tmp_path / "91", 91, NAMES, marks)
    lab(tmp_path / "92", 92, [n for n in NAMES if "Zola" not in n])
    return [tmp_path / "91", tmp_path / "92"]


def test_points_of_all_labs_add_up_and_an_excused_lab_does_not_count(term: list[Path]) -> None:
    class_ = {one.student: one for one in read_term(term).class_}
    kept = [json.loads((out / ".course-dl-marks").read_text("utf-8"))["students"] for out in term]
    zoe = class_["Zoé Müller"]
    assert (zoe.points, zoe.full) == (kept[1]["Zoé Müller"]["total"], 7.5)
    ann = class_["Ann O'Neill"]
    assert ann.points == round(sum(one["Ann O'Neill"]["total"] for one in kept), 2)
    assert (ann.full, ann.days_late) == (15, 4)
    zola = class_["Émile Zola"]
    assert (zola.full, zola.points) == (15, kept[0]["Émile Zola"]["total"])


def test_students_stand_as_people_sort_them(term: list[Path]) -> None:
    names = [one.student for one in read_term(term).class_]
    assert [n for n in names if n[0].isalpha()] == [
        "Ann O'Neill",
        "Émile Zola",
        "Łukasz Żak",
        "Zoé Müller",
    ]


def test_a_list_tells_who_handed_in_nothing_and_who_is_not_on_it(
    term: list[Path], tmp_path: Path
) -> None:
    found = read_term(
        term, ["Müller Zoé", "Lazy Bones", "Ann O’Neill", "Zola, Émile", "Łukasz Żak"]
    )
    class_ = {one.student: one for one in found.class_}
    assert class_["Lazy Bones"].points == 0 and class_["Lazy Bones"].full == 15
    assert class_["Müller Zoé"].full == 7.5  # found, though its words are in another order
    assert [note.partition(" handed in")[0] for note in found.notes] == ["=1+1", "<b>Eve</b>"]
    page = term_page(found)
    nothing = page.partition("Handed in nothing")[2]
    assert re.search(r"lab92.*?>2<.*Lazy Bones, Zola, Émile", nothing)


def test_a_word_by_hand_counts_for_who_handed_in_nothing(tmp_path: Path) -> None:
    marks = '[students."Lazy Bones"]\nexcused = true\n[students."By Talk"]\npoints = 5'
    lab(tmp_path / "91", 91, ["Ann"], marks)
    class_ = {
        one.student: one
        for one in read_term([tmp_path / "91"], ["Ann", "Lazy Bones", "By Talk"]).class_
    }
    assert class_["Lazy Bones"].full == 0 and class_["Lazy Bones"].share is None
    assert (class_["By Talk"].points, class_["By Talk"].full) == (5, 7.5)
    page = term_page(read_term([tmp_path / "91"]))
    assert "By hand: 5 points. Nothing was handed in." in page


def test_who_is_not_graded_yet_loses_nothing(tmp_path: Path) -> None:
    lab(tmp_path / "91", 91, ["Ann", "Bob"], only=1)
    class_ = {one.student: one for one in read_term([tmp_path / "91"]).class_}
    assert class_["Bob"].full == 0 and "not graded yet" in term_page(read_term([tmp_path / "91"]))


def test_anonymous_pages_name_nobody_and_tell_nothing_said_of_them(term: list[Path]) -> None:
    hidden = read_term(term).anonymous()
    page = term_page(hidden)
    assert not any(
        re.search(rf"\b{name}", page) for name in ("Zoé", "Zola", "Ann", "Łukasz", "Eve")
    )
    assert "By hand:" not in page and "Student 1" in page
    open_ = sorted(one.points for one in read_term(term).class_)
    assert sorted(one.points for one in hidden.class_) == open_


def test_words_by_hand_that_came_after_the_last_run_are_told(term: list[Path]) -> None:
    labs = [out.rename(out.with_name(f"out-{out.name}")) for out in term]
    assert not read_term(labs).notes
    kept = labs[0] / ".course-dl-marks"
    content = json.loads(kept.read_text("utf-8"))
    content["lab"] = "lab04_backprop"  # of a lab that is here
    kept.write_text(json.dumps(content), "utf-8")
    (labs[0] / FILE).write_text("", encoding="utf-8")
    assert any("run it again" in note for note in read_term(labs).notes)


@pytest.mark.parametrize(
    ("name", "text", "names"),
    [
        ("a.txt", "# the class\nZoé Müller\n\n Ann  O'Neill \n", ["Zoé Müller", "Ann O'Neill"]),
        ("a.csv", "First name,Last name,Email address\nZoé,Müller,z@x\nAnn,Bo,a@x", ["Zoé Müller", "Ann Bo"]),
        ("a.csv", "Prénom;Nom de famille\nZoé;Müller", ["Zoé Müller"]),
        ("a.csv", "Identifiant,Nom complet,Note\nParticipant 3,Zoé Müller,-", ["Zoé Müller"]),
        ("a.csv", "\ufeffVollständiger Name\nZoé Müller\nZoé Müller", ["Zoé Müller"]),
    ],
)  # fmt: skip
def test_lists_are_read_as_people_and_moodle_write_them(
    name: str, text: str, names: list[str], tmp_path: Path
) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert read_people(tmp_path / name) == names


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("a.txt", "Müller".encode("latin-1"), "UTF-8"),
        ("a.txt", b"\n# nobody\n", "names nobody"),
        ("a.csv", b"Colour,Size\nred,3", "Its headings: colour, size"),
        ("a.xlsx", b"PK", "save it as .csv"),
    ],
)
def test_what_is_no_list_is_refused(name: str, data: bytes, told: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(ValueError, match=re.escape(told)):
        read_people(tmp_path / name)
    with pytest.raises(ValueError, match="there is no"):
        read_people(tmp_path / "missing.txt")


def test_a_name_is_found_whatever_its_order_accents_and_marks() -> None:
    assert key_of("Müller, Zoé") == key_of("zoe  MULLER") == key_of("Zoe\u0301 Mu\u0308ller")
    assert key_of("Ann Bo") != key_of("Ann B")


def test_the_command_writes_both_and_refuses_what_cannot_be(
    term: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    out, line = tmp_path / "report", ["report", *map(str, term)]
    assert main([*line, "-o", str(out), "--late-days", "3"]) == 0
    first = contents(out)
    assert main([*line, "-o", str(out), "--late-days", "3"]) == 0
    assert contents(out) == first  # the same bytes
    book = openpyxl.load_workbook(out / "class.xlsx")
    assert book.sheetnames == ["Class", "lab91", "lab92"]
    table = [[cell.value for cell in row] for row in book["Class"].iter_rows()]
    assert table[0] == [
        "student",
        "all labs",
        "points",
        "of",
        "lab91",
        "lab92",
        "late days",
        "late days left",
        "by hand",
    ]
    rows = {row[0]: row for row in table[1:]}
    assert rows["Zoé Müller"][4] == "excused" and rows["Ann O'Neill"][6:8] == [4, -1]
    assert "9.3: By hand: 2 points." in rows["Ann O'Neill"][8]
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert {"=1+1", "<b>Eve</b>"} <= set(rows)
    page = (out / "class.html").read_text(encoding="utf-8")
    assert "4 (over)" in page and "<b>Eve" not in page
    with zipfile.ZipFile(out / "class.xlsx") as archive:
        assert archive.testzip() is None

    for given, told in (
        ([str(term[0]), str(term[0])], "give one a lab"),
        ([str(tmp_path)], "holds no marks"),
        ([str(term[0]), "--late-days", "-1"], "a number of days"),
        ([str(term[0]), "--names", str(tmp_path / "none.txt")], "there is no"),
    ):
        assert main(["report", *given, "-o", str(out)]) == 2
        assert told in capsys.readouterr().err
    people = tmp_path / "twice.txt"
    people.write_text("Ann Bo\nBo Ann\n")
    assert main([*line, "-o", str(out), "--names", str(people)]) == 2
    assert "cannot be told apart" in capsys.readouterr().err

"""What a person says of marks: in every report, through every run, and who changed by it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from course_dl.cli import main
from course_dl.grading.intake.submissions import Submission
from course_dl.grading.marks.by_hand import FILE, leave_example, read_by_hand
from course_dl.grading.marks.mark import Word
from course_dl.grading.marks.roster import by_hand_of
from course_dl.grading.marks.settings import Settings
from course_dl.grading.reports.entry import Entry
from course_dl.grading.reports.tables import moodle_csv
from course_dl.grading.results.folders import claimed
from course_dl.grading.results.store import Store
from tests.grading.classroom import classroom
from tests.grading.paper import SHEET, judged, rows

CLASS = [
    Submission(name, f"{name}.ipynb", bytes([place]), number=str(30 + place))
    for place, name in enumerate(["Zoé Müller", "José Peña", "Ann O'Neill", "Łukasz Żak"])
]


def publish(
    out: Path,
    marks: str = "",
    *,
    version: str = "1",
    settings: Settings | None = None,
    found: Sequence[Submission] = CLASS,
    worth: float = 1.0,
) -> tuple[dict[str, Entry], list[str]]:
    """A run of grading on paper; the class by name, and whose mark changed."""
    out.mkdir(exist_ok=True)
    if marks:
        (out / FILE).write_text(marks, encoding="utf-8")
    by_hand, told = by_hand_of(read_by_hand(out), found, None)
    assert not told
    with claimed(out, out.parent / "handed-in"):
        store = Store(out, SHEET, settings or Settings(), version, found, by_hand)
        for submission in found:
            if not store.is_done(submission):
                store.save(submission, judged(submission, worth))
        entries = store.publish()
    return {entry.student: entry for entry in entries}, store.changes


WORDS = """
[students."zoé  müller"."9.2"]
points = 1.25
comment = "The idea is right, the index is not."

[students."31"]
points = 7
comment = "By the talk in class."

[students."Ann O'Neill"."9.3"]
excused = true

[students."Łukasz Żak"]
excused = true
comment = "Ill, with a certificate."
"""


def test_points_and_comments_by_hand_are_told_as_such_in_every_report(tmp_path: Path) -> None:
    out = tmp_path / "out"
    plain, _ = publish(tmp_path / "plain")
    entries, _ = publish(out, WORDS)
    zoe, jose, ann = (entries[s.student] for s in CLASS[:3])
    line = zoe.mark.line("9.2")
    assert (line.points, line.word.comment[:8]) == (1.25, "The idea")
    assert line.graded == plain[zoe.student].mark.line("9.2").points
    assert jose.mark.total == 7
    assert ann.mark.max_points == 3 and ann.mark.full == 7.5

    table = {row["student"]: row for row in rows(out / "grades.csv")}
    for name, entry in entries.items():
        row = table[name]
        points = sum(float(row[n]) for n, _, _ in SHEET.exercises)
        assert points - float(row["penalty"]) + float(row["adjusted"]) == float(row["total"])
        assert bool(row["by hand"]) == entry.mark.by_hand
        page = (out / "feedback" / entry.slug / "feedback.html").read_text(encoding="utf-8")
        assert page.count("By hand") >= 1
        scope = json.loads((out / "records" / entry.slug / "results.json").read_text("utf-8"))
        assert any("By hand" in test["output"] for test in scope["tests"])
        junit = (out / "records" / entry.slug / "junit.xml").read_text(encoding="utf-8")
        assert 'name="by_hand"' in junit
    overview = (out / "overview.html").read_text(encoding="utf-8")
    for said in ("The idea is right, the index is not.", "By the talk in class.", "Ill, with a"):
        assert said in overview
    assert "1 excused" in overview


def test_moodle_gets_what_an_excused_student_s_points_are_worth_and_no_mark_of_the_excused(
    tmp_path: Path,
) -> None:
    entries, _ = publish(tmp_path / "out", WORDS)
    table = {
        row["Full name"]: row
        for row in csv.DictReader(io.StringIO(moodle_csv(list(entries.values()))))
    }
    text = (tmp_path / "out" / "moodle.csv").read_text(encoding="utf-8")
    assert "Łukasz Żak" not in text
    ann = entries["Ann O'Neill"].mark
    assert float(table["Ann O'Neill"]["Grade"]) == round(ann.total * 7.5 / 3, 2) == ann.of_full
    assert float(table["Ann O'Neill"]["Maximum grade"]) == 7.5
    assert "excused" in table["Ann O'Neill"]["Feedback comments"]
    assert "The tests gave" in table["Zoé Müller"]["Feedback comments"]


def test_an_exercise_that_counts_for_nobody_lowers_everybody_s_maximum(tmp_path: Path) -> None:
    marks = '[everybody."9.3"]\nexcused = true\ncomment = "Its test was wrong."\n'
    entries, _ = publish(tmp_path / "out", marks)
    for entry in entries.values():
        assert entry.mark.max_points == entry.mark.full == 3
        assert entry.mark.of_full == entry.mark.total
        assert not entry.mark.excused_from
    overview = (tmp_path / "out" / "overview.html").read_text(encoding="utf-8")
    assert "counts for nobody" in overview


def test_being_late_costs_of_points_by_hand_but_nothing_of_a_total_by_hand(tmp_path: Path) -> None:
    late = [Submission(s.student, s.file, s.data, number=s.number, when=2e9) for s in CLASS]

    settings = Settings(datetime(2026, 1, 1, tzinfo=UTC), per_day=50, most=50)
    marks = WORDS + '[students."Ann O\'Neill"."9.1"]\npoints = 1\n'
    entries, _ = publish(tmp_path / "out", marks, settings=settings, found=late)
    for name in ("Zoé Müller", "Ann O'Neill"):
        mark = entries[name].mark
        assert mark.penalty == pytest.approx(sum(mark.points.values()) / 2, abs=0.01)
    assert entries["José Peña"].mark.total == 7


def test_words_survive_a_regrade_which_tells_who_changed_and_why(tmp_path: Path) -> None:
    out = tmp_path / "out"
    before, changes = publish(out)
    assert not changes
    by_hand, changes = publish(out, WORDS)
    changed = {
        name
        for name in by_hand
        if by_hand[name].mark.total != before[name].mark.total
        or by_hand[name].mark.max_points != before[name].mark.max_points
        or by_hand[name].mark.word != Word()
    }
    assert {change.partition(":")[0] for change in changes} == changed
    assert "José Peña" in changed and "Łukasz Żak" in changed
    told = "\n".join(changes)
    assert "the whole by hand" in told and "-> excused" in told and "9.3" in told
    text = (out / FILE).read_bytes()

    again, changes = publish(out, version="2", worth=0.0)  # other checks, by which all is wrong
    assert (out / FILE).read_bytes() == text
    assert again["José Peña"].mark.total == 7
    assert again["Zoé Müller"].mark.line("9.2").points == 1.25
    assert not any(change.startswith(("José", "Łukasz")) for change in changes)
    assert all("other checks" in change for change in changes)
    assert publish(out, version="2", worth=0.0)[1] == []

    (out / FILE).unlink()
    _, changes = publish(out, version="2", worth=0.0)
    assert any(
        "José Peña: 7 of 7.5 -> 0 of 7.5 (-7): the whole by hand no more" in c for c in changes
    )


def test_a_changed_weight_penalty_or_file_is_named(tmp_path: Path) -> None:
    out = tmp_path / "out"
    first, _ = publish(out)
    _, changes = publish(out, settings=Settings(weights={"9.1": 2.0}))
    assert changes and all("weight 1 -> 2" in change or "-> " in change for change in changes)
    publish(out)
    other = [Submission(s.student, s.file, s.data + b"2", number=s.number) for s in CLASS]
    second, changes = publish(out, found=other)
    wanted = {n for n in first if first[n].mark.total != second[n].mark.total}
    assert {change.partition(":")[0] for change in changes} == wanted
    assert all("another file was handed in" in change for change in changes)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[student.x]\npoints = 1", "did you mean students?"),
        ("[students.Zoé]\npoint = 1", "not written"),
        ('[students.Zoe]\npoint = 1', "did you mean points?"),
        ('[students.Zoe]\npoints = "1"', "a number from 0"),
        ("[students.Zoe]\npoints = -1", "a number from 0"),
        ("[students.Zoe]\npoints = true", "a number from 0"),
        ("[students.Zoe]\ncomment = 3", "a text in quotes"),
        ('[students.Zoe]\nexcused = "yes"', "true or false"),
        ("[students.Zoe]\nexcused = true\npoints = 1", "leave one out"),
        ("[students.Zoe.9.2]\npoints = 1", 'in quotes, "9.2"'),
        ("[students]\nZoe = 3", 'write [students."Zoe"]'),
        ("[everybody]\npoints = 3", '[everybody."4.8"]'),
        ('[everybody."9.1"]\nexcused = true\n[students.Zoe."9.1"]\npoints = 1', "leave one out"),
        ("students = 3", "is a table"),
        ("points = = 3", "Invalid value"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_what_can(text: str, told: str, tmp_path: Path) -> None:
    encoding = "latin-1" if told == "not written" else "utf-8"
    (tmp_path / FILE).write_text(text, encoding=encoding)
    with pytest.raises(ValueError, match=FILE) as refused:
        read_by_hand(tmp_path)
    assert told in str(refused.value)


def test_points_beyond_what_can_be_had_and_unknown_exercises_are_refused(tmp_path: Path) -> None:
    most = {"9.1": 1.0, "9.2": 4.0}
    for text, told in (
        ('[students.Zoe."9.1"]\npoints = 2', "at most 1"),
        ("[students.Zoe]\npoints = 6", "at most 5"),
        ('[students.Zoe."9.7"]\npoints = 1', "known: 9.1, 9.2"),
        ('[everybody."9.2"]\npoints = 4.5', "at most 4"),
    ):
        (tmp_path / FILE).write_text(text, encoding="utf-8")
        with pytest.raises(ValueError, match=told):
            read_by_hand(tmp_path).demand_points(most)


def test_names_that_mean_nobody_are_told_and_two_names_of_one_are_refused(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("[students.Zoe-Muller]\npoints = 1", encoding="utf-8")
    said, told = by_hand_of(read_by_hand(tmp_path), CLASS, None)
    assert not said.students
    assert 'matches no student; did you mean "Zoé Müller"?' in told[0]
    text = '[students."Zoé Müller"]\npoints = 1\n[students."30"]\npoints = 2'
    (tmp_path / FILE).write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match="put them together"):
        by_hand_of(read_by_hand(tmp_path), CLASS, None)


def test_the_example_says_nothing_and_is_never_put_over_what_is_there(tmp_path: Path) -> None:
    leave_example(tmp_path)
    assert read_by_hand(tmp_path).of("Zoé Müller").of == {}
    example = (tmp_path / FILE).read_text(encoding="utf-8")
    uncommented = "".join(line[2:] for line in example.splitlines(True)[3:])
    (tmp_path / FILE).write_text(uncommented, encoding="utf-8")
    assert read_by_hand(tmp_path).of("Zoé Müller").of["4.3"].points == 1.5
    leave_example(tmp_path)
    assert (tmp_path / FILE).read_text(encoding="utf-8") == uncommented


def test_a_class_is_graded_changed_by_hand_and_graded_again(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "in").mkdir()
    for one in classroom("lab01", 2, seed=1):
        (tmp_path / "in" / f"{one.student}.ipynb").write_bytes(one.data)
        name = one.student
    out = tmp_path / "out"
    line = ["grade", "lab01", str(tmp_path / "in"), "-o", str(out), "--processes", "1"]
    assert main(line) == 0
    assert (out / FILE).read_text(encoding="utf-8").startswith("# Points and comments by hand")
    capfd.readouterr()
    (out / FILE).write_text(
        f'[students."{name}"]\npoints = 0.5\n[students."Nobody"]\nexcused = true', encoding="utf-8"
    )
    assert main([*line, "--regrade"]) == 0
    said = capfd.readouterr()
    assert f"{name}: " in said.out and "-> 0.5 of" in said.out and "by hand" in said.out
    assert f'{FILE}: "Nobody" matches no student' in said.err
    (out / FILE).write_text('[students.X."1.77"]\npoints = 1', encoding="utf-8")
    assert main(line) == 2
    assert "unknown 1.77" in capfd.readouterr().err


def test_a_student_s_own_points_go_before_everybody_s_and_both_comments_are_told(
    tmp_path: Path,
) -> None:
    text = (
        '[everybody."9.2"]\npoints = 2\ncomment = "Its test was wrong."\n'
        '[students.Ann."9.2"]\npoints = 0.5\ncomment = "Half of it."\n[students.Bob]\ncomment = "Hello."'
    )
    (tmp_path / FILE).write_text(text, encoding="utf-8")
    said = read_by_hand(tmp_path)
    assert said.of("Ann").of["9.2"] == Word(0.5, "Half of it.\nIts test was wrong.")
    assert said.of("Bob").of["9.2"] == said.of("Cy").of["9.2"] == Word(2.0, "Its test was wrong.")
    assert said.of("Bob").whole.comment == "Hello."

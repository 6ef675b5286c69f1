"""Moodle's grading worksheet: any language, encoding and separator; filled in, all else kept."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from course_dl.grading.intake.submissions import Submission
from course_dl.grading.marks.roster import extensions_of, handed_in, named
from course_dl.grading.marks.settings import Settings
from course_dl.grading.moodle.dates import read_times
from course_dl.grading.moodle.worksheet import Filled, Worksheet, read_worksheet

PARIS = ZoneInfo("Europe/Paris")
WHEN = datetime(2026, 11, 20, 23, 59, tzinfo=PARIS)

ENGLISH = (
    "Identifier,Full name,Email address,Status,Grade,Maximum grade,Grade can be changed,"
    "Last modified (submission),Last modified (grade),Feedback comments\n"
    'Participant 101,Zoé Müller,zoe@uni.eu,Submitted for grading,,20.00,Yes,"Friday, 20 November '
    '2026, 11:59 PM",-,\n'
    "Participant 102,Ann O'Neill,ann@uni.eu,No submission,,20.00,Yes,-,-,\n"
    'Participant 103,"Żak, Łukasz",luk@uni.eu,Submitted for grading,12.00,20.00,Yes,"Thursday, 19 '
    'November 2026, 9:05 AM","Saturday, 21 November 2026, 8:00 AM",old words\n'
)
GERMAN = (
    '\ufeffID;"Vollständiger Name";E-Mail-Adresse;Status;Gruppe;Bewertung;Bestwertung;"Bewertung '
    'kann geändert werden";"Zuletzt geändert (Abgabe)";"Zuletzt geändert (Bewertung)";"Feedback als '
    'Kommentar"\r\n'
    'Teilnehmer/in101;"Zoé Müller";zoe@uni.eu;"Zur Bewertung abgegeben";Gruppe A;;"20,00";Ja;'
    '"Freitag, 20. November 2026, 23:59";-;\r\n'
    'Teilnehmer/in102;"Ann O\'Neill";ann@uni.eu;"Zur Bewertung abgegeben";Gruppe A;;"20,00";Ja;'
    '"Freitag, 20. November 2026, 23:59";-;\r\n'
    'Teilnehmer/in12;"Ina Test";ina@uni.eu;"Nicht abgegeben";Gruppe B;;"20,00";Ja;-;-;\r\n'
)
FRENCH = (
    '"Identifiant"\t"Nom complet"\t"Statut"\t"Note"\t"Note maximale"\t"La note peut être modifiée"'
    '\t"Dernière modification (travail remis)"\t"Texte en ligne"\t"Dernière modification (note)"'
    '\t"Feedback par commentaires"\n'
    '"Participant 7"\t"José Peña"\t"Remis pour évaluation"\t""\t"20,00"\t"Oui"'
    '\t"vendredi 20 novembre 2026, 23:59"\t"bonjour, 20 novembre"\t"-"\t""\n'
)
BLIND = (
    "识别码,状态,成绩,最高分,允许更改成绩,最后修改（提交）,最后修改（成绩）,反馈评论\n"
    "参与者7,已提交,,100,是,2026年11月20日 星期五 下午 11:59,-,\n"
    "参与者8,已提交,,100,是,2026年11月19日 星期四 09:00,-,\n"
)


def sheet(tmp_path: Path, text: str, found: Sequence[Submission], code: str = "utf-8") -> Worksheet:
    path = tmp_path / "Grades.csv"
    path.write_bytes(text.encode(code))
    return read_worksheet(path, found)


def moodle(student: str, number: str = "", when: float = 0.0) -> Submission:
    return Submission(student, "lab.ipynb", b"", "", number, when, (), "moodle")


def cells(content: bytes, separator: str = ",", code: str = "utf-8-sig") -> list[list[str]]:
    text = io.StringIO(content.decode(code), newline="")
    return list(csv.reader(text, delimiter=separator))


ZOE = moodle("Zoé Müller", "101")
MARK = Filled(17.5, 20.0, "4.1: a &lt; b<br>4.2: &quot;yes&quot;, no; more")


def test_only_grades_and_comments_of_who_handed_in_are_changed(tmp_path: Path) -> None:
    content, told = sheet(tmp_path, ENGLISH, [ZOE]).fill({"Zoé Müller": MARK})
    before, after = ENGLISH.splitlines(), content.decode().splitlines()
    assert [a for a, b in zip(after, before, strict=True) if a == b] == [
        before[k] for k in (0, 2, 3)
    ]
    row, old = cells(content)[1], cells(ENGLISH.encode())[1]
    assert (row[4], row[9]) == ("17.5", MARK.comment)
    assert row[:4] + row[5:9] == old[:4] + old[5:9]
    assert "1 of 3 rows" in told[0]


def test_a_german_worksheet_keeps_separator_mark_line_ends_and_comma(tmp_path: Path) -> None:
    content, told = sheet(tmp_path, GERMAN, [ZOE]).fill({"Zoé Müller": MARK})
    assert any("separated by ';'" in line for line in told)
    assert content.startswith(b"\xef\xbb\xbf") and content.count(b"\r\n") == 4
    row = cells(content, ";")[1]
    assert (row[5], row[10]) == ("17,5", MARK.comment)


def test_a_dash_for_no_grade_is_written_over(tmp_path: Path) -> None:
    text = ENGLISH.replace("grading,,20", "grading,-,20").replace("No submission,,", "No,-,")
    assert cells(sheet(tmp_path, text, [ZOE]).fill({"Zoé Müller": MARK})[0])[1][4] == "17.5"


def test_a_worksheet_with_online_text_and_tabs(tmp_path: Path) -> None:
    book = sheet(tmp_path, FRENCH, [moodle("José Peña", "7")])
    assert book.times(PARIS) == {"José Peña": WHEN.timestamp()}
    row = cells(book.fill({"José Peña": MARK})[0], "\t")[1]
    assert (row[3], row[7], row[9]) == ("17,5", "bonjour, 20 novembre", MARK.comment)


def test_blind_marking_goes_by_numbers(tmp_path: Path) -> None:
    found = [moodle("参与者 (7)", "7"), moodle("参与者 (8)", "8")]
    book = sheet(tmp_path, BLIND, found)
    assert not book.strangers and book.times(PARIS)["参与者 (7)"] == WHEN.timestamp()
    table = cells(book.fill({"参与者 (8)": MARK})[0])
    assert [row[2] for row in table] == ["成绩", "", "17.5"]


@pytest.mark.parametrize("code", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_the_encoding_is_kept(tmp_path: Path, code: str) -> None:
    text = GERMAN.removeprefix("\ufeff")
    mark = replace(MARK, comment="Łukasz ✓")
    content, _ = sheet(tmp_path, text, [ZOE], code).fill({"Zoé Müller": mark})
    row = cells(content, ";", code)[1]
    assert row[1] == "Zoé Müller"
    assert row[10] == ("&#321;ukasz &#10003;" if code == "cp1252" else "Łukasz ✓")


def test_a_team_s_mark_goes_to_its_members_and_to_nobody_of_its_number(tmp_path: Path) -> None:
    team = moodle("Gruppe A", "12")  # participant 12 is somebody else
    table = cells(sheet(tmp_path, GERMAN, [team]).fill({"Gruppe A": MARK})[0], ";")
    assert [row[5] for row in table[1:]] == ["17,5", "17,5", ""]


def test_another_s_number_is_not_taken(tmp_path: Path) -> None:
    book = sheet(tmp_path, ENGLISH, [moodle("Bob Smith", "101"), moodle("Nobody", "999")])
    content, told = book.fill({"Bob Smith": MARK, "Nobody": MARK})
    assert content == ENGLISH.encode()
    assert any("Bob Smith" in line and "Zoé Müller" in line for line in told)
    assert any("Nobody" in line and "999" in line for line in told)


@pytest.mark.parametrize(
    "one",
    [
        moodle("Group A-Zoé Müller", "101"),  # Moodle puts the group before the name
        moodle("Zoé Müller (101)", "101"),
        Submission("Zoé Müller", "a.ipynb"),  # a folder that people made
        Submission("zoe@uni.eu", "a.ipynb"),
    ],
)
def test_a_name_as_moodle_or_a_file_system_writes_it(tmp_path: Path, one: Submission) -> None:
    assert sheet(tmp_path, ENGLISH, [one]).rows == {one.student: [1]}


def test_a_name_that_lost_its_apostrophe_and_one_with_a_comma(tmp_path: Path) -> None:
    found = [moodle("Ann ONeill", "102"), moodle("Żak, Łukasz", "103")]
    assert sheet(tmp_path, ENGLISH, found).rows == {"Ann ONeill": [2], "Żak, Łukasz": [3]}


def test_two_submissions_never_share_a_row(tmp_path: Path) -> None:
    book = sheet(tmp_path, ENGLISH, [ZOE, Submission("zoé müller", "b.ipynb")])
    assert book.rows == {"Zoé Müller": [1]} and "Zoé Müller" in book.strangers[0]


def test_points_are_scaled_when_asked_and_what_is_above_is_told(tmp_path: Path) -> None:
    mark = Filled(15.0, 30.0, "")
    book = sheet(tmp_path, ENGLISH, [ZOE])
    assert cells(book.fill({"Zoé Müller": mark}, scale=True)[0])[1][4] == "10"
    _, told = sheet(tmp_path, ENGLISH, [ZOE]).fill({"Zoé Müller": Filled(25.0, 30.0, "")})
    assert any("20" in line and "30" in line and "--scale-to-worksheet" in line for line in told)
    assert any("above" in line and "Zoé Müller" in line for line in told)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Name,Points\nAnn,3\n", "name, points"),
        ("", "headings: nothing"),
        (ENGLISH.replace("20.00", "A, B, C").replace("Maximum grade", "Scale"), "scale of words"),
        ("PK\x03\x04", "workbook"),
    ],
)
def test_what_is_no_worksheet_is_told(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said) as told:
        sheet(tmp_path, text.replace('"A', "'A").replace("A, B, C", '"A, B, C"'), [ZOE])
    assert "Grades.csv" in str(told.value)


SAME = """
Friday, 20 November 2026, 11:59 PM
Freitag, 20. November 2026, 23:59
vendredi 20 novembre 2026, 23:59
viernes, 20 de noviembre de 2026, 23:59
viernes, 20 de noviembre de 2026, 11:59 p. m.
venerdì, 20 novembre 2026, 23:59
sexta-feira, 20 de novembro de 2026 às 23:59
sexta-feira, 20 nov. 2026, 23:59
vrijdag, 20 november 2026, 23:59
piątek, 20 listopada 2026, 23:59
petak, 20. studenoga 2026., 23:59
pátek, 20. listopadu 2026, 23.59
perjantai, 20. marraskuuta 2026, 23.59
20 Kasım 2026, Cuma, 23:59
2026. november 20., péntek, 23:59
divendres, 20 de novembre 2026, 23:59
ostirala, 2026(e)ko azaroaren 20(a), 23:59
пятница, 20 ноября 2026, 23:59
Παρασκευή, 20 Νοεμβρίου 2026, 11:59 μμ
الجمعة، 20 نوفمبر 2026، 11:59 م
2026年11月20日 星期五 下午 11:59
2026年 11月 20日(金曜日) 23:59
2026년 11월 20일 금요일, 오후 11:59
2026-11-20 23:59
20/11/2026 23:59
11/20/2026 11:59 PM
20.11.2026 23:59:00
"""


@pytest.mark.parametrize("cell", SAME.strip().splitlines())
def test_one_time_in_many_languages(cell: str) -> None:
    assert read_times([cell], PARIS) == [WHEN.timestamp()]


def test_a_month_of_two_meanings_is_settled_by_the_day_of_the_week() -> None:
    october = datetime(2026, 10, 20, 9, 0, tzinfo=PARIS).timestamp()  # listopad in Croatian
    assert read_times(["utorak, 20. listopada 2026., 09:00"], PARIS) == [october]


def test_day_and_month_in_digits_are_settled_by_the_class_or_unknown() -> None:
    assert read_times(["05/06/2026 10:00", "04/07/2026 10:00"], PARIS) == [0.0, 0.0]
    june = datetime(2026, 6, 5, 10, 0, tzinfo=PARIS).timestamp()
    assert read_times(["05/06/2026 10:00", "25/06/2026 10:00"], PARIS)[0] == june


def test_what_is_no_time_is_unknown() -> None:
    assert read_times(["-", "", "yesterday", "Friday, 31 February 2026, 10:00"], PARIS) == [0.0] * 4


SETTINGS = Settings(WHEN - timedelta(hours=1), per_day=10, zone=PARIS)


def test_the_worksheet_s_time_counts_and_not_the_file_s(tmp_path: Path) -> None:
    early = replace(ZOE, when=1e9)
    book = sheet(tmp_path, ENGLISH, [early])
    (now,), settings, told = handed_in([early], SETTINGS, book)
    assert now.when == WHEN.timestamp() and settings.zone is PARIS and not told


def test_a_time_that_the_worksheet_does_not_tell_is_told(tmp_path: Path) -> None:
    ann = moodle("Ann O'Neill", "102", 2e9)
    (now,), _, told = handed_in([ann], SETTINGS, sheet(tmp_path, ENGLISH, [ann]))
    assert now.when == 0.0 and "Ann O'Neill" in told[0]


def test_the_moment_of_a_download_makes_nobody_late() -> None:
    late = WHEN.timestamp() + 86_400
    found = [Submission(name, "a.ipynb", when=late + k) for k, name in enumerate("abc")]
    now, _, told = handed_in(found, SETTINGS, None)
    assert [one.when for one in now] == [0.0] * 3 and "--worksheet" in told[0]
    apart = [replace(one, when=late + 600 * k) for k, one in enumerate(found)]
    now, _, told = handed_in(apart, SETTINGS, None)
    assert now == apart and not told


def test_teams_without_a_worksheet_have_no_participant_s_number() -> None:
    for rest in (moodle("Default group"), moodle("Équipe 3", "4")):
        now, _, told = handed_in([moodle("Équipe 1", "12"), rest], Settings(), None)
        assert not any(one.number for one in now) and "teams" in told[0]
    now, _, told = handed_in([ZOE], Settings(), None)
    assert now == [ZOE] and "English" in told[0]


# -- names given by hand -----------------------------------------------------------------------

CLASS = [
    ZOE, moodle("Group A-Iris de Vries", "55"), moodle("Anna (12)", "12"), moodle("Anna (13)", "13"),
    moodle("Anna-Maria Schmidt", "14"), moodle("Strauß, Émile", "15"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "student"),
    [
        ("Zoé Müller", "Zoé Müller"),
        ("Zoe\u0301 Mu\u0308ller", "Zoé Müller"),
        (" zoé  MÜLLER ", "Zoé Müller"),
        ("STRAUSS, Émile", "Strauß, Émile"),
        ("Iris de Vries", "Group A-Iris de Vries"),
        ("Group A-Iris de Vries", "Group A-Iris de Vries"),
        ("12", "Anna (12)"),
        ("Participant 12", "Anna (12)"),
        ("Anna (13)", "Anna (13)"),
        ("ZOE@uni.eu", "Zoé Müller"),
    ],
)
def test_an_extension_meets_whom_it_means(name: str, student: str) -> None:
    given, _ = extensions_of({name: 2.5}, CLASS, {"zoe@uni.eu": "Zoé Müller"})
    assert given == {student: 2.5}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Zoe Muller", 'did you mean "Zoé Müller"'),
        ("Late Twoday", "matches no student"),
        ("Anna", '"Anna (12)", "Anna (13)"'),
        ("999", "matches no student"),
        ("Anna 12", "matches no student"),
        ("Late Comer 101", "matches no student"),
        ("absent@uni.eu", "handed in nothing"),
    ],
)
def test_an_extension_that_meets_nobody_is_told(name: str, said: str) -> None:
    given, told = extensions_of({name: 2}, CLASS, {"absent@uni.eu": ""})
    assert not given and name in told[0] and said in told[0]


def test_an_extension_without_a_group_s_name_is_told_whom_it_met() -> None:
    _, told = extensions_of({"Maria Schmidt": 1}, CLASS)
    assert 'taken for "Anna-Maria Schmidt"' in told[0]


def test_an_e_mail_address_of_the_worksheet_is_a_name(tmp_path: Path) -> None:
    names = sheet(tmp_path, ENGLISH, [ZOE]).other_names()
    assert names["zoe@uni.eu"] == names["participant 101"] == "Zoé Müller"
    assert names["ann@uni.eu"] == ""


@pytest.mark.parametrize(
    "name", ["Zoé Müller", "zoe@uni.eu", "101", "Participant 101", "Teilnehmer/in101"]
)
def test_a_member_s_extension_is_the_team_s_and_told(tmp_path: Path, name: str) -> None:
    team = moodle("Gruppe A", "12")
    given = Settings(WHEN, per_day=10, extensions={name: 2, "ann@uni.eu": 1}, zone=PARIS)
    _, settings, told = handed_in([team], given, sheet(tmp_path, GERMAN, [team]))
    assert settings.extensions == {"Gruppe A": 2}
    assert f'"{name}" counts for the whole team "Gruppe A"' in told[0]


@pytest.mark.parametrize("name", ["12", "Teilnehmer/in12", "Ina Test"])
def test_a_team_s_number_is_no_name_of_it(tmp_path: Path, name: str) -> None:
    team = moodle("Gruppe A", "12")  # participant 12 is somebody else
    given = Settings(WHEN, extensions={name: 2}, zone=PARIS)
    _, settings, told = handed_in([team], given, sheet(tmp_path, GERMAN, [team]))
    assert not settings.extensions and "has handed in nothing" in told[0]


def test_without_a_worksheet_either_a_team_s_number_is_no_name_of_it() -> None:
    found = [moodle("Gruppe A", "12"), moodle("Gruppe B", "13")]
    _, settings, told = handed_in(found, Settings(extensions={"12": 2}), None)
    assert not settings.extensions and any("matches no student" in line for line in told)


def test_a_team_meets_its_own_name_without_a_word(tmp_path: Path) -> None:
    team = moodle("Gruppe A", "12")
    given = Settings(extensions={"gruppe a": 2})
    _, settings, told = handed_in([team], given, sheet(tmp_path, GERMAN, [team]))
    assert settings.extensions == {"Gruppe A": 2} and not told


def test_only_meets_names_however_they_are_written() -> None:
    assert named(CLASS, "mu\u0308LLER") == [ZOE] == named(CLASS, "101")
    assert named(CLASS, None) == CLASS
    with pytest.raises(ValueError, match="did you mean"):
        named(CLASS, "Zoe Muler")


def test_times_are_those_of_the_zone() -> None:
    utc = UTC
    paris, other = (read_times([SAME.strip().splitlines()[0]], zone)[0] for zone in (PARIS, utc))
    assert other - paris == 3600


FULL = (
    "Identifier,Full name,ID number,Email address,Status,Group,Marker,Grade,Maximum grade,"
    "Marking workflow state,Grade can be changed,Last modified (submission),Online text,"
    "Last modified (grade),Feedback comments,Outcome\n"
    'Participant 5,Ann Lee,5,ann@uni.eu,Submitted,Team X,Zoé Müller,20,20,Not marked,Yes,"Friday, 20 '
    'November 2026, 11:59 PM",20,"Saturday, 21 November 2026, 9:00 AM",,3\n'
    'Participant 6,Bob Lee,5,bob@uni.eu,Submitted,Team X,Zoé Müller,20,20,Not marked,Yes,"Friday, 20 '
    'November 2026, 11:59 PM",20,-,,3\n'
)


@pytest.mark.parametrize("translated", [False, True])
def test_every_column_that_moodle_can_add(tmp_path: Path, translated: bool) -> None:
    """Also where no heading is known."""
    heading, _, rows = FULL.partition("\n")
    text = ",".join(f"h{k}" for k in range(16)) + "\n" + rows if translated else FULL
    book = sheet(tmp_path, text, [moodle("Team X", "5")])
    found = book.columns
    assert (found.identifier, found.email, found.grade, found.maximum) == (0, 3, 7, 8)
    assert (found.submitted, found.feedback) == (11, 14)
    assert book.rows == {"Team X": [1, 2]} and book.times(PARIS) == {"Team X": WHEN.timestamp()}
    assert len(heading.split(",")) == 16

"""Where results are kept: folders, records, one student's trouble and everybody's."""

from __future__ import annotations

import errno
import hashlib
import json
import math
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from course_dl.grading import files, reports
from course_dl.grading.files import update, write_atomically
from course_dl.grading.marks.settings import Settings
from course_dl.grading.reports.entry import NOT_YET
from course_dl.grading.results import records
from course_dl.grading.results.folders import claimed, distinct_names
from course_dl.grading.results.store import Store
from course_dl.grading.results.version import _PACKAGE, _WITHOUT, version_of
from tests.grading.paper import ODD_NAMES, SHEET, contents, judged, paper_class, rows, run


def taken_for_each_other() -> list[str]:
    """Two names with the same letters, whose hashes begin with the same 32 bits."""
    seen: dict[str, str] = {}
    for k in range(10**7):
        name = "Anna " + "".join(chr(0x4E00 + int(digit)) for digit in str(k))
        start = hashlib.sha256(name.encode()).hexdigest()[:8]
        if start in seen:
            return [seen[start], name]
        seen[start] = name
    raise AssertionError


def failing_at(number: int, error: Callable[[], BaseException]) -> Callable[..., Any]:
    """``open`` whose files cannot be written from the n-th on, after half of their bytes."""
    opened = 0

    def opener(*arguments: Any) -> Any:
        nonlocal opened
        opened += 1
        file = open(*arguments)  # noqa: SIM115
        if opened < number:
            return file

        class Full:
            def __enter__(self) -> Full:
                return self

            def __exit__(self, *_: object) -> None:
                file.close()

            def write(self, content: bytes) -> None:
                file.write(content[: len(content) // 2])
                raise error()

        return Full()

    return opener


def test_no_two_students_share_a_folder_whatever_their_names() -> None:
    pair = taken_for_each_other()
    names = distinct_names([*pair, *ODD_NAMES, "anna", "Anna", "ANNA"])
    assert len({name.casefold() for name in names.values()}) == len(names)
    for name in names.values():
        assert name.isascii() and len(name) < 140 and not set(name) & set('/\\:*?"<>|. ')
    assert names[pair[0]] != names[pair[1]]


def test_who_comes_later_changes_no_other_s_folder() -> None:
    before = distinct_names(ODD_NAMES)
    after = distinct_names(["Another", *reversed(ODD_NAMES), "zoé Müller"])
    assert {name: after[name] for name in before} == before


def test_two_students_of_one_name_are_an_error_that_names_them() -> None:
    with pytest.raises(ValueError, match="the same name: Anna"):
        distinct_names(["Anna", "Bob", "Anna"])


def test_students_taken_for_each_other_both_have_their_marks(tmp_path: Path) -> None:
    pair = taken_for_each_other()
    found = [replace(s, problem="") for s in paper_class(0, 4)]
    run([replace(found[0], student=pair[0]), *found[2:]], tmp_path / "out")
    found[:2] = [replace(s, student=name) for s, name in zip(found[:2], pair, strict=True)]
    table = rows_of(found, tmp_path / "out")
    assert [row["status"] for row in table] == ["graded"] * 4
    assert [row["student"] for row in table[:2]] == pair
    for folder in ("feedback", "records"):
        folders = [path for path in (tmp_path / "out" / folder).iterdir() if path.is_dir()]
        assert len(folders) == 4 + 1  # and the one of the first while nobody was like it


def rows_of(found: Any, out: Path) -> list[dict[str, str]]:
    run(found, out)
    return rows(out / "grades.csv", found)


@pytest.mark.parametrize("seed", range(20))
def test_what_is_written_of_a_result_is_read_again(seed: int) -> None:
    for one in paper_class(seed, 20):
        result = records.sound_result(judged(one)["result"])
        key = {"student": one.student, "version": "1"}
        assert records.read_record(records.write_record(key, result), key) == result
        with pytest.raises(ValueError, match="something else"):
            records.read_record(records.write_record(key, result), key | {"version": "2"})


def test_numbers_and_texts_that_json_cannot_hold_are_made_such_that_it_can() -> None:
    done = judged(replace(paper_class(0, 1)[0], problem=""))["result"]
    mark = done["exercises"][0]
    mark |= {"points": np.float64(0.5), "diagnosis": "\ud800 lone", "state": "failed"}
    mark["notes"] = {"a": math.nan, "b": math.inf, "c": np.float32(0.25), "d": np.int64(3)}
    mark["tests"][0]["message"] = "\udfff"
    result = records.sound_result(done)
    read = records.read_record(records.write_record({}, result), {})
    assert read == result
    assert read.exercises[0].notes == {"c": 0.25, "d": 3.0}
    assert read.exercises[0].points == 0.5


@pytest.mark.parametrize(
    "harm",
    [
        lambda text: text[: len(text) // 2],
        lambda text: "",
        lambda text: "[]",
        lambda text: "[" * 100_000,
        lambda text: '{"result": 3}',
        lambda text: text.replace('"points": ', '"points": "3", "was": '),
        lambda text: text.replace('"points": ', '"points": 9e99, "was": '),
        lambda text: text.replace('"points": ', '"points": NaN, "was": '),
        lambda text: text.replace('"state"', '"estate"'),
        lambda text: text.replace('"number": "9.2"', '"number": "9.7"'),
        lambda text: text.replace('"carried": []', '"carried": 3'),
        lambda text: text.replace('"hidden": true', '"hidden": "no"'),
        lambda text: text.replace('"student": "', '"student": "not '),
        lambda text: text + "\x00",
        lambda text: "\udcff",
    ],
)
def test_a_damaged_record_is_graded_again(tmp_path: Path, harm: Callable[[str], str]) -> None:
    found = [replace(s, problem="") for s in paper_class(5, 3)]
    run(found, tmp_path / "out")
    before = contents(tmp_path / "out")
    path = next((tmp_path / "out" / "records").glob("*/result.json"))
    changed = harm(path.read_text(encoding="utf-8"))
    assert changed.encode("utf-8", "surrogateescape") != path.read_bytes()
    path.write_bytes(changed.encode("utf-8", "surrogateescape"))
    graded: list[str] = []
    run(found, tmp_path / "out", judge=lambda s: (graded.append(s.student), judged(s))[1])
    assert len(graded) == 1
    assert contents(tmp_path / "out") == before


def test_another_version_a_file_of_other_bytes_or_name_or_trouble_is_graded_again(
    tmp_path: Path,
) -> None:
    one = replace(paper_class(1, 1)[0], problem="", file="a.ipynb")
    graded: list[str] = []

    def judge(submission: Any) -> Any:
        graded.append(submission.student)
        return judged(submission)

    for count, (given, version) in enumerate(
        [
            (one, "1"),
            (one, "2"),
            (replace(one, data=b"x"), "2"),
            (replace(one, data=b"x", file="b.py"), "2"),
            (replace(one, data=b"x", file="b.py", problem="a link"), "2"),
            (replace(one, data=b"x", file="b.py", problem="an empty folder"), "2"),
        ]
    ):
        for _ in range(2):  # once more grades nothing
            (entry,) = run([given], tmp_path / "out", version=version, judge=judge)
            assert len(graded) == count + 1
            assert entry.result.status == ("unreadable" if given.problem else "graded")
            assert given.problem in entry.result.reason


@pytest.mark.parametrize(
    "spoil",
    [
        lambda done: done["result"]["exercises"].pop(),
        lambda done: done["result"]["exercises"][0].update(points=math.nan),
        lambda done: done["result"]["exercises"][0].update(points="much"),
        lambda done: done["result"]["exercises"][0].update(points=100.0),
        lambda done: done["result"]["exercises"][0].update(diagnosis=None),
        lambda done: done["result"]["exercises"][0].update(state=3),
        lambda done: done["result"].update(surprise=1),
        lambda done: done["result"].update(notices=[["a", "b"]]),
        lambda done: done.pop("result"),
        lambda done: done.update(result=None),
    ],
)
def test_a_result_that_is_none_is_that_student_s_trouble_alone(
    tmp_path: Path, spoil: Callable[[Any], Any]
) -> None:
    found = [replace(s, problem="") for s in paper_class(3, 6)]

    def judge(submission: Any) -> Any:
        done = judged(submission)
        if submission is found[2]:
            spoil(done)
        return done

    entries = run(found, tmp_path / "out", judge=judge)
    assert [e.result.status for e in entries] == ["graded"] * 2 + ["error"] + ["graded"] * 3
    assert "could not be" in entries[2].result.reason
    assert len(rows(tmp_path / "out" / "grades.csv")) == 6
    run([*found[:2], *found[3:]], tmp_path / "without")
    mine, without = contents(tmp_path / "out"), contents(tmp_path / "without")
    pages = [name for name in without if "/" in name]
    assert pages
    assert all(mine[name] == without[name] for name in pages)
    run(found, tmp_path / "out")  # the grader's own trouble is tried again
    run(found, tmp_path / "again")
    assert contents(tmp_path / "out") == contents(tmp_path / "again")


def test_a_page_that_cannot_be_made_is_that_student_s_trouble_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [replace(s, problem="") for s in paper_class(3, 4)]
    makers = {name: getattr(reports, name) for name in ("feedback_page", "overview_page")}

    def refusing(name: str) -> Callable[..., str]:
        def make(title: str, told: Any, *more: Any) -> str:
            for entry in told if isinstance(told, list) else [told]:
                if entry.student == found[1].student and entry.result.status == "graded":
                    raise LookupError("a hostile text")
            return str(makers[name](title, told, *more))

        return make

    for name in makers:
        with monkeypatch.context() as patch:
            patch.setattr(reports, name, refusing(name))
            entries = run(found, tmp_path / name)
        assert [e.result.status for e in entries] == ["graded", "error", "graded", "graded"]
        assert "a hostile text" in entries[1].result.reason


@pytest.mark.parametrize("folder", ["feedback", "records"])
@pytest.mark.parametrize("kind", ["link", "file", "page"])
def test_what_lies_where_a_student_s_folder_goes_is_that_student_s_trouble_alone(
    tmp_path: Path, folder: str, kind: str
) -> None:
    found = [replace(s, problem="") for s in paper_class(4, 3)]
    name = distinct_names([s.student for s in found])[found[0].student]
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "feedback.html").write_text("mine")
    place = tmp_path / "out" / folder / name
    run([], tmp_path / "out")
    if kind == "link":
        place.symlink_to(outside)
    elif kind == "file":
        place.write_text("mine")
    else:
        file = {"feedback": "feedback.html", "records": "results.json"}[folder]
        (place / file / "full").mkdir(parents=True)
    entries = run(found, tmp_path / "out")
    assert [e.result.status for e in entries] == ["error", "graded", "graded"]
    assert contents(outside) == {"feedback.html": b"mine"}


def test_a_link_where_a_file_goes_is_replaced_and_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "victim").write_text("mine")
    for name in ("a.txt", files.DRAFT.format("a.txt")):
        (tmp_path / name).symlink_to("victim")
    for write in (write_atomically, update):
        write(tmp_path / "a.txt", "mine")
        assert not (tmp_path / "a.txt").is_symlink()
    assert (tmp_path / "victim").read_text() == "mine"


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EROFS])
@pytest.mark.parametrize("number", [1, 2, 3, 7, 12, 25, 40])
def test_a_full_disk_is_one_error_that_names_the_path_and_the_run_goes_on_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, number: int
) -> None:
    found, refused = paper_class(7, 12), 0

    def full() -> OSError:
        nonlocal refused
        refused += 1
        return OSError(code, os.strerror(code))

    with monkeypatch.context() as patch:
        opener = failing_at(number, full)
        patch.setattr(files, "open", opener, raising=False)
        with pytest.raises(RuntimeError, match=os.strerror(code)) as told:
            run(found, tmp_path / "out")
    assert refused == 1  # nothing more is tried, least of all to grade on
    assert str(tmp_path / "out") in str(told.value)
    assert not list((tmp_path / "out").rglob("*.draft"))
    run(found, tmp_path / "out")
    run(found, tmp_path / "again")
    assert contents(tmp_path / "out") == contents(tmp_path / "again")


def test_a_folder_that_is_gone_is_everybody_s_trouble(tmp_path: Path) -> None:
    found = paper_class(7, 3)

    def judge(submission: Any) -> Any:
        if submission is found[1]:
            (tmp_path / "out").rename(tmp_path / "elsewhere")
            (tmp_path / "out").write_text("no folder")
        return judged(submission)

    with pytest.raises(RuntimeError, match="could not be written"):
        run(found, tmp_path / "out", judge=judge)


def test_reports_follow_the_settings_of_now(tmp_path: Path) -> None:
    found = [replace(s, problem="") for s in paper_class(8, 10)]
    graded: list[str] = []

    def judge(submission: Any) -> Any:
        graded.append(submission.student)
        return judged(submission)

    run(found, tmp_path / "out", judge=judge)
    late = Settings(datetime(2023, 11, 1, tzinfo=UTC), per_day=1.0, weights={"9.2": 2.0})
    entries = run(found, tmp_path / "out", late, judge=judge)
    assert len(graded) == 10
    run(found, tmp_path / "at-once", late)
    assert contents(tmp_path / "out") == contents(tmp_path / "at-once")
    assert any(entry.mark.penalty for entry in entries)


def test_who_has_no_result_yet_has_a_row_and_no_old_feedback(tmp_path: Path) -> None:
    found = [replace(s, problem="") for s in paper_class(9, 6)]
    run(found, tmp_path / "out")
    changed = [replace(s, data=b"new") for s in found]
    entries = run(changed, tmp_path / "out", only=[found[2].student])
    assert [e.result.status == NOT_YET for e in entries] == [True] * 2 + [False] + [True] * 3
    assert len(rows(tmp_path / "out" / "grades.csv")) == 6
    assert len(rows(tmp_path / "out" / "moodle.csv")) == 1  # nobody is given 0 for nothing
    assert len(list((tmp_path / "out" / "feedback").glob("*/*"))) == 1
    page = (tmp_path / "out" / "overview.html").read_text(encoding="utf-8")
    assert len(set(re.findall('href="([^"]*)"', page))) == 1


def test_unreadable_submissions_have_a_junit_report_with_the_reason(tmp_path: Path) -> None:
    one = replace(paper_class(2, 1)[0], problem='a <bad> "zip"\x00\x1b & more')
    run([one], tmp_path / "out")
    (path,) = (tmp_path / "out").glob("records/*/junit.xml")
    (suite,) = ElementTree.parse(path).getroot()
    assert (suite.get("errors"), suite.get("tests")) == ("1", "1")
    (error,) = suite.iter("error")
    assert 'a <bad> "zip"' in str(error.get("message"))


def test_a_folder_is_of_one_lab(tmp_path: Path) -> None:
    found = paper_class(2, 2)
    run(found, tmp_path / "out")
    before = contents(tmp_path / "out")
    other = replace(SHEET, name="lab91_other")
    for _ in range(2):
        with pytest.raises(ValueError, match=r"holds results of lab90_small: .*lab91_other"):
            Store(tmp_path / "out", other, Settings(), "1", found)
        assert contents(tmp_path / "out") == before
        (tmp_path / "out" / ".course-dl").unlink(missing_ok=True)  # the records say it as well
        before.pop(".course-dl", None)


def test_files_that_no_grading_wrote_are_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "grades.csv").write_text("of another course")
    with pytest.raises(ValueError, match=r"holds grades\.csv, which no grading wrote"):
        run(paper_class(2, 2), tmp_path)
    assert (tmp_path / "grades.csv").read_text() == "of another course"
    (tmp_path / "grades.csv").rename(tmp_path / "notes.txt")
    run(paper_class(2, 2), tmp_path)
    assert (tmp_path / "notes.txt").read_text() == "of another course"


def test_results_of_an_earlier_layout_are_left_alone_and_told(tmp_path: Path) -> None:
    old = tmp_path / "students" / "anna-123456"
    old.mkdir(parents=True)
    (old / "result.json").write_text(json.dumps({"result": {"lab": SHEET.name}}))
    (tmp_path / "grades.csv").write_text("the old table")
    found = paper_class(2, 2)
    run(found, tmp_path)
    (tmp_path / "feedback" / "gone-1234").mkdir()
    assert list(old.iterdir())
    store = Store(tmp_path, SHEET, Settings(), "1", found)
    assert store.strangers == ["feedback/gone-1234", "students"]


def test_places_that_cannot_hold_results_are_refused(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "file").write_text("mine")
    for out, given, told in [
        ("in", "in", "is what is to be graded"),
        ("in/../in", "in", "is what is to be graded"),
        ("file", "in", "is a file"),
        ("file/below", "in", "cannot be written"),
        (".", "feedback", "is in the results"),
    ]:
        with pytest.raises(ValueError, match=told), claimed(tmp_path / out, tmp_path / given):
            pass
    assert (tmp_path / "file").read_text() == "mine"
    with claimed(tmp_path / "in" / "results", tmp_path / "in"):
        pass


HOLD = """
import sys, time
from pathlib import Path
from course_dl.grading.results.folders import claimed
with claimed(Path(sys.argv[1]), Path("nowhere")):
    print("held", flush=True)
    time.sleep(100)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no locks there")
def test_a_second_run_on_the_same_folder_is_refused_until_the_first_has_ended(
    tmp_path: Path,
) -> None:
    out = tmp_path / "out"
    with subprocess.Popen([sys.executable, "-c", HOLD, out], stdout=subprocess.PIPE) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == b"held\n"
        with pytest.raises(RuntimeError, match="another run"), claimed(out, tmp_path / "in"):
            pass
        first.kill()
        first.wait()
    with claimed(out, tmp_path / "in"):
        pass


def test_the_version_follows_the_code_of_the_lab_and_not_its_story(tmp_path: Path) -> None:
    names = ["checks/__init__.py", "checks/e4_3_f.py", "checks/shared.py", "mistakes/e4_3_f.py"]
    names += ["solutions.py", "notebook.py"]
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("1")
    first = version_of(tmp_path)
    (tmp_path / "notebook.py").write_text("2")
    (tmp_path / "grading.toml").write_text("")
    assert version_of(tmp_path) == first
    versions = {first}
    for name in ["checks/e4_4_g.py", *names[:-1]]:
        (tmp_path / name).write_text("3")
        versions.add(version_of(tmp_path))
    assert len(versions) == 7


def test_the_version_follows_where_code_stands(tmp_path: Path) -> None:
    for folder in ("checks", "mistakes"):
        (tmp_path / folder).mkdir()
    checks, mistakes = tmp_path / "checks" / "shared.py", tmp_path / "mistakes" / "shared.py"
    checks.write_text("1")
    first = version_of(tmp_path)
    checks.rename(mistakes)
    assert version_of(tmp_path) != first


@pytest.mark.parametrize(
    ("name", "decides"),
    [
        ("lab/judge.py", True),
        ("lab/challenge.py", True),
        ("grading/follow_through.py", True),
        ("calls/backend.py", True),
        ("grading/sandbox/child/loading/plan.py", True),
        ("data/images.py", True),
        ("grading/reports/html.py", False),
        ("grading/moodle/worksheet.py", False),
        ("grading/marks/settings.py", False),  # applied to the records at every run
        ("authoring/new.py", False),
        ("plots/lines.py", False),
        ("labs/lab04_backprop/solutions.py", False),  # of another lab, where labs are installed
    ],
)
def test_the_version_follows_the_code_that_decides_verdicts(
    name: str, decides: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package, lab = tmp_path / "course_dl", tmp_path / "lab"
    monkeypatch.setattr("course_dl.grading.results.version._PACKAGE", package)
    (package / name).parent.mkdir(parents=True)
    (package / name).write_text("1")
    first = version_of(lab)
    (package / name).write_text("2")
    assert (version_of(lab) != first) is decides


JUDGING = """
import sys
import course_dl.grading.grade
import course_dl.grading.sandbox.server.main
import course_dl.grading.sandbox.server.practice
import course_dl.grading.start.interpreter
import course_dl.grading.workers.judges
print(*sys.modules)
"""


def test_nothing_that_judges_is_left_out_of_the_version() -> None:
    """Nor is there a name among what is left out that means nothing any more."""
    command = [sys.executable, "-c", JUDGING]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    judging = [name.replace(".", "/") for name in told]
    for left_out in _WITHOUT:
        assert left_out == "labs" or (_PACKAGE / left_out).exists()  # labs may be elsewhere
        name = f"course_dl/{left_out.removesuffix('.py')}"
        assert not [one for one in judging if one == name or one.startswith(f"{name}/")]

"""Laws of a whole class, on classes drawn at random: nobody is lost, and all reports agree."""

from __future__ import annotations

import errno
import json
import os
import random
import re
import signal
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from course_dl.grading import files
from course_dl.grading.intake.submissions import Submission, find_submissions
from course_dl.grading.marks.settings import Settings
from course_dl.grading.reports.entry import number
from tests.grading.paper import SHEET, contents, judged, paper_class, rows, run

ROOT = Path(__file__).parents[1]
LATE = Settings(
    datetime(2023, 11, 10, tzinfo=UTC), per_day=0.7, most=50.0, weights={"9.1": 3.0, "9.3": 0.5}
)


def hand_in(folder: Path, seed: int) -> dict[str, int]:
    """Files of a random class; how many students each kind of entry is, counted as it is written."""
    rng, expected = random.Random(seed), Counter[str]()
    for place in range(rng.randrange(5, 25)):
        name, kind = (
            f"Student {place}",
            rng.choice(["moodle", "folder", "file", "script", "broken"]),
        )
        expected[kind] += 1
        if kind == "moodle":
            home = folder / f"{name}_{place}_assignsubmission_file_"
        elif kind in ("folder", "broken"):
            home = folder / name
        else:
            suffix = {"file": "ipynb", "script": "py"}[kind]
            (folder / f"{name}.{suffix}").write_bytes(rng.randbytes(9))
            continue
        home.mkdir()
        (home / ("essay.pdf" if kind == "broken" else "lab90.ipynb")).write_bytes(rng.randbytes(9))
    return expected


@pytest.mark.parametrize("seed", range(8))
def test_the_rows_are_the_students_each_graded_or_with_a_reason(tmp_path: Path, seed: int) -> None:
    (tmp_path / "in").mkdir()
    expected = hand_in(tmp_path / "in", seed)
    entries = run(find_submissions(tmp_path / "in"), tmp_path / "out")
    table = rows(tmp_path / "out" / "grades.csv")
    assert len(table) == len({row["student"] for row in table}) == sum(expected.values())
    assert sum(row["status"] == "unreadable" for row in table) == expected["broken"]
    assert all(e.result.status == "graded" or e.result.reason for e in entries)


@pytest.mark.parametrize("seed", range(4))
def test_the_rows_are_the_students_whatever_they_are_called(tmp_path: Path, seed: int) -> None:
    found = paper_class(seed, 40)
    run(found, tmp_path / "out")
    table = rows(tmp_path / "out" / "grades.csv", found)
    assert len(table) == len(found)
    for one, row in zip(found, table, strict=True):
        assert row["status"] == ("unreadable" if one.problem else "graded")
    folders = [path for path in (tmp_path / "out" / "records").iterdir() if path.is_dir()]
    assert len(folders) == len({path.name.casefold() for path in folders}) == len(found)


class Killed(BaseException):
    """The end of a process, as the code that runs in it never sees it."""


def killed_at(
    number: int, run_it: Any, patch: pytest.MonkeyPatch, kind: type[BaseException]
) -> bool:
    """Run until the n-th write, which is cut in the middle; whether it came to that."""
    writes = 0

    def write(self: Any, target: Any) -> Any:
        nonlocal writes
        writes += 1
        if writes == number:
            self.write_bytes(self.read_bytes()[: number % 7])
            raise OSError(errno.ENOSPC, "full") if kind is OSError else kind()
        return os.replace(self, target)

    with patch.context() as during:
        during.setattr(files.Path, "replace", write)
        try:
            run_it()
        except (Killed, KeyboardInterrupt, RuntimeError):
            return True
    return False


@pytest.mark.parametrize("kind", [Killed, KeyboardInterrupt, OSError])
def test_an_interrupted_run_goes_on_to_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: type[BaseException]
) -> None:
    found = paper_class(11, 5)
    run(found, tmp_path / "whole", LATE)
    whole, number, again = contents(tmp_path / "whole"), 1, True
    while again:
        out = tmp_path / f"cut-{number}"
        again = killed_at(number, lambda out=out: run(found, out, LATE), monkeypatch, kind)
        # cut once more, elsewhere, before it may end
        killed_at(1 + number // 2, lambda out=out: run(found, out, LATE), monkeypatch, kind)
        run(found, out, LATE)
        assert contents(out) == whole
        number += 1
    assert number > 20


def test_what_was_kept_before_an_interruption_is_not_graded_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [replace(s, problem="") for s in paper_class(12, 8)]
    graded = Counter[str]()

    def judge(submission: Submission) -> Any:
        graded[submission.student] += 1
        if sum(graded.values()) == 5:
            raise KeyboardInterrupt
        return judged(submission)

    with pytest.raises(KeyboardInterrupt):
        run(found, tmp_path / "out", judge=judge)
    run(found, tmp_path / "out", judge=judge)
    assert sorted(graded.values()) == [1] * 7 + [2]


KILLED = """
import sys
from pathlib import Path
from tests.grading.paper import paper_class, run
print("ready", flush=True)
while True:
    run(paper_class(13, 30), Path(sys.argv[1]))
    import shutil; shutil.rmtree(sys.argv[1])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no such signal")
def test_a_killed_process_leaves_what_goes_on_to_the_same_bytes(tmp_path: Path) -> None:
    run(paper_class(13, 30), tmp_path / "whole")
    whole, rng, out = contents(tmp_path / "whole"), random.Random(0), tmp_path / "out"
    for _ in range(3):
        with subprocess.Popen(
            [sys.executable, "-c", KILLED, str(out)], cwd=ROOT, stdout=subprocess.PIPE
        ) as process:
            assert process.stdout is not None
            process.stdout.readline()
            try:
                process.wait(rng.random() * 0.3)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
        run(paper_class(13, 30), out)
        assert contents(out) == whole


def test_whatever_file_is_removed_or_spoilt_is_there_again_after_the_next_run(
    tmp_path: Path,
) -> None:
    found = paper_class(14, 5)
    run(found, tmp_path / "out", LATE)
    whole = contents(tmp_path / "out")
    assert len(whole) >= 4 * len(found) + 4
    for name, content in whole.items():
        for spoilt in (None, b"", content[: len(content) // 2], content[::-1]):
            path = tmp_path / "out" / name
            if name == ".course-dl" and spoilt:
                continue  # another lab's folder, then
            path.unlink() if spoilt is None else path.write_bytes(spoilt)
            run(found, tmp_path / "out", LATE)
            assert contents(tmp_path / "out") == whole


@pytest.mark.parametrize("seed", range(4))
def test_damaged_hostile_and_late_students_change_no_other_s_files(
    tmp_path: Path, seed: int
) -> None:
    rng = random.Random(seed)
    everybody = paper_class(seed, 25)
    honest = [s for s in everybody if not s.problem and rng.random() < 0.7]
    spoilt = {s.student for s in everybody if s not in honest and not s.problem}

    def judge(submission: Submission) -> Any:
        done = judged(submission)
        if submission.student in spoilt:
            done["result"]["exercises"][0]["points"] = rng.choice([float("nan"), 1e9, "all", None])
            done["result"]["reason"] = "\ud800\x1b[2J" * 100
        return done

    rng.shuffle(everybody)
    run(everybody, tmp_path / "with", LATE, judge=judge)
    run(honest, tmp_path / "without", LATE)
    mine, without = contents(tmp_path / "with"), contents(tmp_path / "without")
    theirs = [name for name in without if "/" in name]
    assert len(theirs) == 4 * len(honest) + 1
    assert {name: mine[name] for name in theirs} == {name: without[name] for name in theirs}
    tables = [rows(tmp_path / name / "grades.csv") for name in ("with", "without")]
    assert [row for row in tables[1] if row not in tables[0]] == []


@pytest.mark.parametrize("settings", [Settings(), LATE])
@pytest.mark.parametrize("seed", range(3))
def test_all_reports_agree_on_every_number(tmp_path: Path, seed: int, settings: Settings) -> None:
    found, out = paper_class(seed, 20), tmp_path / "out"
    entries = run(found, out, settings)
    moodle = {row["Identifier"]: row for row in rows(out / "moodle.csv")}
    overview = (out / "overview.html").read_text(encoding="utf-8")
    for entry, row in zip(entries, rows(out / "grades.csv", found), strict=True):
        total, most = row["total"], row["max"]
        points = [row[number] for number, _, _ in SHEET.exercises]
        assert number(sum(map(float, points)) - float(row["penalty"])) == total
        worksheet = moodle[f"Participant {entry.moodle}"]
        assert (worksheet["Grade"], worksheet["Maximum grade"]) == (total, most)

        _, _, rest = overview.partition(f'href="feedback/{entry.slug}/feedback.html"')
        for part in overview.split(f'href="feedback/{entry.slug}/feedback.html"')[1:]:
            if 'data-label="total"' in (line := part.partition("</tr>")[0]):
                rest = line
        shown = re.findall(r'data-label="[^"]*">(?:<span[^>]*>[^<]*</span>)?([\d.]+)<', rest)
        assert shown == [total, *points]

        page = (out / "feedback" / entry.slug / "feedback.html").read_text(encoding="utf-8")
        assert f"<b>{total}</b> of {most} points" in page or f"<b>{total} of {most} points" in page
        records = out / "records" / entry.slug
        scope = json.loads((records / "results.json").read_text(encoding="utf-8"))
        assert number(scope["score"]) == total
        if entry.result.status == "graded":
            suites = ElementTree.parse(records / "junit.xml")
            told = [p.get("value") for p in suites.iter("property") if p.get("name") == "points"]
            assert [number(float(str(value))) for value in told] == points
            for value, section in zip(points, page.split("<section")[1:], strict=False):
                assert f'<span class="points">{value} of ' in section

"""Grading a class: marks, files, resuming, reports; locally and on a cluster."""

from __future__ import annotations

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from course_dl.cli import main
from course_dl.grading.bulk import grade_class
from tests.grading.classroom import HandedIn, classroom
from tests.grading.honest import notebook

LAB = "lab04"
SCRIPT = "<script>alert(1)</script>"
ROOT = Path(__file__).parents[1]


def hand_in(folder: Path, handed_in: list[HandedIn]) -> Path:
    """The class as Moodle hands it out, with some who make trouble."""
    for number, one in enumerate(handed_in):
        home = folder / f"{one.student}_{number}_assignsubmission_file_"
        home.mkdir(parents=True)
        (home / "lab04.ipynb").write_bytes(one.data)
    for name, data in {
        f"Mallory {SCRIPT.replace('/', '')}_901": notebook(
            "import torch", f"def accumulate(total, new):\n    raise ValueError('{SCRIPT}')"
        ),
        "=1+1_902": notebook("import os\nclass ManualMLP: pass\nos._exit(3)"),
        "Broken Bob_903": b"{",
    }.items():
        (folder / f"{name}_assignsubmission_file_").mkdir()
        (folder / f"{name}_assignsubmission_file_" / "lab04.ipynb").write_bytes(data)
    return folder


@pytest.fixture(scope="module")
def handed_in() -> list[HandedIn]:
    return classroom(LAB, 4, seed=3)


@pytest.fixture(scope="module")
def submissions(tmp_path_factory: pytest.TempPathFactory, handed_in: list[HandedIn]) -> Path:
    return hand_in(tmp_path_factory.mktemp("in"), handed_in)


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory, submissions: Path) -> Path:
    out = tmp_path_factory.mktemp("out")
    grade_class(LAB, submissions, out, processes=2, progress=False)
    return out


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()
    }


def test_grades_csv(graded: Path, handed_in: list[HandedIn]) -> None:
    table = rows(graded / "grades.csv")
    numbers = [f"4.{k}" for k in range(1, 9)]
    heads = ["lab", "student", "file", "total", "max", *numbers, "status", "seed"]
    assert list(table[0])[:-7] == heads
    by_name = {row["student"]: row for row in table}
    assert len(table) == len(handed_in) + 3
    for one in handed_in:
        row = by_name[one.student]
        assert (row["status"], row["file"]) == ("graded", "lab04.ipynb")
        assert {n for n in numbers if float(row[n])} == set(one.right)
        assert float(row["total"]) == one.points == sum(float(row[n]) for n in numbers)
    assert by_name["Broken Bob"]["status"] == "unreadable"
    assert by_name["'=1+1"]["total"] == "0"
    assert len({row["max"] for row in table}) == 1


def test_moodle_worksheet(graded: Path, handed_in: list[HandedIn]) -> None:
    table = {row["Identifier"]: row for row in rows(graded / "moodle.csv")}
    for number, one in enumerate(handed_in):
        row = table[f"Participant {number}"]
        assert row["Full name"] == one.student
        assert float(row["Grade"]) == one.points
        assert "4.1 forward_pass" in row["Feedback comments"]
    assert "could not be read" in table["Participant 903"]["Feedback comments"]


def test_moodle_s_own_worksheet_is_filled_in(
    graded: Path,
    submissions: Path,
    handed_in: list[HandedIn],
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """And no other one is written before it."""
    monkeypatch.setattr("course_dl.grading.reports.moodle_csv", lambda _: pytest.fail("written"))
    rows_of = [
        f'Participant {number};"{one.student}";Remis;;"100,00";Oui;"vendredi 20 novembre 2026, '
        '23:59";-;'
        for number, one in enumerate(handed_in)
    ]
    heading = (
        "Identifiant;Nom complet;Statut;Note;Note maximale;La note peut être modifiée;"
        "Dernière modification (travail remis);Dernière modification (note);Commentaires"
    )
    sheet, out = tmp_path / "Notes.csv", tmp_path / "out"
    absent = 'Participant 77;"Absente Zoé";Rien;;"100,00";Oui;-;-;'
    sheet.write_text("\n".join([heading, *rows_of, absent, ""]), encoding="utf-8-sig")
    shutil.copytree(graded, out)
    done = graded_with(submissions, out, "--worksheet", str(sheet), "--scale-to-worksheet")
    assert done == 0
    with (out / "moodle.csv").open(encoding="utf-8-sig", newline="") as file:
        table = list(csv.reader(file, delimiter=";"))
    most = float(rows(out / "grades.csv")[0]["max"])
    for one, row in zip(handed_in, table[1:], strict=False):
        assert float(row[3].replace(",", ".")) == pytest.approx(100 * one.points / most, abs=0.005)
        assert "<br>4.2 " in row[8]
    assert table[-1][3] == table[-1][8] == ""
    told = capfd.readouterr().err
    assert f"{len(handed_in)} of {len(handed_in) + 1} rows" in told and "Broken Bob" in told


def graded_with(submissions: Path, out: Path, *options: str) -> int:
    given = ["grade", LAB, str(submissions), "-o", str(out), "--processes", "1", *options]
    return main(given)


def test_each_student_s_files(graded: Path) -> None:
    folders = [path for path in (graded / "records").iterdir() if path.is_dir()]
    assert len({f.name.casefold() for f in folders}) == len(folders)
    assert {f.name for f in folders} == {f.name for f in (graded / "feedback").iterdir()}
    for folder in folders:
        kept = json.loads((folder / "result.json").read_text(encoding="utf-8"))
        scope = json.loads((folder / "results.json").read_text(encoding="utf-8"))
        assert scope["score"] == sum(e["points"] for e in kept["result"]["exercises"])
        assert [t["number"] for t in scope["tests"]] == [
            e["number"] for e in kept["result"]["exercises"]
        ]
        if kept["result"]["status"] == "graded":
            suite = ElementTree.parse(folder / "junit.xml").getroot()[0]
            assert int(suite.get("tests", 0)) == sum(1 for _ in suite.iter("testcase")) > 30
        else:
            (error,) = ElementTree.parse(folder / "junit.xml").getroot().iter("error")
            assert kept["result"]["reason"] in str(error.get("message"))


def test_pages_escape_what_comes_from_submissions(graded: Path) -> None:
    pages = list(graded.rglob("*.html"))
    for page in pages:
        assert "<script" not in page.read_text(encoding="utf-8").lower()
    assert any("&lt;script&gt;alert(1)" in p.read_text(encoding="utf-8") for p in pages)


def test_feedback_tells_nothing_of_hidden_values(graded: Path) -> None:
    for folder in (graded / "feedback").iterdir():
        assert [path.name for path in folder.iterdir()] == ["feedback.html"]
        records = graded / "records" / folder.name
        kept = json.loads((records / "result.json").read_text(encoding="utf-8"))
        page = (folder / "feedback.html").read_text(encoding="utf-8")
        tests = [test for exercise in kept["result"]["exercises"] for test in exercise["tests"]]
        told = {text for test in tests if not test["hidden"] for _, text in test["details"]}
        for test in tests:
            if test["hidden"]:
                values = {text for label, text in test["details"] if label != "Where"} - told
                assert not any(text in page for text in values if len(text) > 20)


def test_a_second_run_grades_nothing_again(graded: Path, submissions: Path) -> None:
    before = {p: p.stat().st_mtime_ns for p in graded.rglob("result.json")}
    grade_class(LAB, submissions, graded, processes=1, progress=False)
    assert {p: p.stat().st_mtime_ns for p in graded.rglob("result.json")} == before


def test_one_student_is_graded_again(
    graded: Path, submissions: Path, handed_in: list[HandedIn]
) -> None:
    everything = contents(graded)
    before = {p: p.stat().st_mtime_ns for p in graded.rglob("result.json")}
    name = handed_in[0].student
    grade_class(LAB, submissions, graded, only=name, regrade=True, processes=1, progress=False)
    changed = [p for p, t in before.items() if p.stat().st_mtime_ns != t]
    assert [json.loads(p.read_text(encoding="utf-8"))["student"] for p in changed] == [name]
    assert contents(graded) == everything
    with pytest.raises(ValueError, match="no student's name"):
        grade_class(LAB, submissions, graded, only="Nobody", processes=1, progress=False)


def test_a_changed_submission_is_graded_again(
    graded: Path, submissions: Path, tmp_path: Path
) -> None:
    out, again = tmp_path / "out", tmp_path / "in"
    shutil.copytree(graded, out)
    shutil.copytree(submissions, again)
    path = next(again.glob("Broken*/lab04.ipynb"))
    path.write_bytes(notebook("x = 1"))
    grade_class(LAB, again, out, processes=1, progress=False)
    assert {r["student"]: r["status"] for r in rows(out / "grades.csv")}["Broken Bob"] == "graded"


KILLED = """
import sys
from pathlib import Path
from course_dl.grading.bulk import grade_class
if __name__ == "__main__":
    grade_class(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), processes=2, progress=False)
"""


def test_a_run_killed_midway_goes_on_to_the_same_bytes(
    graded: Path, submissions: Path, tmp_path: Path
) -> None:
    script, out = tmp_path / "run.py", tmp_path / "out"
    script.write_text(KILLED)
    command = [sys.executable, str(script), LAB, str(submissions), str(out)]
    process = subprocess.Popen(command, cwd=ROOT)
    until = time.monotonic() + 100
    while len(list(out.rglob("result.json"))) < 2 and process.poll() is None:
        assert time.monotonic() < until
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    kept = {p: p.stat().st_mtime_ns for p in out.rglob("result.json")}
    assert not (out / "grades.csv").exists()
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    subprocess.run(command, cwd=ROOT, env=os.environ | {"TMPDIR": str(scratch)}, check=True)
    assert not list(scratch.glob("course-dl-*"))  # a run that ends by itself leaves nothing
    assert all(p.stat().st_mtime_ns == t for p, t in kept.items())
    assert contents(out) == contents(graded)


def test_a_cluster_of_several_hosts_gives_the_same_though_a_worker_is_killed(
    graded: Path, submissions: Path, tmp_path: Path
) -> None:
    pytest.importorskip("distributed")
    environment = os.environ | {"OMP_NUM_THREADS": "1", "DASK_DISTRIBUTED__WORKER__DAEMON": "False"}
    processes = []

    def start(*arguments: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-m", "distributed.cli." + arguments[0], *arguments[1:]],
            cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        processes.append(process)
        return process

    try:
        file = tmp_path / "scheduler.json"
        start(
            "dask_scheduler",
            "--host",
            "127.0.0.1",
            "--port",
            "0",
            "--no-dashboard",
            "--scheduler-file",
            str(file),
        )
        until = time.monotonic() + 60
        while not file.exists():
            assert time.monotonic() < until
            time.sleep(0.05)
        address = json.loads(file.read_text())["address"]
        worker = ["dask_worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard"]
        # Each with an address of its own, as on several machines.
        hosts = (
            ("127.0.0.2", "127.0.0.3", "127.0.0.4")
            if sys.platform == "linux"
            else ("127.0.0.1",) * 3
        )
        victim, *_ = [start(*worker, "--host", host) for host in hosts]
        out = tmp_path / "out"
        running = subprocess.Popen(
            [sys.executable, "-c", f"from pathlib import Path\nfrom course_dl.grading.bulk import grade_class\n"
             f"grade_class({LAB!r}, Path({str(submissions)!r}), Path({str(out)!r}), dask={address!r}, progress=False)"],
            cwd=ROOT,
        )  # fmt: skip
        processes.append(running)
        until = time.monotonic() + 150
        while len(list(out.rglob("result.json"))) < 2:
            assert time.monotonic() < until
            assert running.poll() is None
            time.sleep(0.01)
        victim.kill()
        assert running.wait(timeout=150) == 0
    finally:
        for process in processes:
            process.kill()
            process.wait()
    assert contents(out) == contents(graded)

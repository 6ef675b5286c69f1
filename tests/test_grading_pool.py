"""The processes that grade a class: who dies, who is tried again, and how all of it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import course_dl.labs
import pytest

from course_dl.cli import main
from course_dl.grading import bulk
from course_dl.grading.intake.submissions import Submission
from course_dl.grading.result import ExerciseMark, Result
from course_dl.grading.workers import judges
from course_dl.grading.workers.interrupt import Interrupt
from course_dl.grading.workers.pool import Job, Processes
from course_dl.grading.workers.work import Sheet
from tests.grading.honest import notebook
from tests.grading.small import descendants

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="processes are found in /proc")
RIGHT = notebook("def accumulate(total, new):\n    return [a + b for a, b in zip(total, new)]")
SLOW = notebook(
    "import time",
    *(f"def {name}(*args):\n    time.sleep(100)" for name in ("forward_pass", "accumulate")),
)


def wait_until(true: Any) -> None:
    until = time.monotonic() + 200
    while not true():
        assert time.monotonic() < until
        time.sleep(0.02)


def alive(pids: set[int]) -> set[int]:
    """Those that still run; one that is dead and not taken note of does not."""
    found = set()
    for pid in pids:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        if state not in "ZX":
            found.add(pid)
    return found


# -- a whole run ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def submissions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("in")
    for name, data in {"Ann": RIGHT, "Bob": SLOW, "Cem": SLOW, "Eve": SLOW}.items():
        (folder / f"{name}.ipynb").write_bytes(data)
    return folder


@LINUX
@pytest.mark.parametrize(
    "presses",
    [[signal.SIGINT], [signal.SIGINT] * 3, [signal.SIGTERM], [signal.SIGKILL]],
    ids=["ctrl-c", "three times", "sigterm", "killed"],
)
def test_an_ended_run_keeps_what_is_graded_and_leaves_nothing(
    submissions: Path, tmp_path: Path, presses: list[signal.Signals]
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    command = [sys.executable, "-P", "-m", "course_dl.cli", "grade", "lab04", str(submissions)]
    process = subprocess.Popen(
        [*command, "-o", str(tmp_path / "out"), "--processes", "2"],
        stderr=subprocess.PIPE, text=True, env=os.environ | {"TMPDIR": str(scratch)},
    )  # fmt: skip
    wait_until(lambda: list(tmp_path.rglob("result.json")) or process.poll() is not None)
    below = descendants(process)
    for press in presses:
        process.send_signal(press)
        time.sleep(0.03)
    _, said = process.communicate(timeout=100)
    killed = signal.SIGKILL in presses
    assert process.returncode == (-signal.SIGKILL if killed else 130)
    assert "Traceback" not in said
    assert killed or "finishing" in said
    wait_until(lambda: not alive(below))
    wait_until(lambda: not list(scratch.iterdir()))
    assert len(list(tmp_path.rglob("result.json"))) == 1
    assert not list(tmp_path.rglob("grades.csv"))


class Pressed:
    """Judges whose work is interrupted, after two results if ``early``, else never."""

    sheet = Sheet("lab04_backprop", "A lab", "nowhere", (("4.7", ("accumulate",), 1.0),))
    early = True

    def __init__(self, *_: object) -> None: ...

    def __enter__(self) -> Pressed:
        return self

    def __exit__(self, *_: object) -> None: ...

    def done(self, jobs: Sequence[Job], *, alone: bool = False) -> Iterator[tuple[int, Any]]:
        mark = ExerciseMark("4.7", ("accumulate",), 1.0, 1.0, "passed")
        result = Result("lab04_backprop", 1, "", "graded", "", (mark,)).to_json()
        for number, job in enumerate(jobs):
            if self.early and number == 3:
                raise KeyboardInterrupt
            yield number, {"warnings": []} if job[0] == "warn" else {"result": result}


def test_an_ended_run_says_where_reports_are_of_an_earlier_one(
    submissions: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(bulk, "Processes", Pressed)
    line = ["grade", "lab04", str(submissions), "-o", str(tmp_path), "--weak-sandbox"]

    def said(status: int, *options: str) -> str:
        assert main([*line, *options]) == status
        return capsys.readouterr().err.strip().rpartition("\n")[2]

    assert said(130) == "stopped: 2 of 4 graded, and kept; the same line goes on"
    monkeypatch.setattr(Pressed, "early", False)
    assert said(0)
    monkeypatch.setattr(Pressed, "early", True)
    told = said(130, "--regrade")
    assert told.startswith("stopped: 2 of 4") and "pages are those of an earlier run" in told

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("course_dl.grading.results.store.write_class_reports", interrupted)
    assert "stopped while the reports were written" in said(130)


# -- who dies -------------------------------------------------------------------------------


@pytest.fixture
def pool() -> Iterator[Processes]:
    with Interrupt() as interrupt, Processes("lab04", (), 1, interrupt) as processes:
        yield processes


def kill_judges(pool: Processes, times: int) -> threading.Thread:
    """Kill the process that works, so many times."""
    seen: set[int] = set()

    def run() -> None:
        for _ in range(times):
            wait_until(lambda: descendants(pool._parent) - {pool._parent.pid} - seen)
            time.sleep(0.5)
            for pid in descendants(pool._parent) - {pool._parent.pid} - seen:
                seen.add(pid)
                os.kill(pid, signal.SIGKILL)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


def statuses(pool: Processes, jobs: Sequence[Job]) -> dict[int, tuple[str, str]]:
    done = dict(pool.done(jobs))
    return {n: (d["result"]["status"], d["result"]["reason"]) for n, d in done.items()}


@LINUX
def test_a_process_that_dies_costs_its_job_a_try_and_a_second_death_the_job(
    pool: Processes,
) -> None:
    thread = kill_judges(pool, 2)
    found = statuses(pool, [("work", SLOW, "slow.ipynb"), ("work", RIGHT, "right.ipynb")])
    thread.join()
    assert found == {0: ("error", "the grader's process ended"), 1: ("graded", "")}


@LINUX
def test_the_process_that_forks_is_replaced_too(pool: Processes) -> None:
    assert statuses(pool, [("work", RIGHT, "a.ipynb")]) == {0: ("graded", "")}
    assert pool._parent is not None
    (judge,) = descendants(pool._parent) - {pool._parent.pid}
    for pid in (pool._parent.pid, judge):
        os.kill(pid, signal.SIGKILL)
    assert statuses(pool, [("work", RIGHT, "b.ipynb")]) == {0: ("graded", "")}


# -- what is tried again --------------------------------------------------------------------


class Recorded:
    """A pool that answers at once, and keeps what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[list[str], bool]] = []

    def done(self, jobs: Sequence[Job], *, alone: bool = False) -> Iterator[tuple[int, Any]]:
        self.asked.append(([str(job[1:]) for job in jobs], alone))
        for number, job in enumerate(jobs):
            if job[0] == "warn":
                yield number, {"warnings": []}
            else:
                yield number, {"told": alone} | ({"again": True} if job[1] == b"late" else {})


def test_what_lost_points_to_the_clock_is_graded_again_alone_after_all_others() -> None:
    pool = Recorded()
    todo = [Submission(n, n, d) for n, d in [("a", b"late"), ("b", b"x"), ("c", b"late")]]
    done = [(s.student, d["told"]) for s, d in bulk._graded(pool, todo)]  # type: ignore[arg-type]
    assert done == [("b", False), ("a", True), ("c", True)]
    assert [alone for _, alone in pool.asked] == [False, True]
    assert len(pool.asked[1][0]) == 2


# -- what is refused ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["lab99", "in"], "there is no lab 'lab99'; there are lab01_perceptron, lab02_networks"),
        (["lab04", "gone.zip"], "there is no gone.zip"),
        (["lab04", "in", "--processes", "0"], "at least one"),
    ],
)
def test_what_cannot_be_done_is_said_before_any_process_is_started(
    arguments: list[str],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    monkeypatch.setattr(bulk, "Processes", lambda *_: pytest.fail("a process is started"))
    assert main(["grade", *arguments, "-o", "out"]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("checks", "said"),
    [
        ("import not_there", "there is no module 'not_there'"),
        ("\n1 / 0", "cannot be imported: ZeroDivisionError: division by zero ("),
        ("def f(:", "cannot be imported: SyntaxError"),
    ],
)
def test_checks_that_cannot_be_imported_are_told_in_a_sentence(
    checks: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab = tmp_path / f"lab77_{abs(hash(checks))}"
    (lab / "checks").mkdir(parents=True)
    (lab / "__init__.py").write_text('"""A lab."""')
    (lab / "checks" / "__init__.py").write_text("")
    (lab / "checks" / "e77_1_topic.py").write_text(checks)
    monkeypatch.setattr(course_dl.labs, "__path__", [str(tmp_path)])
    assert said in judges._described(lab.name)["refused"]

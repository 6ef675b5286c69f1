"""Which file of a student counts, what counts as answered, and when it was handed in."""

from __future__ import annotations

import io
import json
import os
import struct
import time
import zipfile
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from course_dl.grading.intake.answers import answered, looks_like
from course_dl.grading.intake.submissions import Found, find_submissions
from course_dl.grading.intake.times import made_at_once
from course_dl.lab.catalog import find_labs
from tests.grading.handed_in import book

ROOT = Path(__file__).parents[1]
F, G = "def f():\n    return 1", "def g(x):\n    y = x\n    return y"
OPEN_F = 'def f():\n    """What to do."""\n    raise NotImplementedError'
OPEN_G = "def g(x):\n    # your code\n    pass"
CLASS = "class N(M):\n    def __init__(self, a):\n        self.a = a\n\n    def go(self):\n        return 1"
OPEN_CLASS = (
    'class N(M):\n    """A net."""\n\n    def __init__(\n        self, a: int\n    ) -> None:\n'
    '        """Make it."""\n        raise NotImplementedError\n\n    def go(self):\n        ...'
)
NAMES = ["f", "g", "N"]


def student(tmp_path: Path, files: dict[str, bytes], ages: dict[str, int] | None = None) -> Found:
    """The choice among a student's files; the first is the newest, unless ages are told."""
    home = tmp_path / "class" / "Ann"
    home.mkdir(parents=True)
    (home.parent / "Bob").mkdir()
    now = time.time() - 10_000
    for place, (name, data) in enumerate(files.items()):
        (home / name).write_bytes(data)
        when = now - (ages or {}).get(name, place) * 100
        os.utime(home / name, (when, when))
    return find_submissions(home.parent, NAMES)


def test_a_newer_draft_does_not_win_over_the_solved_notebook(tmp_path: Path) -> None:
    files = {
        "untitled copy.ipynb": book(OPEN_F, OPEN_G, OPEN_CLASS),
        "lab.ipynb": book(F, G, CLASS),
    }
    ann = student(tmp_path, files)[0]
    assert (ann.file, ann.others) == ("lab.ipynb", ("untitled copy.ipynb",))


def test_of_two_halves_the_better_one_counts_and_the_other_is_told(tmp_path: Path) -> None:
    files = {"a.ipynb": book(F, OPEN_G), "b.py": f"{F}\n\n\n{G}\n".encode(), "c.ipynb": b"{"}
    ann = student(tmp_path, files)[0]
    assert ann.file == "b.py"
    assert ann.others[0] == "a.ipynb" and ann.others[1].startswith("c.ipynb (")


def test_of_two_that_answer_as_much_the_newer_counts(tmp_path: Path) -> None:
    files = {"lab (2).ipynb": book(F), "lab.ipynb": book(G), "lab (1).ipynb": book(F)}
    assert student(tmp_path, files, {"lab (2).ipynb": 9})[0].file == "lab.ipynb"


@pytest.mark.parametrize(
    ("text", "points"),
    [
        (F, 1),
        (OPEN_F, 0),
        (f"{F}\n\n{OPEN_F}", 1),
        (f"{OPEN_F}\n\n{F}", 1),
        (OPEN_G, 0),
        ("def f(): return 1", 1),
        ("def f(): pass", 0),
        ("def f(): raise NotImplementedError('later')", 0),
        ("def f(\n    x,  # a: b\n    y={1: 2},\n):\n    return x", 1),
        ("def f(x):\n    return None", 0),
        ("def f(x):\n    '''not \"\"\" yet'''\n    ...", 0),
        ("def f(x):\n    kept = 1\n    raise NotImplementedError", 0),
        ("def f(x):\n    if x:\n        raise NotImplementedError\n    return x", 1),
        ("    def f(x):\n        return x", 1),
        ("async def f():\n    return 1", 1),
        ("f = lambda x: x", 1),
        ("f == 3", 0),
        ("from helpers import f", 1),
        ("# def f(): return 1", 0),
        ('"""\ndef f():\n    return 1\n"""', 0),
        (CLASS, 1),
        (OPEN_CLASS, 0),
        (f"{CLASS}\n\n{OPEN_CLASS}", 1),
        (CLASS.replace("return 1", "raise NotImplementedError"), 0.5),
        ("class N(M):\n    '''A net.'''", 0),
        ("def ff():\n    return 1", 0),
        ("def f(", 0),
    ],
)
def test_what_counts_as_answered(text: str, points: float) -> None:
    assert answered([text], NAMES) == points
    assert answered([text.replace("\n", "\n ")] if text == F else [text], NAMES) == points


def test_hostile_text_is_looked_at_within_a_bound() -> None:
    texts = [
        "def f(" * 100_000,
        "(" * 1_000_000,
        "def f():\n" + " def f():\n" * 100_000,
        '"""' * 300_001,
        "from " + "f " * 300_000,
        "class N:\n" + "  def a():\n" * 50_000,
    ]
    begin = time.process_time()
    for text in texts:
        answered([text], NAMES)
    assert time.process_time() - begin < 60


def test_what_another_file_is() -> None:
    labs = {"lab01_x": NAMES, "lab02_y": ["neuron", "layer"], "lab03_z": ["step", "layer", "f"]}
    for text, said in {
        "def neuron(): return 1\ndef layer(): return 2": "this looks like lab02",
        'lab = Lab("lab03")': "this looks like lab03",
        f'lab = Lab("lab03")\ndef step(): return 1\n{F}': "this looks like lab03",
        f"{OPEN_F}\n{OPEN_CLASS}": "nothing was filled in",
        f'lab = Lab("lab01")\n{OPEN_F}\ndef layer(): return 1': "nothing was filled in",
        "x = 1": "it defines nothing that this lab asks for",
        'lab = Lab("lab01")': "it defines nothing that this lab asks for",
        f"{F}\ndef neuron(): return 1": "",
        f'lab = Lab("lab02")\n{F}\n{G}': "",
    }.items():
        told = looks_like([text], "lab01_x", labs)
        assert told.startswith(said) and bool(told) == bool(said), text


def test_the_labs_themselves_are_told_open_and_solved() -> None:
    labs = {lab.name: [n for e in lab.exercises for n in e.names] for lab in find_labs()}
    for lab in find_labs():
        notebook = json.loads((ROOT / "colab" / f"{lab.name}.ipynb").read_text(encoding="utf-8"))
        cells = ["".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == "code"]
        solved = [*cells, (lab.path / "solutions.py").read_text(encoding="utf-8")]
        assert "nothing was filled in" in looks_like(cells, lab.name, labs)
        assert looks_like(solved, lab.name, labs) == ""
        assert answered(solved, labs[lab.name]) == len(labs[lab.name])
        for other in labs.keys() - {lab.name}:
            for handed_in in (cells, solved):
                said = looks_like(handed_in, other, labs)
                assert said.startswith(f"this looks like {lab.name[:5]}")


# -- times -------------------------------------------------------------------------------------


def timed(tmp_path: Path, moment: datetime, extra: bytes = b"") -> Path:
    path = tmp_path / "all.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("ann", "bob"):
            entry = zipfile.ZipInfo(f"{name}/lab.ipynb", moment.timetuple()[:6])
            entry.extra = extra
            archive.writestr(entry, book(F))
    return path


def test_a_zip_s_times_are_read_in_the_zone_that_is_told(tmp_path: Path) -> None:
    moment = datetime(2024, 11, 20, 23, 30)
    path = timed(tmp_path, moment)
    for hours in (0, 1, -8):
        zone = timezone(timedelta(hours=hours))
        [ann, _] = find_submissions(path, zone=zone)
        assert ann.when == moment.replace(tzinfo=zone).timestamp()


def test_exact_times_come_before_those_without_a_zone(tmp_path: Path) -> None:
    exact = datetime(2024, 11, 20, 22, 30, 7, tzinfo=UTC).timestamp()
    unix = struct.pack("<HHBl", 0x5455, 5, 1, int(exact))
    ticks = int((exact + 11_644_473_600) * 10**7)
    windows = struct.pack("<HHLHHQQQ", 0x000A, 32, 0, 1, 24, ticks, ticks, ticks)
    for extra in (unix, windows, struct.pack("<HH", 0x9999, 0) + unix):
        path = timed(tmp_path, datetime(2024, 11, 20, 23, 30), extra)
        assert {s.when for s in find_submissions(path, zone=UTC)} == {exact}


def test_times_that_cannot_be_are_unknown(tmp_path: Path) -> None:
    for moment in (datetime(1980, 1, 1), datetime(1999, 12, 30), datetime(2099, 1, 1)):
        assert {s.when for s in find_submissions(timed(tmp_path, moment))} == {0.0}
    path = timed(tmp_path, datetime(2024, 2, 28))
    raw = path.read_bytes()
    path.write_bytes(
        raw.replace(struct.pack("<H", 44 << 9 | 2 << 5 | 28), struct.pack("<H", 44 << 9))
    )
    assert {s.when for s in find_submissions(path)} == {0.0}


def test_a_date_inside_a_student_s_zip_is_only_a_claim(tmp_path: Path) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr(zipfile.ZipInfo("lab.ipynb", (2020, 1, 1, 0, 0, 0)), book(F))
    path = tmp_path / "all.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(zipfile.ZipInfo("ann/lab.zip", (2024, 11, 21, 0, 0, 0)), inner.getvalue())
        archive.writestr(zipfile.ZipInfo("bob/lab.ipynb", (2024, 11, 20, 0, 0, 0)), book(F))
    ann, bob = find_submissions(path, zone=UTC)
    assert ann.when == datetime(2024, 11, 21, tzinfo=UTC).timestamp() > bob.when


def test_times_of_one_moment_tell_nothing(tmp_path: Path) -> None:
    assert made_at_once(s.when for s in find_submissions(timed(tmp_path, datetime(2024, 11, 20))))
    assert made_at_once([1e9, 1e9 + 59, 0]) and not made_at_once([1e9, 1e9 + 61])
    assert not made_at_once([1e9]) and not made_at_once([])

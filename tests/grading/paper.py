"""A class on paper: random submissions and results, kept and reported without a grader."""

from __future__ import annotations

import csv
import hashlib
import io
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from course_dl.grading.intake.submissions import Submission
from course_dl.grading.marks.settings import Settings
from course_dl.grading.reports.entry import Entry
from course_dl.grading.result import ExerciseMark, Result, TestMark
from course_dl.grading.results.folders import claimed
from course_dl.grading.results.store import Store
from course_dl.grading.workers.work import Sheet

__all__ = ["ODD_NAMES", "SHEET", "contents", "judged", "paper_class", "rows", "run"]

SHEET = Sheet(
    "lab90_small",
    "A small lab",
    "nowhere",
    (("9.1", ("double",), 1.0), ("9.2", ("slope", "steep"), 2.0), ("9.3", ("Soft",), 4.5)),
)
ODD_NAMES = [
    "Zoé Müller", "Zoe Muller", "ZOE MULLER", "李小龍", "李小龙", "Ὀδυσσεύς", "مريم", "O'Brien; Pat",
    "CON", "nul", "aux.txt", "..", "a/../../b", "=1+1", "+1", "@x", "-2", '"quoted", name',
    "<b>bold</b>", "&amp;", "x" * 200, "x" * 199 + "y", "e\u0301", "\u202eevil", "🦜", "student",
    " ", "Anna (1)", "Anna (2)", "C:\\Users", "%s %d {0}", "tab\there",
]  # fmt: skip
_TEXTS = [
    "",
    "wrong",
    "<script>",
    "3 < 4 & 5",
    "\U0001f99c" * 50,
    "\x1b[31m",
    "]]>",
    "a\nb",
    "=1;=2",
]


def paper_class(seed: int, size: int = 12) -> list[Submission]:
    """A class with odd names, in random order; some handed in what cannot be read.

    All have other files, by which their rows are found, however a table writes their names.
    """
    rng = random.Random(seed)
    names = rng.sample(ODD_NAMES, min(size, len(ODD_NAMES)))
    names += [f"Student {k}" for k in range(size - len(names))]
    return [
        Submission(
            name,
            f"{rng.choice(['lab90', 'mine', '=1'])}-{place}.{rng.choice(['ipynb', 'py'])}",
            rng.randbytes(20),
            rng.choice(["", "", "", "the zip is damaged: <bad>"]),
            str(place),
            rng.choice([0.0, 1.7e9, 1.71e9]),
        )
        for place, name in enumerate(names)
    ]


def judged(submission: Submission, worth: float = 1.0) -> dict[str, Any]:
    """What grading gives: a function of the submission alone. ``worth`` 0: nothing was earned."""
    digest = hashlib.sha256(submission.data).hexdigest()
    rng = random.Random(digest + submission.file)
    if submission.problem:
        marks = [ExerciseMark(n, names, 0.0, p, "not done yet") for n, names, p in SHEET.exercises]
        result = Result(SHEET.name, 1, digest, "unreadable", submission.problem, tuple(marks))
        return {"result": result.to_json()}
    marks = [_mark(rng, *exercise, worth) for exercise in SHEET.exercises]
    notices = (("cell 3", "NameError", rng.choice(_TEXTS)),) * rng.randrange(3)
    result = Result(SHEET.name, 1, digest, "graded", "", tuple(marks), notices)
    return {"result": result.to_json()}


def _mark(
    rng: random.Random, number: str, names: tuple[str, ...], most: float, worth: float
) -> ExerciseMark:
    points = worth * most * rng.choice([0.0, 1.0, 1.0, 1 / 3])
    state = "passed" if points == most else rng.choice(["failed", "not done yet"])
    tests = tuple(
        TestMark(f"test {k}", k > 1, "passed" if k == 0 else state, rng.choice(_TEXTS),
                 (("Got", rng.choice(_TEXTS)),) * rng.randrange(3))
        for k in range(3)
    )  # fmt: skip
    notes = {"accuracy": rng.random()} if number == "9.3" else {}
    return ExerciseMark(number, names, points, most, state, tests, rng.choice(_TEXTS), notes)


def run(
    found: Sequence[Submission],
    out: Path,
    settings: Settings | None = None,
    *,
    only: Sequence[str] | None = None,
    version: str = "1",
    judge: Any = judged,
) -> list[Entry]:
    """What a run of grading does with the folder of results."""
    with claimed(out, out.parent / "handed-in"):
        store = Store(out, SHEET, settings or Settings(), version, found)
        for submission in found:
            wanted = only is None or submission.student in only
            if wanted and not store.is_done(submission):
                store.save(submission, judge(submission))
        return store.publish()


def rows(path: Path, found: Sequence[Submission] = ()) -> list[dict[str, str]]:
    """The rows of ``grades.csv``, in the order of ``found`` if it is given."""
    text = path.read_text(encoding="utf-8-sig")
    table = list(csv.DictReader(io.StringIO(text, newline="")))
    places = {submission.file: place for place, submission in enumerate(found)}
    return sorted(table, key=lambda row: places[row["file"].lstrip("'")]) if found else table


def contents(folder: Path) -> dict[str, bytes]:
    """All files, hidden ones too."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }

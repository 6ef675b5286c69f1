# Runs in: judge
"""The folder of results: of one lab, written by one run at a time, a folder a student in it.

::

    OUT/grades.csv, moodle.csv, overview.html
    OUT/moodle-feedback.zip                                     the pages of feedback, for Moodle
    OUT/feedback/STUDENT/feedback.html                          may be handed out
    OUT/records/STUDENT/result.json, results.json, junit.xml    tells hidden tests
    OUT/marks.toml                                              a person's; never written to
    OUT/.course-dl                                              the lab's name
    OUT/.course-dl-marks                                        the marks of the last run
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from course_dl.grading.files import DRAFT, update

__all__ = ["FEEDBACK", "RECORDS", "claimed", "distinct_names", "keep_to_lab"]

FEEDBACK, RECORDS, MARK = "feedback", "records", ".course-dl"
_TABLES = ("grades.csv", "moodle.csv", "moodle-feedback.zip", "overview.html")
_README = """\
These files tell hidden tests and their values: they are for the teacher alone.
What may be handed out to students is in the folder "feedback" beside this one.
"""
_SHORTEST_HASH, _LONGEST_WORDS = 8, 60


@contextlib.contextmanager
def claimed(out: Path, submissions: Path) -> Iterator[None]:
    """The folder of results, made where there is none, and no other run's until the end.

    Raises
    ------
    ValueError
        Where it cannot be the folder of results of these submissions.
    RuntimeError
        Where another run is writing to it.
    """
    _refuse_what_is_handed_in(out, submissions)
    if out.exists() and not out.is_dir():
        raise ValueError(f"{out} is a file: name a folder for the results, -o DIR")
    try:
        out.mkdir(parents=True, exist_ok=True)
        mark = os.open(out / MARK, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o666)
    except OSError as error:
        raise ValueError(
            f"results cannot be written to {out}: {error.strerror or error}. "
            "Name a folder that you may write to, -o DIR"
        ) from None
    try:
        _lock(mark, out)
        _remove_drafts(out)
        yield
    finally:
        os.close(mark)


def keep_to_lab(out: Path, lab: str) -> None:
    """Make the folder the lab's, if it is nobody's yet.

    Raises
    ------
    ValueError
        Where it holds results of another lab, or files that are not of any run.
    """
    before = _lab_of(out)
    if before and before != lab:
        raise ValueError(f"{out} holds results of {before}: name another folder for {lab}, -o DIR")
    strange = [name for name in (*_TABLES, RECORDS) if os.path.lexists(out / name)]
    if strange and not before and not (out / FEEDBACK).is_dir():
        raise ValueError(
            f"{out} holds {', '.join(strange)}, which no grading wrote and which would be lost: "
            "name another folder, -o DIR"
        )
    (out / RECORDS).mkdir(exist_ok=True)
    (out / FEEDBACK).mkdir(exist_ok=True)
    update(out / RECORDS / "README.txt", _README)
    if _text(out / MARK) != lab:
        (out / MARK).write_text(lab, encoding="utf-8")  # in place: it is the file that is locked


def distinct_names(students: Sequence[str]) -> dict[str, str]:
    """A folder's name for each student: on any system, and no two the same.

    A readable part, and as much of a hash as tells the student from all others: what is added for
    one later on changes nobody else's, unless their names were made to be taken for each other.

    Raises
    ------
    ValueError
        Where two students have the same name.
    """
    again = sorted(student for student, times in Counter(students).items() if times > 1)
    if again:
        raise ValueError(f"two students have the same name: {', '.join(again)}")
    hashes = {s: hashlib.sha256(s.encode("utf-8", "surrogatepass")).hexdigest() for s in students}
    names, length, left = {}, _SHORTEST_HASH, list(students)
    while left:
        shared: dict[str, list[str]] = {}
        for student in left:
            name = f"{_words(student)}-{hashes[student][:length]}"
            shared.setdefault(name.casefold(), []).append(student)
            names[student] = name
        left = [student for many in shared.values() if len(many) > 1 for student in many]
        length += 1
    return names


def _words(student: str) -> str:
    plain = unicodedata.normalize("NFKD", student).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9]+", "-", plain).strip("-")[:_LONGEST_WORDS] or "student"


def _refuse_what_is_handed_in(out: Path, submissions: Path) -> None:
    given, results = submissions.resolve(), out.resolve()
    if given == results:
        raise ValueError(f"{out} is what is to be graded: name another folder for results, -o DIR")
    for own in (FEEDBACK, RECORDS, *_TABLES):
        if given.is_relative_to(results / own):
            raise ValueError(f"{submissions} is in the results of {out}: what is to be graded?")


def _lock(mark: int, out: Path) -> None:
    """Hold the folder until this process ends, however it ends."""
    if sys.platform == "win32":
        return
    import fcntl

    try:
        fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise RuntimeError(
            f"another run is writing its results to {out}: wait for its end, or name another "
            "folder, -o DIR"
        ) from None
    except OSError:
        return  # a file system without locks


def _remove_drafts(out: Path) -> None:
    """What a run that was killed had begun to write."""
    drafts = [out / DRAFT.format(name) for name in _TABLES]
    for folder in (FEEDBACK, RECORDS):
        drafts += (out / folder).glob(f"*/{DRAFT.format('*')}")
    for draft in drafts:
        with contextlib.suppress(OSError):
            draft.unlink()


def _lab_of(out: Path) -> str:
    """The lab whose results these are; ``""`` where there are none."""
    if said := _text(out / MARK).strip():
        return said
    for pattern in (f"{RECORDS}/*/result.json", "students/*/result.json"):
        for path in sorted(out.glob(pattern)):
            try:
                return str(json.loads(_text(path))["result"]["lab"])
            except (ValueError, LookupError, TypeError, RecursionError):
                continue
    return ""


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""

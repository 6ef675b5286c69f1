# Runs in: judge
"""Where the results are kept: a record a student, from which all reports are made at every run."""

from __future__ import annotations

import contextlib
import errno
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from course_dl.grading.files import write_atomically
from course_dl.grading.intake.submissions import Submission
from course_dl.grading.marks.by_hand import ByHand
from course_dl.grading.marks.settings import Settings
from course_dl.grading.reports import (
    demand_all,
    remove_student_reports,
    try_class_reports,
    write_class_reports,
    write_student_reports,
)
from course_dl.grading.reports.entry import NOT_YET, Entry
from course_dl.grading.result import ExerciseMark, Result
from course_dl.grading.results.changes import note_changes
from course_dl.grading.results.folders import FEEDBACK, RECORDS, distinct_names, keep_to_lab
from course_dl.grading.results.records import read_record, sound_result, write_record
from course_dl.grading.texts import printable
from course_dl.grading.workers.work import Sheet

__all__ = ["Store"]

# What keeps one student's file from being written keeps all from being written.
_EVERYBODYS = {
    getattr(errno, name)
    for name in ("ENOSPC", "EDQUOT", "EROFS", "EIO", "EMFILE", "ENFILE", "ENOMEM", "ESTALE")
    if hasattr(errno, name)
}


class Store:
    """The results of a class in a lab, in the folder ``out``.

    What goes wrong with one student's files is told in that student's row, and is nobody else's
    trouble. What stops everybody's, such as a full disk, is an error.

    Parameters
    ----------
    out
        The folder.
    sheet, settings
        The lab, and what its points are worth.
    version
        What the verdicts depend on, besides the submission.
    found
        The whole class.
    by_hand
        What a person says of the marks.

    Attributes
    ----------
    changes
        Once the reports are written: whose mark is another than before, by how much and why.

    Raises
    ------
    ValueError
        Where the folder is another lab's, or two students have the same name.
    """

    def __init__(
        self,
        out: Path,
        sheet: Sheet,
        settings: Settings,
        version: str,
        found: Sequence[Submission],
        by_hand: ByHand | None = None,
    ) -> None:
        self.out, self.sheet, self.settings, self.version = out, sheet, settings, version
        self.found, self.by_hand = list(found), by_hand or ByHand()
        self.changes: list[str] = []
        self._names = distinct_names([submission.student for submission in found])
        self._kept: dict[str, Entry] = {}
        self._troubles: dict[str, Entry] = {}
        with self._telling_of_the_folder():
            keep_to_lab(out, sheet.name)

    def load(self, submission: Submission) -> Entry | None:
        """What was graded before, if it was this file, by these checks."""
        if submission.student in self._kept:
            return self._kept[submission.student]
        try:
            text = (self._records(submission) / "result.json").read_text(encoding="utf-8")
            result = read_record(text, self._key(submission))
            self._demand_exercises(result)
        except (OSError, ValueError):
            return None
        self._kept[submission.student] = self._entry(submission, result)
        return self._kept[submission.student]

    def is_done(self, submission: Submission) -> bool:
        """Whether there is nothing to grade; where the grader itself failed, it tries again."""
        entry = self.load(submission)
        return entry is not None and entry.result.status != "error"

    def save(self, submission: Submission, done: dict[str, Any]) -> None:
        """Keep a result, whole or not at all."""
        for entries in (self._kept, self._troubles):
            entries.pop(submission.student, None)
        with self._for_one(submission, "the result could not be kept"):
            result = sound_result(done["result"])
            self._demand_exercises(result)
            folder = self._records(submission)
            _make(folder)
            record = write_record(self._key(submission), result)
            write_atomically(folder / "result.json", record)

    def publish(self, notes: Sequence[str] = (), *, moodle: bool = True) -> list[Entry]:
        """Write all reports from what is kept and the settings of now; an entry a student.

        ``notes`` are for the instructor, of the run as a whole. Without ``moodle`` its worksheet
        is left as it is.
        """
        for submission in self.found:
            with self._for_one(submission, "the reports could not be written"):
                self._report(submission)
        with self._telling_of_the_folder():
            write = partial(write_class_reports, self.out, self.sheet.title, moodle=moodle)
            try:
                write(self._entries(), notes)
            except OSError:
                raise
            except Exception:  # whose is it?
                for entry, submission in zip(self._entries(), self.found, strict=True):
                    with self._for_one(submission, "the reports could not be written"):
                        try_class_reports(self.sheet.title, entry)
                write(self._entries(), notes)
            demand_all(self.out, [submission.student for submission in self.found])
            self.changes = note_changes(self.out, self.sheet, self.version, self._entries())
        return self._entries()

    def _entries(self) -> list[Entry]:
        """The class; who has no page of feedback is not linked to it."""
        pages = {s.student for s in self.found if (self._feedback(s) / "feedback.html").is_file()}
        now = [self._now(submission) for submission in self.found]
        return [entry if entry.student in pages else replace(entry, slug="") for entry in now]

    @property
    def strangers(self) -> list[str]:
        """Folders of feedback of nobody in this class: of earlier runs, or of older versions."""
        names = set(self._names.values())
        folder = self.out / FEEDBACK
        found = [f"{FEEDBACK}/{path.name}" for path in folder.iterdir() if path.name not in names]
        old = self.out / "students"
        return sorted(found) + ["students"] * old.is_dir()

    def _report(self, submission: Submission) -> None:
        """The student's own reports; none where there is no result yet, so that none is old."""
        feedback, records = self._feedback(submission), self._records(submission)
        entry = self._now(submission)
        if entry.result.status == NOT_YET:
            remove_student_reports(feedback, records)
            return
        _make(feedback)
        _make(records)
        write_student_reports(feedback, records, self.sheet.title, entry)

    def _now(self, submission: Submission) -> Entry:
        """A student as things stand."""
        entry = self._troubles.get(submission.student) or self.load(submission)
        return entry or self._entry(submission, self._empty(submission, NOT_YET))

    def _entry(self, submission: Submission, result: Result) -> Entry:
        words = self.by_hand.of(submission.student)
        mark = self.settings.mark(result, submission.student, submission.when, words)
        slug = self._names[submission.student]
        names = submission.student, submission.number, submission.file
        return Entry(*names, slug, result, mark, submission.others)

    def _empty(self, submission: Submission, status: str, reason: str = "") -> Result:
        marks = tuple(
            ExerciseMark(number, names, 0.0, points, "not done yet")
            for number, names, points in self.sheet.exercises
        )
        return Result(self.sheet.name, 0, _digest(submission), status, reason, marks)

    def _demand_exercises(self, result: Result) -> None:
        has = tuple((e.number, e.names, e.max_points) for e in result.exercises)
        if has != self.sheet.exercises or result.lab != self.sheet.name:
            raise ValueError("a result with other exercises than the lab has")

    def _key(self, submission: Submission) -> dict[str, str]:
        """What a record must say to be the submission's."""
        return {
            "student": submission.student,
            "file": submission.file,
            "sha256": _digest(submission),
            "problem": submission.problem,
            "version": self.version,
        }

    def _feedback(self, submission: Submission) -> Path:
        return self.out / FEEDBACK / self._names[submission.student]

    def _records(self, submission: Submission) -> Path:
        return self.out / RECORDS / self._names[submission.student]

    @contextlib.contextmanager
    def _for_one(self, submission: Submission, what: str) -> Iterator[None]:
        """What fails here is the student's trouble, unless it is everybody's."""
        try:
            yield
        except Exception as error:
            if isinstance(error, OSError) and self._hinders_all(error):
                raise _cannot_write(error) from None
            reason = printable(f"{what}: {type(error).__name__}: {error}")
            empty = self._empty(submission, "error", reason)
            self._troubles[submission.student] = self._entry(submission, empty)
            with contextlib.suppress(OSError):
                remove_student_reports(self._feedback(submission), self._records(submission))

    def _hinders_all(self, error: OSError) -> bool:
        if error.errno in _EVERYBODYS:
            return True
        try:
            for folder in (FEEDBACK, RECORDS):
                write_atomically(self.out / folder / "probe", "can be written to\n")
                (self.out / folder / "probe").unlink()
        except OSError:
            return True
        return False

    @contextlib.contextmanager
    def _telling_of_the_folder(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise _cannot_write(error) from None


def _cannot_write(error: OSError) -> RuntimeError:
    where = f"{error.filename}: " if error.filename else ""
    return RuntimeError(
        f"{where}{error.strerror or error}. It could not be written; what is complete is kept. "
        "Mend that, and the same command goes on from here"
    )


def _make(folder: Path) -> None:
    """A folder of a student; a link in its place would lead out of the results."""
    if folder.is_symlink():
        raise FileExistsError(errno.EEXIST, "there is a link where a folder is needed", str(folder))
    folder.mkdir(parents=True, exist_ok=True)


def _digest(submission: Submission) -> str:
    return hashlib.sha256(submission.data).hexdigest()

"""Where the results are kept: one folder a student, and what its files were made by."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from course_dl.grading.files import write_atomically
from course_dl.grading.intake.submissions import Submission
from course_dl.grading.reports import write_student_reports
from course_dl.grading.reports.entry import Entry
from course_dl.grading.result import Result
from course_dl.grading.settings import Settings
from course_dl.grading.version import version_of
from course_dl.grading.work import Sheet

__all__ = ["Store", "version_of"]


@dataclass(frozen=True)
class Store:
    """The folder of results: one folder a student, complete once its ``result.json`` is there."""

    out: Path
    sheet: Sheet
    settings: Settings
    version: str

    def folder(self, submission: Submission) -> Path:
        return self.out / "students" / _slug(submission.student)

    def load(self, submission: Submission) -> Entry | None:
        """What was graded before, if it was this file, by these checks."""
        path = self.folder(submission) / "result.json"
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))
            result = Result.from_json(kept["result"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
        digest = hashlib.sha256(submission.data).hexdigest()
        same = (kept["version"], kept["file"], result.digest) == (
            self.version,
            submission.file,
            digest,
        )
        return self._entry(submission, result) if same else None

    def save(self, submission: Submission, done: dict[str, Any]) -> None:
        """Write a student's files, the one that says that it is complete last."""
        folder = self.folder(submission)
        folder.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            (folder / "result.json").unlink()
        entry = self._entry(submission, Result.from_json(done["result"]))
        write_student_reports(folder, self.sheet.title, entry, done["junit"])
        kept = {
            "student": submission.student,
            "file": submission.file,
            "version": self.version,
            "result": done["result"],
        }
        write_atomically(folder / "result.json", json.dumps(kept, ensure_ascii=False))

    def _entry(self, submission: Submission, result: Result) -> Entry:
        mark = self.settings.mark(result, submission.student, submission.when)
        slug = _slug(submission.student)
        return Entry(submission.student, submission.number, submission.file, slug, result, mark)


def _slug(student: str) -> str:
    """A file name for a student, on any system, and another one for each."""
    plain = unicodedata.normalize("NFKD", student).encode("ascii", "ignore").decode()
    words = re.sub(r"[^A-Za-z0-9]+", "-", plain).strip("-")[:60] or "student"
    return f"{words}-{hashlib.sha256(student.encode()).hexdigest()[:6]}"

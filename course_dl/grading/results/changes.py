# Runs in: judge
"""Whose mark is another than after the run before, by how much, and why.

The marks of a run are kept in ``.course-dl-marks``; the next run compares its own with them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from course_dl.grading.files import update
from course_dl.grading.marks.by_hand import FILE as BY_HAND
from course_dl.grading.marks.mark import Word, number
from course_dl.grading.reports.entry import NOT_YET, Entry
from course_dl.grading.reports.words import said_by_hand
from course_dl.grading.workers.work import Sheet

__all__ = ["note_changes", "read_marks", "settings_of"]

_FILE = ".course-dl-marks"

Kept = Mapping[str, Any]


def note_changes(out: Path, sheet: Sheet, version: str, entries: Sequence[Entry]) -> list[str]:
    """Keep the marks of this run; a sentence for each student whose mark is another than before.

    Who was not graded before is left out; who is not graded now keeps the mark of before.
    """
    before = read_marks(out)["students"]
    now = {e.student: _kept(version, e) for e in entries if e.result.status != NOT_YET}
    class_ = {e.student: now.get(e.student, before.get(e.student)) for e in entries}
    content = {
        "lab": sheet.name,
        "title": sheet.title,
        "exercises": [number for number, _, _ in sheet.exercises],
        "settings": settings_of(out, Path(sheet.folder)),
        "students": {student: kept for student, kept in class_.items() if kept},
        "waiting": [student for student, kept in class_.items() if not kept],
    }
    update(out / _FILE, json.dumps(content, ensure_ascii=False, indent=1))
    return [_told(s, before[s], kept) for s, kept in now.items() if _differ(before.get(s), kept)]


def read_marks(out: Path) -> Kept:
    """What the last run in a folder of results kept; no students where there is nothing to read."""
    try:
        content = json.loads((out / _FILE).read_text(encoding="utf-8"))
        students = content["students"]
        content["students"] = {s: k for s, k in students.items() if k.keys() >= _KEYS}
        return content
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return {"students": {}}


def settings_of(out: Path, lab: Path) -> dict[str, str]:
    """Digests of the files in which a person says how marks are made; ``""`` for none."""
    found = {}
    for path in (out / BY_HAND, lab / "grading.toml"):
        content = path.read_bytes() if path.is_file() else b""
        found[path.name] = hashlib.sha256(content).hexdigest()[:16] if content else ""
    return found


_KEYS = {
    *("file", "version", "status", "total", "max", "full", "of full", "days late", "penalty"),
    *("whole", "exercises", "said", "reason"),
}


def _kept(version: str, entry: Entry) -> Kept:
    mark, result = entry.mark, entry.result
    return {
        "file": result.digest,
        "version": version,
        "status": result.status,
        "total": mark.total,
        "max": mark.max_points,
        "full": mark.full,
        "of full": mark.of_full,
        "said": said_by_hand(mark),
        "reason": result.reason,
        "days late": mark.days_late,
        "penalty": mark.penalty,
        "whole": _by_hand(mark.word),
        "exercises": {
            exercise.number: {
                "points": line.points,
                "max": line.max_points,
                "earned": [exercise.points, exercise.carried_points],
                "weight": line.weight,
                "by hand": _by_hand(line.word),
            }
            for exercise, line in zip(result.exercises, mark.lines, strict=True)
        },
    }


def _by_hand(word: Word) -> float | str | None:
    return "excused" if word.excused else word.points


def _differ(before: Kept | None, now: Kept) -> bool:
    keys = ("total", "max", "whole")
    return before is not None and [before[k] for k in keys] != [now[k] for k in keys]


def _told(student: str, before: Kept, now: Kept) -> str:
    change = now["total"] - before["total"]
    sign = "+" if change >= 0 else "-"
    reasons = "; ".join(_reasons(before, now)) or "the grader's own rules are new"
    return f"{student}: {_of(before)} -> {_of(now)} ({sign}{number(abs(change))}): {reasons}"


def _of(kept: Kept) -> str:
    if kept["whole"] == "excused":
        return "excused"
    return f"{number(kept['total'])} of {number(kept['max'])}"


def _reasons(before: Kept, now: Kept) -> Iterator[str]:
    for exercise, line in now["exercises"].items():
        old = before["exercises"].get(exercise)
        if old is None:
            yield f"{exercise} is new"
        elif (old["points"], old["max"]) != (line["points"], line["max"]):
            if now["whole"] == "excused" or before["whole"] == "excused":
                continue
            yield (
                f"{exercise} {number(old['points'])} -> {number(line['points'])}, "
                f"{_why(old, line, before, now)}"
            )
    if before["penalty"] != now["penalty"]:
        days = before["days late"], now["days late"]
        late = f", {days[0]} -> {days[1]} days late" if days[0] != days[1] else ""
        yield f"penalty {number(before['penalty'])} -> {number(now['penalty'])}{late}"
    if before["whole"] != now["whole"]:
        yield f"the whole {_hand_change(before['whole'], now['whole'])}"


def _why(old: Kept, line: Kept, before: Kept, now: Kept) -> str:
    if old["by hand"] != line["by hand"]:
        return _hand_change(old["by hand"], line["by hand"])
    if old["earned"] != line["earned"] or before["status"] != now["status"]:
        if before["file"] != now["file"]:
            return "another file was handed in"
        if before["version"] != now["version"]:
            return "other checks, or another version of course-dl, torch or Python"
        return "graded again"
    if old["weight"] != line["weight"]:
        return f"weight {number(old['weight'])} -> {number(line['weight'])}"
    return "follow-through is switched on or off"


def _hand_change(before: object, now: object) -> str:
    if now is None:
        return "by hand no more"
    return "excused by hand" if now == "excused" else "by hand"

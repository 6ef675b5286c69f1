# Runs in: judge
"""What is handed in: a file, a folder, a zip, in the layouts of learning platforms.

Archives are read in memory and never unpacked to disk, links are not followed, and a name is a
label, never a path. Nobody is dropped: what cannot be read becomes a submission with its reason
in ``problem``, and what was not taken for a submission is told in ``Found.left_out``.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import zipfile
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo
from pathlib import Path

from course_dl.grading.intake.archives import in_zip
from course_dl.grading.intake.choice import Chosen, are_copies, choose
from course_dl.grading.intake.folders import in_folder
from course_dl.grading.intake.items import (
    CANDIDATE,
    LARGEST_FILE,
    Item,
    Unread,
    is_system,
    megabytes,
)
from course_dl.grading.intake.layouts import copy_of, is_named
from course_dl.grading.intake.names import distinct, listed, shown
from course_dl.grading.intake.students import Student, holds_a_class, sort_out
from course_dl.grading.intake.times import likely
from course_dl.grading.names import alphabetical

__all__ = ["LARGEST_FILE", "Found", "Submission", "find_submissions"]

MOST_HELD = 2 << 30  # bytes of all files that are to be graded
_MOST_OTHERS = 10


@dataclass(frozen=True)
class Submission:
    """What one student handed in.

    Attributes
    ----------
    student
        The name, as the folder or file has it; unique in the class.
    file
        The file to be graded, as it was named.
    data
        Its bytes.
    problem
        Why there is nothing to grade; ``""`` where there is.
    number
        Moodle's number of the participant, or of the team; ``""`` elsewhere.
    when
        When it was handed in, in seconds since 1970; 0 if unknown.
    others
        Further files of the student that could have been graded, and were not.
    layout
        Whose naming told the student apart: ``"moodle"``, ``"canvas"``, ..., or ``""``.
    """

    student: str
    file: str
    data: bytes = b""
    problem: str = ""
    number: str = ""
    when: float = 0.0
    others: tuple[str, ...] = ()
    layout: str = ""


class Found(list[Submission]):
    """The submissions of a class, ordered by student.

    Attributes
    ----------
    left_out
        Names that were not taken for submissions.
    """

    left_out: tuple[str, ...] = ()

    @property
    def notes(self) -> list[str]:
        """What the instructor should know of the whole class, a sentence each."""
        names = listed(self.left_out)
        return [f"not taken for submissions: {names}"] if names else []


def find_submissions(
    path: Path,
    names: Sequence[str] = (),
    *,
    zone: tzinfo | None = None,
    leave_out: Sequence[Path] = (),
) -> Found:
    """All submissions in a folder, a zip or a single file, ordered by student.

    Parameters
    ----------
    path
        Where they are. In a folder or a zip, each file at the top is a student's, and so is each
        folder (``students.py`` has the rule); where all is in one folder, that one is opened first.
    names
        The functions that the lab asks for: of several files of a student, the one that answers
        most of them is taken, then the newest.
    zone
        The zone of times that are told without one, as in most zips; None: that of this machine.
    leave_out
        Folders that are not read: the results of an earlier run.

    Raises
    ------
    FileNotFoundError, ValueError
        Where there is nothing at ``path``, or no submission in it.
    """
    path = Path(path)
    with contextlib.ExitStack() as opened:
        if path.is_dir():
            inside = {"feedback", "records"} if _is_among(path, leave_out) else set()
            leave_out = [*leave_out, *(path / name for name in sorted(inside))]
            items = list(in_folder(path, leave_out))
        elif _is_zip(path):
            items = _open_class(opened, path, path.name, zone)
        else:
            return _one_file(path)
        left_out = _shown_left_out(path, leave_out)
        items, more = _without_class_zips(opened, items, zone)
        found = sort_out(items, zone)
        students = _with_copies(found.students, names)
        students.sort(key=lambda one: one.owner.key)  # in this order equal names are counted
        if not students:
            told = f" (not taken for submissions: {listed(found.left_out)})" * bool(found.left_out)
            raise ValueError(
                f"{path} holds no submission: no notebook (.ipynb) and no .py file{told}"
            )
        chosen = _held([choose(student, names) for student in students])
    marks = [(one.owner.name, one.owner.mark) for one in students]
    made = Found(
        Submission(
            name,
            one.file,
            one.data,
            one.problem,
            student.owner.number,
            student.owner.when or one.when,
            _few(one.others),
            student.owner.layout,
        )
        for name, student, one in zip(distinct(marks), students, chosen, strict=True)
    )
    made.sort(key=lambda one: alphabetical(one.student))
    made.left_out = tuple(sorted({*found.left_out, *more, *left_out}))
    return made


def _one_file(path: Path) -> Found:
    """A single file, which is one student's; that it is named by a link does not matter."""
    status = path.stat()
    name, student = shown(path.name.encode(errors="surrogateescape")), path.stem
    label = re.sub(rf"(?:{CANDIDATE})$", "", name, flags=re.IGNORECASE) or shown(student.encode())
    if not path.is_file():
        return Found([Submission(label, name, problem="it is no file")])
    if status.st_size > LARGEST_FILE:
        told = (
            f"{megabytes(status.st_size)} are more than the {megabytes(LARGEST_FILE)} that are read"
        )
        return Found([Submission(label, name, problem=told)])
    return Found([Submission(label, name, path.read_bytes(), when=likely(status.st_mtime))])


def _is_zip(path: Path) -> bool:
    if re.search(rf"(?:{CANDIDATE})$", path.name, re.IGNORECASE):
        return False
    if re.search(r"\.(?:tar|t?gz|tgz|bz2|xz|7z|rar|tar\.\w+)$", path.name, re.IGNORECASE):
        raise ValueError(f"{path}: unpack it and give the folder, or make a zip of it")
    return path.suffix.lower() == ".zip" or (path.is_file() and zipfile.is_zipfile(path))


def _open_class(
    opened: contextlib.ExitStack, source: Path | io.BytesIO, name: str, zone: tzinfo | None
) -> list[Item]:
    try:
        return list(in_zip(opened.enter_context(zipfile.ZipFile(source)), zone))
    except (zipfile.BadZipFile, UnicodeDecodeError, NotImplementedError, EOFError) as error:
        raise ValueError(
            f"{name} cannot be opened as a zip ({error}): download it again, or unpack it with "
            "another program and give the folder"
        ) from None


def _without_class_zips(
    opened: contextlib.ExitStack, items: list[Item], zone: tzinfo | None
) -> tuple[list[Item], list[str]]:
    """The items, with a zip of the whole class left out where its students lie beside it.

    Where there is nothing beside it, it is opened in its place.
    """
    seen = [item for item in items if not is_system(item.path[0])]
    beside = {shown(name) for name in {item.path[0] for item in seen}}
    left_out = []
    for item in [i for i in seen if len(i.path) == 1 and i.ends(r"\.zip")]:
        with contextlib.ExitStack() as looked:
            try:
                source = Path(os.fsdecode(item.place)) if item.place else io.BytesIO(item.read())
                inside = _open_class(looked, source, item.name, zone)
            except (Unread, ValueError, OSError):
                continue
            if len(seen) == 1 and holds_a_class(inside):
                opened.push(looked.pop_all())
                return inside, []
        tops = {one.path[:1] for one in inside if not is_system(one.path[0])}
        if len(tops) == 1 and all(len(one.path) > 1 for one in inside):
            tops = {one.path[1:2] for one in inside}
        names = {shown(name) for (name,) in tops}
        if len(seen) > 1 and (any(map(is_named, names)) or len(names & beside) > 1):
            items = [other for other in items if other is not item]
            left_out.append(item.name)
    return items, left_out


def _with_copies(students: list[Student], names: Collection[str]) -> list[Student]:
    """Files side by side that a browser numbered, put together where they are one student's."""
    alone = {one.items[0].name: one for one in students if one.file and len(one.items) == 1}
    kept = list(students)
    for name, student in sorted(alone.items()):
        first = alone.get(copy_of(name))
        if first is None or student.owner.layout or first.owner.layout:
            continue
        if re.match(
            r"(?:lab|hw|homework|notebook|untitled|assignment|submission)[\W_\d]", name, re.I
        ):
            continue  # a teacher's browser numbers the files of several students so
        if are_copies(first.items[0], student.items[0], names):
            first.items += student.items
            kept.remove(student)
    return kept


def _held(chosen: list[Chosen]) -> list[Chosen]:
    """The files to be graded, without the largest where they are too many bytes together."""
    held, left = list(chosen), MOST_HELD
    for place in sorted(range(len(chosen)), key=lambda k: len(chosen[k].data)):
        size = len(chosen[place].data)
        left -= size
        if left < 0:
            told = f"{megabytes(size)}, and all files together are more than {megabytes(MOST_HELD)}"
            held[place] = replace(chosen[place], data=b"", problem=told)
    return held


def _few(others: tuple[str, ...]) -> tuple[str, ...]:
    more = len(others) - _MOST_OTHERS
    return others if more <= 0 else (*others[:_MOST_OTHERS], f"{more:,} more")


def _is_among(path: Path, folders: Sequence[Path]) -> bool:
    return any(Path(folder).resolve() == path.resolve() for folder in folders)


def _shown_left_out(path: Path, leave_out: Sequence[Path]) -> Iterator[str]:
    for folder in map(Path, leave_out):
        try:
            below = folder.resolve().relative_to(path.resolve())
        except ValueError:
            continue
        if below.parts and folder.exists():
            yield str(below)

# Runs in: judge
"""Who handed in: each folder and each file at the top of a class is a student's.

But for what is no submission (see ``of_the_class.py``), which is told, and beside what a learning
platform named: files that it did not name, unless they could be graded. Files that a platform named
after one student belong together.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import tzinfo

from course_dl.grading.intake.gradescope import METADATA, read_metadata
from course_dl.grading.intake.items import CANDIDATE, Item, Unread, is_system
from course_dl.grading.intake.layouts import (
    NAMES_ALL,
    Owner,
    copy_of,
    is_canvas,
    is_named,
    owner,
    without_ending,
)
from course_dl.grading.intake.names import shown
from course_dl.grading.intake.of_the_class import (
    ARCHIVE,
    Top,
    is_file,
    is_of_the_class,
    not_students,
)

__all__ = ["Class", "Student", "holds_a_class", "sort_out"]

_LAB_PREFIX = re.compile(
    r"(?:[\w.]+-)*?(?:lab|homework|hw|assignment)[-_]?\d+(?:[._]\w+)*-(?=.)", re.I
)


@dataclass
class Student:
    """What one student handed in, with paths below the student's own folder."""

    owner: Owner
    items: list[Item] = field(default_factory=list)
    file: str = ""


@dataclass(frozen=True)
class Class:
    """The students of a class, and the names at its top that were not taken for submissions."""

    students: list[Student]
    left_out: list[str]


def sort_out(items: Sequence[Item], zone: tzinfo | None = None) -> Class:
    """Give each item to the student whose it is."""
    left_out: list[str] = []
    tops = _tops(_without_common_folder(items))
    told = _told_by(tops.get((b"", METADATA), []))
    files = {shown(top[1]) for top, group in tops.items() if is_file(group)}
    canvas = is_canvas(files)
    known = {
        top: owner(shown(top[1]), is_file=is_file(group), canvas=canvas, zone=zone)
        for top, group in tops.items()
    }
    for top in not_students({top: group for top, group in tops.items() if known[top] is None}):
        del tops[top]
        left_out.append(shown(top[1]))
    if any(one and one.layout in NAMES_ALL for one in known.values()):
        for top in [top for top in tops if known[top] is None and not _could_be(tops[top])]:
            del tops[top]
            left_out.append(shown(top[1]))
    students: dict[object, Student] = {}
    prefix = _common_prefix([shown(t[1]) for t, g in tops.items() if not is_file(g)])
    for top, group in tops.items():
        name = shown(top[1])
        one = known[top] or _plain(top, name, is_one=is_file(group), prefix=prefix)
        if name in told:
            one = replace(one, name=told[name][0], when=told[name][1])
        student = students.setdefault(one.key, Student(one))
        if one.when > student.owner.when:
            student.owner = one
        below = [item.below(1) for item in group if len(item.path) > 1]
        if below:
            student.items += below
        elif not group[0].is_folder:
            path = (one.rest.encode("utf-8", "replace"),) if one.rest else group[0].path
            student.items += [replace(group[0], path=path)]
            student.file = student.file or name
    return Class(list(students.values()), sorted(left_out))


def _plain(top: Top, name: str, *, is_one: bool, prefix: str) -> Owner:
    label = without_ending(name) if is_one else name.removeprefix(prefix)
    key = tuple(part.decode("utf-8", "surrogateescape") for part in top)
    return Owner(("plain", *key), label)


def _tops(items: Iterable[Item]) -> dict[Top, list[Item]]:
    groups: dict[Top, list[Item]] = defaultdict(list)
    for item in items:
        if item.path:
            groups[item.root, item.path[0]].append(item)
    return dict(groups)


def _without_common_folder(items: Sequence[Item]) -> list[Item]:
    """Where all is in one folder that holds several students, that folder is opened."""
    while True:
        seen = [item for item in items if not is_system(item.path[0])]
        tops = {(item.root, item.path[0]) for item in seen}
        if len(tops) != 1 or any(len(item.path) == 1 for item in seen):
            return list(items)
        if not holds_a_class([item.below(1) for item in seen]):
            return list(items)
        if is_named(shown(next(iter(tops))[1])):
            return list(items)
        items = [item.below(1) for item in seen]


def holds_a_class(items: Sequence[Item]) -> bool:
    """Whether the one folder or zip in which all of this lies is a class, and not a student's."""
    inner = _tops(items)
    inner = {top: group for top, group in inner.items() if not is_system(top[1])}
    folders = [group for group in inner.values() if not is_file(group)]
    files = [group for group in inner.values() if is_file(group)]
    if any(is_named(shown(top[1])) for top in inner):
        return True
    files = [group for group in files if not is_of_the_class(group[0])]
    works = [group for group in files if group[0].ends(f"{CANDIDATE}|{ARCHIVE}")]
    if len({copy_of(group[0].name) or group[0].name for group in works}) == 1 and not folders:
        return len(files) > len(works)  # one student's copies of a file
    if folders and not works:
        return True
    if folders and len(works) == 1:  # a notebook and its data, or a student's file and folders
        return any(item.ends(CANDIDATE) for group in folders for item in group)
    return len(files) > 1 or bool(folders)


def _common_prefix(folders: Sequence[str]) -> str:
    """``lab04-`` where all folders begin so, as GitHub Classroom names them."""
    if len(folders) < 2:
        return ""
    match = _LAB_PREFIX.match(folders[0])
    prefix = match[0] if match else ""
    return prefix if all(f.startswith(prefix) and f != prefix for f in folders) else ""


def _could_be(group: Sequence[Item]) -> bool:
    return not is_file(group) or group[0].ends(rf"{CANDIDATE}|{ARCHIVE}")


def _told_by(tables: Sequence[Item]) -> dict[str, tuple[str, float]]:
    """Names and times by folder, from the table beside Gradescope's folders."""
    try:
        return read_metadata(tables[0].read().decode("utf-8", "replace")) if tables else {}
    except Unread:
        return {}

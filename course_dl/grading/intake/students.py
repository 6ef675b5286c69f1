"""Who handed in: the things at the top of a class, one student each, and what is no submission.

At the top, each folder is a student's and so is each file, but for

- results of the grader's own, and the folders that are left out,
- what a system, an editor or a library keeps (``__MACOSX``, ``.git``), which is nobody's work,
- tables and settings (``.csv``, ``.xlsx``, ``.yml``, ...), and texts whose name says that they are
  of the class (``README``, ``grades``, ``list of ...``),
- the class's own zip, and the course's own notebooks,
- beside folders that a learning platform named: files that it did not name, unless they could be
  graded.

What is left out is told. Files that a platform named after one student belong together, and so do
the copies that a browser makes of one file (see ``choice.py``, which compares them).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import tzinfo

from course_dl.grading.intake.items import Item, Unread
from course_dl.grading.intake.layouts import Owner, copy_of, is_canvas, owner, without_ending
from course_dl.grading.intake.names import shown

__all__ = ["CANDIDATE", "Class", "Student", "sort_out"]

CANDIDATE = r"\.ipynb(?:[ ._-]?(?:txt|json))?|\.pyw?(?:\.txt)?"
_ARCHIVE = r"\.zip"
_TABLE = (
    r"\.(?:csv|tsv|xlsx?|ods|numbers|ya?ml|toml|ini|cfg|log|db|sqlite|bak|lnk|url|webloc|sh|bat)"
)
_OF_THE_CLASS = re.compile(
    r"(?:readme|read me|index|grades?|grading|worksheet|roster|manifest|licen[cs]e|class|list|"
    r"students|participants|members|names|instructions?|overview|status|metadata|requirements|"
    r"moodle|notes? for|todo)(?:[\W_\d]|$)",
    re.IGNORECASE,
)
_OURS = {b"feedback", b"records", b"students", b"grades.csv", b"moodle.csv", b"overview.html"}
_OURS_BEGIN = b"student,file,total,max"
_COURSE_FILE = re.compile(r"lab\d\d_[a-z_]+\.ipynb")
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


Top = tuple[bytes, bytes]


def sort_out(items: Sequence[Item], zone: tzinfo | None = None) -> Class:
    """Whose each item is."""
    left_out: list[str] = []
    tops = _tops(_without_common_folder(items))
    tables = [item for group in tops.values() for item in group if _is_metadata(item)]
    for top in _not_students(tops):
        del tops[top]
        left_out.append(shown(top[1]))
    files = {shown(top[1]) for top, group in tops.items() if _is_file(group)}
    canvas = is_canvas(files)
    known = {
        t: owner(shown(t[1]), is_file=_is_file(g), canvas=canvas, zone=zone)
        for t, g in tops.items()
    }
    if any(
        one and one.layout in ("moodle", "canvas", "brightspace", "blackboard")
        for one in known.values()
    ):
        for top in [t for t, one in known.items() if one is None and not _could_be(tops[t])]:
            del tops[top]
            left_out.append(shown(top[1]))
    told = _told_by(tables)
    students: dict[object, Student] = {}
    prefix = _common_prefix([shown(t[1]) for t, g in tops.items() if not _is_file(g)])
    for top, group in tops.items():
        name = shown(top[1])
        one = known[top] or _plain(top, name, is_file=_is_file(group), prefix=prefix)
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


def _plain(top: Top, name: str, *, is_file: bool, prefix: str) -> Owner:
    label = without_ending(name) if is_file else name.removeprefix(prefix)
    key = tuple(part.decode("utf-8", "surrogateescape") for part in top)
    return Owner(("plain", *key), label)


def _tops(items: Iterable[Item]) -> dict[Top, list[Item]]:
    groups: dict[Top, list[Item]] = defaultdict(list)
    for item in items:
        if item.path:
            groups[item.root, item.path[0]].append(item)
    return dict(groups)


def _is_file(group: Sequence[Item]) -> bool:
    return len(group[0].path) == 1 and not group[0].is_folder


def _without_common_folder(items: Sequence[Item]) -> list[Item]:
    """Where all is in one folder that holds several students, that folder is opened."""
    while True:
        seen = [item for item in items if not Item(item.path[:1]).is_system]
        tops = {(item.root, item.path[0]) for item in seen}
        if len(tops) != 1 or any(len(i.path) == 1 for i in seen) or not _holds_a_class(seen):
            return list(items)
        name = next(iter(tops))[1]
        if owner(shown(name), is_file=False, canvas=False):
            return list(items)
        items = [item.below(1) for item in seen]


def _holds_a_class(items: Sequence[Item]) -> bool:
    """Whether the one folder that holds all is a class, and not its only student."""
    inner = _tops([item.below(1) for item in items])
    inner = {top: group for top, group in inner.items() if not Item(top[1:]).is_system}
    folders = [group for group in inner.values() if not _is_file(group)]
    files = [group for group in inner.values() if _is_file(group)]
    if any(owner(shown(top[1]), is_file=_is_file(g), canvas=False) for top, g in inner.items()):
        return True
    works = [group for group in files if group[0].ends(f"{CANDIDATE}|{_ARCHIVE}")]
    if len({copy_of(group[0].name) or group[0].name for group in works}) == 1 and not folders:
        return len(files) > len(works)  # one student's copies of a file
    if folders and not works:
        return True
    if folders and len(works) == 1:  # a notebook and its data, or a student's file and folders
        return any(item.ends(CANDIDATE) for group in folders for item in group)
    return len(files) > 1 or bool(folders)


def _not_students(tops: dict[Top, list[Item]]) -> list[Top]:
    found = [top for top in tops if Item(top[1:]).is_system]
    names = {top[1] for top in tops}
    if {b"grades.csv", b"overview.html"} <= names and _are_results(
        tops.get((b"", b"grades.csv"), [])
    ):
        found += [top for top in tops if top[1] in _OURS]
    course = [t for t, g in tops.items() if _is_file(g) and _COURSE_FILE.fullmatch(shown(t[1]))]
    if len({shown(top[1])[:5] for top in course}) > 1:
        found += course
    for top, group in tops.items():
        if _is_file(group):
            [first, *_] = group
            stem = without_ending(first.name)
            if first.ends(CANDIDATE):
                continue
            if first.ends(_TABLE) or (_OF_THE_CLASS.match(stem) and not first.ends(_ARCHIVE)):
                found.append(top)
        elif _is_folder_of_results(group) or _is_the_course(group):
            found.append(top)
    return list(dict.fromkeys(found))


def _could_be(group: Sequence[Item]) -> bool:
    return not _is_file(group) or group[0].ends(rf"{CANDIDATE}|{_ARCHIVE}|\.(?:rar|7z|t?gz|tar)")


def _is_folder_of_results(group: Sequence[Item]) -> bool:
    inside = {item.path[1]: item for item in group if len(item.path) == 2}
    return b"overview.html" in inside and _are_results([inside.get(b"grades.csv", Item(()))])


def _are_results(tables: Sequence[Item]) -> bool:
    """Whether a table is the grader's own ``grades.csv``."""
    try:
        begin = tables[0].read()[:200].decode("utf-8-sig", "replace") if tables else ""
    except Unread:
        return False
    return begin.replace('"', "").startswith(_OURS_BEGIN.decode())


def _is_the_course(group: Sequence[Item]) -> bool:
    """Whether a folder holds several labs' notebooks as they are built, solved and never run."""
    work = [item for item in group if not item.is_system]
    names = [item.name for item in work if len(item.path) == 2]
    if len(names) != len(work) or len({name[:5] for name in names}) < 2:
        return False
    if not all(map(_COURSE_FILE.fullmatch, names)):
        return False
    try:
        texts = [item.read() for item in work[:50]]
    except Unread:
        return False
    ran = re.compile(rb'"execution_count":\s*\d|raise NotImplementedError\b\\?n?"\s*\]')
    return not any(ran.search(text) for text in texts)


def _common_prefix(folders: Sequence[str]) -> str:
    """``lab04-`` where all folders begin so, as GitHub Classroom names them."""
    if len(folders) < 2:
        return ""
    match = _LAB_PREFIX.match(folders[0])
    prefix = match[0] if match else ""
    return prefix if all(f.startswith(prefix) and f != prefix for f in folders) else ""


def _is_metadata(item: Item) -> bool:
    return len(item.path) == 1 and item.path[0] == b"submission_metadata.yml"


def _told_by(tables: Sequence[Item]) -> dict[str, tuple[str, float]]:
    """Names and times by folder, from the table beside Gradescope's folders."""
    from course_dl.grading.intake.gradescope import read_metadata

    found: dict[str, tuple[str, float]] = {}
    for table in tables:
        try:
            found |= read_metadata(table.read().decode("utf-8", "replace"))
        except Unread:
            continue
    return found

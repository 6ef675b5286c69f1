# Runs in: judge
"""What at the top of a class is no submission: results, tables, notes, the course's own notebooks.

- what a system, an editor or a library keeps (``__MACOSX``, ``.git``): nobody's work,
- tables and settings (``.csv``, ``.xlsx``, ``.yml``, ...), and texts whose name says that they are
  of the class (``README``, ``grades``, ``list of ...``),
- the grader's own results, in a folder of theirs or among the students,
- the notebooks of several labs as the course builds them, solved and never run.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from course_dl.grading.intake.items import CANDIDATE, Item, Unread, is_system
from course_dl.grading.intake.layouts import without_ending
from course_dl.grading.intake.names import shown

__all__ = ["ARCHIVE", "Top", "is_file", "is_of_the_class", "not_students"]

Top = tuple[bytes, bytes]
ARCHIVE = r"\.(?:zip|rar|7z|t?gz|tar|bz2|xz)"
_TABLE = (
    r"\.(?:csv|tsv|xlsx?|ods|numbers|ya?ml|toml|ini|cfg|log|db|sqlite|bak|lnk|url|webloc|sh|bat)"
)
_TEXT = r"\.(?:txt|md|rst|html?|json)|^[^.]*"
_WORDS = (
    r"(?:readme|read me|index|grades?|grading|worksheet|roster|manifest|licen[cs]e|class|list|"
    r"students|participants|members|names|instructions?|overview|status|metadata|requirements|"
    r"moodle|notes? for|todo)"
)
_NOTE, _PAPER = re.compile(rf"{_WORDS}(?:[\W_\d]|$)", re.I), re.compile(_WORDS, re.I)
_OURS = {
    *(b"feedback", b"records", b"students", b"grades.csv", b"moodle.csv", b"overview.html"),
    *(b"moodle-feedback.zip", b"marks.toml", b"lecture.html"),
}
_OURS_BEGIN = ("lab,student,file,total,max", "student,file,total,max")  # now, and before
_COURSE_FILE = re.compile(r"lab\d\d_[a-z_]+\.ipynb")
_RAN_OR_OPEN = re.compile(rb'"execution_count":\s*\d|"\s*raise NotImplementedError\b[^"]*"\s*\]')
_MOST_NOTEBOOKS = 20


def not_students(tops: Mapping[Top, Sequence[Item]]) -> list[Top]:
    """What of the things at the top is no submission."""
    found = [top for top in tops if is_system(top[1])]
    if (b"", b"overview.html") in tops and _is_ours(tops.get((b"", b"grades.csv"), ())):
        found += [top for top in tops if top[1] in _OURS]
    files = [top for top, group in tops.items() if is_file(group)]
    course = [top for top in files if _COURSE_FILE.fullmatch(shown(top[1]))]
    if _is_the_course([tops[top][0] for top in course]):
        found += course
    for top, group in tops.items():
        inside = [item.below(1) for item in group if len(item.path) > 1]
        if top in files:
            of_the_class = is_of_the_class(group[0])
        else:
            of_the_class = _are_results(inside) or _is_the_course(inside)
        if of_the_class:
            found.append(top)
    return list(dict.fromkeys(found))


def is_file(group: Sequence[Item]) -> bool:
    """Whether a thing at the top is a file, and no folder."""
    return len(group[0].path) == 1 and not group[0].is_folder


def is_of_the_class(item: Item) -> bool:
    """Whether a file at the top is a table, or a text about the class, by its name."""
    if item.ends(rf"{CANDIDATE}|{ARCHIVE}"):
        return False
    stem = without_ending(item.name)
    about = _NOTE.match(stem) if item.ends(_TEXT) else _PAPER.fullmatch(stem)
    return item.ends(_TABLE) or about is not None


def _are_results(inside: Sequence[Item]) -> bool:
    """Whether a folder holds what the grader writes, and nothing that could be graded."""
    tops = {item.path[0]: item for item in inside if len(item.path) == 1}
    if b"overview.html" not in tops or any(item.ends(CANDIDATE) for item in inside):
        return False
    return _is_ours([item for name, item in tops.items() if name == b"grades.csv"])


def _is_ours(tables: Sequence[Item]) -> bool:
    """Whether a table is the grader's own ``grades.csv``."""
    try:
        begin = tables[0].read()[:200].decode("utf-8-sig", "replace") if tables else ""
    except Unread:
        return False
    return begin.replace('"', "").startswith(_OURS_BEGIN)


def _is_the_course(items: Sequence[Item]) -> bool:
    """Whether these are several labs' notebooks as they are built, solved and never run."""
    work = [item for item in items if not item.is_system]
    if not all(len(i.path) == 1 and _COURSE_FILE.fullmatch(i.name) for i in work):
        return False
    if not 1 < len({item.name[:5] for item in work}) == len(work) <= _MOST_NOTEBOOKS:
        return False
    try:
        return not any(_RAN_OR_OPEN.search(item.read()) for item in work)
    except Unread:
        return False

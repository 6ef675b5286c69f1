# Runs in: judge
"""Which file of a student is graded: the one with the most answers, then the newest.

Files are read one after another, a student's own zip is opened, and all that is read and unpacked
for a student is bounded in sum. What was not looked at is told.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

from course_dl.grading.intake.answers import answered, answers
from course_dl.grading.intake.archives import MOST_ENTRIES, count_entries, in_zip
from course_dl.grading.intake.items import (
    CANDIDATE,
    LARGEST_FILE,
    LARGEST_ZIP,
    Item,
    Unread,
    megabytes,
)
from course_dl.grading.intake.layouts import copy_number
from course_dl.grading.intake.names import listed
from course_dl.grading.intake.notebooks import Unreadable, read
from course_dl.grading.intake.students import Student

__all__ = ["MOST_BYTES", "MOST_FILES", "Chosen", "are_copies", "choose"]

MOST_BYTES = 128 << 20  # read and unpacked for one student
MOST_FILES = 2_000  # notebooks and Python files of one student that are looked at
_PERHAPS = r"\.(?:txt|json|md)|/[^.]+|^[^.]+"  # notebooks saved under another name
_ADVICE = (
    (r"\.(?:tar|t?gz|tgz|bz2|xz|7z|rar|zst|tar\.\w+)", "hand in the notebook itself, or a zip"),
    (r"\.zip", "a zip in a zip, which is not opened: hand in the notebook itself"),
    (r"\.pdf", "a print, not the notebook: hand in the .ipynb file"),
    (r"\.html?", "a web page, not the notebook: hand in the .ipynb file"),
    (r"\.(?:url|webloc|lnk|gdoc|desktop)", "a link to a page, not the notebook: download it first"),
    (r"\.(?:part|crdownload|download|tmp)", "a download that did not end"),
)
_NEITHER = "neither .ipynb nor .py"


@dataclass(frozen=True)
class Chosen:
    """The file to be graded, or why there is none; ``others`` could have been and were not."""

    file: str
    data: bytes = b""
    problem: str = ""
    when: float = 0.0
    others: tuple[str, ...] = ()


@dataclass
class _Looked:
    """What has been seen of a student's files so far."""

    names: Collection[str]
    left: int = MOST_BYTES
    best: tuple[tuple[float, ...], Item, bytes] | None = None
    seen: list[tuple[str, Item]] = field(default_factory=list)  # reason, or "" where it can be read
    ahead: int = 0  # files that were not looked at
    zips: set[int] = field(default_factory=set)


def choose(student: Student, names: Collection[str]) -> Chosen:
    """Look at a student's files, best guesses first, and choose."""
    looked = _Looked(names)
    work = [i for i in student.items if not (i.is_system or i.is_hidden or i.is_folder)]
    candidates = [item for item in work if item.ends(CANDIDATE)]
    alone = len(candidates) == 1 and not any(item.ends(r"\.zip") for item in work)
    _look(looked, candidates, depth=0, only=alone)
    for item in work:
        if item.ends(r"\.zip"):
            _open(looked, item)
    if looked.best is None:
        _look(looked, [i for i in work if i.ends(_PERHAPS) and i not in candidates], 0, unsure=True)
    if looked.best is None:
        return Chosen(_first_name(student, work, looked), problem=_why(student, work, looked))
    _, best, data = looked.best
    others = [
        f"{item.name} ({reason})" if reason else item.name
        for reason, item in looked.seen
        if item is not best
    ]
    if looked.ahead:
        others.append(
            f"{looked.ahead:,} more that were not looked at: "
            f"at most {MOST_FILES:,} files and {megabytes(MOST_BYTES)} are"
        )
    return Chosen(best.name, data, "", best.when, tuple(others))


def _look(
    looked: _Looked,
    items: Sequence[Item],
    depth: int,
    *,
    unsure: bool = False,
    only: bool = False,
) -> None:
    """Read candidates, notebooks before Python files and what lies near before what lies deep.

    Of the ``only`` one the answers are not counted. Those that are ``unsure`` may be anything.
    """
    order = sorted(items, key=lambda i: (not i.ends(r"\.ipynb\S*"), len(i.path), i.path))
    for item in order:
        if len(looked.seen) >= MOST_FILES or looked.left <= 0:
            looked.ahead += 1
            continue
        try:
            data = _read(looked, item)
            if depth == 0 and data[:4] == b"PK\x03\x04":
                _open(looked, item, data)
                continue
            cells = [] if only else [cell.source for cell in read(data, item.name).cells]
        except Unread as error:
            if not unsure:
                looked.seen.append((str(error), item))
            continue
        except Unreadable as error:  # taken only where there is nothing better
            reason, score = str(error), _rank(item, -1.0)
            if unsure:
                continue
        else:
            reason, score = "", _rank(item, answered(cells, looked.names))
        looked.seen.append((reason, item))
        if looked.best is None or score > looked.best[0]:
            looked.best = score, item, data


def _read(looked: _Looked, item: Item, most: int = LARGEST_FILE) -> bytes:
    if item.size > looked.left:
        raise Unread(
            f"with it more than {megabytes(MOST_BYTES)} would be read and unpacked for one student"
        )
    looked.left -= item.size
    return item.read(most)


def _open(looked: _Looked, item: Item, data: bytes = b"") -> None:
    """Look at what is in a student's own zip; its times are a claim, the zip's own is not."""
    try:
        data = data or _read(looked, item, LARGEST_ZIP)
        if count_entries(data) > MOST_ENTRIES:
            told = f"the zip lists {count_entries(data):,} entries, more than {MOST_ENTRIES:,}"
            raise Unread(told)
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            inside = [replace(one, when=item.when, claimed=one.when) for one in in_zip(archive)]
            files = [i for i in inside if not (i.is_system or i.is_hidden or i.is_folder)]
            before = len(looked.seen), looked.ahead
            _look(looked, [i for i in files if i.ends(CANDIDATE)], depth=1)
            if (len(looked.seen), looked.ahead) == before:
                told = _listed(files) or _only(inside) or "the zip is empty"
                looked.seen.append((f"no notebook in it: {told}", item))
    except Unread as error:
        looked.seen.append((str(error), item))
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, EOFError) as error:
        if data.lstrip()[:1] == b"{" and item.ends(r"\.zip"):  # a notebook under another name
            _look(looked, [replace(item, take=lambda most: data, size=len(data))], depth=1)
            return
        told = str(error) or "it is cut off"
        looked.seen.append((f"the zip is damaged ({told}): hand in the notebook itself", item))


def _rank(item: Item, answers_in_it: float) -> tuple[float, ...]:
    """Later is better: more answers, newer, a higher number of the copy, a notebook."""
    number = float(copy_number(item.name))
    return answers_in_it, item.when, item.claimed, number, float(item.ends(r"\.ipynb\S*"))


def _first_name(student: Student, work: Sequence[Item], looked: _Looked) -> str:
    items = [item for _, item in looked.seen] or list(work) or student.items
    return items[0].name if items and not items[0].is_folder else student.file


def _why(student: Student, work: Sequence[Item], looked: _Looked) -> str:
    """Why none of a student's files can be graded, file by file."""
    told = [f"{item.name}: {reason}" for reason, item in looked.seen]
    known = {id(item) for _, item in looked.seen}
    rest = _listed([item for item in work if id(item) not in known])
    reasons = told + ([rest] if rest else [])
    hidden = [i.name for i in student.items if i.is_hidden and i.ends(CANDIDATE)]
    if hidden and reasons:
        reasons.append(f"hidden, and not looked at: {listed(hidden)}")
    if looked.ahead:
        reasons.append(f"{looked.ahead:,} more files that were not looked at")
    return listed(reasons, 5, "; ") or _only(student.items) or "the folder is empty"


def _listed(files: Sequence[Item]) -> str:
    """Files that cannot be graded, each with what it is."""
    told = []
    for item in files:
        advice = next((words for ending, words in _ADVICE if item.ends(ending)), "")
        reason = item.problem or _NEITHER + (f" ({advice})" if advice else "")
        told.append(f"{item.name}: {reason}")
    return listed(told, 5, "; ")


def _only(items: Sequence[Item]) -> str:
    """What a folder holds in which there is nothing to look at."""
    hidden = [i.name for i in items if i.is_hidden and not i.is_system and not i.is_folder]
    if hidden:
        return f"only hidden files: {listed(hidden)}"
    system = sorted({item.name for item in items if item.is_system})
    if system:
        return f"only files of the system: {listed(system)}"
    return "only empty folders" if any(item.path for item in items if item.is_folder) else ""


def are_copies(one: Item, other: Item, names: Collection[str]) -> bool:
    """Whether two files are one student's: one holds no answer, or most answers of both agree."""
    try:
        first, second = one.read(), other.read()
        if first == second:
            return True
        cells = [
            [c.source for c in read(d, i.name).cells] for d, i in ((first, one), (second, other))
        ]
    except (Unread, Unreadable):
        return False
    here, there = (answers(some, names) for some in cells)
    both = here.keys() & there.keys()
    same = sum("".join(here[n].split()) == "".join(there[n].split()) for n in both)
    return not (here and there) or (bool(both) and 2 * same > len(both))

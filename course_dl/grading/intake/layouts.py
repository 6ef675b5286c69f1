# Runs in: judge
"""Whose a file or folder is, by the name that a learning platform gave it.

Layouts as the platforms make them when all submissions are downloaded. A number in a name is a
participant of Moodle's only in Moodle's own layout.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, tzinfo

from course_dl.grading.intake.times import within

__all__ = [
    "NAMES_ALL",
    "Owner",
    "copy_number",
    "copy_of",
    "is_canvas",
    "is_named",
    "owner",
    "without_ending",
]

_MOODLE = re.compile(
    r"(?P<name>.+?)(?:_(?P<id>\d+))?_assignsubmission_[a-z0-9]+(?:_(?P<rest>.*))?", re.DOTALL
)
_CANVAS = re.compile(
    r"(?P<name>[^\s.]+?)(?P<late>_LATE)?_(?P<user>\d+)_"
    r"(?:(?P<file>\d+)_(?P<rest>.+)|(?P<page>text\.html|link\.html))"
)
_BRIGHTSPACE = re.compile(
    r"(?P<ids>\d+-\d+) - (?P<name>.+?) - (?P<date>[^-]*\d{4}[^-]*?)(?: - (?P<rest>.+))?"
)
_BLACKBOARD = re.compile(
    r"(?P<task>.+?)_(?P<user>[^_]+)_attempt_(?P<date>\d{4}(?:-\d\d){5})(?:_(?P<rest>.+)|\.txt)"
)
_ILIAS = re.compile(r"(?P<last>[^_\d]+)_(?P<first>[^_\d]+)_(?P<login>[^_]+)_(?P<id>\d+)")
_GRADESCOPE = re.compile(r"submission_\d+")
_COPY = re.compile(r"[ _]?\((\d+)\)(?=(?:\.\w+)*$)")
_ENDING = re.compile(r"(?:\.ipynb|\.pyw?|\.tar)?\.\w{1,5}$|\.ipynb$")


# Platforms that name all files and folders of an export.
NAMES_ALL = ("moodle", "canvas", "brightspace", "blackboard")


@dataclass(frozen=True)
class Owner:
    """Who handed in: ``key`` tells students apart, ``mark`` two of one name for a reader.

    ``rest`` is the student's own name for a file, ``number`` Moodle's of the participant, or of
    the team: the name does not tell which.
    """

    key: tuple[str, ...]
    name: str
    layout: str = ""
    number: str = ""
    mark: str = ""
    rest: str = ""
    when: float = 0.0


def owner(name: str, *, is_file: bool, canvas: bool, zone: tzinfo | None = None) -> Owner | None:
    """The owner that a platform put into a name, or None in folders that people made.

    ``canvas``: whether the class is laid out as Canvas does it, see :func:`is_canvas`.
    """
    if match := _MOODLE.fullmatch(name):
        key, number = unicodedata.normalize("NFC", match["name"]), match["id"] or ""
        rest = match["rest"] or ""
        return Owner(("moodle", key, number), key, "moodle", number, number, rest)
    if match := _BRIGHTSPACE.fullmatch(name):
        when = _moment(match["date"], ("%b %d, %Y %I%M %p", "%d %B, %Y %H %M"), zone)
        key, ids = match["name"], match["ids"]
        return Owner(
            ("brightspace", key, ids), key, "brightspace", "", ids, match["rest"] or "", when
        )
    if is_file and (match := _BLACKBOARD.fullmatch(name)):
        when = _moment(match["date"], ("%Y-%m-%d-%H-%M-%S",), zone)
        user, rest = match["user"], match["rest"] or "attempt.txt"
        return Owner(("blackboard", user), user, "blackboard", "", "", rest, when)
    if is_file and canvas and (match := _CANVAS.fullmatch(name)):
        key, user = match["name"], match["user"]
        rest = match["rest"] or match["page"]
        return Owner(("canvas", key, user), key, "canvas", "", user, rest)
    if not is_file and (match := _ILIAS.fullmatch(name)):
        return Owner(
            ("ilias", name), f"{match['last']} {match['first']}", "ilias", "", match["login"]
        )
    if not is_file and _GRADESCOPE.fullmatch(name):
        return Owner(("gradescope", name), name, "gradescope", "", name.partition("_")[2])
    return None


def is_named(name: str) -> bool:
    """Whether a platform that names all files and folders of its exports named this one."""
    found = owner(name, is_file=True, canvas=False)
    return found is not None and found.layout in NAMES_ALL


def is_canvas(names: Collection[str]) -> bool:
    """Whether files are named as Canvas does: each user has one name, each file its own number.

    Else ``lab04_2026_11_ann.py`` and ``lab04_2026_12_bob.py`` would be one student's.
    """
    found = [match for name in names if (match := _CANVAS.fullmatch(name))]
    users = {match["user"]: match["name"] for match in found}
    files = [match["file"] for match in found if match["file"]]
    if not found or 2 * len(found) < len(names) or len(set(files)) < len(files):
        return False
    if any(users[match["user"]] != match["name"] for match in found):
        return False
    return len(users) > 1 or not re.search(r"\d", found[0]["name"])


def without_ending(name: str) -> str:
    """A file's name without ``.ipynb``, ``.ipynb.txt``, ``.py``, ...; at least something."""
    return _ENDING.sub("", name) or name


def copy_of(name: str) -> str:
    """The name that a browser's copy was made from (``Anna (1).ipynb``), or ``""``."""
    return _COPY.sub("", name) if _COPY.search(name) else ""


def copy_number(name: str) -> int:
    """The number that a browser gave a copy, 0 for what is none."""
    match = _COPY.search(name)
    return int(match[1][:9]) if match else 0


def _moment(text: str, forms: tuple[str, ...], zone: tzinfo | None) -> float:
    for form in forms:
        try:
            return within(datetime.strptime(text, form), zone)
        except ValueError:
            continue
    return 0.0

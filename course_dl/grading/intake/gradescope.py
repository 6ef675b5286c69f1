# Runs in: judge
"""``submission_metadata.yml`` of Gradescope's export: who handed in each folder, and when."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from course_dl.grading.intake.names import shown
from course_dl.grading.intake.times import likely

__all__ = ["METADATA", "read_metadata"]

METADATA = b"submission_metadata.yml"

_FOLDER = re.compile(r"^(submission_\d+):[ \t]*$", re.MULTILINE)
_NAME = re.compile(r"^[ ]{2,4}(?:- )?[ ]*:name:[ \t]*(.+?)[ \t]*$", re.MULTILINE)
_CREATED = re.compile(
    r"^ {2}:created_at:[ \t]*['\"]?(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.\d+)?[ \t]*"
    r"(Z|UTC|[+-]\d\d:?\d\d)?",
    re.MULTILINE,
)


def read_metadata(text: str) -> dict[str, tuple[str, float]]:
    """Name (of a team: names) and time of each folder; a folder without a name is left out.

    The file is the platform's own YAML, always of one shape, of which two entries are read.
    """
    found = {}
    starts = [*_FOLDER.finditer(text)]
    ends = [match.start() for match in starts[1:]] + [len(text)]
    for match, end in zip(starts, ends, strict=True):
        part = text[match.end() : end].partition("\n  :history:")[0]
        names = [shown(name.strip("'\"").encode()) for name in _NAME.findall(part)]
        if names:
            found[match[1]] = ", ".join(names), _created(part)
    return found


def _created(part: str) -> float:
    match = _CREATED.search(part)
    if not match:
        return 0.0
    day, clock, zone = match.groups()
    sign = zone if zone and zone not in ("Z", "UTC") else "+00:00"
    try:
        return likely(datetime.fromisoformat(f"{day}T{clock}{sign}").astimezone(UTC).timestamp())
    except ValueError:
        return 0.0

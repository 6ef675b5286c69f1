# Runs in: judge
"""When submissions were handed in: what files and Moodle's worksheet tell, and what not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from course_dl.grading.intake.submissions import Submission
from course_dl.grading.intake.times import made_at_once

__all__ = ["times_by_files", "times_by_worksheet"]

_TOGETHER = 60.0  # seconds within which no class hands in; a large download takes somewhat longer


def times_by_files(found: Sequence[Submission]) -> tuple[list[Submission], list[str]]:
    """The submissions with the times of their files, if those can be when they were handed in."""
    if not made_at_once((s.when for s in found), _TOGETHER + len(found)):
        return list(found), []
    return [replace(s, when=0.0) for s in found], [
        f"the times of all {len(found)} files lie within a minute or so: that is when they were "
        "downloaded or copied, not when they were handed in, so nobody is counted as late. Give "
        "Moodle's grading worksheet, which tells the times: --worksheet FILE"
    ]


def times_by_worksheet(
    found: Sequence[Submission], whens: Mapping[str, float]
) -> tuple[list[Submission], list[str]]:
    """The submissions with the times of the worksheet, by student; those it does not tell are 0."""
    told = [
        f"{s.student}: the worksheet tells no time that can be read, so it is not counted as late"
        for s in found
        if not whens.get(s.student)
    ]
    return [replace(s, when=whens.get(s.student, 0.0)) for s in found], told

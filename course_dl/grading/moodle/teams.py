# Runs in: judge
"""Whether it was teams that handed in, where no worksheet tells: Moodle's folders do not say it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from course_dl.grading.intake.submissions import Submission

__all__ = ["without_team_numbers"]

_TEAM = re.compile(
    r"\b(?:team|group|groupe|gruppe|équipe|equipe|equipo|grupo|grup|gruppo|squadra|groep|grupp|"
    r"grupa|skupina|csoport|ryhmä|takım|команда|группа|група|ομάδα)\b|小组|小組|グループ|팀|조",
    re.IGNORECASE,
)


def without_team_numbers(found: Sequence[Submission]) -> tuple[list[Submission], list[str]]:
    """The submissions without Moodle's numbers, if those seem to be of teams; and what is to tell.

    The number of a team is that of some participant too, who would get the team's mark.
    """
    if not any(s.number for s in found):
        return list(found), []
    if not _are_teams(found):
        return list(found), [
            "moodle.csv is for a Moodle in English. Give its own grading worksheet to have it "
            "filled in, in any language: --worksheet FILE"
        ]
    return [replace(s, number="") for s in found], [
        "teams seem to have handed in: the numbers of their folders are no participants, so "
        "moodle.csv names none. Give Moodle's grading worksheet, which tells the members: "
        "--worksheet FILE"
    ]


def _are_teams(found: Sequence[Submission]) -> bool:
    """They are named so, or one has no number: the folder of those who are in no team."""
    moodles = [s for s in found if s.layout == "moodle"]
    named = sum(bool(_TEAM.search(s.student.partition("-")[0])) for s in moodles)
    return 2 * named > len(moodles) or any(not s.number for s in moodles)

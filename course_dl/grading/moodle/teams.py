"""Whether it was teams that handed in, where no worksheet tells: Moodle's folders do not say it."""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["are_teams", "without_worksheet"]

_TEAM = re.compile(
    r"\b(?:team|group|groupe|gruppe|équipe|equipe|equipo|grupo|grup|gruppo|squadra|groep|grupp|"
    r"grupa|skupina|csoport|ryhmä|takım|команда|группа|група|ομάδα)\b|小组|小組|グループ|팀|조",
    re.IGNORECASE,
)


def are_teams(folders: Sequence[tuple[str, str]]) -> bool:
    """Whether folders, by name and number, seem to be those of teams.

    They are named so, or one has no number: that of those who are in no team.
    """
    numbered = [name for name, number in folders if number]
    named = sum(bool(_TEAM.search(name.partition("-")[0])) for name in numbered)
    has_rest = any(_TEAM.search(name) for name, number in folders if not number)
    return bool(numbered) and (2 * named > len(numbered) or has_rest)


def without_worksheet(folders: Sequence[tuple[str, str]]) -> str:
    """What is to be told where Moodle's folders are graded without its worksheet."""
    if are_teams(folders):
        return (
            "teams seem to have handed in: the numbers of their folders are no participants, so "
            "moodle.csv names none. Give Moodle's grading worksheet: --worksheet FILE"
        )
    return (
        "moodle.csv is for a Moodle in English. Give its own grading worksheet to have it filled "
        "in, in any language, and for teams: --worksheet FILE"
    )

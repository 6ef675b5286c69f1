# Runs in: judge
"""The class as a list tells it: names a line, or a table that Moodle made."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from course_dl.grading.moodle.cells import Table, read_table
from course_dl.grading.moodle.columns import IDENTIFIER
from course_dl.grading.names import letters, same_name
from course_dl.grading.texts import printable

__all__ = ["key_of", "read_people"]

# Headings of a name in Moodle's participants, in the languages that it is used in most.
_FULL = "name, full name, nom complet, vollständiger name, nombre completo, nome completo"
_FIRST = "first name, given name, prénom, vorname, nombre, nome, voornaam, imię, jméno, förnamn"
_LAST = (
    "last name, surname, family name, nom, nom de famille, nachname, familienname, apellido(s), "
    "apellidos, cognome, sobrenome, apelido, achternaam, nazwisko, příjmení, efternamn"
)
_TABLES = (".csv", ".tsv")


def read_people(path: Path) -> list[str]:
    """The names in a list: a text with a name a line, or Moodle's participants or worksheet.

    Raises
    ------
    ValueError
        Where there is no name in it, or no column of names, with what is read.
    """
    if not path.is_file():
        raise ValueError(f"there is no {path}: give a list of names, or Moodle's participants")
    if path.suffix.lower() in (".xlsx", ".xls", ".ods"):
        raise ValueError(f"{path} is a workbook: save it as .csv, or download it as .csv")
    if path.suffix.lower() in _TABLES:
        names = _names_in(read_table(path), path)
    else:
        try:
            lines = path.read_bytes().decode("utf-8-sig").splitlines()
        except UnicodeDecodeError:
            raise ValueError(f"{path} is not written in UTF-8: save it as UTF-8") from None
        names = [line for line in lines if not line.startswith("#")]
    found = dict.fromkeys(" ".join(printable(name, 200).split()) for name in names)
    found.pop("", None)
    if not found:
        raise ValueError(f"{path} names nobody: write a name a line")
    return list(found)


def key_of(name: str) -> str:
    """By what a name is found again: its letters, whichever of its words comes first."""
    words = sorted(filter(None, map(letters, name.replace(",", " ").split())))
    return " ".join(words)


def _names_in(table: Table, path: Path) -> list[str]:
    heading = [same_name(table.text(0, c)) for c in range(len(table.rows[0]))] if table.rows else []
    full = _headed(heading, _FULL)
    first, last = _headed(heading, _FIRST), _headed(heading, _LAST)
    if heading and _are_identifiers(table.column(0)):
        full = 1  # the grading worksheet, in whatever language
    if first >= 0 and last >= 0:
        pairs = zip(table.column(first), table.column(last), strict=True)
        return [f"{a} {b}" for a, b in pairs]
    if full >= 0:
        return table.column(full)
    told = ", ".join(heading[:20]) or "nothing"
    raise ValueError(
        f"{path} has no column of names that is known, such as First name and Last name, or Full "
        f"name. Its headings: {told}. Give Moodle's participants or grading worksheet, or a text "
        "with a name a line"
    )


def _are_identifiers(column: Iterable[str]) -> bool:
    filled = [text for text in column if text]
    numbered = all(IDENTIFIER.fullmatch(text) and not text.isdigit() for text in filled)
    return bool(filled) and numbered


def _headed(heading: Sequence[str], known: str) -> int:
    words = [same_name(word) for word in known.split(",")]
    return next((c for c, word in enumerate(heading) if word in words), -1)

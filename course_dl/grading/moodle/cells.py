# Runs in: judge
"""A table of separated values whose cells can be changed one by one, all else staying as it is."""

from __future__ import annotations

import codecs
import csv
import io
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Table", "read_table"]

_SEPARATORS = ",;\t|"


@dataclass
class Table:
    """Rows of cells as they are written, quotes included, and how the file is written.

    ``ends`` are the ends of the rows as they are written: a line break, or nothing after the last.
    """

    rows: list[list[str]]
    ends: list[str]
    separator: str
    encoding: str
    mark: bytes  # the byte order mark at the start, if any

    def text(self, row: int, column: int) -> str:
        """What a cell says; nothing where the row is too short."""
        cells = self.rows[row]
        return _unquoted(cells[column]) if column < len(cells) else ""

    def column(self, column: int) -> list[str]:
        """What the cells of a column say, below the heading."""
        return [self.text(row, column) for row in range(1, len(self.rows))]

    def write(self, row: int, column: int, text: str) -> None:
        """Change one cell; it is quoted where that is needed, or was before.

        A letter that the file's encoding lacks becomes an HTML reference.
        """
        text = text.encode(self.encoding, "xmlcharrefreplace").decode(self.encoding)
        cells = self.rows[row]
        cells += [""] * (column + 1 - len(cells))
        needed = any(c in text for c in f'{self.separator}"\r\n') or text.strip() != text
        quoted = needed or cells[column].startswith('"')
        cells[column] = '"' + text.replace('"', '""') + '"' if quoted else text

    def to_bytes(self) -> bytes:
        """The file."""
        lines = (
            self.separator.join(row) + end for row, end in zip(self.rows, self.ends, strict=True)
        )
        return self.mark + "".join(lines).encode(self.encoding)


def read_table(path: Path) -> Table:
    """The table in a file, whatever separates its cells and however it is encoded.

    Raises
    ------
    ValueError
        Where the file is no such table.
    """
    data = path.read_bytes()
    if data.startswith(b"PK"):
        raise ValueError(f"{path} is a workbook or a zip; it must be the .csv that Moodle gave")
    encoding, mark = _encoding(data)
    try:
        text = data[len(mark) :].decode(encoding)
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is damaged: {error}") from None
    separator = _separator(text)
    rows, ends = _split(text, separator)
    return Table(rows, ends, separator, encoding, mark)


def _encoding(data: bytes) -> tuple[str, bytes]:
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if data.startswith(mark):
            return encoding, mark
    for encoding in ("utf-8", "cp1252"):
        try:
            data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return encoding, b""
    return "latin-1", b""  # which has a letter for every byte, so that all goes out as it came in


def _separator(text: str) -> str:
    """What separates most cells of the heading."""
    heading = text.lstrip("\r\n").partition("\n")[0]
    counts = {s: len(next(csv.reader(io.StringIO(heading), delimiter=s), [])) for s in _SEPARATORS}
    return max(counts, key=lambda s: counts[s])


def _split(text: str, separator: str) -> tuple[list[list[str]], list[str]]:
    """The cells as they are written, row by row, and the ends of the rows."""
    rows: list[list[str]] = [[]]
    ends: list[str] = []
    start = place = 0
    quoted = False
    while place < len(text):
        c = text[place]
        if c == '"' and text[start] == '"':  # a cell in quotes; in it "" is a quote
            quoted = not quoted
        elif quoted:
            pass
        elif c == separator:
            rows[-1].append(text[start:place])
            start = place + 1
        elif c in "\r\n":
            end = "\r\n" if text.startswith("\r\n", place) else c
            rows[-1].append(text[start:place])
            ends.append(end)
            place += len(end) - 1
            start = place + 1
            rows.append([])
        place += 1
    if start < len(text) or rows[-1]:
        rows[-1].append(text[start:])
        ends.append("")
    else:
        rows.pop()
    return rows, ends


def _unquoted(cell: str) -> str:
    if len(cell) > 1 and cell[0] == cell[-1] == '"':
        return cell[1:-1].replace('""', '"')
    return cell

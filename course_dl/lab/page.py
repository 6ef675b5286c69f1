"""A page: the few kinds of things that a lab ever shows, as plain text and as HTML.

What is shown is built once, from these; both forms come from it. HTML is inline-styled, has no
script, and takes its text colour from the notebook, so that it reads on light and dark alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import zip_longest
from textwrap import indent

__all__ = ["WRONG", "Bar", "Beside", "Block", "Details", "Heading", "Line", "Page", "Tone"]


@dataclass(frozen=True)
class Tone:
    """How a thing is meant: a mark that needs no colour, and a colour that needs no mark."""

    mark: str
    colour: str

    @property
    def ink(self) -> str:
        """The colour for text, drawn to the notebook's own: enough contrast on light and dark."""
        return f"color:color-mix(in srgb, {self.colour} 70%, currentColor)"


WRONG = Tone("✗", "#d55e00")


@dataclass(frozen=True)
class Heading:
    """The first thing to read."""

    text: str
    tone: Tone

    def to_text(self) -> str:
        return f"{self.tone.mark} {self.text}"

    def to_html(self) -> str:
        return (
            f'<div style="font-weight:600;{self.tone.ink}">'
            f"{self.tone.mark} {escape(self.text)}</div>"
        )


@dataclass(frozen=True)
class Line:
    """A sentence, with a mark before it if it has a tone; ``strong`` ones stand out."""

    text: str
    tone: Tone | None = None
    strong: bool = False

    def to_text(self) -> str:
        mark = f"{self.tone.mark} " if self.tone else ""
        return indent(f"{mark}{self.text}", "  ")

    def to_html(self) -> str:
        mark = f'<span style="{self.tone.ink}">{self.tone.mark}</span> ' if self.tone else ""
        text = f"<b>{escape(self.text)}</b>" if self.strong else escape(self.text)
        return f'<div style="margin:2px 0 2px 1em">{mark}{text}</div>'


@dataclass(frozen=True)
class Details:
    """Labelled values: what was expected, what came."""

    rows: Sequence[tuple[str, str]]

    def to_text(self) -> str:
        width = max(len(label) for label, _ in self.rows)
        begin = "\n" + " " * (width + 2)  # of a further line of a value
        lines = (f"{label:<{width}}  {value.replace(chr(10), begin)}" for label, value in self.rows)
        return indent("\n".join(lines), "    ")

    def to_html(self) -> str:
        label = "flex:0 0 9.5em;opacity:.75"
        value = "flex:1 1 16em;font-family:monospace;white-space:pre-wrap;overflow-wrap:anywhere"
        rows = "".join(
            f'<div style="display:flex;flex-wrap:wrap;gap:0 8px"><span style="{label}">'
            f'{escape(name)}</span><span style="{value}">{escape(text)}</span></div>'
            for name, text in self.rows
        )
        return f'<div style="margin:4px 0 4px 2em;font-size:.95em">{rows}</div>'


@dataclass(frozen=True)
class Beside:
    """Labelled values side by side, or one below the other where there is no room.

    What stands between «» differs.
    """

    rows: Sequence[tuple[str, str]]

    def to_text(self) -> str:
        columns = [[label, *value.splitlines()] for label, value in self.rows]
        widths = [max(map(len, column)) for column in columns]
        if sum(widths) + 4 * len(widths) > 90:
            return Details(self.rows).to_text()
        lines = (
            "    ".join(f"{text:<{width}}" for text, width in zip(line, widths, strict=True))
            for line in zip_longest(*columns, fillvalue="")
        )
        return indent("\n".join(line.rstrip() for line in lines), "    ")

    def to_html(self) -> str:
        style = "font-family:monospace;white-space:pre;overflow-x:auto"
        columns = "".join(
            f'<div style="min-width:0;max-width:100%"><div style="opacity:.75">{escape(label)}'
            f'</div><div style="{style}">{_marked(escape(text))}</div></div>'
            for label, text in self.rows
        )
        return (
            '<div style="margin:4px 0 4px 2em;font-size:.95em;display:flex;flex-wrap:wrap;'
            f'gap:4px 3em">{columns}</div>'
        )


def _marked(text: str) -> str:
    """The text (of HTML) in which what differs is bold, underlined and coloured."""
    begin = f'<b style="{WRONG.ink};text-decoration:underline">'
    return text.replace("«", begin).replace("»", "</b>")


@dataclass(frozen=True)
class Bar:
    """How much of a whole is done."""

    done: float
    whole: float
    text: str

    @property
    def share(self) -> float:
        return self.done / self.whole if self.whole else 0.0

    def to_text(self) -> str:
        filled = round(30 * self.share)
        return f"  [{'#' * filled}{'.' * (30 - filled)}] {self.text}"

    def to_html(self) -> str:
        return (
            '<div style="margin:4px 0 4px 1em;display:flex;align-items:center;gap:10px">'
            '<div style="width:240px;height:10px;border-radius:5px;background:#8884">'
            f'<div style="width:{100 * self.share:.1f}%;height:10px;border-radius:5px;'
            f'background:#009e73"></div></div><span>{escape(self.text)}</span></div>'
        )


Block = Heading | Line | Details | Beside | Bar


@dataclass(frozen=True)
class Page:
    """Blocks, one below the other. A notebook shows the HTML, a terminal the text."""

    blocks: Sequence[Block]

    def __str__(self) -> str:
        return "\n".join(block.to_text() for block in self.blocks)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        tone = next((b.tone for b in self.blocks if isinstance(b, Heading)), None)
        edge = tone.colour if tone else "#888"
        inner = "".join(block.to_html() for block in self.blocks)
        return (
            f'<div style="border-left:4px solid {edge};padding:4px 12px;margin:4px 0">{inner}</div>'
        )

"""Formulas of the notebooks: written so that JupyterLab, Colab and VS Code all take them as such.

JupyterLab and Colab take formulas out of the text before Markdown is read. VS Code reads Markdown
with an extension of its own, which is stricter, and all of them cut tables into cells first.
"""

from __future__ import annotations

import re

import jupytext
import pytest

from course_dl.lab.catalog import LabFolder, find_labs

each_lab = pytest.mark.parametrize("lab", find_labs(), ids=lambda lab: lab.name)
DISPLAY = re.compile(r"(?<!\\)\$\$(.+?)(?<!\\)\$\$", re.S)
INLINE = re.compile(r"(?<![\\$])\$([^$]+?)(?<!\\)\$(.?)", re.S)


def texts(lab: LabFolder) -> list[str]:
    """The Markdown of a story, without what is code in it."""
    story = jupytext.reads(lab.story.read_text(encoding="utf-8"), fmt="py:percent").cells
    sources = [cell.source for cell in story if cell.cell_type == "markdown"]
    return [re.sub(r"```.*?```|`[^`\n]*`", "", source, flags=re.S) for source in sources]


@each_lab
def test_every_formula_is_opened_and_closed_in_its_paragraph(lab: LabFolder) -> None:
    paragraphs = [p for text in texts(lab) for p in re.split(r"\n\s*\n", text)]
    assert not [p for p in paragraphs if p.count("$$") % 2]
    assert not [p for p in paragraphs if len(re.findall(r"(?<!\\)\$", DISPLAY.sub("", p))) % 2]


@each_lab
def test_a_formula_in_the_text_touches_its_dollars_and_no_digit_follows(lab: LabFolder) -> None:
    """Else VS Code takes them for prices."""
    found = [m for text in texts(lab) for m in INLINE.finditer(DISPLAY.sub("", text))]
    assert not [m[0] for m in found if m[1] != m[1].strip() or m[2].isdigit()]


@each_lab
def test_no_bar_stands_in_a_formula_of_a_table(lab: LabFolder) -> None:
    r"""It would end the cell: ``\lvert``, ``\lVert`` and ``\mid`` stand for bars."""
    rows = [row for text in texts(lab) for row in text.splitlines() if row.startswith("|")]
    assert not [row for row in rows if any("|" in m[1] for m in re.finditer(r"\$([^$]+)\$", row))]


@each_lab
def test_a_formula_on_lines_of_its_own_begins_and_ends_them(lab: LabFolder) -> None:
    for text in texts(lab):
        for found in DISPLAY.finditer(text):
            before = text[: found.start()].rpartition("\n")[2]
            after = text[found.end() :].partition("\n")[0]
            assert not before.strip(" >") and not after.strip(), found[0]

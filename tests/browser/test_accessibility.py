"""Pages of grading and exported notebooks, for those who do not see them: the rules of axe-core."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from course_dl.authoring.notebooks import make_notebook
from course_dl.authoring.sources import Project, repository_root
from course_dl.grading.reports.feedback import feedback_page
from course_dl.grading.reports.overview import overview_page
from course_dl.lab.catalog import find_lab
from tests.grading.reported import HOSTILE, reported_class

COLAB = Path(__file__).parents[2] / "colab"
NOTEBOOKS = sorted(COLAB.glob("lab*.ipynb"))
# What nbconvert's page has of its own: the numbers of cells, and the colours of code.
NBCONVERTS = (".jp-InputPrompt", ".jp-OutputPrompt", ".highlight")


def test_pages_of_grading_break_no_rule(
    page: Any, violations: Callable[..., list[str]], tmp_path: Path
) -> None:
    entries = reported_class()
    pages = {"overview": overview_page("Lab 4", entries, [*HOSTILE, "a note"])}
    pages |= {f"feedback-{k}": feedback_page("Lab 4", entries[k]) for k in (0, 4, 7, 10)}
    for name, text in pages.items():
        (tmp_path / f"{name}.html").write_text(text, encoding="utf-8")
        page.goto((tmp_path / f"{name}.html").as_uri())
        assert violations() == [], name


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_as_a_page_breaks_no_rule(
    notebook: Path, page: Any, violations: Callable[..., list[str]], tmp_path: Path
) -> None:
    exported(nbformat.read(notebook, as_version=4), tmp_path / "notebook.html")
    page.goto((tmp_path / "notebook.html").as_uri())
    assert violations(*NBCONVERTS) == []


def test_every_picture_of_a_notebook_has_a_text_in_its_place(
    page: Any,
    violations: Callable[..., list[str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("COURSE_DL_DATA", raising=False)
    solved = make_notebook(find_lab("lab01"), Project.read(repository_root()), solutions=True)
    notebook = nbformat.reads(solved, as_version=4)
    NotebookClient(notebook, timeout=600).execute(cwd=str(tmp_path))
    html = exported(notebook, tmp_path / "notebook.html")
    texts = re.findall(r'<img\b[^>]*?\balt="([^"]*)"', html)
    assert len(texts) == html.count("<img ") > 10
    assert [text for text in map(unescape, texts) if len(text) < 12] == []
    page.goto((tmp_path / "notebook.html").as_uri())
    assert violations(*NBCONVERTS) == []


def exported(notebook: Any, path: Path) -> str:
    """The notebook as a page, by nbconvert, in ``path``."""
    html, _ = pytest.importorskip("nbconvert").HTMLExporter().from_notebook_node(notebook)
    path.write_text(html, encoding="utf-8")
    return str(html)

"""Formulas in JupyterLab, which sets them with MathJax: none is left as text, none is an error."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from course_dl.lab.catalog import LabFolder, find_labs

COLAB = Path(__file__).parents[2] / "colab"
# Formulas that were set; what is wrong with some; text of a formula that is neither code nor set.
FOUND = """\
() => {
  const all = [...document.querySelectorAll(".jp-MarkdownCell .jp-RenderedMarkdown")];
  const set = all.flatMap(cell => [...cell.querySelectorAll("mjx-container")]);
  const wrong = set.flatMap(one => [...one.querySelectorAll("mjx-merror, [data-mjx-error]")])
      .map(error => error.getAttribute("data-mjx-error") || error.textContent);
  const left = [];
  for (const cell of all) {
    const walker = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const { textContent, parentElement } = walker.currentNode;
      if (/[$]|\\\\[a-z]+/.test(textContent) && !parentElement.closest("code, pre, mjx-container"))
        left.push(textContent);
    }
  }
  return { set: set.length, wrong, left };
}
"""


@pytest.mark.parametrize("lab", find_labs(), ids=lambda lab: lab.name)
def test_every_formula_of_a_notebook_is_set(
    lab: LabFolder, page: Any, jupyter: Callable[[Path], str]
) -> None:
    notebook = COLAB / f"{lab.name}.ipynb"
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    texts = [cell for cell in cells if cell["cell_type"] == "markdown"]
    page.goto(jupyter(notebook))
    page.locator(".jp-MarkdownCell").nth(len(texts) - 1).wait_for(state="attached")
    page.wait_for_function(
        "() => { const n = document.querySelectorAll('mjx-container').length;"
        " const same = n && n === window.before; window.before = n; return same; }",
        polling=2_000,
        timeout=120_000,
    )
    found = page.evaluate(FOUND)
    if kept := os.environ.get("COURSE_DL_SCREENSHOTS"):
        page.locator(".jp-MarkdownCell").nth(1).scroll_into_view_if_needed()
        page.screenshot(path=Path(kept) / f"{lab.name[:5]}-formulas.png")
    assert found["wrong"] == [] and found["left"] == []
    assert found["set"] > 10

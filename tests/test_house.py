"""Laws of the source: small files, and a map that is true."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
MOST = 400  # lines of a file
STORY = "notebook.py"


def test_no_file_is_longer_than_can_be_read_at_once() -> None:
    files = [path for top in ("course_dl", "labs") for path in (ROOT / top).rglob("*.py")]
    sizes = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines())
        for path in files
        if path.name != STORY
    }
    assert not {name: lines for name, lines in sizes.items() if lines > MOST}


def test_the_architecture_names_files_that_are_there() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:[\w_]+/)+[\w_]*(?:\.py)?)`", text))
    homes = (ROOT / "course_dl", ROOT)
    assert not {name for name in named if not any((home / name).exists() for home in homes)}

"""What several tests use."""

from __future__ import annotations

import importlib
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A repository without labs, in a temporary folder, in which authors' commands work."""
    (tmp_path / "labs").mkdir()
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    labs = importlib.import_module("course_dl.labs")
    monkeypatch.setattr(labs, "__path__", [str(tmp_path / "labs")])
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if name.startswith("course_dl.labs."):
            del sys.modules[name]
            labs.__dict__.pop(name.split(".")[2], None)

"""Grading by a pytest session inside this process: what bulk grading does for each submission."""

from __future__ import annotations

import os
import re
import tempfile
import threading
from pathlib import Path

import pytest

from course_dl.grading import plugin
from course_dl.grading.grade import unreadable
from course_dl.grading.intake.notebooks import Unreadable, read_cells
from course_dl.grading.plugin import Gradebook
from course_dl.grading.result import Result
from course_dl.grading.sandbox import Sandbox
from course_dl.lab.catalog import find_lab

__all__ = ["grade_submission"]

_OPTIONS = ["-c", os.devnull, "--noconftest"]
_WITHOUT = (
    "terminal cacheprovider faulthandler doctest unittest legacypath stepwise pastebin logging "
    "warnings unraisableexception threadexception debugging setuponly setupplan subtests "
    "skipping tmpdir monkeypatch recwarn assertion python capture reports"
)
_OPTIONS += [option for name in _WITHOUT.split() for option in ("-p", f"no:{name}")]
_one_at_a_time = threading.Lock()  # pytest keeps state in the interpreter


def grade_submission(
    data: bytes, file: str, lab_name: str, sandbox: Sandbox, *, hidden: bool = True
) -> tuple[Result, str]:
    """Grade one submission by pytest: the result, and pytest's JUnit XML.

    A pure function of the bytes, the file's name and the lab; the sandbox is where it runs.
    """
    lab = find_lab(lab_name)
    try:
        read_cells(data, file)
    except Unreadable as error:
        return unreadable(data, lab, "unreadable", str(error)), ""
    book = Gradebook({file: data}, sandbox, hidden=hidden)
    with _one_at_a_time, tempfile.TemporaryDirectory(prefix="course-dl-") as folder:
        report = Path(folder) / "junit.xml"
        options = [
            *_OPTIONS,
            f"--rootdir={lab.path}",
            f"--confcutdir={lab.path}",  # else every folder above it is listed
            f"--junitxml={report}",
            "-o",
            "junit_family=xunit1",
        ]
        before = os.environ.get("PYTEST_DISABLE_PLUGIN_AUTOLOAD")
        os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
        try:
            pytest.main([*options, str(lab.path / "checks.py")], plugins=[plugin, _Named(book)])
        finally:
            if before is None:
                del os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"]
        xml = report.read_text(encoding="utf-8") if report.exists() else ""
    result = book.results.get(file)
    if result is None:
        raise RuntimeError(f"{lab.name}: the checks could not be run on {file}")
    return result, _timeless(xml)


class _Named:
    """Registers the gradebook under its own name, by which the plugin finds it."""

    def __init__(self, book: Gradebook) -> None:
        self._book = book

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        config.pluginmanager.register(self._book, Gradebook.name)
        config.pluginmanager.unregister(name="fixtures")  # which the checks have none of


def _timeless(xml: str) -> str:
    """The report without times, host and addresses: the same submission gives the same bytes."""
    xml = re.sub(r' (timestamp|hostname)="[^"]*"', "", xml)
    return re.sub(r"0x[0-9a-fA-F]{6,}", "0x...", re.sub(r' time="[\d.]+"', ' time="0"', xml))

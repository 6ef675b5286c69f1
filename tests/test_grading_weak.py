"""Where a system cannot keep answers from what is the user's, nothing is run unless asked for."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from course_dl.cli import main
from course_dl.grading.sandbox.client import weak
from course_dl.grading.sandbox.server import kernel, syscalls


def refuse(*_: Any) -> Any:
    raise OSError("not here")


@pytest.fixture
def plain_user(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A Linux on which the user is not root and may not have namespaces."""
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(weak.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(weak, "_enter_namespaces", refuse)
    return monkeypatch


def test_without_namespaces_landlock_and_other_users_it_is_refused(
    plain_user: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plain_user.setattr(kernel, "landlock_version", refuse)
    file = tmp_path / "mine.py"
    file.write_text("open('was-run', 'w')")
    for command in (["check", "lab01", str(file)], ["grade", "lab01", str(tmp_path), "-o", "out"]):
        assert main(command) == 2
        said = capsys.readouterr().err
        assert "no Landlock" in said
        assert "--weak-sandbox" in said
    assert sorted(tmp_path.iterdir()) == [file]


def test_signals_are_held_by_landlock_or_by_the_filter(plain_user: pytest.MonkeyPatch) -> None:
    for version, filtered, enough in ((6, False, True), (3, True, True), (3, False, False)):
        plain_user.setattr(kernel, "landlock_version", lambda version=version: version)
        plain_user.setattr(syscalls, "available", (lambda: None) if filtered else refuse)
        assert (weak.refusal() == "") == enough


def test_another_system_has_no_sandbox_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert "darwin" in weak.refusal()

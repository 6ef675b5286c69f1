# Runs in: child
"""What is told of code that could not be run: what is missing, and what to do."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import replace

from course_dl.calls.backend import StudentError

__all__ = ["explained", "syntax_told"]

_UNDEFINED = re.compile(r"(?:name|global name) '(\w+)' is not defined")
_NO_MODULE = re.compile(r"No module named '([\w.]+)'$")
# Since which Python a text is Python, by what the older ones say of it or by the line itself.
_NEWER = (
    ((3, 12), re.compile(r"f-string"), None),
    ((3, 12), None, re.compile(r"\s*(?:async\s+)?(?:def|class)\s+\w+\s*\[")),
    ((3, 12), None, re.compile(r"\s*type\s+\w+[\w\[\], ]*=")),
    ((3, 14), re.compile(r"multiple exception types must be parenthesized"), None),
)
_HERE = sys.version_info[:2]


def syntax_told(error: SyntaxError, python: str, line: str) -> str:
    """The error, and that another version of Python may be the reason."""
    where = f"line {error.lineno}: " if error.lineno else ""
    told = f"{where}{error.msg}"
    here = "{}.{}".format(*_HERE)
    theirs = re.match(r"(\d+)\.(\d+)", python)
    if theirs and (int(theirs[1]), int(theirs[2])) > _HERE:
        return f"{told} (the notebook ran on Python {theirs[0]}, grading runs on Python {here})"
    for since, message, text in _NEWER:
        fits = message.search(error.msg or "") if message else text and text.match(line)
        if since > _HERE and fits:
            needed = "{}.{}".format(*since)
            return f"{told} (perhaps Python from Python {needed} on; grading runs on Python {here})"
    return told


def explained(
    error: StudentError, failed: Mapping[str, StudentError], left_out: Mapping[str, str]
) -> StudentError:
    """The error, with the reason why a name or a module is not there."""
    missing = _NO_MODULE.match(error.message)
    if missing and error.kind == "ModuleNotFoundError":
        return replace(error, message=f"{error.message}: it is not installed where this is graded")
    found = _UNDEFINED.match(error.message)
    if error.kind != "NameError" or found is None:
        return error
    name = found[1]
    if name in failed:
        reason = failed[name]
        if reason.kind == "ModuleNotFoundError":
            return replace(error, message=f"{error.message}: {explained(reason, {}, {}).message}")
        return replace(
            error,
            message=f"{error.message}: the line that makes it failed in grading "
            f"({reason.kind}: {reason.message})",
        )
    if name in left_out:
        return replace(
            error,
            message=f"{error.message}: it is made in {left_out[name]}, which is not run in "
            "grading: put the line that makes it into the exercise's cell",
        )
    return error

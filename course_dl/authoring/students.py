"""What the student edition leaves out of a file."""

from __future__ import annotations

import ast
import re

__all__ = ["without_hidden_tests", "without_instructor_parts"]

_INSTRUCTORS = re.compile(r"<!-- instructors -->.*?<!-- end instructors -->\n*", re.DOTALL)


def without_hidden_tests(source: str) -> str:
    """A ``checks.py`` without its hidden tests, and the comments above them."""
    lines = source.splitlines()
    for node in reversed(ast.parse(source).body):
        if isinstance(node, ast.FunctionDef) and any(map(_hides, node.decorator_list)):
            start = node.decorator_list[0].lineno - 1
            while start and lines[start - 1].startswith("#"):
                start -= 1
            del lines[start : node.end_lineno]
    return re.sub(r"\n{4,}", "\n\n\n", "\n".join(lines)).rstrip() + "\n"


def _hides(decorator: ast.expr) -> bool:
    return isinstance(decorator, ast.Call) and any(
        keyword.arg == "hidden" and getattr(keyword.value, "value", False)
        for keyword in decorator.keywords
    )


def without_instructor_parts(markdown: str) -> str:
    """A page without what stands between the comments ``instructors``, ``end instructors``."""
    return _INSTRUCTORS.sub("", markdown)

"""How files are changed for the student edition: parts are left out, or not shown."""

from __future__ import annotations

import ast
import base64
import re
import zlib

__all__ = ["packed", "without_hidden_tests", "without_instructor_parts"]

_INSTRUCTORS = re.compile(r"<!-- instructors -->.*?<!-- end instructors -->\n*", re.DOTALL)

_PACKED = '''\
"""Known mistakes, packed: each is a right answer but for one thing, and you want to find yours."""

import base64
import zlib

SOURCE = """
{}"""
exec(zlib.decompress(base64.b64decode(SOURCE)))
'''


def without_hidden_tests(source: str) -> str:
    """A file of ``checks/`` without its hidden tests, and the comments above them."""
    lines = source.split("\n")
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
    """A page without the parts between the comments ``instructors`` and ``end instructors``."""
    return _INSTRUCTORS.sub("", markdown)


def packed(source: str) -> str:
    """A file of ``mistakes/`` with the same content, not read by chance or found by a search."""
    return _PACKED.format(base64.encodebytes(zlib.compress(source.encode())).decode())

"""The stub that a student fills in, made from the solution: signature, docstring, kept lines.

Code of a solution between the lines ``# keep`` and ``# end keep`` stays in the stub.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from course_dl.authoring.sources import Definition, find_definition
from course_dl.lab.catalog import find_lab

__all__ = ["make_solution", "make_stub", "solution", "stub"]

KEEP, END_KEEP = "# keep", "# end keep"
TOLD = "# told: "  # what a line is called where a change to it is told: see `changes/`


def stub(lab: str, name: str) -> str:
    """The stub of a function or class of a lab's ``solutions.py``."""
    return make_stub(_solutions(lab), name)


def solution(lab: str, name: str) -> str:
    """A function or class of a lab's ``solutions.py``, as a notebook shows it."""
    return make_solution(_solutions(lab), name)


def _solutions(lab: str) -> str:
    return find_lab(lab).solutions.read_text(encoding="utf-8")


def make_stub(source: str, name: str) -> str:
    """Signature, docstring, kept lines and ``raise NotImplementedError``.

    A class keeps its bases and its methods, each as a stub. Methods named ``_so`` are left out, and
    so are decorators written as a call, which are part of the answer; ``@property`` is kept.
    """
    node = find_definition(source, name)
    if ast.get_docstring(node) is None:
        raise ValueError(f"{name} has no docstring: its stub would not say what to write")
    text = "\n".join(_stub(node, source.split("\n"))).rstrip()
    try:
        ast.parse(text)
    except SyntaxError as error:
        raise ValueError(
            f"the stub of {name} is not Python (line {error.lineno}: {error.text!r}): "
            f"do the lines between {KEEP!r} and {END_KEEP!r} stand by themselves?"
        ) from error
    return text


def make_solution(source: str, name: str) -> str:
    """The whole definition with its decorators, without the marks of kept and told lines."""
    node, lines = find_definition(source, name), source.split("\n")
    whole = _cut(lines, _line_numbers(node, lines))
    kept = (line for line in whole if line.strip() not in (KEEP, END_KEEP))
    return "\n".join(line.partition(TOLD)[0].rstrip() for line in kept).rstrip()


def _stub(node: Definition, lines: Sequence[str]) -> list[str]:
    kept = list(_kept_regions(node, lines))
    if isinstance(node, ast.FunctionDef):
        body = [line for region in kept for line in _cut(lines, region)]
        end = " " * (node.col_offset + 4) + "raise NotImplementedError"
        return [*_head(node, lines), *body, end]
    parts = {}
    methods = [part for part in node.body if isinstance(part, ast.FunctionDef)]
    for method in methods:
        if _is_asked_for(method.name) and not any(method.lineno in region for region in kept):
            parts[method.lineno] = _stub(method, lines)
    for region in kept:
        if not any(method.lineno < region.start <= _end(method) for method in methods):
            parts[region.start] = _cut(lines, region)
    body = [line for start in sorted(parts) for line in ["", *parts[start]]]
    return [*_head(node, lines), *body]


def _head(node: Definition, lines: Sequence[str]) -> list[str]:
    """The lines of the plain decorators, the signature and the docstring."""
    decorators = [
        line
        for d in node.decorator_list
        if isinstance(d, ast.Name)
        for line in _cut(lines, range(d.lineno, _end(d) + 1))
    ]
    if ast.get_docstring(node) is not None:
        return [*decorators, *_cut(lines, range(node.lineno, _end(node.body[0]) + 1))]
    signature = _cut(lines, range(node.lineno, _first_line(node.body[0])))
    while signature[-1].strip().startswith("#") or not signature[-1].strip():
        signature.pop()
    return [*decorators, *signature]


def _line_numbers(node: Definition, lines: Sequence[str]) -> range:
    """The lines of a definition, with its decorators and the comments at its end."""
    stop = _end(node) + 1
    inside = " " * (node.col_offset + 1)
    while stop <= len(lines) and (
        not lines[stop - 1].strip() or lines[stop - 1].startswith(inside)
    ):
        stop += 1
    return range(_first_line(node), stop)


def _kept_regions(node: Definition, lines: Sequence[str]) -> Iterator[range]:
    """The line numbers between each pair of marks."""
    start = None
    for number in _line_numbers(node, lines):
        mark = lines[number - 1].strip()
        if mark == KEEP and start is None:
            start = number + 1
        elif mark == END_KEEP and start is not None:
            yield range(start, number)
            start = None
        elif mark in (KEEP, END_KEEP):
            raise ValueError(f"line {number}: {mark!r} without its counterpart")
    if start is not None:
        raise ValueError(f"line {start - 1}: {KEEP!r} without {END_KEEP!r}")


def _cut(lines: Sequence[str], numbers: range) -> list[str]:
    return list(lines[numbers.start - 1 : numbers.stop - 1])


def _is_asked_for(method: str) -> bool:
    return not method.startswith("_") or method.endswith("__")


def _first_line(node: ast.AST) -> int:
    """The first line of a node, or of its decorators."""
    return min(d.lineno for d in [*getattr(node, "decorator_list", []), node])


def _end(node: ast.AST) -> int:
    return node.end_lineno or node.lineno  # type: ignore[attr-defined]

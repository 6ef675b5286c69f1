# Runs in: child
"""What was handed out to be filled in: a stub never takes an answer's place."""

from __future__ import annotations

import ast
from collections.abc import Iterator

__all__ = ["ANY", "answered", "is_stub"]

ANY = "()"  # stands for a function's own body among the parts of a definition
_Function = (ast.FunctionDef, ast.AsyncFunctionDef)
_Inner = (*_Function, ast.ClassDef, ast.Lambda)


def answered(
    node: ast.stmt, known: dict[str, tuple[frozenset[str], bool]]
) -> tuple[frozenset[str], bool]:
    """The parts of a definition that are written, and whether others are open.

    A function has one part, a class its methods. ``known`` tells the same of earlier names.
    """
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            return (frozenset(), True) if _is_stub(node) else (frozenset((ANY,)), False)
        case ast.ClassDef():
            methods = [s for s in node.body if isinstance(s, _Function)]
            done = frozenset(m.name for m in methods if not _is_stub(m))
            others = [s for s in node.body if s not in methods and not _says_nothing(s)]
            if not methods and (not others or _raises_open(others)) and not node.decorator_list:
                # Only an exception or a label is made by a class without a body.
                return frozenset(), not _inherits(node)
            written = done | {ANY} if done or not methods else done
            return written, len(done) < len(methods)
        case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value):
            if isinstance(value, ast.Name) and value.id in known:
                return known[value.id]
            if isinstance(value, ast.Name):
                is_open = value.id == "NotImplemented"
                return (frozenset(), True) if is_open else (frozenset((ANY,)), False)
            if isinstance(value, ast.Lambda):
                value = value.body
                empty = isinstance(value, ast.Constant) and value.value in (None, ...)
                return (frozenset(), True) if empty else (frozenset((ANY,)), False)
            if isinstance(value, ast.Constant):
                return frozenset(), True  # None, ..., a number: nothing that can be called
        case ast.If() | ast.Try() | ast.With():
            inner = [s for s in ast.walk(node) if isinstance(s, (*_Function, ast.ClassDef))]
            parts = [answered(s, known) for s in inner]
            if parts and all(is_open and not done for done, is_open in parts):
                return frozenset(), True
    return frozenset((ANY,)), False


def is_stub(new: tuple[frozenset[str], bool], old: tuple[frozenset[str], bool] | None) -> bool:
    """Whether a definition is a stub beside an earlier one: open where that one is written."""
    return old is not None and new[1] and new[0] < old[0]


def _is_stub(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Nothing but words, or, after lines that are kept, the error that says it is open."""
    body = [s for s in function.body if not _says_nothing(s)]
    if not body:
        return True
    return _raises_open(body[-1:]) and not any(map(_gives, _own(function)))


def _raises_open(body: list[ast.stmt]) -> bool:
    return (
        len(body) == 1
        and isinstance(body[0], ast.Raise)
        and body[0].exc is not None
        and "NotImplemented" in ast.dump(body[0].exc)
    )


def _own(function: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a function that do not belong to one inside it."""
    for child in ast.iter_child_nodes(function):
        if not isinstance(child, _Inner):
            yield child
            yield from _own(child)


def _gives(node: ast.AST) -> bool:
    return isinstance(node, ast.Return | ast.Yield | ast.YieldFrom)


def _says_nothing(statement: ast.stmt) -> bool:
    """A docstring, ``...`` or ``pass``."""
    constant = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    return constant or isinstance(statement, ast.Pass)


def _inherits(node: ast.ClassDef) -> bool:
    return any(not ast.unparse(base).endswith(("Module", "object")) for base in node.bases)

"""Where something of a solution stands: each node of its syntax with what surrounds it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace

from course_dl.authoring.sources import Definition

__all__ = ["Edit", "Place", "places", "with_edits"]

# What says nothing of how a function behaves.
_LEFT_ALONE = {"annotation", "returns", "decorator_list", "bases", "type_comment"}


@dataclass(frozen=True)
class Place:
    """A node, and where it stands: in which field of which other node, statement and function.

    ``index`` is its position in a field that is a list; ``above`` are the nodes around it, the
    nearest one last.
    """

    node: ast.AST
    field: str
    index: int | None
    above: tuple[ast.AST, ...]
    statement: ast.stmt
    function: ast.FunctionDef | None

    @property
    def parent(self) -> ast.AST:
        """The node of which this one is a part."""
        return self.above[-1]


@dataclass(frozen=True)
class Edit:
    """What is put in a node's place, and the words that follow "as the right answer would".

    Of changes that behave alike, the one of least ``size`` is told. Without ``words`` none is.
    """

    new: ast.AST
    words: str | None
    size: int


def places(definition: Definition) -> Iterator[Place]:
    """Every node of a function or class that has a part in what it does."""
    top = Place(definition, "", None, (), definition, None)
    if isinstance(definition, ast.FunctionDef):
        top = replace(top, function=definition)
    return _inside(top)


def _inside(place: Place) -> Iterator[Place]:
    node = place.node
    for field, value in ast.iter_fields(node):
        if field in _LEFT_ALONE:
            continue
        several = isinstance(value, list)
        for index, child in enumerate(value if several else [value]):
            if not isinstance(child, ast.AST) or _is_docstring(node, field, index, child):
                continue
            statement = child if isinstance(child, ast.stmt) else place.statement
            function = child if isinstance(child, ast.FunctionDef) else place.function
            above = (*place.above, node)
            found = Place(child, field, index if several else None, above, statement, function)
            yield found
            yield from _inside(found)


def _is_docstring(node: ast.AST, field: str, index: int, child: ast.AST) -> bool:
    documented = isinstance(node, ast.FunctionDef | ast.ClassDef) and field == "body"
    value = getattr(child, "value", None)
    return documented and index == 0 and isinstance(value, ast.Constant)


def with_edits(definition: Definition, *edits: tuple[Place, ast.AST]) -> str:
    """The definition's text with a new node in each of these places; it stays as it is itself.

    Of two places, one in the other, the inner edit shows where the outer one keeps what is around.
    """
    for place, new in edits:
        _put(place, new)
    try:
        return ast.unparse(definition)
    finally:
        for place, _ in edits:
            _put(place, place.node)


def _put(place: Place, node: ast.AST) -> None:
    if place.index is None:
        setattr(place.parent, place.field, node)
    else:
        getattr(place.parent, place.field)[place.index] = node

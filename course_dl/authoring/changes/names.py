"""Changes of names: one for another of the same kind, ``h`` for ``a``."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from course_dl.authoring.changes.place import Edit, Place
from course_dl.authoring.changes.words import Scope, arguments

__all__ = ["names"]


def names(place: Place, scope: Scope) -> Iterator[Edit]:
    """One value for another of the same kind."""
    node, function = place.node, place.function
    if not isinstance(node, ast.Name) or not isinstance(node.ctx, ast.Load) or function is None:
        return
    for other in _alike(node.id, _kinds(function)):
        if other != node.id and not _is_bound_by(place, other):
            new = ast.Name(other, ast.Load())
            told, instead = scope.said(node, place), scope.said(new, place)
            where = scope.where(place)
            words = f"with {instead} in place of {told}"
            words += where if where[4:] not in (told, instead) else ""
            yield Edit(new, words if told and instead else None, 2)


def _alike(name: str, kinds: Sequence[set[str]]) -> list[str]:
    return sorted({one for kind in kinds if name in kind for one in kind})


def _kinds(function: ast.FunctionDef) -> list[set[str]]:
    """Sets of names that may be taken for one another.

    Parameters of one annotation; tensors, and what is computed by arithmetic from them; names that
    are set together.
    """
    by_annotation: dict[str, set[str]] = {}
    for arg in arguments(function):
        if arg.annotation is not None:
            by_annotation.setdefault(ast.unparse(arg.annotation), set()).add(arg.arg)
    tensors = by_annotation.setdefault("Tensor", set())
    together = []
    for node in ast.walk(function):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.BinOp(op=op)):
                if not isinstance(op, ast.FloorDiv) and tensors:
                    tensors.add(name)
            case (
                ast.Assign(targets=[ast.Tuple(elts=parts)]) | ast.For(target=ast.Tuple(elts=parts))
            ):
                together.append({part.id for part in parts if isinstance(part, ast.Name)})
    return [*by_annotation.values(), *together]


def _is_bound_by(place: Place, name: str) -> bool:
    """Whether the name is set by the very statement: it has no value yet."""
    stored = (one for one in ast.walk(place.statement) if isinstance(one, ast.Name))
    return any(isinstance(one.ctx, ast.Store) and one.id == name for one in stored) and isinstance(
        place.statement, ast.Assign
    )

"""Changes of where loops, slices and indices begin and end."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from course_dl.authoring.changes.place import Edit, Place
from course_dl.authoring.changes.words import Scope

__all__ = ["indices", "loops"]


def _moved(node: ast.expr, by: int) -> ast.expr:
    match node:
        case ast.Constant(value=int(value)):
            return ast.Constant(value + by)
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(value))):
            return ast.Constant(by - value)
    return ast.BinOp(node, ast.Add() if by > 0 else ast.Sub(), ast.Constant(1))


def loops(place: Place, scope: Scope) -> Iterator[Edit]:
    """A loop that begins or ends one turn off, or goes the other way."""
    match place.node:
        case ast.Call(func=ast.Name(id="range"), args=[end]):
            for new, words in (
                ([_moved(end, -1)], "if its loop ended one turn too early"),
                ([_moved(end, 1)], "if its loop ended one turn too late"),
                ([ast.Constant(1), end], "if its loop began one turn too late"),
            ):
                yield Edit(ast.Call(ast.Name("range", ast.Load()), new, []), words, 6)
        case ast.Call(func=ast.Name(id="range"), args=[begin, end, *step]):
            down = bool(step) and isinstance(step[0], ast.UnaryOp)
            for by in (-1, 1):
                early = (by < 0) is not down
                ended = [begin, _moved(end, by), *step]
                words = f"if its loop ended one turn too {'early' if early else 'late'}"
                yield Edit(ast.Call(ast.Name("range", ast.Load()), ended, []), words, 6)
                begun = [_moved(begin, by), end, *step]
                words = f"if its loop began one turn too {'early' if early else 'late'}"
                yield Edit(ast.Call(ast.Name("range", ast.Load()), begun, []), words, 6)
        case ast.Call(func=ast.Name(id="reversed"), args=[inner]):
            yield Edit(inner, "if its loop went from the first to the last", 2)


def indices(place: Place, scope: Scope) -> Iterator[Edit]:
    """An index or the end of a slice one place off."""
    node, parent = place.node, place.parent
    where = scope.where(place)
    if isinstance(node, ast.Slice):
        of = next(one for one in reversed(place.above) if isinstance(one, ast.Subscript))
        name = scope.said(of.value, place)
        ends = (
            (
                _moved(node.lower, 1) if node.lower else ast.Constant(1),
                node.upper,
                "begins",
                "late",
            ),
            (_moved(node.lower, -1) if node.lower else None, node.upper, "begins", "early"),
            (node.lower, _moved(node.upper, 1) if node.upper else None, "ends", "late"),
            (
                node.lower,
                _moved(node.upper, -1) if node.upper else ast.Constant(-1),
                "ends",
                "early",
            ),
        )
        if node.step is None and (node.lower is not None or node.upper is not None):
            for lower, upper, which, how in ends:
                new = ast.Slice(None if _is_zero(lower) else lower, upper)
                if ast.dump(new) != ast.dump(node):
                    words = f"with a part of {name} that {which} one place too {how}{where}"
                    yield Edit(new, words if name else None, 6)
    elif place.field == "slice" and isinstance(parent, ast.Subscript):
        name = scope.said(parent.value, place)
        index = isinstance(node, ast.Name | ast.BinOp | ast.UnaryOp | ast.Constant)
        if index and isinstance(node, ast.expr) and isinstance(parent.ctx, ast.Load):
            if not isinstance(getattr(node, "value", 0), int):
                return
            for by, how in ((1, "further on"), (-1, "before")):
                moved = _moved(node, by)
                which = f"the entry of {name} one place {how}"
                if isinstance(moved, ast.Constant) and moved.value == 0:
                    which = f"the first entry of {name}"  # from -1 it is not the next one
                yield Edit(moved, f"with {which}{where}" if name else None, 6)


def _is_zero(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value == 0

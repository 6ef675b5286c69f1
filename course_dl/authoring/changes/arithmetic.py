"""Changes of arithmetic: signs, factors, terms left out, one operator for another."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from course_dl.authoring.changes.axes import called
from course_dl.authoring.changes.place import Edit, Place
from course_dl.authoring.changes.words import Scope

__all__ = ["arithmetic", "factors", "signs"]

ONE_FOR_ANOTHER: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.MatMult: ast.Mult,
}
PARTS: dict[type[ast.operator], str] = {
    ast.Add: "terms",
    ast.Sub: "terms",
    ast.Mult: "factors",
    ast.MatMult: "products",
    ast.Div: "divisions",
}
MADE_EMPTY = {"zeros", "zeros_like", "new_zeros", "empty", "new_empty"}  # to be filled
NO_NUMBER = MADE_EMPTY | {"Parameter"}  # minus a parameter is no parameter: another mistake


def arithmetic(place: Place, scope: Scope) -> Iterator[Edit]:
    """An operand left out, another operator."""
    node = place.node
    if isinstance(node, ast.BinOp):
        left, right = scope.said(node.left, place), scope.said(node.right, place)
        where = scope.where(place)
        yield Edit(node.left, _without(node.op, right, where), 1)
        if isinstance(node.op, ast.Add | ast.Mult):
            yield Edit(node.right, _without(node.op, left, where), 1)
        if isinstance(node.op, ast.Sub):
            alone = ast.UnaryOp(ast.USub(), node.right)
            yield Edit(alone, _without(ast.Add(), left, where), 1)
        other = ONE_FOR_ANOTHER.get(type(node.op))
        if other is not None:
            new = ast.BinOp(node.left, other(), node.right)
            yield Edit(new, _with_other(node.op, left, right, where), 3)
        if isinstance(node.op, ast.FloorDiv):
            up = ast.UnaryOp(
                ast.USub(), ast.BinOp(ast.UnaryOp(ast.USub(), node.left), node.op, node.right)
            )
            yield Edit(up, f"if it rounded up where it divides{where}", 2)
    if isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Add):
        name = scope.target(place)
        words = f"with {name} overwritten where it should grow" if name else None
        yield Edit(ast.Assign([node.target], node.value, lineno=node.lineno), words, 2)


def _without(op: ast.operator, operand: str | None, where: str) -> str | None:
    if operand is None:
        part = PARTS.get(type(op))
        return f"without one of the {part}{where}" if part and where else None
    match op:
        case ast.Add() | ast.Sub():
            return f"without the term {operand}{where}"
        case ast.Mult():
            return f"without the factor {operand}{where}"
        case ast.MatMult():
            return f"without the product with {operand}{where}"
        case ast.Div() | ast.FloorDiv():
            return f"without the division by {operand}{where}"
        case ast.Pow():
            return f"without the power {operand}{where}"
    return None


def _with_other(op: ast.operator, left: str | None, right: str | None, where: str) -> str | None:
    if right is None:
        term = where and isinstance(op, ast.Add | ast.Sub)
        return f"with the sign of one term turned round{where}" if term else None
    match op:
        case ast.Add():
            return f"with the sign of {right} turned round{where}"
        case ast.Sub():
            return f"with {right} added where it should be subtracted{where}"
        case ast.Mult():
            return f"with a division by {right} in place of a multiplication{where}"
        case ast.Div() | ast.FloorDiv():
            return f"with a multiplication by {right} in place of a division{where}"
        case ast.MatMult() if left is not None:
            return f"with {left} and {right} multiplied entry by entry{where}"
    return None


def signs(place: Place, scope: Scope) -> Iterator[Edit]:
    """A sign turned round: of a whole value, or one that stands there."""
    node = place.node
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        if isinstance(node.operand, ast.Constant):
            return
        inner = scope.said(node.operand, place) or scope.target(place)
        yield Edit(node.operand, f"with the sign of {inner} turned round" if inner else None, 2)
    elif isinstance(node, ast.expr) and _is_value(place):
        name = scope.target(place)
        new = ast.UnaryOp(ast.USub(), node)
        yield Edit(new, f"with the sign of {name} turned round" if name else None, 2)


def factors(place: Place, scope: Scope) -> Iterator[Edit]:
    """A whole value twice or half as large."""
    node = place.node
    if isinstance(node, ast.expr) and _is_value(place):
        name = scope.target(place)
        for op, much in ((ast.Mult(), "twice"), (ast.Div(), "half")):
            new = ast.BinOp(node, op, ast.Constant(2))
            yield Edit(new, f"with {name} {much} as large" if name else None, 5)


def _is_value(place: Place) -> bool:
    """Whether it is what a statement computes, or one of several results, and may be a number."""
    node, parent = place.node, place.parent
    if place.field == "elts" and isinstance(parent, ast.Tuple) and len(place.above) > 1:
        above = place.above[-2]
        value = isinstance(above, ast.Return | ast.Assign) and above.value is parent
    else:
        value = place.field == "value" and isinstance(parent, ast.Return | ast.Assign)
    if not value:
        return False
    if isinstance(node, ast.Name):
        return isinstance(place.statement, ast.Return)
    none = isinstance(node, ast.Call) and called(node) in NO_NUMBER
    return isinstance(node, ast.BinOp | ast.Call) and not none

"""Changes of order: operands, arguments and results that change places."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from course_dl.authoring.changes.axes import called
from course_dl.authoring.changes.place import Edit, Place
from course_dl.authoring.changes.words import Scope

__all__ = ["order"]

ANY_ORDER = {"range", "zip", "isinstance", "max", "min", "maximum", "minimum", "Conv2d", "insert"}


def order(place: Place, scope: Scope) -> Iterator[Edit]:
    """Two neighbours the other way round."""
    node = place.node
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub | ast.Div | ast.MatMult):
        left, right = scope.said(node.left, place), scope.said(node.right, place)
        new = ast.BinOp(node.right, node.op, node.left)
        words = None
        if not (left and right) and isinstance(node.op, ast.Sub) and scope.where(place):
            words = f"with a difference the other way round{scope.where(place)}"
        if left and right:
            what = {ast.Sub: "difference", ast.Div: "quotient", ast.MatMult: "product"}
            both = f"the {what[type(node.op)]} of {left} and {right}"
            words = f"with {both} the other way round{scope.where(place)}"
        yield Edit(new, words, 3)
    elif isinstance(node, ast.Call) and called(node) not in ANY_ORDER:
        for k in range(len(node.args) - 1):
            if not any(isinstance(a, ast.Constant | ast.Starred) for a in node.args[k : k + 2]):
                left, right = (scope.said(a, place) for a in node.args[k : k + 2])
                new_call = ast.Call(node.func, _swapped(node.args, k), node.keywords)
                words = None
                if left and right:
                    words = f"if {left} and {right} changed places as arguments of {called(node)}"
                    words += scope.where(place)
                yield Edit(new_call, words, 3)
    elif isinstance(node, ast.Tuple) and isinstance(place.parent, ast.Return):
        for k in range(len(node.elts) - 1):
            inner = [
                Place(e, "elts", i, (*place.above, node), place.statement, place.function)
                for i, e in enumerate(node.elts)
            ]
            left, right = (scope.target(inner[i]) for i in (k, k + 1))
            words = (
                f"with {left} and {right} returned in the other order" if left and right else None
            )
            yield Edit(ast.Tuple(_swapped(node.elts, k), ast.Load()), words, 3)


def _swapped(parts: list[ast.expr], k: int) -> list[ast.expr]:
    return [*parts[:k], parts[k + 1], parts[k], *parts[k + 2 :]]

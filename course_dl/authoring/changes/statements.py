"""Changes of what is done at all: statements left out, conditions that always or never hold."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from course_dl.authoring.changes.place import Edit, Place
from course_dl.authoring.changes.words import Scope

__all__ = ["comparisons", "conditions", "statements"]

EQUAL_TOO: dict[type[ast.cmpop], tuple[type[ast.cmpop], str]] = {
    ast.Lt: (ast.LtE, "also held"),
    ast.Gt: (ast.GtE, "also held"),
    ast.LtE: (ast.Lt, "did not hold"),
    ast.GtE: (ast.Gt, "did not hold"),
}
OPPOSITE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.GtE,
    ast.Gt: ast.LtE,
    ast.LtE: ast.Gt,
    ast.GtE: ast.Lt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
}


def statements(place: Place, scope: Scope) -> Iterator[Edit]:
    """A statement left out."""
    node = place.node
    nothing = ast.Pass()
    match node:
        case ast.Expr(value=ast.Call(func=ast.Attribute(attr=name))) if name != "__init__":
            target = scope.target(place)
            words: str | None = f"if {name}() were not called"
            if name in ("append", "insert"):
                words = f"if nothing were put into {target}" if target else None
            yield Edit(nothing, words, 1)
        case ast.AugAssign():
            target = scope.target(place)
            yield Edit(nothing, f"if {target} never grew" if target else None, 1)
        case ast.Assign(targets=[one]):
            target = scope.target(place)
            words = f"if {target} kept the value from before at one place" if target else None
            if not isinstance(one, ast.Tuple) and _is_set_before(one, place):
                yield Edit(nothing, words, 1)
        case ast.Break():
            yield Edit(nothing, "if its loop never ended before the last turn", 1)


def _is_set_before(target: ast.expr, place: Place) -> bool:
    """Whether a name has a value before this statement, which may then be left out."""
    if not isinstance(target, ast.Name):
        return True
    function = place.function
    if function is None:
        return False
    if target.id in {arg.arg for arg in function.args.args}:
        return True
    stored = [
        one
        for one in ast.walk(function)
        if isinstance(one, ast.Name) and one.id == target.id and isinstance(one.ctx, ast.Store)
    ]
    return bool(stored) and min(one.lineno for one in stored) < target.lineno


def conditions(place: Place, scope: Scope) -> Iterator[Edit]:
    """A condition that always or never holds."""
    node = place.node
    if isinstance(node, ast.IfExp | ast.If):
        said = scope.said(node.test, place)
        for value, how in ((True, "always"), (False, "never")):
            words = f"if {f'the condition {said}' if said else 'a condition'} {how} held"
            words += scope.where(place) if isinstance(node, ast.IfExp) else ""
            if isinstance(node, ast.IfExp):
                yield Edit(node.body if value else node.orelse, words, 2)
            else:
                yield Edit(ast.If(ast.Constant(value), node.body, node.orelse), words, 2)


def comparisons(place: Place, scope: Scope) -> Iterator[Edit]:
    """A comparison turned round, or otherwise where both are equal."""
    node = place.node
    if not isinstance(node, ast.Compare) or len(node.ops) != 1:
        return
    left, right = scope.said(node.left, place), scope.said(node.comparators[0], place)
    both = f" on {left} and {right}" if left and right else ""
    kind = type(node.ops[0])
    if kind in EQUAL_TOO:
        other, how = EQUAL_TOO[kind]
        same = f"{left} is equal to {right}" if both else "both sides are equal"
        words = f"if a condition {how} where {same}"
        yield Edit(ast.Compare(node.left, [other()], node.comparators), words, 3)
    if kind in OPPOSITE:
        new = ast.Compare(node.left, [OPPOSITE[kind]()], node.comparators)
        words = f"if a condition{both} were turned round into its opposite"
        yield Edit(new, words, 3)

"""Changes of axes: another dim, none, keepdim, transposes."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from course_dl.authoring.changes.place import Edit, Place
from course_dl.authoring.changes.words import Scope

__all__ = ["axes", "called", "is_axis", "transposes"]

OVER_A_DIM = {
    *("sum", "mean", "amax", "amin", "argmax", "argmin", "softmax", "logsumexp", "flatten"),
    *("squeeze", "unsqueeze", "unflatten", "flip", "norm", "any", "all", "cumsum", "cumprod"),
}
TO_A_NUMBER = {"sum", "mean", "min", "max", "item", "float", "int", "len"}
ALONG = {"flatten": "from", "squeeze": "at", "unsqueeze": "at", "unflatten": "at"}
KEYWORDS = {"dim", "dims", "axis", "start_dim"}


def called(call: ast.Call) -> str:
    """The last name of what is called: ``sum`` of ``x.sum()``."""
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def is_axis(place: Place) -> bool:
    """Whether a number says along which dim something is done."""
    for node, inner in zip(place.above[-3:], [*place.above[-2:], place.node], strict=False):
        match node:
            case ast.keyword(arg=name) if name in KEYWORDS:
                return True
            case ast.Call(func=ast.Attribute(value=of), args=args) if called(node) in OVER_A_DIM:
                module = isinstance(of, ast.Name) and of.id in ("torch", "F")
                at = [i for i, arg in enumerate(args) if arg is inner]
                if at == [int(module)]:
                    return True
    return False


def axes(place: Place, scope: Scope) -> Iterator[Edit]:
    """Another dim, or no dim at all; keepdim left out or put in."""
    node = place.node
    if isinstance(node, ast.Constant) and type(node.value) is int and is_axis(place):
        call = next(one for one in reversed(place.above) if isinstance(one, ast.Call))
        for other in {0: (1,), 1: (0, 2), -1: (0,), 2: (1, 3), 3: (2,)}.get(node.value, ()):
            how = f"{called(call)} {ALONG.get(called(call), 'along')} dim {other}"
            words = f"with {how}, not dim {node.value},{scope.where(place)}".rstrip(",")
            yield Edit(ast.Constant(other), words, 2)
    if isinstance(node, ast.Tuple) and is_axis(place) and len(node.elts) > 1:
        call = next(one for one in reversed(place.above) if isinstance(one, ast.Call))
        for left_out in node.elts:
            rest = [one for one in node.elts if one is not left_out]
            words = f"with {called(call)} not over dim {ast.unparse(left_out)}{scope.where(place)}"
            yield Edit(ast.Tuple(rest, ast.Load()), words, 2)
    if isinstance(node, ast.Call) and called(node) in OVER_A_DIM - {"flatten"}:
        yield from _whole(node, place, scope)


def _whole(node: ast.Call, place: Place, scope: Scope) -> Iterator[Edit]:
    """The call without its dim; with keepdim the other way."""
    name, where = called(node), scope.where(place)
    kept = [one for one in node.keywords if one.arg not in KEYWORDS | {"keepdim"}]
    if len(kept) < len(node.keywords):
        words = f"with {name} over all entries at once{where}"
        yield Edit(ast.Call(node.func, node.args, kept), words, 2)
    has = any(one.arg == "keepdim" for one in node.keywords)
    if name in {"sum", "mean", "amax", "amin", "argmax", "argmin", "logsumexp", "norm"}:
        rest = [one for one in node.keywords if one.arg != "keepdim"]
        if has:
            yield Edit(
                ast.Call(node.func, node.args, rest),
                f"if {name} were called without keepdim{where}",
                2,
            )
        elif any(one.arg in KEYWORDS for one in rest):
            more = [*rest, ast.keyword("keepdim", ast.Constant(True))]
            yield Edit(
                ast.Call(node.func, node.args, more),
                f"if {name} were called with keepdim{where}",
                2,
            )


def transposes(place: Place, scope: Scope) -> Iterator[Edit]:
    """A transpose left out, or put where none belongs."""
    node, parent = place.node, place.parent
    where = scope.where(place)
    if isinstance(node, ast.Attribute) and node.attr == "T":
        inner = scope.said(node.value, place)
        yield Edit(node.value, f"with {inner} not transposed{where}" if inner else None, 2)
    elif isinstance(parent, ast.BinOp) and isinstance(parent.op, ast.MatMult):
        inner = scope.said(node, place)
        if isinstance(node, ast.Name | ast.Subscript):
            new = ast.Attribute(node, "T", ast.Load())
            yield Edit(new, f"with {inner} transposed{where}" if inner else None, 2)
    elif _is_returned_array(place):
        assert isinstance(node, ast.Call)
        yield Edit(ast.Attribute(node, "T", ast.Load()), "with the result transposed", 2)


def _is_returned_array(place: Place) -> bool:
    """Whether it is returned, and a call that does not make a number."""
    node = place.node
    returned = place.field == "value" and isinstance(place.parent, ast.Return)
    return returned and isinstance(node, ast.Call) and called(node) not in TO_A_NUMBER

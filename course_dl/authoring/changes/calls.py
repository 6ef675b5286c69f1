"""Changes of calls: one function for another, a call left out, an argument left out."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from course_dl.authoring.changes.axes import KEYWORDS, called
from course_dl.authoring.changes.place import Edit, Place
from course_dl.authoring.changes.words import COMPUTED, Scope

__all__ = ["calls", "flags"]

# One function for another, and what each is called.
SAID = {
    "sum": "the sum",
    "mean": "the mean",
    "max": "the maximum",
    "min": "the minimum",
    "amax": "the maximum",
    "amin": "the minimum",
    "maximum": "the maximum",
    "minimum": "the minimum",
    "argmax": "argmax",
    "argmin": "argmin",
    "zeros": "zeros",
    "ones": "ones",
    "zeros_like": "zeros",
    "ones_like": "ones",
    "log": "log",
    "log1p": "log1p",
    "exp": "exp",
    "expm1": "expm1",
    "eval": "eval()",
    "train": "train()",
    "randn": "normal random numbers",
    "rand": "uniform random numbers",
    "softmax": "softmax",
    "log_softmax": "log_softmax",
    "sqrt": "the root",
    "square": "the square",
}
PAIRS = (
    *(("sum", "mean"), ("max", "min"), ("amax", "amin"), ("maximum", "minimum")),
    *(("argmax", "argmin"), ("zeros_like", "ones_like"), ("zeros", "ones"), ("log1p", "log")),
    *(("eval", "train"), ("randn", "rand"), ("softmax", "log_softmax"), ("sqrt", "square")),
)
OTHERS = dict(PAIRS) | {b: a for a, b in PAIRS}
# These change the kind of a value: left out, most answers are the same, or cannot be used.
NO_COMPUTATION = {
    *("range", "zip", "len", "enumerate", "isinstance", "tuple", "list", "append", "insert"),
    *("item", "tolist", "detach", "clone", "requires_grad_", "contiguous", "to", "view", "int"),
    *("view_as", "reshape", "unflatten", "split", "no_grad", "pairwise", "super", "float"),
    *("zeros", "ones", "zeros_like", "ones_like", "new_ones", "new_empty", "new_zeros", "numel"),
    *("tensor", "reversed", "one_hot", "stack", "step", "backward", "zero_grad", "eval", "train"),
    *("parameters", "modules", "state_dict", "load_state_dict", "monotonic", "next", "sorted"),
}
NO_FLAG = {"strict", *KEYWORDS, "keepdim", "key"}


def calls(place: Place, scope: Scope) -> Iterator[Edit]:
    """One function for another; a call left out, so that its argument stands there."""
    node = place.node
    if not isinstance(node, ast.Call):
        return
    name, where = called(node), scope.where(place)
    other = OTHERS.get(name)
    if other is not None and isinstance(node.func, ast.Attribute):
        func = ast.Attribute(node.func.value, other, ast.Load())
        words = f"with {SAID[other]} in place of {SAID[name]}{where}"
        yield Edit(ast.Call(func, node.args, node.keywords), words, 2)
    if name in NO_COMPUTATION or isinstance(place.parent, ast.Expr):
        return
    inner = _argument(node)
    if inner is not None:
        known = scope.knows(name, place) or name in COMPUTED
        left_out = f"without {name}{where}" if known else None
        if name == "squeeze":
            left_out = f"with a dim of size 1 too many{where}"
        yield Edit(inner, left_out, 1)


def _argument(node: ast.Call) -> ast.expr | None:
    """What a call is applied to."""
    match node.func:
        case ast.Attribute(value=ast.Name(id="torch" | "F")) | ast.Name():
            return node.args[0] if node.args else None
        case ast.Attribute(value=ast.Attribute() as inner):
            return node.args[0] if ast.unparse(inner).startswith("torch.") and node.args else inner
        case ast.Attribute(value=ast.Name(id="self")):
            return node.args[0] if len(node.args) == 1 else None
        case ast.Attribute(value=inner):
            return inner
    return None


def flags(place: Place, scope: Scope) -> Iterator[Edit]:
    """A keyword of a call left out, or a flag the other way."""
    node = place.node
    if not isinstance(node, ast.Call):
        return
    name, where = called(node), scope.where(place)
    for one in node.keywords:
        if one.arg is None or one.arg in NO_FLAG:
            continue
        rest = [other for other in node.keywords if other is not one]
        words = f"if {name} were not given {one.arg}{where}"
        yield Edit(ast.Call(node.func, node.args, rest), words, 2)
        if isinstance(one.value, ast.Constant) and isinstance(one.value.value, bool):
            value = not one.value.value
            turned = [
                ast.keyword(one.arg, ast.Constant(value)) if k is one else k for k in node.keywords
            ]
            words = f"if {name} were called with {one.arg}={value}{where}"
            yield Edit(ast.Call(node.func, node.args, turned), words, 2)

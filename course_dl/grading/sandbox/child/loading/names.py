# Runs in: child
"""The names that a statement makes, changes and uses, as far as its text tells."""

from __future__ import annotations

import ast
import dis
from collections.abc import Iterator
from types import CodeType
from typing import Any

__all__ = [
    "bound",
    "called_functions",
    "changed_inside",
    "globals_of",
    "looks_up",
    "names_in",
    "stored",
    "touched",
]

_Definition = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_HARMLESS = frozenset(
    [
        "print",
        "display",
        "plt",
        "plots",
        "lab",
        "len",
        "sum",
        "sorted",
        "repr",
        "str",
        "type",
        "help",
        "isinstance",
        "max",
        "min",
    ]
)
_LOADS = ("LOAD_GLOBAL", "LOAD_NAME", "STORE_GLOBAL")


def bound(node: ast.stmt) -> frozenset[str]:
    """The names to which a statement gives a new value, whatever they were before."""
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return frozenset((node.name,))
        case ast.Import() | ast.ImportFrom():
            return frozenset(a.asname or a.name.partition(".")[0] for a in node.names)
        case ast.Assign(targets=[ast.Name(id=name)]):
            return frozenset((name,))
        case ast.Assign(targets=targets):
            return frozenset(n.id for t in targets for n in _unpacked(t) if isinstance(n, ast.Name))
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr()):
            return frozenset((name,))
    return frozenset()


def stored(node: ast.stmt) -> frozenset[str]:
    """The names that a statement makes, perhaps in a block of it, or gives a new value."""
    if not hasattr(node, "body") or isinstance(node, _Definition):
        return bound(node) or frozenset(_targets(node))
    return frozenset(name for inner in _statements(node) for name in _targets(inner))


def touched(node: ast.stmt) -> set[str]:
    """The names that a statement makes, or whose values it may change in place."""
    found: set[str] = set()
    for inner in _statements(node):
        if isinstance(inner, ast.Expr):
            found |= _changed_by_call(inner.value)
        else:
            found.update(_targets(inner, in_place=True))
    return found - {""}


def _statements(node: ast.stmt) -> Iterator[ast.stmt]:
    """The statement, and those in its blocks; not what stands in functions and classes."""
    yield node
    if isinstance(node, _Definition):
        return
    parts: list[Any] = [node, *getattr(node, "handlers", ()), *getattr(node, "cases", ())]
    for part in parts:
        for block in ("body", "orelse", "finalbody"):
            for inner in getattr(part, block, ()):
                yield from _statements(inner)


def _targets(node: ast.stmt, in_place: bool = False) -> Iterator[str]:
    """What a statement itself assigns to; ``in_place``: with what it writes into."""
    match node:
        case ast.Assign(targets=targets):
            pass
        case ast.AugAssign(target=target) | ast.For(target=target) | ast.AsyncFor(target=target):
            targets = [target]
        case ast.AnnAssign(target=target, value=ast.expr()):
            targets = [target]
        case ast.With(items=items) | ast.AsyncWith(items=items):
            targets = [item.optional_vars for item in items if item.optional_vars is not None]
        case _:
            yield from bound(node)
            return
    for target in targets:
        for part in _unpacked(target):
            if isinstance(part, ast.Name):
                yield part.id
            elif in_place:
                yield _root(part)


def called_functions(node: ast.stmt) -> set[str]:
    """The names that a statement calls."""
    calls = [n.func for n in ast.walk(node) if isinstance(n, ast.Call)]
    return {function.id for function in calls if isinstance(function, ast.Name)}


def changed_inside(function: ast.stmt) -> set[str]:
    """The global names that a call of a function may make or change."""
    shared: set[str] = set()
    own: set[str] = set()
    changed: set[str] = set()
    for node in ast.walk(function):
        match node:
            case ast.Global(names=names):
                shared.update(names)
            case ast.arg(arg=name):
                own.add(name)
            case ast.Name(id=name, ctx=ast.Store()):
                own.add(name)
            case ast.Subscript(ctx=ast.Store()) | ast.Attribute(ctx=ast.Store()):
                changed.add(_root(node))
            case ast.Expr(value=value):
                changed |= _changed_by_call(value)
    return (own & shared) | (changed - own) - {""}


def names_in(code: CodeType) -> set[str]:
    """All names in a code object and those inside it, those of attributes too: quickly told."""
    found = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            found |= names_in(constant)
    return found


def globals_of(code: CodeType) -> set[str]:
    """The names that the code looks up outside of functions."""
    found = {i.argval for i in dis.get_instructions(code) if i.opname in _LOADS}
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            found |= globals_of(constant)
    return found


def looks_up(code: CodeType, names: set[str]) -> bool:
    """Whether the code looks up one of these names outside of functions."""
    own = names.intersection(code.co_names)
    if own and any(i.argval in own and i.opname in _LOADS for i in dis.get_instructions(code)):
        return True
    return any(looks_up(c, names) for c in code.co_consts if isinstance(c, CodeType))


def _changed_by_call(value: ast.expr) -> set[str]:
    """Of a call that is a statement: the object whose method it is, and what it is given."""
    if isinstance(value, ast.Await):
        value = value.value
    if not isinstance(value, ast.Call):
        return set()
    root = _root(value.func)
    if root in _HARMLESS:
        return set()
    method = {root} if isinstance(value.func, ast.Attribute) else set()
    given = [*value.args, *(keyword.value for keyword in value.keywords)]
    return method | {_root(argument) for argument in given}


def _unpacked(target: ast.expr) -> Iterator[ast.expr]:
    if isinstance(target, ast.Tuple | ast.List):
        for part in target.elts:
            yield from _unpacked(part)
    else:
        yield target.value if isinstance(target, ast.Starred) else target


def _root(node: ast.expr) -> str:
    """The name at the begin of ``net.layers[0].weight``."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Starred | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""

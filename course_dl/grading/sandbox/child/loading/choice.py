# Runs in: child
"""Which statements are run wherever they stand: definitions, imports, constants."""

from __future__ import annotations

import ast

__all__ = ["is_constant", "is_definition", "is_of_the_course", "separated"]

_LIBRARIES = ("torch", "math", "np", "numpy", "nn", "F")
_SEEDING = ("manual_seed", "seed", "manual_seed_all")


def separated(statement: ast.stmt) -> list[ast.stmt]:
    """An import of several names name by name, so that one that fails costs no other."""
    if isinstance(statement, ast.Import | ast.ImportFrom) and len(statement.names) > 1:
        one_each: list[ast.stmt] = []
        for alias in statement.names:
            fields = {**dict(ast.iter_fields(statement)), "names": [alias]}
            one_each.append(ast.copy_location(type(statement)(**fields), statement))
        return one_each
    return [statement]


def is_of_the_course(statement: ast.stmt) -> bool:
    """Whether it imports a part of the course, of which grading lacks some."""
    match statement:
        case ast.ImportFrom(module=str(module)):
            return module.startswith("course_dl")
        case ast.Import():
            return all(alias.name.startswith("course_dl") for alias in statement.names)
    return False


def is_constant(statement: ast.stmt) -> bool:
    """Whether it gives a name the value of literals and of a library's calls."""
    if isinstance(statement, ast.Assign | ast.AnnAssign):
        return statement.value is not None and _is_plain(statement.value)
    return False


def is_definition(statement: ast.stmt) -> bool:
    """Whether a statement is run wherever it stands."""
    match statement:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return True
        case ast.Import() | ast.ImportFrom():
            return True
        case ast.Assign() | ast.AnnAssign():
            return is_constant(statement)
        case ast.Expr(value=ast.Call(func=ast.Attribute(attr=attribute)) as call):
            return attribute in _SEEDING and _is_plain(call)
        case ast.If():
            inner = [*statement.body, *statement.orelse]
            return _is_plain(statement.test) and all(map(_is_inner, inner))
        case ast.Try():
            inner = [*statement.body, *statement.orelse, *statement.finalbody]
            inner += [s for handler in statement.handlers for s in handler.body]
            return all(map(_is_inner, inner))
    return False


def _is_inner(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Pass) or is_definition(statement)


def _is_plain(value: ast.expr) -> bool:
    """Whether an expression is literals and names: no call but a library's (``torch.eye(3)``).

    Goes through its parts one after the other: they may be nested as deep as a parser can.
    """
    left: list[ast.expr] = [value]
    while left:
        part = left.pop()
        match part:
            case ast.Constant() | ast.Name() | ast.Lambda():
                continue
            case ast.Attribute():
                left.append(part.value)
            case ast.Call():
                name: ast.expr = part.func
                while isinstance(name, ast.Attribute):
                    name = name.value
                if not (isinstance(name, ast.Name) and name.id in (*_LIBRARIES, "random")):
                    return False
                left += [*part.args, *(k.value for k in part.keywords)]
            case ast.ListComp() | ast.GeneratorExp() | ast.SetComp() | ast.DictComp() | ast.Await():
                return False
            case _:
                children = [c for c in ast.iter_child_nodes(part) if isinstance(c, ast.expr)]
                if not children and not isinstance(part, ast.List | ast.Tuple | ast.Dict):
                    return False
                left += children
    return True

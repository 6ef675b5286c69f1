"""What of a submission is run: definitions, imports and constants anywhere, exercise cells whole.

Works in the child, on the source text: parsing hostile code can end the process that parses it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

__all__ = ["Step", "steps"]

_PYTHON_CELL_MAGICS = ("after", "capture", "time", "timeit", "prun")
_MAGIC = re.compile(r"^(\s*)(?:[%!?].*|[\w.\[\], ]+=\s*[%!].*|[^#'\"]*\w\?{1,2}\s*)$")
_DEFINED = re.compile(r"^(?:async\s+)?(?:def|class)\s+(\w+)|^(\w+)\s*=(?!=)", re.MULTILINE)
_LIBRARIES = ("torch", "math", "np", "numpy", "nn", "F")


@dataclass(frozen=True)
class Step:
    """One statement to run, with the names that it defines; or the error for which it cannot be.

    ``extra`` is what an answer may need and grading may lack: outside of the exercises' cells, a
    constant that builds on what is not run, and a part of the course that holds answers.
    """

    place: str
    names: frozenset[str]
    code: ast.Module | None
    stub: bool = False
    extra: bool = False
    error: SyntaxError | None = None


def steps(
    place: str, source: str, whole: bool | None, exercise_names: Collection[str]
) -> Iterator[Step]:
    """The statements of a cell that are run.

    All of them if ``whole``, or, where ``whole`` is None, if an exercise is defined in the cell.
    """
    try:
        tree = _parsed(place, source)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        names = frozenset(a or b for a, b in _DEFINED.findall(source))
        told = error if isinstance(error, SyntaxError) else SyntaxError(str(error))
        yield Step(place, names, None, error=told)
        return
    if whole is None:
        whole = any(_names(s) & set(exercise_names) for s in tree.body)
    future = [s for s in tree.body if isinstance(s, ast.ImportFrom) and s.module == "__future__"]
    for statement in tree.body:
        if statement not in future and (whole or _is_definition(statement)):
            for part in _parts(statement):
                module = ast.Module([*future, part], [])
                extra = not whole and _is_extra(part)
                yield Step(place, frozenset(_names(part)), module, _is_stub(part), extra)


def _parsed(place: str, source: str) -> ast.Module:
    """The cell as Python; IPython's magics are taken out where it is not Python as it stands."""
    lines = source.splitlines()
    if lines and lines[0].startswith("%%"):
        words = lines[0][2:].split()
        if not words or words[0] not in _PYTHON_CELL_MAGICS:
            return ast.Module([], [])  # HTML, a shell script, ...
        lines[0] = ""
    try:
        return ast.parse("\n".join(lines), place)
    except SyntaxError:
        plain = [_MAGIC.sub(r"\1pass", line) for line in lines]
        return ast.parse("\n".join(plain), place)


def _parts(statement: ast.stmt) -> list[ast.stmt]:
    """An import of several names name by name, so that one that fails costs no other."""
    if isinstance(statement, ast.Import | ast.ImportFrom) and len(statement.names) > 1:
        one_each: list[ast.stmt] = []
        for alias in statement.names:
            fields = {**dict(ast.iter_fields(statement)), "names": [alias]}
            one_each.append(ast.copy_location(type(statement)(**fields), statement))
        return one_each
    return [statement]


def _names(statement: ast.stmt) -> set[str]:
    """The names that a statement defines at top level."""
    match statement:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return {statement.name}
        case ast.Import() | ast.ImportFrom():
            return {alias.asname or alias.name.partition(".")[0] for alias in statement.names}
    stored = (ast.Assign, ast.AnnAssign, ast.If, ast.Try, ast.With)
    found: set[str] = set()
    if isinstance(statement, stored):
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                found.add(node.id)
            elif isinstance(node, ast.FunctionDef | ast.ClassDef):
                found.add(node.name)
    return found


def _is_stub(statement: ast.stmt) -> bool:
    """Whether a function is as handed out: a docstring, and an error that says it is open."""
    if not isinstance(statement, ast.FunctionDef):
        return False
    body = [
        s
        for s in statement.body
        if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))
    ]
    return (
        len(body) == 1
        and isinstance(body[0], ast.Raise)
        and body[0].exc is not None
        and "NotImplementedError" in ast.dump(body[0].exc)
    )


def _is_extra(statement: ast.stmt) -> bool:
    match statement:
        case ast.Assign() | ast.AnnAssign():
            return True
        case ast.ImportFrom(module=str(module)):
            return module.startswith("course_dl")
        case ast.Import():
            return all(alias.name.startswith("course_dl") for alias in statement.names)
    return False


def _is_definition(statement: ast.stmt) -> bool:
    match statement:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return True
        case ast.Import() | ast.ImportFrom():
            return True
        case ast.Assign() | ast.AnnAssign():
            return statement.value is not None and _is_constant(statement.value)
        case ast.If():
            inner = [*statement.body, *statement.orelse]
            return _is_constant(statement.test) and all(map(_is_definition, inner))
        case ast.Try():
            inner = [*statement.body, *statement.orelse, *statement.finalbody]
            inner += [s for handler in statement.handlers for s in handler.body]
            return all(_is_definition(s) or isinstance(s, ast.Pass) for s in inner)
    return False


def _is_constant(value: ast.expr) -> bool:
    """Whether an expression is literals and names: no call but a library's (``torch.eye(3)``)."""
    match value:
        case ast.Constant() | ast.Name() | ast.Lambda():
            return True
        case ast.Attribute():
            return _is_constant(value.value)
        case ast.Call():
            name: ast.expr = value.func
            while isinstance(name, ast.Attribute):
                name = name.value
            arguments = [*value.args, *(k.value for k in value.keywords)]
            ours = isinstance(name, ast.Name) and name.id in _LIBRARIES
            return ours and all(map(_is_constant, arguments))
        case ast.ListComp() | ast.GeneratorExp() | ast.SetComp() | ast.DictComp() | ast.Await():
            return False
    children = [c for c in ast.iter_child_nodes(value) if isinstance(c, ast.expr)]
    return bool(children or isinstance(value, ast.List | ast.Tuple | ast.Dict)) and all(
        map(_is_constant, children)
    )

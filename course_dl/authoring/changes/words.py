"""Words for a part of a solution, of the names that a student knows: from signature and docstring.

What has no such name has no words, and a change to it is not told.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from course_dl.authoring.changes.place import Place
from course_dl.authoring.sources import Definition
from course_dl.authoring.stubs import TOLD

__all__ = ["COMPUTED", "Scope", "arguments"]

LONGEST = 24  # characters of an expression that is told as it is written
MARK = re.compile(rf"{TOLD}(.+)$", re.MULTILINE)
# What everybody calls so, in whatever way it is computed.
COMPUTED = {
    *("exp", "log", "log1p", "sqrt", "square", "abs", "relu", "softmax", "clamp", "sum", "mean"),
    *("amax", "amin", "max", "min", "norm", "argmax", "flatten", "max_pool2d", "logsumexp", "flip"),
}
METHODS = {
    "sum": "the sum of",
    "mean": "the mean of",
    "exp": "the exponential of",
    "log": "the logarithm of",
    "norm": "the norm of",
    "abs": "the absolute value of",
    "amax": "the largest entry of",
    "max": "the largest entry of",
    "square": "the square of",
    "numel": "the number of entries of",
    "len": "the length of",
}


@dataclass(frozen=True)
class Scope:
    """The names of a solution that its student knows, and the marks beside its lines."""

    definition: Definition
    source: str

    def knows(self, name: str, place: Place) -> bool:
        """Whether a name stands in the signature or in a docstring."""
        return name in self._names(place)

    def _names(self, place: Place) -> set[str]:
        texts = [ast.get_docstring(self.definition) or ""]
        names = {"torch", "self", "F", "shape", self.definition.name}
        if place.function is not None:
            texts.append(ast.get_docstring(place.function) or "")
            names |= {arg.arg for arg in arguments(place.function)}
        return names.union(*(re.findall(r"[A-Za-z_]\w*", text) for text in texts))

    def says(self, text: str, place: Place) -> bool:
        """Whether a number stands in a docstring."""
        texts = [ast.get_docstring(self.definition) or ""]
        if place.function is not None:
            texts.append(ast.get_docstring(place.function) or "")
        return any(re.search(rf"(?<![\w.]){re.escape(text)}(?![\w.])", one) for one in texts)

    def said(self, node: ast.AST, place: Place) -> str | None:
        """A short expression in words; None where it has a part that the student does not know."""
        match node:
            case ast.Call(func=ast.Attribute(value=value, attr=name)) if name in METHODS:
                of = node.args[0] if _is_module(value) and node.args else value
                inner = self.said(of, place)
                return f"{METHODS[name]} {inner}" if inner else None
            case ast.Call(func=ast.Name(id="len"), args=[value]):
                inner = self.said(value, place)
                return f"{METHODS['len']} {inner}" if inner else None
            case ast.Call(func=ast.Name(id="float"), args=[value]):
                return self.said(value, place)
            case ast.Attribute(value=value, attr="T"):
                inner = self.said(value, place)
                return f"the transpose of {inner}" if inner else None
            case ast.Name(id=name) if name in self._marked:
                return self._marked[name]
        parts = list(ast.walk(node))
        names = {part.id for part in parts if isinstance(part, ast.Name)}
        names |= {part.attr for part in parts if isinstance(part, ast.Attribute)}
        text = ast.unparse(node).replace("self.", "")
        known = self._names(place)
        if len(text) <= LONGEST and names <= known and not _is_odd(node, place):
            return text
        match node:
            case ast.Subscript(value=value):
                return self.said(value, place)
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
                return f"{name}(...)" if name in known | COMPUTED else None
        return None

    @cached_property
    def _marked(self) -> dict[str, str]:
        """Names that the student does not know, and what a mark calls them."""
        found = {}
        for node in ast.walk(self.definition):
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                mark = self._mark(node)
                if mark:
                    found[node.targets[0].id] = mark
        return found

    def target(self, place: Place) -> str | None:
        """What is computed where a place is: a name, ``the result``, or what a mark calls it."""
        mark = self._mark(place.statement)
        if mark:
            return mark
        match place.statement:
            case ast.Return(value=ast.Tuple(elts=parts)):
                index = _index(parts, place)
                return self._results(len(parts), place)[index] if index is not None else None
            case ast.Return():
                return "the result"
            case ast.Assign(targets=[ast.Tuple(elts=parts)], value=ast.Tuple(elts=values)):
                index = _index(values, place)
                return self._name(parts[index], place) if index is not None else None
            case ast.Assign(targets=[one]) | ast.AugAssign(target=one):
                return self._name(one, place)
            case ast.AnnAssign(target=one):
                return self._name(one, place)
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=one, attr="append" | "insert"))):
                return self._name(one, place)
        return None

    def where(self, place: Place) -> str:
        """`` in grad_W``, or nothing."""
        target = self.target(place)
        return f" in {target}" if target else ""

    def names_once(self, words: str, place: Place) -> str:
        """The words, in which a value is not told to be part of itself."""
        where = self.where(place)
        told = words.removesuffix(where)
        return told if where and re.search(rf"\b{re.escape(where[4:])}$", told) else words

    def _name(self, node: ast.expr, place: Place) -> str | None:
        match node:
            case ast.Name(id=name) | ast.Attribute(value=ast.Name(id="self"), attr=name):
                return self._marked.get(name) or (name if self.knows(name, place) else None)
            case ast.Subscript(value=value):
                return self._name(value, place)
        return None

    def _results(self, n: int, place: Place) -> list[str | None]:
        """The names of ``n`` returned values, from the docstring or from what is returned."""
        assert isinstance(place.statement, ast.Return)
        assert isinstance(place.statement.value, ast.Tuple)
        names = [self._name(part, place) for part in place.statement.value.elts]
        if None not in names:
            return names
        doc = ast.get_docstring(place.function) if place.function else None
        told = (doc or "").partition("Returns")[2].lstrip("\n -")
        one, shape = r"([A-Za-z_]\w*)", r"(?: \([^()]*\))?"
        listed = rf"\({', '.join([one] * n)}\)"
        shaped = shape.join([one, *[rf"(?:,| and) {one}"] * (n - 1)])
        match = re.match(listed, told) or re.match(shaped, told)
        return list(match.groups()) if match else names

    def _mark(self, statement: ast.stmt) -> str:
        if isinstance(statement, ast.FunctionDef | ast.ClassDef | ast.For | ast.If | ast.With):
            return ""
        lines = self.source.splitlines()[statement.lineno - 1 : statement.end_lineno]
        found = MARK.search("\n".join(lines))
        return found[1] if found else ""


def arguments(function: ast.FunctionDef) -> Iterator[ast.arg]:
    """All parameters but ``self``."""
    given = function.args
    for arg in (*given.posonlyargs, *given.args, *given.kwonlyargs):
        if arg.arg != "self":
            yield arg


def _index(parts: list[ast.expr], place: Place) -> int | None:
    """Which of these expressions holds the place."""
    around = [*place.above, place.node]
    return next((i for i, part in enumerate(parts) if any(part is one for one in around)), None)


def _is_module(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id in ("torch", "F")


def _is_odd(node: ast.AST, place: Place) -> bool:
    odd = (ast.Call, ast.Lambda, ast.ListComp, ast.GeneratorExp, ast.IfExp, ast.List, ast.Tuple)
    return any(isinstance(part, odd) for part in ast.walk(node))

# Runs in: child
"""A cell as IPython would run it, as statements of Python."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from course_dl.grading.sandbox.child.loading.ipython import Magic, cell_magic, magic_in, transformed
from course_dl.grading.sandbox.child.loading.pieces import filled, split

__all__ = ["Broken", "Statement", "read"]

_PROMPT = re.compile(r"\s*(?:\[(?:nav|ins)\]\s)?In \[\d+\]: ", re.MULTILINE)
_DEFINED = re.compile(r"^(?:async\s+)?(?:def|class)\s+(\w+)|^(\w+)\s*=(?!=)", re.MULTILINE)
_MOST_REPAIRS, _DEEPEST = 50, 10
_Errors = (SyntaxError, ValueError, RecursionError, MemoryError)


@dataclass(frozen=True)
class Statement:
    """A statement, where it stands, and to which cell it belongs.

    A ``weak`` one comes from where a notebook keeps no names (``%%timeit``): it counts only where
    nothing else defines them.
    """

    place: str
    node: ast.stmt
    cell: int = 0
    weak: bool = False


@dataclass(frozen=True)
class Broken:
    """Source that is not Python, with the names that it seems to define."""

    place: str
    names: frozenset[str]
    error: SyntaxError
    cell: int = 0


def read(place: str, source: str, texts: dict[str, str]) -> list[Statement | Broken]:
    """The statements of a cell, in order, with what does not parse between them.

    ``texts`` takes the source that is run, by place, for messages that show a line.
    """
    reader = _Reader(texts)
    reader.read(place, source)
    return reader.found


class _Reader:
    def __init__(self, texts: dict[str, str]) -> None:
        self.found: list[Statement | Broken] = []
        self._texts = texts
        self._cell = 0
        self._weak = False
        self._depth = 0

    def read(self, place: str, source: str, above: int = 0) -> None:
        """Take in a text that has so many lines above it."""
        self._depth += 1
        if self._depth <= _DEEPEST:
            self._read(place, source, above)
        self._depth -= 1

    def _read(self, place: str, source: str, above: int) -> None:
        blank = "\n" * above
        magic = cell_magic(source)
        if magic is not None:
            self._take_magic(place, above + 1, magic, written=False)
            return
        if not _PROMPT.match(source):  # which is Python as well: an annotation
            try:
                tree = ast.parse(blank + source, place)
            except _Errors:
                pass
            else:
                self._take(place, tree.body, "get_ipython" in source, whole=True)
                return
        text = transformed(source)
        try:
            tree = ast.parse(blank + text, place)
        except _Errors:
            self._read_in_pieces(place, source, above)
        else:
            if not text.startswith("get_ipython().run_cell_magic("):
                self._texts[place] = blank + text
            self._take(place, tree.body, True, whole=True, written=False)

    def _read_in_pieces(self, place: str, source: str, above: int) -> None:
        for lines, piece in split(source):
            if not piece.strip():
                continue
            try:
                body = _parsed(place, piece)
            except _Errors as error:
                told = error if isinstance(error, SyntaxError) else SyntaxError(str(error))
                if told.lineno:
                    told.lineno += above + lines
                names = frozenset(a or b for a, b in _DEFINED.findall(piece))
                self.found.append(Broken(place, names, told, self._cell))
            else:
                for node in body:
                    ast.increment_lineno(node, above + lines)
                self._take(place, body, True, written=False)

    def _take(
        self,
        place: str,
        body: Sequence[ast.stmt],
        magics: bool,
        *,
        whole: bool = False,
        written: bool = True,
    ) -> None:
        """Keep the statements, with those that magics, marimo and ``__main__`` hold inside.

        ``written``: the calls of magics stand in the file, as exporters write them; their bodies
        then have lines of their own.
        """
        marimo = whole and _is_marimo(body)
        for node in body:
            magic = magic_in(node) if magics else None
            if magic is not None:
                self._take_magic(place, node.lineno, magic, written)
            elif marimo and self._take_from_app(place, node):
                pass
            elif isinstance(node, ast.If) and _asks_for_main(node.test):
                self._take(place, node.body, magics, written=written)
            else:
                node = _without_magics(node) if magics else node
                self.found.append(Statement(place, node, self._cell, self._weak))

    def _take_magic(self, place: str, line: int, magic: Magic, written: bool) -> None:
        before = self._weak
        self._weak = before or magic.weak
        start = len(self.found)
        if written and magic.body:
            inner = f"{place}, %%{magic.name}"
            self._texts[inner] = magic.body
            self.read(inner, magic.body)
        else:
            self.read(place, magic.body, line if magic.of_cell else line - 1)
        if magic.weak:  # definitions alone
            kept = self.found[start:]
            self.found[start:] = [
                s for s in kept if isinstance(s, Statement) and isinstance(s.node, _Definitions)
            ]
        self._weak = before

    def _take_from_app(self, place: str, node: ast.stmt) -> bool:
        """The body of a marimo app's cell, which is a cell of its own."""
        if isinstance(node, ast.With) and "setup" in ast.dump(node.items[0]):
            body: list[ast.stmt] = node.body
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            asked = {_app_attribute(d) for d in node.decorator_list} - {""}
            if not asked:
                return False
            if "cell" in asked:
                body = [s for s in node.body if not isinstance(s, ast.Return)]
            else:
                node.decorator_list = [d for d in node.decorator_list if not _app_attribute(d)]
                body = [node]
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            if _app_attribute(node.value) != "_unparsable_cell":
                return _app_attribute(node.value) == "run"
            self._cell += 1
            texts = [a.value for a in node.value.args if isinstance(a, ast.Constant)]
            for text in texts[:1]:
                inner, plain = f"{place}, line {node.lineno}", str(text).replace('\\"', '"')
                self._texts[inner] = plain
                self.read(inner, plain)
            self._cell += 1
            return True
        else:
            return False
        self._cell += 1
        self._take(place, body, True)
        self._cell += 1
        return True


_Definitions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def _parsed(place: str, piece: str) -> list[ast.stmt]:
    """A piece as Python: as it stands, as IPython makes it, or with its empty blocks filled."""
    try:
        return ast.parse(piece, place).body
    except _Errors as error:
        first = error
    text = transformed(piece)
    for _ in range(_MOST_REPAIRS):
        try:
            return ast.parse(text, place).body
        except SyntaxError as error:
            repaired = filled(text, error)
            if repaired is None:
                break
            text = repaired
    raise first


def _without_magics(node: ast.stmt) -> ast.stmt:
    """The statement with magics inside its blocks as Python; those in functions are run there."""
    if isinstance(node, _Definitions):
        return node
    for name in ("body", "orelse", "finalbody"):
        block = getattr(node, name, None)
        if isinstance(block, list) and block and isinstance(block[0], ast.stmt):
            inner = [s for part in block for s in _inline(part)]
            setattr(node, name, inner or [ast.copy_location(ast.Pass(), block[0])])
    for handler in getattr(node, "handlers", []):
        _without_magics(handler)
    return node


def _inline(node: ast.stmt) -> Iterator[ast.stmt]:
    magic = magic_in(node)
    if magic is None:
        yield _without_magics(node)
    elif not magic.weak:
        for part in read("", magic.body, {}):
            if isinstance(part, Statement):
                ast.increment_lineno(part.node, node.lineno - 1)
                yield part.node


def _asks_for_main(test: ast.expr) -> bool:
    """``__name__ == "__main__"``, which holds in a notebook."""
    return (
        isinstance(test, ast.Compare)
        and len(test.ops) == 1
        and isinstance(test.ops[0], ast.Eq)
        and {"__name__", "__main__"}
        == {
            getattr(side, "id", getattr(side, "value", ""))
            for side in (test.left, *test.comparators)
            if isinstance(side, ast.Name | ast.Constant)
        }
    )


def _is_marimo(body: Sequence[ast.stmt]) -> bool:
    return any(
        isinstance(s, ast.Assign)
        and isinstance(s.value, ast.Call)
        and ast.unparse(s.value.func) == "marimo.App"
        for s in body[:10]
    )


def _app_attribute(node: ast.expr) -> str:
    """``"cell"`` for ``app.cell`` and ``app.cell(...)``."""
    node = node.func if isinstance(node, ast.Call) else node
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return node.attr if node.value.id == "app" else ""
    return ""

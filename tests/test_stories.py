"""The stories of the labs: cells that may be run again in any order, once all have been run."""

from __future__ import annotations

import ast
import builtins
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

import jupytext
import pytest

from course_dl.lab.catalog import LabFolder, find_labs
from course_dl.lab.needs import missing_names, names_needed

each_lab = pytest.mark.parametrize("lab", find_labs(), ids=lambda lab: lab.name)
GIVEN = {*dir(builtins), "__name__"}


@dataclass
class Names:
    """What a cell does with global names.

    ``reads`` are those that must be there when it is run; ``later`` those that what it defines
    reads when it is called, by the name of what is defined.
    """

    reads: set[str] = field(default_factory=set)
    writes: set[str] = field(default_factory=set)
    later: dict[str, set[str]] = field(default_factory=dict)


def names_of(source: str) -> Names:
    names = Names()
    _run(ast.parse(source).body, names)
    for used in names.later.values():
        names.reads |= used - names.writes
    names.reads -= GIVEN
    return names


def _run(body: list[ast.stmt], names: Names) -> None:
    for statement in body:
        _step(statement, names)


def _step(statement: ast.stmt, names: Names) -> None:
    match statement:
        case ast.FunctionDef() | ast.ClassDef():
            names.writes.add(statement.name)
            names.later[statement.name] = _inside(statement)
        case ast.For(target=target, iter=over, body=body):
            _read([over], names)
            _write(target, names)
            _run(body, names)
        case ast.While(test=test, body=body) | ast.If(test=test, body=body):
            _read([test], names)
            _run([*body, *statement.orelse], names)
        case ast.With(items=items, body=body):
            _read([item.context_expr for item in items], names)
            for item in items:
                if item.optional_vars:
                    _write(item.optional_vars, names)
            _run(body, names)
        case ast.Try(body=body, handlers=handlers):
            _run(body, names)
            for handler in handlers:
                _run(handler.body, names)
        case ast.Assign(targets=targets, value=value):
            _read([value, *targets], names)
            for target in targets:
                _write(target, names)
        case ast.AugAssign(target=target, value=value):
            _read([value], names)
            if isinstance(target, ast.Name) and target.id not in names.writes:
                names.reads.add(target.id)
            _read([target], names)
        case ast.Import() | ast.ImportFrom():
            names.writes |= {(a.asname or a.name).partition(".")[0] for a in statement.names}
        case _:
            _read([statement], names)


def _write(target: ast.expr, names: Names) -> None:
    names.writes |= {
        node.id
        for node in ast.walk(target)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }


def _read(nodes: list[ast.AST], names: Names) -> None:
    for node in nodes:
        names.reads |= set(_loaded(node, set())) - names.writes


def _loaded(node: ast.AST, bound: set[str]) -> Iterator[str]:
    """The names that an expression reads and does not bind itself."""
    match node:
        case ast.Name(id=name, ctx=ast.Load()) if name not in bound:
            yield name
        case ast.Lambda(args=args, body=body):
            for default in [*args.defaults, *filter(None, args.kw_defaults)]:
                yield from _loaded(default, bound)
            yield from _loaded(body, bound | _arguments(args))
        case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
            inner = bound | {
                n.id
                for generator in node.generators
                for n in ast.walk(generator.target)
                if isinstance(n, ast.Name)
            }
            for child in ast.iter_child_nodes(node):
                yield from _loaded(child, inner)
        case _:
            for child in ast.iter_child_nodes(node):
                yield from _loaded(child, bound)


def _arguments(args: ast.arguments) -> set[str]:
    every = [*args.posonlyargs, *args.args, *args.kwonlyargs, args.vararg, args.kwarg]
    return {one.arg for one in every if one is not None}


def _inside(definition: ast.FunctionDef | ast.ClassDef) -> set[str]:
    return names_needed(ast.unparse(definition)) - {definition.name}


def cells_of(lab: LabFolder) -> list[tuple[dict[str, str], str]]:
    story = jupytext.reads(lab.story.read_text(encoding="utf-8"), fmt="py:percent").cells
    return [(cell.metadata, cell.source) for cell in story if cell.cell_type == "code"]


def first_line(source: str) -> str:
    return next((line for line in source.splitlines() if line.strip()), "")


@each_lab
def test_a_cell_can_be_run_after_any_later_one(lab: LabFolder) -> None:
    """What it reads is made by one cell alone, so that no other can put something else there."""
    cells = [(first_line(source), names_of(source)) for _, source in cells_of(lab)]
    makers = defaultdict(list)
    for place, (_, names) in enumerate(cells):
        for name in names.writes:
            makers[name].append(place)
    wrong = []
    for place, (line, names) in enumerate(cells):
        elsewhere = set().union(*(n.reads for k, (_, n) in enumerate(cells) if k != place))
        shared = [names.later[name] for name in names.later if name in elsewhere]
        for name in sorted(names.reads.union(*shared) - GIVEN):
            others = [cells[k][0] for k in makers[name]]
            if len(others) != 1:
                wrong.append(f"{line!r} reads {name}, made in {others}")
    assert not wrong, "\n".join(wrong)


@each_lab
def test_no_cell_hides_what_is_imported_or_to_be_written(lab: LabFolder) -> None:
    taken = {name: e.number for e in lab.exercises for name in e.names}
    cells = [(kind, source, ast.parse(source)) for kind, source in cells_of(lab)]
    imported = {
        (alias.asname or alias.name).partition(".")[0]
        for kind, _, tree in cells
        if "exercise" not in kind
        for node in tree.body
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for alias in node.names
    }
    wrong = []
    for kind, source, tree in cells:
        if "exercise" in kind or any(
            isinstance(n, (ast.Import, ast.ImportFrom)) for n in tree.body
        ):
            continue
        for name in names_of(source).writes & (taken.keys() | imported):
            wrong.append(f"{first_line(source)!r} assigns {name}")
    assert not wrong, "\n".join(wrong)


def test_what_a_cell_needs_is_what_it_reads_and_does_not_make() -> None:
    cell = """
import math
y = [f(x) for x in data if x]
for i in range(n):
    y.append(i + offset)
def g(a):
    return a + hidden + math.pi
k = lambda q: q + y[0]
"""
    assert names_needed(cell) == {"f", "data", "n", "offset", "hidden"}
    assert missing_names(cell, {"f": 1, "data": 2, "n": 3}) == ["hidden", "offset"]
    assert names_needed("this is no Python") == set()


def test_a_name_that_is_read_before_it_is_made_is_needed() -> None:
    names = names_of("a = b\nb = 1\nc += 1\nfor i in d:\n    e = i\nprint(e, lambda z: z + u)")
    assert names.reads == {"b", "c", "d", "u"}

# Runs in: child
"""Which statements make and change the values that an answer uses."""

from __future__ import annotations

import ast
import builtins
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import CodeType

from course_dl.grading.sandbox.child.loading.names import (
    bound,
    called_functions,
    changed_inside,
    globals_of,
    stored,
    touched,
)

__all__ = ["Needs", "Step", "changed", "values_of"]

_AWAIT = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT


@dataclass(eq=False)
class Step:
    """One statement: where it stands, the names that it defines, its code or why there is none.

    ``whole`` is whether it stands in an exercise's cell, ``run`` whether it is run, ``told``
    whether somebody is to know where it fails. An ``ordinary`` one is run only where an answer
    needs it: the answer then tells how it failed.
    """

    place: str
    node: ast.stmt | None
    names: frozenset[str]
    whole: bool = False
    run: bool = True
    told: bool = True
    ordinary: bool = False
    weak: bool = False
    code: CodeType | None = None
    error: SyntaxError | None = None
    flags: int = 0

    def compile(self) -> CodeType | None:
        """The code, under the ``__future__`` features of the submission alone."""
        if self.code is None and self.error is None and self.node is not None:
            try:
                self.code = compile(
                    ast.Module([self.node], []),
                    self.place,
                    "exec",
                    self.flags | _AWAIT,
                    dont_inherit=True,
                )
            except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
                self.error = error if isinstance(error, SyntaxError) else SyntaxError(str(error))
        return self.code


class Needs:
    """Which statements make and change what an answer uses, by the names in them."""

    def __init__(self, steps: list[Step], imported: set[str]) -> None:
        self._steps = steps
        self._full: list[frozenset[str]] = [frozenset()] * len(steps)
        self._touching: dict[str, list[int]] = defaultdict(list)
        inside, values = _changed_by_functions(steps), values_of(steps)
        for number, step in enumerate(steps):
            if step.node is None:
                continue
            names = changed(step.node, values)
            if not isinstance(step.node, ast.FunctionDef | ast.ClassDef):
                names = names - (imported - bound(step.node))
                for function in called_functions(step.node) & inside.keys():
                    names |= inside[function] & values
            full = bound(step.node)
            self._full[number] = full
            for name in names | full:
                self._touching[name].append(number)
        self._needed: set[int] = set()
        self._asked_for: set[tuple[str, int]] = set()

    def of(self, asked: Iterable[str], until: Mapping[str, int]) -> set[int]:
        """The numbers of the statements, for these names as they are at these places."""
        for name in asked:
            self._need([(name, until[name], True)])
        return self._needed

    def _need(self, waiting: list[tuple[str, int, bool]]) -> None:
        while waiting:
            name, before, or_below = waiting.pop()
            if (name, before) in self._asked_for or name not in self._touching:
                continue
            self._asked_for.add((name, before))
            for number in self._makers(name, before, or_below):
                self._needed.add(number)
                code = self._steps[number].compile()
                if code is None:
                    continue
                node = self._steps[number].node
                later = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
                for used in globals_of(code):
                    # What hides a builtin below a function was not there when it was checked.
                    at_call = later and not hasattr(builtins, used)
                    waiting.append((used, before if at_call else number, at_call and or_below))

    def _makers(self, name: str, before: int, or_below: bool) -> list[int]:
        """From the last statement above a place that gives the name a value; else those below."""
        touching = self._touching[name]
        above = [n for n in touching if n < before]
        if not above and or_below and not hasattr(builtins, name):
            above = touching
        full = [k for k, n in enumerate(above) if name in self._full[n]]
        return above[full[-1] :] if full else above


def values_of(steps: Iterable[Step]) -> set[str]:
    """The names that stand for values: some statement assigns to them."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)
    found: set[str] = set()
    for step in steps:
        if step.node is not None and not isinstance(step.node, kinds):
            found |= step.names or stored(step.node)
        elif isinstance(step.node, ast.FunctionDef):
            found.update(n for s in step.node.body if isinstance(s, ast.Global) for n in s.names)
    return found


def changed(node: ast.stmt, values: set[str]) -> set[str]:
    """What a statement makes or changes: functions, classes and modules are not changed."""
    return (touched(node) & values) | stored(node)


def _changed_by_functions(steps: list[Step]) -> dict[str, set[str]]:
    """The names that a call of each function changes, through other functions too."""
    nodes = {s.node.name: s.node for s in steps if s.run and isinstance(s.node, ast.FunctionDef)}
    inside = {name: changed_inside(node) for name, node in nodes.items()}
    calls = {name: called_functions(node) & nodes.keys() for name, node in nodes.items()}
    for _ in range(3):  # of functions that call functions that call functions
        for name, others in calls.items():
            for other in others:
                inside[name] |= inside[other]
    return inside

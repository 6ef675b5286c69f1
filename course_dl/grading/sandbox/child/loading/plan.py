# Runs in: child
"""The statements of a submission that are run, in their order.

All of an exercise's cells; of other cells definitions, imports and constants, and the lines that
make what an answer uses. A training, a plot, a download is not run unless an answer needs it.
"""

from __future__ import annotations
import __future__ as future

import ast
import builtins
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from course_dl.grading.sandbox.child.loading.cells import Broken, Statement, read
from course_dl.grading.sandbox.child.loading.choice import (
    is_constant,
    is_definition,
    is_of_the_course,
    separated,
)
from course_dl.grading.sandbox.child.loading.names import looks_up, names_in, stored
from course_dl.grading.sandbox.child.loading.needs import Needs, Step, changed, values_of
from course_dl.grading.sandbox.child.loading.stubs import answered, is_stub

__all__ = ["Plan", "make_plan"]

_FEATURES = 0
for _name in future.all_feature_names:
    _FEATURES |= getattr(future, _name).compiler_flag


@dataclass
class Plan:
    """What is run of a submission.

    Attributes
    ----------
    steps
        The statements to run, in order.
    texts
        The source by place, as it is run.
    left_out
        The cell that makes a name, of those that are not run.
    open
        What is asked for and has nothing but stubs.
    kept
        For names that get a second value: the answers that use them, each with the number of the
        step by which it was checked. It sees the value of then.
    """

    steps: list[Step]
    texts: dict[str, str]
    left_out: dict[str, str] = field(default_factory=dict)
    open: frozenset[str] = frozenset()
    kept: dict[str, dict[str, int]] = field(default_factory=dict)


def make_plan(cells: Sequence[Mapping[str, Any]], exercise_names: Iterable[str]) -> Plan:
    """Read the cells and choose."""
    asked = frozenset(exercise_names)
    texts: dict[str, str] = {}
    steps: list[Step] = []
    flags = 0
    for cell in cells:
        place, source = cell["place"], cell["source"]
        _show(texts, place, source)
        own: dict[str, str] = {}
        parts = read(place, source, own)
        for at, text in own.items():
            _show(texts, at, text)
        wholes = _whole_cells(parts, cell["whole"], asked)
        for part in parts:
            if isinstance(part, Broken):
                steps.append(Step(part.place, None, part.names, error=part.error))
                continue
            whole = part.cell in wholes
            for node in separated(part.node):
                if isinstance(node, ast.ImportFrom) and node.module == "__future__":
                    flags |= _features(node)
                run = whole or is_definition(node)
                names = stored(node) if run else frozenset()
                told = whole or (run and not (is_constant(node) or is_of_the_course(node)))
                steps.append(
                    Step(part.place, node, names, whole, run, told, not run, part.weak, flags=flags)
                )
    return _Chooser(steps, asked).plan(texts)


def _show(texts: dict[str, str], place: str, source: str) -> None:
    """Lines of one file that come in several cells are put together."""
    if place not in texts:
        texts[place] = source
        return
    known, new = texts[place].split("\n"), source.split("\n")
    known += [""] * (len(new) - len(known))
    texts[place] = "\n".join(
        b if b.strip() else a
        for a, b in zip(known, new + [""] * (len(known) - len(new)), strict=True)
    )


def _whole_cells(
    parts: Sequence[Statement | Broken], whole: bool | None, asked: frozenset[str]
) -> set[int]:
    """The cells of which all is run: an exercise's. ``whole`` None: where one is defined."""
    cells = {part.cell for part in parts}
    if whole is not None and len(cells) < 2:
        return cells if whole else set()
    return {
        part.cell for part in parts if isinstance(part, Statement) and stored(part.node) & asked
    }


def _features(node: ast.ImportFrom) -> int:
    found = 0
    for alias in node.names:
        feature = getattr(future, alias.name, None)
        found |= getattr(feature, "compiler_flag", 0) & _FEATURES
    return found


class _Chooser:
    def __init__(self, steps: list[Step], asked: frozenset[str]) -> None:
        self._steps = steps
        self._asked = asked
        self._open = self._leave_out_stubs()
        steps = self._steps
        self._by_name: dict[str, list[int]] = defaultdict(list)
        for number, step in enumerate(steps):
            if step.run:
                step.compile()
                for name in step.names:
                    self._by_name[name].append(number)
        self._ordinary = [n for n, step in enumerate(steps) if not step.run and step.node]
        self._imported = {
            name
            for step in steps
            if isinstance(step.node, ast.Import | ast.ImportFrom)
            for name in step.names
        }

    def plan(self, texts: dict[str, str]) -> Plan:
        """Choose the ordinary lines that are needed, and which values are kept for whom."""
        uses = {name: self._used_by(name) for name in self._asked if name in self._by_name}
        made: dict[str, list[int]] = defaultdict(list)
        calling: set[str] = set()
        values = values_of(self._steps)
        for number in self._ordinary:
            node = self._steps[number].node
            assert node is not None
            for name in changed(node, values):
                made[name].append(number)
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
                function = node.value.func
                if isinstance(function, ast.Name) and function.id in self._by_name:
                    calling |= self._used_by(function.id)
        wanted = set().union(*uses.values()) | (self._asked - set(self._by_name))
        shadows = {n for n in self._by_name if hasattr(builtins, n)} - self._imported
        shadows = {n for n in shadows if any(map(self._is_scratch, self._by_name[n]))}
        until: dict[str, int] = {}
        hits = ((made.keys() - self._imported) | (calling & values)) & wanted
        if shadows or (hits and self._looks_up(hits)):
            needs = Needs(self._steps, self._imported)
            until = self._checked()
            needed = needs.of(self._asked, until)
            for number in needed:
                self._steps[number].run = True
            for name in shadows:
                for number in self._by_name[name]:
                    if self._is_scratch(number) and number not in needed:
                        self._steps[number].run = False
        twice = self._twice(wanted)
        if twice:
            until = until or self._checked()
        kept = {
            name: {asked: until[asked] for asked in uses if name in uses[asked] and asked in until}
            for name in twice
        }
        left = {
            name: self._steps[numbers[0]].place
            for name, numbers in made.items()
            if not any(self._steps[n].run for n in numbers)
        }
        # Positions among all statements become positions among those that are run.
        place = {id(step): n for n, step in enumerate(self._steps)}
        run = [step for step in self._steps if step.run]
        order = [place[id(step)] for step in run]
        for one in kept.values():
            for asked, number in one.items():
                one[asked] = sum(n < number for n in order)
        return Plan(run, texts, left, self._open, {n: one for n, one in kept.items() if one})

    def _looks_up(self, names: set[str]) -> bool:
        """Whether an answer uses one of these names, and not as an attribute's alone."""
        seen = set(self._asked)
        waiting = list(seen)
        if names & self._asked:
            return True
        while waiting:
            for number in self._by_name.get(waiting.pop(), ()):
                code = self._steps[number].code
                if code is None:
                    continue
                inside = names_in(code)
                if looks_up(code, names):
                    return True
                new = (inside & self._by_name.keys()) - seen
                seen |= new
                waiting += new
        return False

    def _is_scratch(self, number: int) -> bool:
        step = self._steps[number]
        return not step.whole and step.node is not None and is_constant(step.node)

    def _leave_out_stubs(self) -> frozenset[str]:
        """Drop stubs of what is answered; the names that have stubs alone."""
        known: dict[str, tuple[frozenset[str], bool]] = {}
        dropped: set[Step] = set()
        for step in self._steps:
            node = step.node
            if node is None or not step.run or not (step.names & self._asked or _defines(node)):
                continue
            if step.names.isdisjoint(self._asked) and not isinstance(node, ast.ClassDef):
                known |= dict.fromkeys(step.names, answered(node, known))
                continue
            parts = answered(node, known)
            imported = isinstance(node, ast.Import | ast.ImportFrom)
            for name in step.names:
                old = known.get(name)
                beside = old is not None and (step.weak or imported) and not old[1]
                if beside or is_stub(parts, old):
                    dropped.add(step)
                elif step.weak and old is None:
                    known[name] = (parts[0], True)  # any other definition counts before it
                else:
                    known[name] = parts
        self._steps = [step for step in self._steps if step not in dropped]
        return frozenset(name for name in self._asked if known.get(name) == (frozenset(), True))

    def _used_by(self, name: str) -> set[str]:
        """All names that a name's definitions may use, directly or through others."""
        seen: set[str] = set()
        waiting = [name]
        while waiting:
            for number in self._by_name.get(waiting.pop(), ()):
                code = self._steps[number].code
                if code is not None:
                    new = names_in(code) - seen
                    seen |= new
                    waiting += [n for n in new if n in self._by_name]
        return seen

    def _checked(self) -> dict[str, int]:
        """For each name that is asked for, the first check below its answer; else the end."""
        checks = [n for n, step in enumerate(self._steps) if step.node and _is_check(step.node)]
        found = {}
        for name in self._asked:
            numbers = self._by_name.get(name)
            last = numbers[-1] if numbers else -1
            found[name] = next((n for n in checks if n > last >= 0), len(self._steps))
        return found

    def _twice(self, wanted: set[str]) -> set[str]:
        """Names that answers use and that get a value more than once."""
        times: Counter[str] = Counter()
        for name, numbers in self._by_name.items():
            if name in wanted and name not in self._asked:
                times[name] += len(numbers)
        for number in self._ordinary:
            step = self._steps[number]
            if step.run and step.node is not None:
                step.names = stored(step.node)
                times.update(n for n in step.names if n in wanted)
        return {name for name, many in times.items() if many > 1 and name not in self._imported}


def _defines(node: ast.stmt) -> bool:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)


def _is_check(node: ast.stmt) -> bool:
    """``lab.check(...)`` or ``lab.progress()``."""
    match node:
        case ast.Expr(
            value=ast.Call(func=ast.Attribute(value=ast.Name(id="lab"), attr="check" | "progress"))
        ):
            return True
    return False

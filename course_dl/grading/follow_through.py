# Runs in: judge
"""Follow-through: which earlier exercises an answer builds on, and right versions of those.

An answer that fails only because an earlier one is wrong is judged again with a right version of
the earlier one in its place. Works on text: to parse hostile code can end the process that parses.
"""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

from course_dl.grading.sandbox.client.child import Cell
from course_dl.lab.exercise import Exercise
from course_dl.lab.judge import ExerciseResult
from course_dl.lab.states import State

__all__ = ["builds_on", "right_versions"]

_TEXT = re.compile(  # strings and comments; a first or third group if code may stand in the string
    r"""(\b(?:[rR]?[fF]|[fF][rR]))?(\"{3}|'{3})(?:\\.|(?!\2).)*(?:\2|\Z)"""
    r"""|(\b(?:[rR]?[fF]|[fF][rR]))?(?:"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?)|#[^\n]*""",
    re.DOTALL,
)
_WORD = re.compile(r"[^\W\d]\w*")
_TOP = re.compile(r"^(?=[^\s#)\]}])", re.MULTILINE)  # where a statement at top level may begin
_DEFINED = re.compile(r"(?:@.*\n|#.*\n|\s*\n)*(?:async\s+)?(?:def|class)\s+(\w+)")
_INNER = re.compile(r"^\s+(?:async\s+)?(?:def|class)\s+(\w+)", re.MULTILINE)
_ASSIGNED = re.compile(r"([\w\s,()\[\]*]+?)(?::[^=\n]*)?=(?!=)")


def builds_on(
    cells: Iterable[Cell], results: Iterable[ExerciseResult]
) -> Iterator[tuple[Exercise, tuple[Exercise, ...]]]:
    """The exercises that fail, each with the earlier ones that fail too and may be the cause.

    An earlier exercise may be the cause if the answer uses it, itself or through other functions.
    An answer that is not written yet has no other cause. Measured exercises are left out on both
    sides: they take long.
    """
    blocks: dict[str, str] = {}
    wrong: list[Exercise] = []
    for result in results:
        exercise = result.exercise
        if result or any(test.measured for test in exercise.tests):
            continue
        if wrong:
            blocks = blocks or _blocks(cells)
            used = _words_from(exercise.names, blocks)
            earlier = tuple(one for one in wrong if used.intersection(one.names))
            if earlier and not _is_open(result, blocks):
                yield exercise, earlier
        wrong.append(exercise)


def _is_open(result: ExerciseResult, blocks: Mapping[str, str]) -> bool:
    """Whether it is the answer itself that is missing, in whole or in part."""
    own = [blocks.get(name, "") for name in result.exercise.names]
    if result.state is not State.NOT_DONE:
        return False
    return not all(own) or any("NotImplementedError" in source for source in own)


def _blocks(cells: Iterable[Cell]) -> dict[str, str]:
    """The code that defines each name of a submission."""
    blocks: dict[str, str] = {}
    for cell in cells:
        names: set[str] = set()
        decorators = ""
        for part in _TOP.split(textwrap.dedent(_without_texts(cell.source))):
            if part.startswith("@"):
                decorators += part
                continue
            part, decorators = decorators + part, ""
            # A line that defines nothing may belong to a text that began further up.
            names = _defined(part) or names
            for name in names:
                blocks[name] = blocks.get(name, "") + part
    return blocks


def _without_texts(source: str) -> str:
    """The code without its comments and strings, in which a name is only talked about."""
    return _TEXT.sub(lambda found: found[0] if found[1] or found[3] else '""', source)


def _defined(part: str) -> set[str]:
    whole = _DEFINED.match(part)
    if whole:
        return {whole[1]}
    assigned = _ASSIGNED.match(part)
    return set(_INNER.findall(part)) | set(_WORD.findall(assigned[1] if assigned else ""))


def _words_from(names: Iterable[str], blocks: Mapping[str, str]) -> set[str]:
    """All words in the code of these names, and of those that it mentions."""
    seen, left = set(), list(names)
    while left:
        name = left.pop()
        if name not in seen:
            seen.add(name)
            left += set(_WORD.findall(blocks.get(name, ""))) - seen
    return seen


def right_versions(solutions: Path, exercises: Iterable[Exercise]) -> Cell | None:
    """A cell that defines the names of these exercises as ``solutions.py`` does.

    What they need stands in a namespace of its own, where it meets no name of the submission's.
    None where there are no solutions, as in the edition for students.
    """
    wanted = [name for exercise in exercises for name in exercise.names]
    if not solutions.exists():
        return None
    source, defined = _needed(ast.parse(solutions.read_text(encoding="utf-8")), wanted)
    if not defined.issuperset(wanted):
        return None
    lines = ['_right = {"__name__": __name__}', f"exec({source!r}, _right)"]
    lines += [f'{name} = _right["{name}"]' for name in wanted]
    return Cell("right versions", "\n".join(lines), whole=True)


def _needed(module: ast.Module, wanted: Collection[str]) -> tuple[str, set[str]]:
    """The statements that define ``wanted`` and what these use, and the names that they define."""
    used, before = set(wanted), 0
    while len(used) > before:
        before = len(used)
        for statement in module.body:
            if used & _names(statement):
                used |= {n.id for n in ast.walk(statement) if isinstance(n, ast.Name)}
    kept = [s for s in module.body if used & _names(s) or _is_future(s)]
    return "\n".join(map(ast.unparse, kept)), {name for s in kept for name in _names(s)}


def _is_future(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.ImportFrom) and statement.module == "__future__"


def _names(statement: ast.stmt) -> set[str]:
    match statement:
        case ast.FunctionDef() | ast.ClassDef():
            return {statement.name}
        case ast.Import() | ast.ImportFrom():
            return {alias.asname or alias.name.partition(".")[0] for alias in statement.names}
    stored = (n for n in ast.walk(statement) if isinstance(n, ast.Name))
    return {n.id for n in stored if isinstance(n.ctx, ast.Store)}

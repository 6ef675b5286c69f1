"""The changes of each exercise that its tests reject, packed into a lab's ``found/``."""

from __future__ import annotations

import ast
import hashlib
import importlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from course_dl.authoring.changes import Change, changes_of, pairs_of
from course_dl.authoring.changes.trials import Trials
from course_dl.authoring.sources import Definition
from course_dl.lab.catalog import LabFolder
from course_dl.lab.exercise import Exercise
from course_dl.lab.files import FOUND, module_of
from course_dl.lab.found import Found, packed_changes
from course_dl.lab.judge import TestResult

__all__ = ["find_stale_changes", "is_told_of", "pack_changes", "what_it_uses"]

_PACKED = '''\
"""Small changes to a right answer, packed: made by course-dl build, and you want to find yours."""

KEY = "{key}"
PACKED = """
{packed}"""
'''
_INIT = (
    '"""Small changes to the right answers, packed. Made by `course-dl build`, never edited."""\n'
)
# A change that ends so is found by whoever reads the message.
_NO_MISTAKES = {"NameError", "UnboundLocalError", "TypeError", "AttributeError"}


def is_told_of(exercise: Exercise) -> bool:
    """Whether answers are compared with changes: not where they train for seconds."""
    return not any(test.measured for test in exercise.tests)


def pack_changes(lab: LabFolder) -> list[Path]:
    """Write the files of a lab's ``found/`` that are missing or stale; returns those written.

    It runs the tests of the exercises concerned, once for each change.
    """
    folder, written = lab.path / FOUND, []
    stale = find_stale_changes(lab)
    for exercise in lab.exercises:
        path = folder / f"{module_of(exercise.number)}.py"
        if path in stale and is_told_of(exercise):
            folder.mkdir(exist_ok=True)
            (folder / "__init__.py").write_text(_INIT, encoding="utf-8", newline="\n")
            packed = packed_changes(list(_found(lab, exercise)))
            text = _PACKED.format(key=_key(lab, exercise), packed=packed)
            path.write_text(text, encoding="utf-8", newline="\n")
            written.append(path)
    for path in stale.keys() - set(written):
        path.unlink()
    return written


def find_stale_changes(lab: LabFolder) -> dict[Path, str]:
    """The files of a lab's ``found/`` that are not as its solutions are now, and how."""
    wanted = {
        lab.path / FOUND / f"{module_of(exercise.number)}.py": f'KEY = "{_key(lab, exercise)}"\n'
        for exercise in lab.exercises
        if is_told_of(exercise)
    }
    there = {path: path.read_text(encoding="utf-8") for path in (lab.path / FOUND).glob("e*.py")}
    wrong = dict.fromkeys(there.keys() - wanted.keys(), "belongs to no exercise")
    for path, key in wanted.items():
        if key not in there.get(path, ""):
            wrong[path] = "is stale" if path in there else "is missing"
    return dict(sorted(wrong.items()))


def _key(lab: LabFolder, exercise: Exercise) -> str:
    """A digest of what the changes follow from: the solution, and how it is changed.

    The tests have no part in it: a change that they do not reject any more fits no failure.
    """
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    source = lab.solutions.read_text(encoding="utf-8")
    for name in exercise.names:
        digest.update("\n".join(_uses(source, name, itself=True)).encode())
    return digest.hexdigest()[:16]


def _found(lab: LabFolder, exercise: Exercise) -> Iterator[Found]:
    """The changes that the exercise's tests reject, then the pairs of them."""
    source = lab.solutions.read_text(encoding="utf-8")
    right = vars(importlib.import_module(f"course_dl.labs.{lab.name}.solutions"))
    trials = Trials(exercise, right)
    pairs: list[Found] = []
    for name in exercise.names:
        around = what_it_uses(source, name)
        rejected: dict[str, Change] = {}
        for change in changes_of(source, name):
            rejection = trials.rejection(change)
            if rejection is not None:
                rejected[change.source] = change
            if _is_worth_telling(rejection):
                yield Found(name, change.words or "", change.size, _bare(change), around)
        for pair, texts in pairs_of(source, name):
            parts = [rejected[text] for text in texts if text in rejected]
            if len(parts) == len(texts) and _is_more(pair, parts, trials):
                words = pair.words or ""
                pairs.append(Found(name, words, pair.size, _bare(pair), around, is_pair=True))
    yield from pairs


def _is_worth_telling(rejection: TestResult | None) -> bool:
    """Whether a change is rejected by what it gives, and not for a name that is not there."""
    if rejection is None or rejection.timed_out or not rejection.calls:
        return False
    error = rejection.calls[-1].outcome.error
    return error is None or error.kind not in _NO_MISTAKES


def _is_more(pair: Change, parts: Sequence[Change], trials: Trials) -> bool:
    """Whether a pair is rejected by values alone, and by others than those of one of its parts."""
    rejection = trials.rejection(pair)
    if rejection is None or rejection.timed_out or not rejection.calls:
        return False
    if any(call.outcome.error for call in rejection.calls):
        return False
    return not any(trials.goes_so(rejection, part) for part in parts)


def _bare(change: Change) -> str:
    """The text of a change without docstrings."""
    tree = ast.parse(change.source)
    return ast.unparse(_without_docstrings(tree))


def what_it_uses(source: str, name: str) -> str:
    """The statements of a module that a function or class of it needs, itself left out."""
    return "\n".join(_uses(source, name, itself=False))


def _uses(source: str, name: str, *, itself: bool) -> list[str]:
    module = ast.parse(source)
    used, before = {name}, 0
    while len(used) > before:
        before = len(used)
        for statement in module.body:
            if used & _defined(statement):
                used |= {n.id for n in ast.walk(statement) if isinstance(n, ast.Name)}
    kept = [s for s in module.body if used & _defined(s) and (itself or _defined(s) != {name})]
    return [ast.unparse(s if itself else _without_docstrings(s)) for s in kept]


def _defined(statement: ast.stmt) -> set[str]:
    match statement:
        case ast.ImportFrom(module="__future__"):
            return set()
        case ast.FunctionDef() | ast.ClassDef():
            return {statement.name}
        case ast.Import() | ast.ImportFrom():
            return {alias.asname or alias.name.partition(".")[0] for alias in statement.names}
    stored = (node for node in ast.walk(statement) if isinstance(node, ast.Name))
    return {node.id for node in stored if isinstance(node.ctx, ast.Store)}


def _without_docstrings(tree: ast.AST) -> ast.AST:
    for node in ast.walk(tree):
        if isinstance(node, Definition) and ast.get_docstring(node):
            node.body[0] = ast.Pass()
    return tree

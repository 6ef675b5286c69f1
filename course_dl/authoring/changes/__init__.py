"""Small changes to a solution: what a wrong answer may differ by, and words for it.

A file is a kind of change. Each is a function of a place in the solution's syntax, and yields what
may stand there instead.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from course_dl.authoring.changes.arithmetic import arithmetic, factors, signs
from course_dl.authoring.changes.axes import axes, transposes
from course_dl.authoring.changes.calls import calls, flags
from course_dl.authoring.changes.loops import indices, loops
from course_dl.authoring.changes.names import names
from course_dl.authoring.changes.numbers import defaults, numbers
from course_dl.authoring.changes.order import order
from course_dl.authoring.changes.pairs import Single, joined, likely_pairs
from course_dl.authoring.changes.place import Edit, Place, places, with_edits
from course_dl.authoring.changes.statements import comparisons, conditions, statements
from course_dl.authoring.changes.words import Scope
from course_dl.authoring.sources import Definition, find_definition

__all__ = ["Change", "changes_of", "pairs_of"]

Kind = Callable[[Place, Scope], Iterator[Edit]]
KINDS: tuple[Kind, ...] = (
    *(statements, conditions, comparisons, arithmetic, signs, factors, order),
    *(axes, transposes, calls, flags, names, loops, indices, numbers, defaults),
)


@dataclass(frozen=True)
class Change:
    """A solution with one small change.

    Parameters
    ----------
    name, source
        The function or class, and its whole text, changed.
    before, after
        The statement (of a compound one the first line), as it was and as it is.
    words
        What follows "as the right answer would"; None where no true words are known.
    size
        Of changes that behave alike, the one of least size is told.
    """

    name: str
    source: str
    before: str
    after: str
    words: str | None
    size: int


def changes_of(source: str, name: str) -> list[Change]:
    """All small changes to a function or class of a module's text, each once.

    Deterministic: the same text gives the same changes in the same order.
    """
    definition = find_definition(source, name)
    scope = Scope(definition, source)
    original = ast.unparse(definition)
    found: dict[str, Change] = {}
    for _, place, edit in _edits(definition, scope):
        text = with_edits(definition, (place, edit.new))
        if text == original or _fails_to_parse(text):
            continue
        words = edit.words and scope.names_once(edit.words, place)
        change = Change(name, text, *_lines(original, text), words, edit.size)
        known = found.get(text)
        if known is None or (known.words is None and edit.words is not None):
            found[text] = change
    return list(found.values())


def pairs_of(source: str, name: str) -> list[tuple[Change, tuple[str, str]]]:
    """The likeliest pairs of small changes, both made at once, with the texts of each alone."""
    definition = find_definition(source, name)
    scope = Scope(definition, source)
    singles: dict[str, Single] = {}  # by the text, each once
    for kind, place, edit in _edits(definition, scope):
        if edit.words:
            words = scope.names_once(edit.words, place)
            text = with_edits(definition, (place, edit.new))
            singles.setdefault(text, Single(kind, place, edit, words))
    original = ast.unparse(definition)
    texts = {id(single): text for text, single in singles.items()}
    pairs = []
    for a, b in likely_pairs([one for text, one in singles.items() if text != original], scope):
        text = with_edits(definition, (a.place, a.edit.new), (b.place, b.edit.new))
        if text not in singles and not _fails_to_parse(text):
            size = a.edit.size + b.edit.size
            change = Change(name, text, *_lines(original, text), joined(a, b, scope), size)
            pairs.append((change, (texts[id(a)], texts[id(b)])))
    return pairs


def _edits(definition: Definition, scope: Scope) -> Iterator[tuple[str, Place, Edit]]:
    for place in places(definition):
        for kind in KINDS:
            for edit in kind(place, scope):
                yield kind.__name__, place, edit


def _fails_to_parse(text: str) -> bool:
    try:
        ast.parse(text)
    except SyntaxError:
        return True
    return False


def _lines(before: str, after: str) -> tuple[str, str]:
    """The line that differs, as it was and as it is."""
    old, new = before.splitlines(), after.splitlines()
    k = next(i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b)
    return old[k].strip(), new[k].strip()

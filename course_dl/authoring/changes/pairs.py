"""Two small changes at once: one change at two places first, then two that often go together."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from course_dl.authoring.changes.place import Edit, Place
from course_dl.authoring.changes.words import Scope

__all__ = ["Single", "joined", "likely_pairs"]

MOST = 24  # pairs of one function that are tried, of the same change and of different ones each
# What is done wrongly in one line is often done so in the next.
MADE_TWICE = {
    *("arithmetic", "signs", "factors", "transposes", "calls", "axes", "names", "order"),
    *("flags", "indices", "numbers"),
}
# Whoever errs in one of these often errs in another one too.
GO_TOGETHER = (
    re.compile(r"with the sign of|added where it should|the other way round"),
    re.compile(r"transposed"),
    re.compile(r"without the (?:term|factor|division|power) "),
    re.compile(r"with the (?:mean|sum) in place of the (?:mean|sum)"),
)


@dataclass(frozen=True)
class Single:
    """One small change, before it is written out: its kind, where it is, and what it is."""

    kind: str
    place: Place
    edit: Edit
    words: str


def likely_pairs(singles: Sequence[Single], scope: Scope) -> list[tuple[Single, Single]]:
    """The pairs that are likeliest, at most so many: one change made twice, then different ones."""
    names = {node.id for node in ast.walk(scope.definition) if isinstance(node, ast.Name)}
    names |= {node.arg for node in ast.walk(scope.definition) if isinstance(node, ast.arg)}
    told = {id(one): _told(one, scope) for one in singles}
    sorts = {id(one): _sort(one, told[id(one)], names) for one in singles}
    twice: list[tuple[Single, Single]] = []
    alike: list[tuple[Single, Single]] = []
    different: list[tuple[Single, Single]] = []
    for a, b in combinations(singles, 2):
        if a.place.function is not b.place.function or a.place.node is b.place.node:
            continue
        if a.kind == b.kind and a.kind in MADE_TWICE and sorts[id(a)] == sorts[id(b)]:
            (twice if told[id(a)] == told[id(b)] else alike).append((a, b))
        elif _go_together(a, b):
            different.append((a, b))
    return [*[*_smallest(twice), *_smallest(alike)][:MOST], *_smallest(different)[:MOST]]


def _smallest(pairs: Sequence[tuple[Single, Single]]) -> list[tuple[Single, Single]]:
    """Those of least size first; of equal size one of each two statements in turn."""
    turns: dict[tuple[int, int], int] = {}
    ranked = []
    for n, (a, b) in enumerate(pairs):
        statements = id(a.place.statement), id(b.place.statement)
        turns[statements] = turns.get(statements, 0) + 1
        ranked.append((a.edit.size + b.edit.size, turns[statements], n))
    return [pairs[n] for *_, n in sorted(ranked)]


def _go_together(a: Single, b: Single) -> bool:
    one, other = (
        next((n for n, words in enumerate(GO_TOGETHER) if words.search(single.words)), None)
        for single in (a, b)
    )
    return one is not None and other is not None and one != other


def _told(single: Single, scope: Scope) -> str:
    """What a change does, without where it does so."""
    told = single.words.removesuffix(scope.where(single.place))
    target = scope.target(single.place)
    return re.sub(rf"(?<!\w){re.escape(target)}(?!\w)", "", told) if target else told


def _sort(single: Single, told: str, names: set[str]) -> list[str]:
    """What two changes have in common that are the same one at two places.

    The names may differ; but of a name for another one both are the same, in one order or the
    other.
    """
    words = told.replace(",", "").split()
    if single.kind == "names":
        return sorted(words)
    return [word for word in words if not set(re.findall(r"[A-Za-z_]\w*", word)) & names]


def joined(a: Single, b: Single, scope: Scope) -> str:
    """The words of both changes: what is the same is said once."""
    where, there = scope.where(a.place), scope.where(b.place)
    first, second = a.words.removesuffix(where), b.words.removesuffix(there)
    if a.words == b.words:
        return f"{first} at two places{where if where[4:] not in first else ''}"
    if first == second and where and there:
        return f"{first}{where} and{there}"
    return f"{a.words}, and {b.words}"

# Runs in: judge
"""Fingerprints of code: winnowing over tokens in which names do not matter.

Schleimer, Wilkerson and Aiken, "Winnowing: local algorithms for document fingerprinting" (SIGMOD
2003). Of each ``WINDOW`` runs of ``RUN`` tokens in a row the least hash is kept, so that no common
stretch of ``RUN + WINDOW - 1`` tokens is missed. Works on text, which need not parse.
"""

from __future__ import annotations

import keyword
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b

__all__ = ["RUN", "WINDOW", "Document", "document", "every_run"]

RUN, WINDOW = 12, 6  # tokens
_MOST = 200_000  # characters of a submission that are read
_TOKEN = re.compile(
    r"(?P<comment>\#[^\n]*)"
    r"|(?P<text>[rRuUbBfF]{0,2}(?:\"\"\"(?s:.*?)(?:\"\"\"|\Z)|'''(?s:.*?)(?:'''|\Z)"
    r"|\"(?:\\.|[^\"\\\n])*\"?|'(?:\\.|[^'\\\n])*'?))"
    r"|(?P<number>\d[\w.]*)|(?P<name>[^\W\d]\w*)|(?P<mark>[^\w\s])"
)


@dataclass(frozen=True)
class Document:
    """A submission's code, and the lines at which each of its fingerprints stands."""

    lines: Sequence[str]
    prints: Mapping[int, Sequence[tuple[int, int]]]


def document(code: str) -> Document:
    """The fingerprints of code, with the first and last line of each place, counted from 0."""
    code = code[:_MOST]
    tokens = _tokens(code)
    hashes = _hashes([token for token, _ in tokens])
    prints: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for place in _winnowed(hashes):
        prints[hashes[place]].append((tokens[place][1], tokens[place + RUN - 1][1]))
    return Document(code.split("\n"), dict(prints))


def every_run(code: str) -> set[int]:
    """The hashes of all runs of tokens, of which nothing may count: what was handed out."""
    return set(_hashes([token for token, _ in _tokens(code)]))


def _tokens(code: str) -> list[tuple[str, int]]:
    """Tokens with their lines. Names of one's own, numbers and texts are all alike.

    Keywords stay, and so does what stands after a dot: the library's names.
    """
    found: list[tuple[str, int]] = []
    line = place = 0
    for match in _TOKEN.finditer(code):
        line += code.count("\n", place, match.start())
        place = match.start()
        kind, text = match.lastgroup, match[0]
        if kind == "comment":
            continue
        after_dot = bool(found) and found[-1][0] == "."
        if kind == "name" and not keyword.iskeyword(text) and not after_dot:
            text = "name"
        found.append(({"number": "0", "text": '""'}.get(kind or "", text), line))
    return found


def _hashes(tokens: Sequence[str]) -> list[int]:
    """A hash of each run, the same in every process."""
    runs = (" ".join(tokens[k : k + RUN]) for k in range(len(tokens) - RUN + 1))
    return [
        int.from_bytes(blake2b(run.encode("utf-8", "replace"), digest_size=8).digest())
        for run in runs
    ]


def _winnowed(hashes: Sequence[int]) -> list[int]:
    """The places that are kept: in each window the least hash, of equal ones the last."""
    places: dict[int, None] = {}
    for start in range(max(1, len(hashes) - WINDOW + 1)):
        window = range(start, min(start + WINDOW, len(hashes)))
        if window:
            places[min(window, key=lambda place: (hashes[place], -place))] = None
    return list(places)

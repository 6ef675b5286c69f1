# Runs in: judge
"""The pairs of a class that share most of what few others have."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations

from course_dl.grading.alike.fingerprints import Document, document, every_run

__all__ = ["Pair", "most_alike"]

_FEW, _SHARE = 3, 20  # what more than 3 students have, or a 20th of a large class, is common
_LEAST = 4  # fingerprints that are shared, below which it may be chance
_MOST = 30  # pairs that are told


@dataclass(frozen=True)
class Pair:
    """Two students, the fingerprints that both have and hardly anybody else, and their lines.

    ``share`` is the part of the smaller one's own fingerprints, common ones left aside.
    """

    students: tuple[str, str]
    shared: int
    share: float
    documents: tuple[Document, Document]
    lines: tuple[frozenset[int], frozenset[int]]


def most_alike(codes: Mapping[str, str], handed_out: Iterable[str] = ()) -> list[Pair]:
    """The pairs that are most alike, the most alike first.

    Parameters
    ----------
    codes
        The code of each student.
    handed_out
        Texts that all have: the notebook, right answers and known mistakes. What stands in them
        does not count, nor does what many students have.
    """
    known = set().union(*map(every_run, handed_out))
    documents = {student: document(code) for student, code in codes.items()}
    having = Counter(print_ for doc in documents.values() for print_ in doc.prints)
    common = max(_FEW, len(documents) // _SHARE)
    own = {
        student: {p for p in doc.prints if p not in known and having[p] <= common}
        for student, doc in documents.items()
    }
    who: dict[int, list[str]] = defaultdict(list)
    for student, prints in own.items():
        for print_ in prints:
            who[print_].append(student)
    shared = Counter(
        pair for students in who.values() for pair in combinations(sorted(students), 2)
    )
    found = [(pair, count) for pair, count in shared.items() if count >= _LEAST]
    found.sort(key=lambda one: (-one[1], one[0]))
    return [_pair(one, count, documents, own) for one, count in found[:_MOST]]


def _pair(
    students: tuple[str, str],
    count: int,
    documents: Mapping[str, Document],
    own: Mapping[str, set[int]],
) -> Pair:
    a, b = students
    both = own[a] & own[b]
    lines = (_lines(documents[a], both), _lines(documents[b], both))
    share = count / min(len(own[a]), len(own[b]))
    return Pair(students, count, share, (documents[a], documents[b]), lines)


def _lines(doc: Document, prints: set[int]) -> frozenset[int]:
    spans = (span for print_ in prints for span in doc.prints[print_])
    return frozenset(line for first, last in spans for line in range(first, last + 1))

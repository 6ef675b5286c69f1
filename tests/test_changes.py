"""Small changes to a solution: which are made, and the words for them."""

from __future__ import annotations

import ast

import pytest

from course_dl.authoring.changes import Change, changes_of, pairs_of
from course_dl.authoring.stubs import make_solution

SOURCE = '''\
def layer(x: Tensor, W: Tensor, b: Tensor, eps: float = 1e-5) -> tuple[Tensor, Tensor]:
    """The output ``h`` and the sums ``s`` of a layer, with ``dim=1``.

    Returns h (N, M) and s (N,).
    """
    inner = x @ W.T + b  # told: the scores
    for k in range(len(W)):
        inner[k] = inner[k] - eps
    if len(x) > 3:
        inner.relu_()
    return inner / 2, x.sum(dim=1, keepdim=True)
'''


def told(after: str) -> str | None:
    """The words of the change after which a line reads so."""
    found = [change for change in changes_of(SOURCE, "layer") if change.after == after]
    assert len(found) == 1, [change.after for change in changes_of(SOURCE, "layer")]
    return found[0].words


@pytest.mark.parametrize(
    ("after", "words"),
    [
        ("inner = x @ W.T - b", "with the sign of b turned round in the scores"),
        ("inner = x @ W.T", "without the term b in the scores"),
        ("inner = x @ W + b", "with W not transposed in the scores"),
        ("inner = -(x @ W.T + b)", "with the sign of the scores turned round"),
        ("inner = (x @ W.T + b) * 2", "with the scores twice as large"),
        ("inner = b @ W.T + b", "with b in place of x in the scores"),
        ("for k in range(len(W) - 1):", "if its loop ended one turn too early"),
        ("for k in range(1, len(W)):", "if its loop began one turn too late"),
        ("if len(x) >= 3:", "if a condition also held where the length of x is equal to 3"),
        (
            "return (inner / 2, x.mean(dim=1, keepdim=True))",
            "with the mean in place of the sum in s",
        ),
        ("return (inner / 2, x.sum(dim=1))", "if sum were called without keepdim in s"),
        ("return (inner / 2, x.sum(dim=0, keepdim=True))", "with sum along dim 0, not dim 1, in s"),
        ("return (inner, x.sum(dim=1, keepdim=True))", "without the division by 2 in h"),
        (
            "return (x.sum(dim=1, keepdim=True), inner / 2)",
            "with h and s returned in the other order",
        ),
    ],
)
def test_a_change_is_told_in_the_names_that_a_student_knows(after: str, words: str) -> None:
    assert told(after) == words


def test_a_default_and_a_statement_are_changed_too() -> None:
    words = {change.words for change in changes_of(SOURCE, "layer")}
    assert "with another default of eps" in words
    assert "if relu_() were not called" in words


def test_what_has_no_name_has_no_words() -> None:
    source = 'def f(x):\n    """Of x."""\n    y, z = x, g(x)\n    return h(y, z)\n'
    assert {change.words for change in changes_of(source, "f") if "z, y" in change.after} == {None}


def test_each_change_differs_from_the_solution_and_from_the_others() -> None:
    changes = changes_of(SOURCE, "layer")
    texts = [change.source for change in changes]
    assert len(set(texts)) == len(texts) > 40
    assert ast.unparse(ast.parse(SOURCE)) not in texts
    assert all(isinstance(change, Change) and change.before != change.after for change in changes)
    assert changes == changes_of(SOURCE, "layer")


TWO = '''\
def layer(x: Tensor, W: Tensor, d: Tensor) -> tuple[Tensor, Tensor]:
    """The sums ``s`` and ``t``; W is (M, D).

    Returns s (M,) and t (M,).
    """
    s = -(x @ W.T).sum(0)
    t = (d @ W.T).sum(0) / len(d)
    return s, t
'''


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (
            ["s = -(x @ W.T).mean(0)", "t = (d @ W.T).mean(0) / len(d)"],
            "with the mean in place of the sum in s and in t",
        ),
        (
            ["s = -(x @ W).sum(0)", "t = (d @ W).sum(0) / len(d)"],
            "with W not transposed in s and in t",
        ),
        (
            ["s = (x @ W).sum(0)", "t = (d @ W.T).sum(0) / len(d)"],
            "with the sign of s turned round, and with W not transposed in s",
        ),
    ],
)
def test_a_pair_is_one_change_at_two_places_or_two_of_different_kinds(
    lines: list[str], words: str
) -> None:
    pairs = [pair for pair, _ in pairs_of(TWO, "layer")]
    found = [pair.words for pair in pairs if all(line in pair.source for line in lines)]
    assert found == [words]


def test_pairs_are_new_each_once_and_few() -> None:
    pairs = pairs_of(TWO, "layer")
    singles = {change.source for change in changes_of(TWO, "layer")}
    assert 10 < len(pairs) <= 48
    texts = [pair.source for pair, _ in pairs]
    assert len(set(texts)) == len(texts) and not singles & set(texts)
    assert all(set(parts) < singles for _, parts in pairs)


def test_types_and_docstrings_are_left_alone() -> None:
    for change in changes_of(SOURCE, "layer"):
        assert "The output ``h``" in change.source
        assert "-> tuple[Tensor, Tensor]" in change.source


def test_a_solved_notebook_shows_no_marks() -> None:
    assert "told" in SOURCE
    assert "told" not in make_solution(SOURCE, "layer")

"""What wrong numbers have to do with the right ones, where that is simple to say.

A relation is a statement about two tensors of one shape: "its sign is the other way", "it is the
transpose". `relations` gives all that hold, by kind; `telling` the one to tell, which is none where
it may hold by chance, or where several hold that say different things.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import permutations

import torch
from torch import Tensor

from course_dl.lab.words import counted

__all__ = ["relations", "shape_relation", "telling"]

FACTORS = (0.5, 2.0, -2.0, -0.5)  # what even one number may be told to be off by
MOST = 200_000  # entries that are looked at
MOST_AXES = 4

# Where a kind holds, those after it hold too, or say less: they are not told beside it.
IMPLIES = {
    "zero": {"factor", "zeros", "all alike", "one right", "only diagonal", "clamped"},
    "sign": {"factor", "shift", "one wrong", "one right"},
    "little": {"factor"},
    "diagonal only": {"zeros", "diagonal"},
    "one wrong": {"zeros"},
    "one right": {"zeros"},
    "sum": {"all alike", "factor"},
    "mean": {"all alike", "factor"},
    "transpose": {"order", "reshape", "diagonal"},
    "flip": {"order", "permuted"},
    "shift": {"order", "permuted"},
    "permuted": {"order"},
    "reshape": {"order"},
}
AS_IT_STANDS = {
    "one wrong",
    "one right",
    "diagonal",
    "zeros",
    "should be 0",
}  # which entries differ
BY_CHANCE = {"order", "permuted", "flip", "shift", "transpose", "reshape"}  # several may be one


def relations(answer: Tensor, truth: Tensor, limit: float) -> dict[str, str]:
    """All relations that hold of float64 tensors of one shape, kind to sentence.

    ``limit`` is how far from a relation an entry may be, relative to the largest true one. Empty
    where an entry is not finite.
    """
    if truth.numel() == 0 or truth.numel() > MOST or truth.dim() > MOST_AXES:
        return {}
    if not bool(torch.isfinite(answer).all()) or not bool(torch.isfinite(truth).all()):
        return {}
    found: dict[str, str] = {}
    if float(truth.abs().max()) == 0:
        return found
    pair = _Pair(answer, truth, max(limit, 1e-12) * 10)
    for kinds in (_scaled, _parts, _moved, _along_an_axis):
        for kind, sentence in kinds(pair):
            found.setdefault(kind, sentence)
    return found


def telling(found: Mapping[str, str], answer: Tensor, truth: Tensor) -> str:
    """The kind of the relation to tell, or "" where none is certain.

    Few and small whole numbers meet many relations by chance: there as many entries must speak for
    one as chance would hardly give.
    """
    implied = set().union(*(IMPLIES.get(kind, set()) for kind in found))
    left = [kind for kind in found if kind not in implied]
    left = [kind for kind in left if kind not in AS_IT_STANDS] or left
    if len(left) > 1 and set(left) <= BY_CHANCE:  # a flip of two rows is a shift: say what both say
        left = [kind for kind in ("permuted", "order") if kind in found][:1]
    if len(left) != 1:
        return ""
    return left[0] if left[0] in ("zero", "little") or _certain(answer, truth, left[0]) else ""


def shape_relation(answer: Tensor, truth: Tensor, limit: float) -> str:
    """What values of another shape than the right one have to do with it; "" where nothing is."""
    if answer.numel() == 0 or answer.numel() > MOST or max(answer.dim(), truth.dim()) > MOST_AXES:
        return ""
    if not bool(torch.isfinite(answer).all()) or not bool(torch.isfinite(truth).all()):
        return ""
    allowed = max(limit, 1e-12) * 10
    same = [p for p in _orders(answer.dim()) if answer.permute(p).shape == truth.shape]
    if same and len(truth.unique()) > 1:
        if any(_near(answer.permute(p), truth, allowed) for p in same):
            return "Its transpose would be right." if truth.dim() == 2 else "Its axes are swapped."
        return ""
    if answer.numel() == truth.numel() and _near(answer.reshape(truth.shape), truth, allowed):
        return "The numbers are right, their shape is not."
    if answer.dim() == truth.dim() + 1 and len(truth.unique()) > 1:
        for axis in range(answer.dim()):
            for name, reduced in (("sum", answer.sum(axis)), ("mean", answer.mean(axis))):
                fits = reduced.shape == truth.shape and _near(reduced, truth, allowed)
                if fits and answer.shape[axis] > 1:
                    return f"Its {name} over axis {axis} would be right."
    return ""


class _Pair:
    """An answer and the truth, with the room that a relation has."""

    def __init__(self, answer: Tensor, truth: Tensor, room: float) -> None:
        self.answer, self.truth, self.room = answer, truth, room
        self.right = (answer - truth).abs() <= room * truth.abs().max()

    def is_(self, other: Tensor) -> bool:
        """Whether the answer is this tensor, made from the true one."""
        return _near(self.answer, other, self.room)


def _near(a: Tensor, b: Tensor, room: float) -> bool:
    return a.shape == b.shape and bool(((a - b).abs() <= room * b.abs().max()).all())


Found = Iterator[tuple[str, str]]


def _scaled(pair: _Pair) -> Found:
    """The same numbers but for a factor, a sign, a number that is added."""
    answer, truth = pair.answer, pair.truth
    if float(answer.abs().max()) == 0:
        yield "zero", "All of it is 0."
        return
    if pair.is_(-truth):
        yield "sign", "Its sign is the other way."
    ratio = float((answer * truth).sum() / (truth * truth).sum())
    if pair.is_(ratio * truth) and ratio != 0:
        if abs(ratio - 1) < 1e-3:
            yield "little", "It is off by little: look for a number that is only nearly right."
        elif abs(ratio + 1) >= 1e-3 and (
            int((truth != 0).sum()) > 1 or min(abs(ratio - f) for f in FACTORS) < 1e-3 * abs(ratio)
        ):
            yield "factor", f"It is {ratio:.4g} times what it should be: look for a factor."
    offset = float((answer - truth).mean())
    moved = truth.numel() > 1 and abs(offset) > pair.room * float(truth.abs().max())
    if moved and pair.is_(truth + offset):
        yield "offset", f"Every entry is off by the same number, {offset:.4g}."
    if bool((truth < 0).any()):
        if pair.is_(truth.abs()):
            yield "absolute", "The signs are lost: what should be negative is positive."
        if bool((truth > 0).any()) and pair.is_(truth.clamp(min=0)):
            yield "clamped", "What should be negative is 0; the rest is right."


def _parts(pair: _Pair) -> Found:
    """Right in one part, wrong in another."""
    answer, truth, right = pair.answer, pair.truth, pair.right
    wrong = ~right
    if bool(right.all()) or not bool(right.any()):
        return
    if truth.dim() == 2 and len(truth) == truth.shape[1] > 1:
        diagonal = torch.eye(len(truth), dtype=torch.bool)
        there = bool(right[diagonal].all()) and bool((truth[~diagonal] != 0).all())
        if there and bool((answer[~diagonal] == 0).all()):
            yield "diagonal only", "Only the diagonal is there; the rest is 0."
        if bool((wrong == diagonal).all()):
            yield "diagonal", "Only the diagonal is wrong."
    for axis, n in enumerate(truth.shape):
        if n < 2:
            continue
        others = [k for k in range(truth.dim()) if k != axis]
        whole = right.all(dim=others) if others else right
        none = wrong.all(dim=others) if others else wrong
        if not bool((whole | none).all()):
            continue
        name = _name(truth, axis)
        if int(none.sum()) == 1 and n > 2:
            yield "one wrong", f"Only {name} {int(none.int().argmax())} is wrong."
        elif int(whole.sum()) == 1 and n > 2:
            yield "one right", f"Only {name} {int(whole.int().argmax())} is right."
    if bool((answer[wrong] == 0).all()):
        yield "zeros", "Some entries are 0 that should not be; the rest is right."
    elif bool((truth[wrong] == 0).all()):
        yield "should be 0", "Some entries should be 0 and are not; the rest is right."


def _moved(pair: _Pair) -> Found:
    """The right numbers in other places."""
    answer, truth = pair.answer, pair.truth
    if len(truth.unique()) < 2:
        return
    if not _near(answer.flatten().sort().values, truth.flatten().sort().values, pair.room):
        return
    yield "order", "The numbers are right, but they stand in other places."
    for order in _orders(truth.dim()):
        turned = truth.permute(order)
        if pair.is_(turned):
            if truth.dim() == 2:
                yield "transpose", "It is the transpose of what it should be."
            else:
                moved = [str(k) for k, to in enumerate(order) if k != to]
                how = "are swapped" if len(moved) == 2 else "stand in another order"
                yield "transpose", f"Axes {' and '.join(moved)} {how}."
        elif turned.shape != truth.shape and pair.is_(turned.reshape(truth.shape)):
            yield (
                "reshape",
                "The numbers are right, but reshape or view has mixed the axes: to swap axes, "
                "transpose or permute.",
            )
    for axis, n in enumerate(truth.shape):
        if n < 2:
            continue
        name = _name(truth, axis)
        if pair.is_(truth.flip(axis)):
            yield "flip", f"The {name}s are in reverse order."
        for by in range(1, n):
            if pair.is_(truth.roll(by, axis)):
                by = by if by <= n // 2 else by - n
                places = f"{counted(abs(by), 'place')} {'on' if by > 0 else 'back'}"
                yield "shift", f"The {name}s are shifted by {places}, round the end."
        if truth.dim() > 1 and _permuted(pair, axis):
            yield "permuted", f"The {name}s are right, but in another order."


def _along_an_axis(pair: _Pair) -> Found:
    """One number, or row, wherever there should be several."""
    answer, truth = pair.answer, pair.truth
    for axis, n in enumerate(truth.shape):
        if n < 2:
            continue
        name = _name(truth, axis)
        if pair.is_(truth.sum(axis, keepdim=True).expand_as(truth)):
            yield "sum", f"Each {name} holds the sum over all {name}s."
        if pair.is_(truth.mean(axis, keepdim=True).expand_as(truth)):
            yield "mean", f"Each {name} holds the mean over all {name}s."
        alike = _near(truth.narrow(axis, 0, 1).expand_as(truth), truth, pair.room)
        if not alike and pair.is_(answer.narrow(axis, 0, 1).expand_as(truth)):
            yield "all alike", f"All {name}s are the same; they should not be."


def _permuted(pair: _Pair, axis: int) -> bool:
    """Whether the slices along an axis are the right ones in another order, each once."""
    n = pair.truth.shape[axis]
    if n > 100:
        return False
    mine = pair.answer.movedim(axis, 0).reshape(n, -1)
    true = pair.truth.movedim(axis, 0).reshape(n, -1)
    apart = torch.cdist(mine, true, p=float("inf"))
    match = apart <= pair.room * true.abs().max()
    return bool((match.sum(0) == 1).all()) and bool((match.sum(1) == 1).all())


def _orders(axes: int) -> list[tuple[int, ...]]:
    """The orders in which axes may stand, but for their own: two swapped first."""
    own = tuple(range(axes))
    others = [order for order in permutations(own) if order != own]
    return sorted(others, key=lambda order: sum(k != to for k, to in enumerate(order)))


def _name(truth: Tensor, axis: int) -> str:
    """What stands along an axis."""
    if truth.dim() == 1:
        return "entry"
    if truth.dim() == 2:
        return ("row", "column")[axis]
    return f"part of axis {axis}"


PLAIN_ENOUGH = 4  # entries of small whole numbers, which may fit a relation by chance


def _certain(answer: Tensor, truth: Tensor, kind: str) -> bool:
    """Whether enough numbers speak for a relation, which has one number to choose at most."""
    plain = bool(((2 * truth) % 1 == 0).all()) and float(truth.abs().max()) <= 100
    counted = int((truth != 0).sum())
    if kind in AS_IT_STANDS:
        return True
    if kind in ("sign", "factor") and truth.numel() == 1:
        return not plain
    return counted > PLAIN_ENOUGH if plain else counted > 1

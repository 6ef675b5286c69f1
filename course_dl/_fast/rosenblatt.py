"""Rosenblatt's rule, faster: two forms of `course_dl.perceptron.rosenblatt_rule`.

Each changes ``w`` (D+1,) float64 in place, the bias being weight 0, and returns the number of
mistakes of each epoch. Like the rule, they visit the samples in order and decide in float64, so
they make the same mistakes and end at the same weights.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

__all__ = ["fast_rule", "rule_in_blocks", "rule_in_the_plane"]

Floats = NDArray[np.float64]
BLOCK = 64  # samples whose margins are computed at once


def fast_rule(
    X: NDArray[np.generic], d: Floats, w: Floats, lr: float, max_epochs: int
) -> list[int]:
    """The form that is fastest for this number of features."""
    learn = rule_in_the_plane if X.shape[1] == 2 else rule_in_blocks
    return learn(X, d, w, lr, max_epochs)


def rule_in_the_plane(
    X: NDArray[np.generic], d: Floats, w: Floats, lr: float, max_epochs: int
) -> list[int]:
    """The rule for two features: for three products, floats are faster than arrays."""
    samples = list(zip(*X.astype(np.float64).T.tolist(), d.tolist(), strict=True))
    b, w1, w2 = w.tolist()
    mistakes = []
    for _ in range(max_epochs):
        made = 0
        for x1, x2, label in samples:
            if (b + w1 * x1 + w2 * x2 >= 0) != (label > 0):
                b += lr * label
                w1 += lr * label * x1
                w2 += lr * label * x2
                made += 1
        mistakes.append(made)
        if made == 0:
            break
    w[:] = b, w1, w2
    return mistakes


@np.errstate(over="ignore", under="ignore", invalid="ignore")
def rule_in_blocks(
    X: NDArray[np.generic], d: Floats, w: Floats, lr: float, max_epochs: int
) -> list[int]:
    """The rule for many features: a block of samples is tested at once.

    The margins ``<w, u_i>`` of a block, ``u_i = d_i x_i / ||x_i||``, are one product in float32. If
    a margin is further from 0 than the rounding error of float32, it decides whether the sample is
    a mistake. All other samples, and those that float32 cannot hold, are decided in float64. After
    an update ``w + lr d_i x_i``, margin j of the block changes by ``lr ||x_i|| <u_i, u_j>``, which
    is computed at the first mistake on sample i.

    The products are numpy's own, not those of its BLAS. At this size BLAS gains little by threads,
    which wait for one another for milliseconds where a core has other work.
    """
    units, lengths = _units(X, d)
    rounding = (len(w) + BLOCK) * float(np.finfo(np.float32).eps)  # of a sum of products
    steps = np.float32(lr) * lengths
    moves = (lr * d).tolist()
    x, move_x = np.ones(len(w)), np.empty(len(w))
    changes: dict[int, NDArray[np.float32]] = {}
    mistakes = []
    for _ in range(max_epochs):
        made = 0
        for start in range(0, len(X), BLOCK):
            block, step = units[start : start + BLOCK], steps[start : start + BLOCK]
            margins = np.einsum("nd,d->n", block, w.astype(np.float32))
            doubt = rounding * math.sqrt(w.dot(w))
            right = margins > doubt
            i = int(right.argmin())
            while not right[i]:
                x[1:] = X[start + i]
                move = moves[start + i]
                if margins[i] < -doubt or (w.dot(x) >= 0) != (move > 0):
                    w += np.multiply(move, x, out=move_x)
                    made += 1
                    if start + i not in changes:
                        changes[start + i] = step[i] * np.einsum("nd,d->n", block, block[i])
                    margins += changes[start + i]
                    doubt += rounding * step[i]
                    right = margins > doubt
                i += 1
                if i == len(block):
                    break
                i += int(right[i:].argmin())
        mistakes.append(made)
        if made == 0:
            break
    return mistakes


def _units(X: NDArray[np.generic], d: Floats) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """``u_i = d_i x_i / ||x_i||`` (N, D+1) and ``||x_i||`` (N,), block by block in the cache."""
    units = np.empty((len(X), X.shape[1] + 1), np.float32)
    lengths = np.empty(len(X), np.float32)
    for start in range(0, len(X), BLOCK):
        these = slice(start, start + BLOCK)
        block = units[these]
        block[:, 0] = 1
        block[:, 1:] = X[these]
        lengths[these] = np.sqrt(np.einsum("nd,nd->n", block, block))
        block *= (d[these] / lengths[these]).astype(np.float32)[:, None]
    return units, lengths

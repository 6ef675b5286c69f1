"""Attention: a mean of values, weighted by how well their keys fit a query.

Vaswani et al., "Attention is all you need", 2017. `course_dl.denoising.ideal_denoiser` is the same
mean, with the scores of Bayes' rule.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from course_dl._arguments import check_count, check_floating, check_tensor, describe

__all__ = ["attention", "attention_weights", "causal_mask", "check_mask"]


def attention(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    """``softmax(q k^T / sqrt(D)) v``: for each query a mean of the values.

    This is ``F.scaled_dot_product_attention``, which takes a half to a quarter of the time and
    never holds all weights; `MultiHeadAttention` uses it.

    Parameters
    ----------
    q : (..., T, D), T queries.
    k : (..., S, D), S keys.
    v : (..., S, E), a value for each key.
    mask : (T, S) of booleans, True where a query may look; each may look somewhere.

    Returns
    -------
    (..., T, E)
    """
    weights = attention_weights(q, k, mask)
    check_floating(v, "v")
    if v.dim() < 2 or v.shape[-2] != k.shape[-2]:
        raise ValueError(
            f"v must have a value for each of the {k.shape[-2]} keys, (..., {k.shape[-2]}, E), "
            f"got a {describe(v)}"
        )
    return weights @ v


def attention_weights(q: Tensor, k: Tensor, mask: Tensor | None = None) -> Tensor:
    """``softmax(q k^T / sqrt(D))`` (..., T, S): each row is positive and sums to 1.

    The scores of keys at which a query may not look are minus infinity, so their weights are 0. The
    root keeps the spread of the scores: a sum of D products of standard normal numbers has the
    variance D.
    """
    for t, name in ((q, "q"), (k, "k")):
        check_floating(t, name)
        if t.dim() < 2 or t.numel() == 0:
            raise ValueError(
                f"{name} must be a sequence of vectors (..., T, D), got a {describe(t)}"
            )
    if q.shape[-1] != k.shape[-1]:
        raise ValueError(
            f"queries and keys must have as many numbers each, got a {describe(q)} and a "
            f"{describe(k)}"
        )
    scores = q @ k.mT / math.sqrt(q.shape[-1])
    if mask is not None:
        check_mask(mask, q.shape[-2], k.shape[-2])
        scores = scores.masked_fill(~mask, -math.inf)
    return scores.softmax(-1)


def causal_mask(n: int, device: torch.device | str | None = None) -> Tensor:
    """(n, n) of booleans: ``mask[t, s]`` is ``s <= t``, so token t looks at 0, ..., t."""
    check_count(n, "n")
    return torch.ones(n, n, dtype=torch.bool, device=device).tril()


def check_mask(mask: Tensor, T: int, S: int) -> None:
    """Raise unless ``mask`` is (T, S), of booleans, and True somewhere in each row."""
    check_tensor(mask, "mask")
    if mask.dtype != torch.bool:
        raise TypeError(
            f"mask must hold booleans, True where one may look, got a {describe(mask)}: try "
            "mask.bool()"
        )
    if mask.shape != (T, S):
        raise ValueError(
            f"mask must have a row for each query and a column for each key, ({T}, {S}), got a "
            f"{describe(mask)}"
        )
    blind = ~mask.any(1)
    if bool(blind.any()):
        raise ValueError(
            f"row {int(blind.nonzero()[0])} of mask may look nowhere, and no weights sum to 1: in "
            "nn.MultiheadAttention a mask means the opposite, in this course True is 'may look'"
        )

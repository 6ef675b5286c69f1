"""Wrong answers to exercise 10.2 that students write, and what to tell them."""

from __future__ import annotations

import torch

from course_dl.lab import mistake


@mistake(
    "10.2",
    "This is the upper triangle: each token would see what comes after it. Row t is for the token "
    "that looks: True where s <= t.",
)
def causal_mask__upper(n):
    return torch.ones(n, n, dtype=torch.bool).triu()


@mistake(
    "10.2",
    "The diagonal is missing: a token may look at itself. The first one could look nowhere.",
)
def causal_mask__no_diagonal(n):
    return torch.ones(n, n, dtype=torch.bool).tril(-1)


@mistake(
    "10.2",
    "True is where one may *not* look: that is what nn.MultiheadAttention wants. Turn it round, ~.",
)
def causal_mask__inverted(n):
    return torch.ones(n, n, dtype=torch.bool).triu(1)


@mistake("10.2", "Each token sees the one that comes next as well: s <= t, not s <= t + 1.")
def causal_mask__one_ahead(n):
    return torch.ones(n, n, dtype=torch.bool).tril(1)


@mistake("10.2", "These are numbers 0 and 1: it is booleans that are asked for, dtype=torch.bool.")
def causal_mask__float(n):
    return torch.ones(n, n).tril()


@mistake("10.2", "These are numbers 0 and 1: it is booleans that are asked for, dtype=torch.bool.")
def causal_mask__int(n):
    return torch.ones(n, n, dtype=torch.int64).tril()


@mistake(
    "10.2",
    "These are 0 and minus infinity, to be added to scores: asked for are booleans, True where one "
    "may look.",
)
def causal_mask__additive(n):
    return torch.full((n, n), float("-inf")).triu(1)


@mistake("10.2", "Every token may look at itself alone: at all before it, too.")
def causal_mask__diagonal(n):
    return torch.eye(n, dtype=torch.bool)

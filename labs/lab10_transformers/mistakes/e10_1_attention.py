"""Wrong answers to exercise 10.1 that students write, and what to tell them."""

from __future__ import annotations

import math

import torch

from course_dl.lab import mistake


def scores_of(q, k):
    return q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])


def hidden(scores, mask, value=-math.inf):
    return scores if mask is None else scores.masked_fill(~mask, value)


def attention_with(scores, v, mask):
    return torch.softmax(hidden(scores, mask), -1) @ v


@mistake("10.1", "The scores are divided by D: divide them by its root.")
def attention__by_d(q, k, v, mask=None):
    return attention_with(q @ k.transpose(-1, -2) / q.shape[-1], v, mask)


@mistake(
    "10.1",
    "The scores are not divided by sqrt(D): the larger D is, the more the softmax is a maximum.",
)
def attention__no_scale(q, k, v, mask=None):
    return attention_with(q @ k.transpose(-1, -2), v, mask)


@mistake("10.1", "The scores are multiplied by sqrt(D): divide them.")
def attention__times_root(q, k, v, mask=None):
    return attention_with(q @ k.transpose(-1, -2) * math.sqrt(q.shape[-1]), v, mask)


@mistake(
    "10.1", "The root is that of E, the length of a value: it is that of D, the length of a query."
)
def attention__scale_by_values(q, k, v, mask=None):
    return attention_with(q @ k.transpose(-1, -2) / math.sqrt(v.shape[-1]), v, mask)


@mistake(
    "10.1", "The root is that of S, the number of keys: it is that of D, the length of a query."
)
def attention__scale_by_keys(q, k, v, mask=None):
    return attention_with(q @ k.transpose(-1, -2) / math.sqrt(k.shape[-2]), v, mask)


@mistake(
    "10.1",
    "The softmax goes over the queries: for each query the weights of the *keys* sum to 1, which "
    "are the last axis of the scores.",
)
def attention__over_queries(q, k, v, mask=None):
    return torch.softmax(hidden(scores_of(q, k), mask), -2) @ v


@mistake(
    "10.1",
    "The softmax goes over the first axis: it belongs on the last one, the keys, dim=-1, however "
    "many axes there are.",
)
def attention__over_the_first_axis(q, k, v, mask=None):
    return torch.softmax(hidden(scores_of(q, k), mask), 0) @ v


@mistake(
    "10.1",
    "The mask comes after the softmax: then the weights that are left no longer sum to 1. Hide the "
    "scores before it.",
)
def attention__mask_after(q, k, v, mask=None):
    weights = torch.softmax(scores_of(q, k), -1)
    return (weights if mask is None else weights * mask) @ v


@mistake(
    "10.1",
    "The weights are masked after the softmax and divided by their sum. Where all that may be seen "
    "has a weight of 0 in floating point, this is 0/0: hide the scores before the softmax.",
)
def attention__renormalized(q, k, v, mask=None):
    weights = torch.softmax(scores_of(q, k), -1)
    if mask is not None:
        weights = weights * mask
        weights = weights / weights.sum(-1, keepdim=True)
    return weights @ v


@mistake(
    "10.1",
    "The mask is taken the wrong way round: True is where a query *may* look. (In "
    "nn.MultiheadAttention it is the other way.)",
)
def attention__mask_inverted(q, k, v, mask=None):
    return attention_with(scores_of(q, k), v, None if mask is None else ~mask)


NOT_HIDDEN = (
    "A hidden key has the score 0, or nearly 0 as -1e-9 is, and e^0 = 1 is a weight like others: "
    "it needs minus infinity."
)


@mistake("10.1", NOT_HIDDEN)
def attention__zero_for_infinity(q, k, v, mask=None):
    return torch.softmax(hidden(scores_of(q, k), mask, 0.0), -1) @ v


@mistake("10.1", NOT_HIDDEN)
def attention__scores_times_mask(q, k, v, mask=None):
    scores = scores_of(q, k)
    return torch.softmax(scores if mask is None else scores * mask, -1) @ v


@mistake("10.1", NOT_HIDDEN)
def attention__small_number(q, k, v, mask=None):
    return torch.softmax(hidden(scores_of(q, k), mask, -1e-9), -1) @ v


@mistake(
    "10.1",
    "A hidden key has a score that is low, but other scores may be lower: it needs minus infinity.",
)
def attention__minus_1000(q, k, v, mask=None):
    return torch.softmax(hidden(scores_of(q, k), mask, -1000.0), -1) @ v


@mistake(
    "10.1",
    "Large scores overflow in exp: torch.softmax takes care of it, or subtract the largest score "
    "of each query first.",
)
def attention__overflow(q, k, v, mask=None):
    weights = torch.exp(hidden(scores_of(q, k), mask))
    return weights / weights.sum(-1, keepdim=True) @ v


@mistake(
    "10.1",
    "k is not transposed: q @ k multiplies queries by the numbers of keys, not by keys. Exchange "
    "its last two axes.",
)
def attention__not_transposed(q, k, v, mask=None):
    return attention_with(q @ k / math.sqrt(q.shape[-1]), v, mask)


@mistake(
    "10.1",
    "k.T turns round all axes, or fails where there are more than two: exchange the last two "
    "alone, k.transpose(-1, -2).",
)
def attention__transposed_by_t(q, k, v, mask=None):
    turned = k.permute(*range(k.dim() - 1, -1, -1))
    return attention_with(q @ turned / math.sqrt(q.shape[-1]), v, mask)


@mistake("10.1", "There is no softmax: the scores have to become weights that sum to 1.")
def attention__no_softmax(q, k, v, mask=None):
    return hidden(scores_of(q, k), mask, 0.0) @ v


@mistake("10.1", "The weights come back: they have still to be multiplied by v.")
def attention__weights_alone(q, k, v, mask=None):
    return torch.softmax(hidden(scores_of(q, k), mask), -1)


@mistake("10.1", "The mask plays no part: hide the scores where it is False.")
def attention__no_mask(q, k, v, mask=None):
    return attention_with(scores_of(q, k), v, None)

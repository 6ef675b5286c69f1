"""Wrong answers to exercise 10.3 that students write, and what to tell them."""

from __future__ import annotations

import math

import torch
from torch import nn

from course_dl.lab import mistake

from .shared import Heads, attend

SPLIT = (
    "view(N, heads, T, d) has the shape of heads, but cuts in the wrong order, and mixes tokens: "
    "first view(N, T, heads, d), and then exchange T and heads, transpose(1, 2)."
)


@mistake("10.3", SPLIT)
class MultiHeadAttention__split_by_view(Heads):
    def split(self, t):
        N, T, dim = t.shape
        return t.reshape(N, self.heads, T, dim // self.heads)


@mistake("10.3", SPLIT)
class MultiHeadAttention__split_and_joined_by_view(Heads):
    def split(self, t):
        N, T, dim = t.shape
        return t.reshape(N, self.heads, T, dim // self.heads)

    def join(self, t):
        N, heads, T, d = t.shape
        return t.reshape(N, T, heads * d)


@mistake(
    "10.3",
    "The heads are put together by reshape alone, which mixes tokens: first exchange heads and T "
    "back, transpose(1, 2), then reshape(N, T, dim).",
)
class MultiHeadAttention__joined_by_view(Heads):
    def join(self, t):
        N, heads, T, d = t.shape
        return t.reshape(N, T, heads * d)


@mistake(
    "10.3",
    "The numbers of a head are taken here and there (every heads-th one): the first head has the "
    "first dim / heads numbers.",
)
class MultiHeadAttention__interleaved_heads(Heads):
    def split(self, t):
        N, T, dim = t.shape
        return t.view(N, T, dim // self.heads, self.heads).permute(0, 3, 1, 2)

    def join(self, t):
        return t.permute(0, 2, 3, 1).flatten(2)


@mistake(
    "10.3",
    "Heads side by side, not their numbers in turn: after attention transpose(1, 2), then "
    "reshape(N, T, dim).",
)
class MultiHeadAttention__joined_number_by_number(Heads):
    def join(self, t):
        return t.permute(0, 2, 3, 1).flatten(2)


@mistake(
    "10.3",
    "The scores are divided by sqrt(dim): a head has dim / heads numbers, and it is their root.",
)
class MultiHeadAttention__scale_by_dim(Heads):
    def mix(self, q, k, v, mask):
        return attend(q, k, v, mask, math.sqrt(self.heads * q.shape[-1]))


@mistake(
    "10.3",
    "Queries, keys and values are taken in turn from the 3 dim numbers of a token: first come all "
    "queries, then all keys, then all values.",
)
class MultiHeadAttention__interleaved(Heads):
    def parts(self, x):
        return self.qkv(x).unflatten(-1, (-1, 3)).unbind(-1)


@mistake(
    "10.3",
    "The 3 dim numbers are cut into heads first, and then each head into q, k and v: first come "
    "all queries, then all keys, then all values, each with all heads.",
)
class MultiHeadAttention__heads_first(Heads):
    def forward(self, x, mask=None):
        q, k, v = self.qkv(x).unflatten(-1, (self.heads, -1)).transpose(1, 2).chunk(3, -1)
        return self.out(self.join(attend(q, k, v, mask)))


@mistake("10.3", "q and k are exchanged: first come the queries, then the keys, then the values.")
class MultiHeadAttention__keys_first(Heads):
    def mix(self, q, k, v, mask):
        return attend(k, q, v, mask)


@mistake("10.3", "k and v are exchanged: first come the queries, then the keys, then the values.")
class MultiHeadAttention__values_before_keys(Heads):
    def mix(self, q, k, v, mask):
        return attend(q, v, k, mask)


@mistake(
    "10.3",
    "The last layer is made and not used: what comes out of the heads goes through it.",
)
class MultiHeadAttention__no_output_layer(Heads):
    def forward(self, x, mask=None):
        q, k, v = (self.split(part) for part in self.parts(x))
        return self.join(attend(q, k, v, mask))


@mistake("10.3", "The mask is not handed on to attention.")
class MultiHeadAttention__no_mask(Heads):
    def mix(self, q, k, v, mask):
        return attend(q, k, v)


@mistake("10.3", "The mask is for one head alone: all heads have the same one.")
class MultiHeadAttention__mask_of_one_head(Heads):
    def mix(self, q, k, v, mask):
        mixed = attend(q, k, v)
        first = attend(q[:, :1], k[:, :1], v[:, :1], mask)
        return torch.cat((first, mixed[:, 1:]), 1)


@mistake(
    "10.3",
    "The mask is turned round: here, too, True is where one may look. (In nn.MultiheadAttention it "
    "is the other way.)",
)
class MultiHeadAttention__mask_inverted(Heads):
    def mix(self, q, k, v, mask):
        return attend(q, k, v, None if mask is None else ~mask)


@mistake(
    "10.3",
    "The attention is over the heads of each token: bring T and the numbers of a head to the last "
    "two axes, by transpose(1, 2).",
)
class MultiHeadAttention__over_heads(Heads):
    def split(self, t):
        return t.unflatten(2, (self.heads, -1))

    def join(self, t):
        return t.flatten(2)

    def mix(self, q, k, v, mask):
        return attend(q, k, v)


@mistake(
    "10.3",
    "The attention goes over the batch: each sequence looks at its own tokens. Is the sequence of "
    "a sample on the axis before the last one?",
)
class MultiHeadAttention__over_the_batch(Heads):
    def forward(self, x, mask=None):
        q, k, v = (
            part.unflatten(2, (self.heads, -1)).permute(1, 2, 0, 3) for part in self.parts(x)
        )
        return self.out(attend(q, k, v).permute(2, 0, 1, 3).flatten(2))


@mistake("10.3", "There is one head, whatever heads is: cut q, k and v into heads.")
class MultiHeadAttention__one_head(Heads):
    def forward(self, x, mask=None):
        return self.out(attend(*self.parts(x), mask))


@mistake("10.3", "x is added to the result: that is what the block does, not its attention.")
class MultiHeadAttention__residual(Heads):
    def forward(self, x, mask=None):
        return x + super().forward(x, mask)


@mistake(
    "10.3",
    "The first layer has no bias: both layers are nn.Linear as it comes, with weights and biases.",
)
class MultiHeadAttention__no_bias(Heads):
    def __init__(self, dim, heads):
        super().__init__(dim, heads)
        self.qkv = nn.Linear(dim, 3 * dim, bias=False)

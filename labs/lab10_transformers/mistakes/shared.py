"""Right parts, which wrong answers of several exercises build on."""

from __future__ import annotations

import math

import torch
from torch import nn


def attend(q, k, v, mask=None, scale=None):
    """Attention, rightly, by default."""
    scores = q @ k.transpose(-1, -2) / (scale or math.sqrt(q.shape[-1]))
    if mask is not None:
        scores = scores.masked_fill(~mask, -math.inf)
    return scores.softmax(-1) @ v


class Heads(nn.Module):
    """MultiHeadAttention, from which the wrong ones differ."""

    def __init__(self, dim, heads):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(dim, 3 * dim)
        self.out = nn.Linear(dim, dim)

    def parts(self, x):
        return self.qkv(x).chunk(3, -1)

    def split(self, t):
        N, T, dim = t.shape
        return t.view(N, T, self.heads, dim // self.heads).transpose(1, 2)

    def join(self, t):
        return t.transpose(1, 2).flatten(2)

    def mix(self, q, k, v, mask):
        return attend(q, k, v, mask)

    def forward(self, x, mask=None):
        q, k, v = (self.split(part) for part in self.parts(x))
        return self.out(self.join(self.mix(q, k, v, mask)))


class Part(nn.Module):
    """A block, from which the wrong ones differ."""

    activation = nn.GELU

    def __init__(self, dim, heads, hidden):
        super().__init__()
        self.norm1 = nn.LayerNorm(dim)
        self.attention = Heads(dim, heads)
        self.norm2 = nn.LayerNorm(dim)
        self.mlp = nn.Sequential(nn.Linear(dim, hidden), self.activation(), nn.Linear(hidden, dim))

    def forward(self, x, mask=None):
        x = x + self.attention(self.norm1(x), mask)
        return x + self.mlp(self.norm2(x))


def log_likelihoods(logits, tokens):
    """(N, T), of each token."""
    return torch.log_softmax(logits, 2).gather(2, tokens[:, :, None])[:, :, 0]

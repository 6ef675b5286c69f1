"""Lab 10, solved: attention, blocks of it, and images patch by patch."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import torch
from torch import Generator, Tensor, nn

__all__ = [
    "Block",
    "MultiHeadAttention",
    "attention",
    "build_model",
    "causal_mask",
    "generate",
    "layer_norm",
    "patchify",
    "sequence_log_likelihood",
    "sinusoids",
    "train",
    "unpatchify",
]


def attention(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    """``softmax(q k^T / sqrt(D)) v``: for each query a mean of the values, over all keys.

    q : (..., T, D). k : (..., S, D). v : (..., S, E).
    mask : (T, S) of booleans, True where a query may look at a key; without it, everywhere.

    Returns (..., T, E).
    """
    scores = q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])
    if mask is not None:
        scores = scores.masked_fill(~mask, -math.inf)
    return scores.softmax(dim=-1) @ v


def causal_mask(n: int) -> Tensor:
    """(n, n) of booleans: token t may look at the tokens 0, ..., t, and at no later one."""
    return torch.ones(n, n, dtype=torch.bool).tril()


class MultiHeadAttention(nn.Module):
    """Attention of a sequence to itself, in several heads side by side.

    Its parameters are those of ``nn.Linear(dim, 3 * dim)``, which makes all queries, then all keys,
    then all values, and of ``nn.Linear(dim, dim)`` at the end, in this order.
    """

    def __init__(self, dim: int, heads: int) -> None:
        """Make the layers; ``dim`` is a multiple of ``heads``."""
        # keep
        super().__init__()
        # end keep
        self.heads = heads
        self.qkv = nn.Linear(dim, 3 * dim)
        self.out = nn.Linear(dim, dim)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """(N, T, dim) of tokens ``x`` (N, T, dim).

        Of queries, keys and values, the first head has the first ``dim / heads`` numbers, the
        second head the next ones. The heads' results stand side by side in the same way, before the
        last layer. ``mask`` (T, T) is the same for all samples and heads.
        """
        N, T, dim = x.shape
        q, k, v = (
            part.view(N, T, self.heads, dim // self.heads).transpose(1, 2)
            for part in self.qkv(x).chunk(3, dim=-1)
        )
        mixed = attention(q, k, v, mask)  # (N, heads, T, dim / heads)
        return self.out(mixed.transpose(1, 2).reshape(N, T, dim))


def layer_norm(x: Tensor, gamma: Tensor, beta: Tensor, eps: float = 1e-5) -> Tensor:
    """Normalize each token by itself, over its D numbers, then scale and shift it.

    ``gamma * (x - mean) / sqrt(var + eps) + beta``; the variance is the biased one.

    x : (..., D). gamma, beta : (D,). Returns (..., D).
    """
    mean = x.mean(dim=-1, keepdim=True)
    var = (x - mean).square().mean(dim=-1, keepdim=True)
    return gamma * (x - mean) / torch.sqrt(var + eps) + beta


def patchify(X: Tensor, p: int) -> Tensor:
    """Cut images into patches ``p x p``, row by row; in a patch come its channels, each row by row.

    X : (N, C, H, W); H and W are multiples of p.
    Returns (N, T, C p p) with ``T = (H / p) (W / p)``.
    """
    N, C, H, W = X.shape
    cut = X.reshape(N, C, H // p, p, W // p, p)  # n c i r j s: patch (i, j), pixel (r, s) in it
    return cut.permute(0, 2, 4, 1, 3, 5).reshape(N, (H // p) * (W // p), C * p * p)


def unpatchify(P: Tensor, C: int, H: int, W: int) -> Tensor:
    """The images of which these are the patches: the way back of `patchify`.

    P : (N, T, C p p). C, H, W : channels, height and width of the images.
    Returns (N, C, H, W).
    """
    N = len(P)
    p = math.isqrt(P.shape[2] // C)
    return P.reshape(N, H // p, W // p, C, p, p).permute(0, 3, 1, 4, 2, 5).reshape(N, C, H, W)


def sinusoids(positions: Tensor, dim: int) -> Tensor:
    """A vector for each position: ``sin(s / 10000^(2 i / dim))``, i = 0, ..., dim / 2 - 1, and then
    the cosines of the same.

    positions : (T,), numbers s. dim : even.
    Returns (T, dim) in the dtype of the positions; float32 where these are integers.
    """
    dtype = positions.dtype if positions.is_floating_point() else torch.float32
    i = torch.arange(dim // 2, dtype=torch.float64)
    angles = positions.double()[:, None] / 10000 ** (2 * i / dim)
    return torch.cat([angles.sin(), angles.cos()], dim=1).to(dtype)


class Block(nn.Module):
    """``x + attention(norm(x))``, and of that ``x + mlp(norm(x))``, each with a norm of its own.

    Its parameters, in this order: the first norm's ``gamma`` and ``beta``, the two layers of a
    `MultiHeadAttention`, the second norm's ``gamma`` and ``beta``, ``nn.Linear(dim, hidden)`` and
    ``nn.Linear(hidden, dim)`` of the MLP, a GELU between them. Norms are ``nn.LayerNorm(dim)``.
    """

    def __init__(self, dim: int, heads: int, hidden: int) -> None:
        """Make the layers."""
        # keep
        super().__init__()
        # end keep
        self.norm1 = nn.LayerNorm(dim)
        self.attention = MultiHeadAttention(dim, heads)
        self.norm2 = nn.LayerNorm(dim)
        self.mlp = nn.Sequential(nn.Linear(dim, hidden), nn.GELU(), nn.Linear(hidden, dim))

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """(N, T, dim) to (N, T, dim); ``mask`` (T, T) is for the attention."""
        x = x + self.attention(self.norm1(x), mask)
        return x + self.mlp(self.norm2(x))


def sequence_log_likelihood(logits: Tensor, tokens: Tensor) -> Tensor:
    """``sum_t log p(token_t | tokens before t)`` of each sequence.

    ``p`` is the softmax of ``logits[:, t]``, which were computed from the tokens *before* t.

    logits : (N, T, V). tokens : (N, T) int64, words 0..V-1. Returns (N,).
    """
    log_p = logits.log_softmax(dim=-1)
    return log_p.gather(2, tokens[:, :, None])[:, :, 0].sum(dim=1)


def generate(
    model: Callable[[Tensor], Tensor],
    start: Tensor,
    length: int,
    temperature: float,
    generator: Generator,
) -> Tensor:
    """Sequences that begin with ``start`` and go on, token by token, as the model guesses.

    Each new token is drawn from the softmax of ``logits / temperature``.

    model : ``model(tokens)`` gives logits (N, t, V) for tokens (N, t): the last row is its guess of
        the token that comes next.
    start : (N, T0) int64, T0 of 1 or more. length : T0 or more. temperature : above 0.
    generator : draws the tokens.

    Returns (N, length) int64.
    """
    tokens = start
    while tokens.shape[1] < length:
        p = torch.softmax(model(tokens)[:, -1] / temperature, dim=-1)
        drawn = torch.multinomial(p, 1, generator=generator)
        tokens = torch.cat([tokens, drawn], dim=1)
    return tokens


def build_model(vocabulary: int, tokens: int) -> nn.Module:
    """A new network for the challenge, untrained.

    ``model(T, d)`` gives logits (N, tokens, vocabulary) for any number N of sequences T (N, tokens)
    int64 and classes d (N,) int64, 0 to 9. Row t may depend on ``d`` and on ``T[:, :t]`` alone.
    """

    class Causal(nn.Module):
        def __init__(self, dim: int = 48, heads: int = 4, depth: int = 2) -> None:
            super().__init__()
            self.classes = nn.Embedding(10, dim)
            self.words = nn.Embedding(vocabulary, dim)
            self.positions = nn.Embedding(tokens, dim)
            self.blocks = nn.ModuleList(Block(dim, heads, 2 * dim) for _ in range(depth))
            self.norm, self.head = nn.LayerNorm(dim), nn.Linear(dim, vocabulary)
            for table, std in ((self.classes, 0.02), (self.words, 0.02), (self.positions, 0.2)):
                nn.init.normal_(table.weight, std=std)

        def forward(self, T: Tensor, d: Tensor) -> Tensor:
            x = torch.cat([self.classes(d)[:, None], self.words(T[:, :-1])], dim=1)
            x = x + self.positions.weight
            mask = causal_mask(tokens)
            for block in self.blocks:
                x = block(x, mask)
            logits: Tensor = self.head(self.norm(x))
            return logits

    return Causal()


def train(model: nn.Module, T: Tensor, d: Tensor, seconds: float) -> None:
    """Train the model in place, and be back before ``seconds`` have passed.

    model : from `build_model`.
    T : (N, tokens) int64, words 0 to vocabulary - 1. d : (N,) int64, classes 0 to 9.
    seconds : the time there is. Look at the clock (``time.process_time()``, the time that this
        program has computed) after every batch.
    """
    start, lr = time.process_time(), 0.012
    optimizer = torch.optim.AdamW(model.parameters(), betas=(0.9, 0.98), fused=True)
    model.train()
    while True:
        for batch in torch.randperm(len(T)).split(24):
            spent = (time.process_time() - start) / (0.95 * seconds)
            if spent >= 1:
                return
            optimizer.param_groups[0]["lr"] = lr * min(1, 0.02 + 10 * spent, 1.2 * (1 - spent))
            loss = -sequence_log_likelihood(model(T[batch], d[batch]), T[batch]).mean()
            optimizer.zero_grad()
            (loss / T.shape[1]).backward()
            optimizer.step()

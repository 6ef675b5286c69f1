"""Images one patch after the other, each guessed from those before it: a likelihood in nats.

``p(image) = prod_t p(token_t | tokens before t)``, tokens being the numbers of a codebook's patches
(`course_dl.data.codebook`). With the causal mask all factors come from one pass; drawing takes a
pass for each token, and a cache makes these short.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from course_dl._arguments import (
    check_classes,
    check_count,
    check_floating,
    check_positive,
    check_tensor,
    describe,
)
from course_dl.attention.block import Block, Cache, linear
from course_dl.attention.formula import causal_mask
from course_dl.attention.vit import embedding

__all__ = ["PatchGPT", "sequence_log_likelihood"]


def sequence_log_likelihood(logits: Tensor, tokens: Tensor) -> Tensor:
    """``sum_t log softmax(logits_t)[token_t]`` (N,) in nats.

    ``logits`` (N, T, V), row t computed from the tokens before t; ``tokens`` (N, T) int64.
    """
    check_floating(logits, "logits")
    if logits.dim() != 3 or logits.numel() == 0:
        raise ValueError(f"logits must be scores (N, T, V), got a {describe(logits)}")
    _check_tokens(tokens, logits.shape[2], logits.shape[1], whole=True)
    if len(tokens) != len(logits):
        raise ValueError(f"tokens must have {len(logits)} rows as logits has, got {len(tokens)}")
    return logits.log_softmax(2).gather(2, tokens[:, :, None]).sum((1, 2))


class PatchGPT(nn.Module):
    """A causal transformer on sequences of tokens, which begin with the class.

    Train it by ``-gpt.log_likelihood(T, d).mean()``.

    Parameters
    ----------
    tokens : length of a sequence.
    vocabulary : number of words, which are 0, ..., vocabulary - 1.
    dim, heads, hidden : of the blocks, as in `Block`; ``hidden`` is ``2 dim`` by default.
    depth : number of blocks.
    n_classes : number of classes.
    generator : draws the initial weights; the global one by default.
    """

    mask: Tensor

    def __init__(
        self,
        tokens: int = 49,
        vocabulary: int = 256,
        dim: int = 64,
        depth: int = 3,
        heads: int = 4,
        n_classes: int = 10,
        *,
        hidden: int | None = None,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        check_count(depth, "depth")
        self.tokens = check_count(tokens, "tokens")
        self.vocabulary = check_count(vocabulary, "vocabulary")
        self.words = embedding(vocabulary, dim, 0.02, generator)
        self.classes = embedding(check_count(n_classes, "n_classes"), dim, 0.02, generator)
        # Row t is where token t is guessed.
        self.positions = embedding(tokens, dim, 0.1, generator)
        self.blocks = nn.ModuleList(
            Block(dim, heads, 2 * dim if hidden is None else hidden, generator=generator)
            for _ in range(depth)
        )
        self.norm = nn.LayerNorm(dim)
        self.head = linear(dim, vocabulary, generator)
        self.register_buffer("mask", causal_mask(tokens), persistent=False)

    def forward(self, T: Tensor, d: Tensor, cache: list[Cache] | None = None) -> Tensor:
        """Logits (N, t + 1, vocabulary): row s is computed from the class and ``T[:, :s]``.

        Parameters
        ----------
        T : (N, t) int64, the tokens so far, from none to all; of all of them, row t is left out.
        d : (N,) int64, classes.
        cache : of `cache`. It remembers what was computed for the tokens of earlier calls, and only
            rows that have not been returned before are returned.
        """
        _check_tokens(T, self.vocabulary, self.tokens)
        check_classes(d, len(T), len(self.classes))
        T = T[:, : self.tokens - 1]
        before, end = cache[0].filled if cache else 0, T.shape[1] + 1
        if before >= end:
            raise ValueError(
                f"the cache has seen {before - 1} tokens, and T has {end - 1}: no more"
            )
        x = torch.cat((self.classes[d][:, None], self.words[T]), 1)[:, before:]
        x = x + self.positions[before:end]
        mask = self.mask[before:end, :end] if end - before > 1 else None
        for k, block in enumerate(self.blocks):
            x = block(x, mask, cache[k] if cache else None)
        logits: Tensor = self.head(self.norm(x))
        return logits

    def log_likelihood(self, T: Tensor, d: Tensor) -> Tensor:
        """``log p(T | d)`` (N,) in nats, of whole sequences T (N, tokens)."""
        return sequence_log_likelihood(self(T, d), T)

    def cache(self) -> list[Cache]:
        """An empty cache of keys and values, one for each block."""
        return [Cache(self.tokens) for _ in self.blocks]

    @torch.no_grad()
    def complete(
        self,
        start: Tensor,
        d: Tensor,
        temperature: float = 1.0,
        generator: torch.Generator | None = None,
    ) -> Tensor:
        """Sequences (N, tokens) that begin with ``start`` (N, t), the rest drawn by the model.

        Parameters
        ----------
        start : int64, the first tokens; (N, 0) to draw all.
        d : (N,) int64, classes.
        temperature : logits are divided by it; below 1, probable words become more so.
        generator : draws the words, on the model's device; the global one by default.
        """
        check_positive(temperature, "temperature")
        T, cache = start, self.cache()
        while T.shape[1] < self.tokens:
            p = (self(T, d, cache)[:, -1] / temperature).softmax(1)
            T = torch.cat((T, torch.multinomial(p, 1, generator=generator)), 1)
        return T


def _check_tokens(T: Tensor, vocabulary: int, length: int, whole: bool = False) -> None:
    """Raise unless T is a non-empty int64 batch of words, so many a row or fewer."""
    check_tensor(T, "tokens")
    if T.dtype != torch.int64:
        raise TypeError(f"tokens must be int64, got a {describe(T)}: try .long()")
    if T.dim() != 2 or not len(T) or T.shape[1] > length or (whole and T.shape[1] != length):
        most = "" if whole else "at most "
        raise ValueError(f"tokens must be (N, T), {most}{length} a row, got a {describe(T)}")
    low, high = (int(T.min()), int(T.max())) if T.numel() else (0, 0)
    if low < 0 or high >= vocabulary:
        raise ValueError(f"tokens must lie in 0..{vocabulary - 1}, got {low} to {high}")

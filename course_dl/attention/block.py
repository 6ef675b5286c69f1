"""The block of a transformer: attention in several heads and a small MLP, each added to its input.

So it is a residual block (`course_dl.residual`), with a norm along the other axis.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_dl._arguments import check_count, check_floating, check_positive, describe
from course_dl.attention.formula import attention_weights, check_mask
from course_dl.mlp import glorot_uniform_

__all__ = ["Block", "Cache", "MultiHeadAttention", "layer_norm", "linear"]


def layer_norm(x: Tensor, gamma: Tensor, beta: Tensor, eps: float = 1e-5) -> Tensor:
    """``gamma (x - mean) / sqrt(var + eps) + beta``, each token by itself, over its numbers.

    ``x`` (..., D), ``gamma`` and ``beta`` (D,). The variance is the biased one. A batch norm takes
    its mean over the batch; this one knows no batch, and is in evaluation what it is in training.
    """
    check_floating(x, "x")
    check_positive(eps, "eps")
    for t, name in ((gamma, "gamma"), (beta, "beta")):
        check_floating(t, name)
        if x.dim() == 0 or t.shape != x.shape[-1:]:
            raise ValueError(
                f"{name} must have a number for each of the last axis of x, a {describe(x)}; got a "
                f"{describe(t)}"
            )
    var, mean = torch.var_mean(x, -1, correction=0, keepdim=True)
    return gamma * (x - mean) / (var + eps).sqrt() + beta


class Cache:
    """Keys and values of the tokens so far, so that the next one need not compute them again.

    Room for ``length`` tokens is taken at once, at the first call of `extend`.
    """

    def __init__(self, length: int) -> None:
        self.length = check_count(length, "length")
        self.filled = 0
        self._held: tuple[Tensor, Tensor] | None = None

    def extend(self, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        """All keys and values (N, heads, S, d), the new ones (N, heads, T, d) behind the old."""
        if self._held is None:
            shape = (*k.shape[:2], self.length, k.shape[3])
            self._held = k.new_empty(shape), v.new_empty(shape)
        end = self.filled + k.shape[2]
        if end > self.length or len(k) != len(self._held[0]):
            raise ValueError(
                f"the cache has room for {self.length} tokens of {len(self._held[0])} samples, and "
                f"holds {self.filled}; got {k.shape[2]} more of {len(k)}"
            )
        for held, new in zip(self._held, (k, v), strict=True):
            held[:, :, self.filled : end] = new
        self.filled = end
        keys, values = (held[:, :, :end] for held in self._held)
        return keys, values


class MultiHeadAttention(nn.Module):
    """Attention ``heads`` times, each in ``dim / heads`` numbers of its own, then a linear layer.

    ``nn.MultiheadAttention`` with the same four arrays, but for the meaning of the mask.

    Parameters
    ----------
    dim : numbers of a token, a multiple of ``heads``.
    heads : how many.
    generator : draws the initial weights; the global one by default.
    """

    def __init__(self, dim: int, heads: int, *, generator: torch.Generator | None = None) -> None:
        super().__init__()
        self.heads = check_count(heads, "heads")
        if check_count(dim, "dim") % heads:
            raise ValueError(f"dim must be a multiple of heads = {heads}, got {dim}")
        self.qkv = linear(dim, 3 * dim, generator)
        self.out = linear(dim, dim, generator)

    def forward(self, x: Tensor, mask: Tensor | None = None, cache: Cache | None = None) -> Tensor:
        """(N, T, dim) of tokens x (N, T, dim).

        ``mask`` (T, S) is True where one may look, S being T, or with a cache all tokens so far.
        With a cache nothing is trained: gradients do not pass through what it holds.
        """
        q, k, v = self._split(x)
        if cache is not None:
            k, v = cache.extend(k, v)
        if mask is not None:
            check_mask(mask, q.shape[2], k.shape[2])
        mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)  # as `attention`, faster
        out: Tensor = self.out(mixed.transpose(1, 2).flatten(2))
        return out

    def weights(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """(N, heads, T, T): what each token looks at, in each head."""
        q, k, _ = self._split(x)
        return attention_weights(q, k, mask)

    def _split(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Queries, keys and values, (N, heads, T, dim / heads) each."""
        dim = self.out.in_features
        check_floating(x, "x")
        if x.dim() != 3 or x.shape[2] != dim or x.numel() == 0:
            raise ValueError(f"x must be tokens (N, T, {dim}), got a {describe(x)}")
        q, k, v = (
            part.unflatten(2, (self.heads, dim // self.heads)).transpose(1, 2)
            for part in self.qkv(x).chunk(3, 2)
        )
        return q, k, v

    def extra_repr(self) -> str:
        return f"heads={self.heads}"


class Block(nn.Module):
    """``x = x + attention(norm(x))``, then ``x + mlp(norm(x))``, each with a norm of its own.

    The norm stands before (Xiong et al., "On layer normalization in the transformer architecture",
    2020), so nothing stands on the shortcut. ``nn.TransformerEncoderLayer(norm_first=True)`` with
    GELU, without dropout, and with the same arrays in the same order but for its attention first.

    Parameters
    ----------
    dim, heads : as in `MultiHeadAttention`.
    hidden : units of the MLP's hidden layer.
    generator : draws the initial weights; the global one by default.
    """

    def __init__(
        self, dim: int, heads: int, hidden: int, *, generator: torch.Generator | None = None
    ) -> None:
        super().__init__()
        check_count(hidden, "hidden")
        # PyTorch's own norm: it computes what `layer_norm` does, in one pass over the memory
        self.attention_norm = nn.LayerNorm(check_count(dim, "dim"))
        self.attention = MultiHeadAttention(dim, heads, generator=generator)
        self.mlp_norm = nn.LayerNorm(dim)
        self.mlp = nn.Sequential(
            linear(dim, hidden, generator), nn.GELU(), linear(hidden, dim, generator)
        )

    def forward(self, x: Tensor, mask: Tensor | None = None, cache: Cache | None = None) -> Tensor:
        """(N, T, dim) to (N, T, dim); ``mask`` and ``cache`` as in `MultiHeadAttention`."""
        x = x + self.attention(self.attention_norm(x), mask, cache)
        out: Tensor = x + self.mlp(self.mlp_norm(x))
        return out


def linear(n_in: int, n_out: int, generator: torch.Generator | None) -> nn.Linear:
    """A linear layer by Glorot's rule, its biases 0."""
    layer = nn.utils.skip_init(nn.Linear, n_in, n_out)
    glorot_uniform_(layer.weight, generator)
    nn.init.zeros_(layer.bias)
    return layer

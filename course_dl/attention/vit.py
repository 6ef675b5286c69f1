"""A transformer that sees: patches as words, and one label for all of them.

After Dosovitskiy et al., "An image is worth 16x16 words", 2021, with the mean of the tokens where
theirs has one more token, for the class.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from course_dl._arguments import check_count, check_floating, describe
from course_dl.attention.block import Block, linear
from course_dl.attention.patches import patchify

__all__ = ["ViT", "embedding"]


class ViT(nn.Module):
    """Patches, a linear layer and positions; blocks; a norm, the mean of the tokens, scores.

    Parameters
    ----------
    size : side of the images.
    patch : side of a patch; it divides ``size``.
    dim, heads, hidden : of the blocks, as in `Block`; ``hidden`` is ``2 dim`` by default.
    depth : number of blocks.
    n_classes : number of scores.
    channels : 1 for grey images, 3 for colours.
    positions : without them, the network does not know where a patch comes from.
    generator : draws the initial weights; the global one by default.
    """

    positions: nn.Parameter | None

    def __init__(
        self,
        size: int = 28,
        patch: int = 7,
        dim: int = 64,
        depth: int = 3,
        heads: int = 4,
        n_classes: int = 10,
        *,
        hidden: int | None = None,
        channels: int = 1,
        positions: bool = True,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        for n, name in ((depth, "depth"), (n_classes, "n_classes"), (channels, "channels")):
            check_count(n, name)
        if check_count(size, "size") % check_count(patch, "patch"):
            raise ValueError(f"size must be a multiple of patch = {patch}, got {size}")
        self.size, self.patch, self.channels = size, patch, channels
        self.embed = linear(channels * patch**2, dim, generator)
        self.positions = embedding((size // patch) ** 2, dim, 1.0, generator) if positions else None
        self.blocks = nn.ModuleList(
            Block(dim, heads, 2 * dim if hidden is None else hidden, generator=generator)
            for _ in range(depth)
        )
        self.norm = nn.LayerNorm(dim)
        self.head = linear(dim, n_classes, generator)

    def forward(self, X: Tensor) -> Tensor:
        """Scores (N, n_classes) of images (N, channels, size, size)."""
        x = self._tokens(X)
        for block in self.blocks:
            x = block(x)
        y: Tensor = self.head(self.norm(x).mean(1))
        return y

    @torch.no_grad()
    def attention_maps(self, X: Tensor) -> Tensor:
        """(depth, N, heads, T, T): in each block, what each patch looks at."""
        x, maps = self._tokens(X), []
        for block in self.blocks:
            assert isinstance(block, Block)
            maps.append(block.attention.weights(block.attention_norm(x)))
            x = block(x)
        return torch.stack(maps)

    def _tokens(self, X: Tensor) -> Tensor:
        check_floating(X, "X")
        if X.dim() != 4 or X.shape[1:] != (self.channels, self.size, self.size) or not len(X):
            raise ValueError(
                f"X must be images (N, {self.channels}, {self.size}, {self.size}), got a "
                f"{describe(X)}"
            )
        x: Tensor = self.embed(patchify(X, self.patch))
        return x if self.positions is None else x + self.positions


def embedding(n: int, dim: int, std: float, generator: torch.Generator | None) -> nn.Parameter:
    """(n, dim): a vector to be learnt for each of n words or positions, normal at the start.

    Positions must not be small beside what they are added to, or they are learnt late: with 0.02 in
    place of 1, a ViT had 81 % of the digits right after 250 steps, not 91 %.
    """
    return nn.Parameter(std * torch.randn(n, dim, generator=generator))

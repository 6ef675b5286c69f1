"""Patches as words: a codebook of the patches that images are made of, by k-means."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from course_dl._arguments import check_count, check_floating, check_tensor, describe

__all__ = ["Codebook", "codebook"]

AT_ONCE = 1024  # patches whose distances to all words are held: they stay in the cache
MOST = 60_000  # patches that the words are made of
ROUNDS = 12


@dataclass(frozen=True)
class Codebook:
    """``k`` patches, the words; an image becomes the numbers of the words nearest to its patches.

    Attributes
    ----------
    words : (k, C p p), inside a patch its channels, in each its rows.
    patch : p, the side of a patch.
    """

    words: Tensor
    patch: int

    def encode(self, images: Tensor) -> Tensor:
        """(N, T) int64 of images (N, C, H, W): for each patch its word, row by row."""
        patches = _patches(images, self.patch, self.words.shape[1] // self.patch**2)
        return _nearest(patches, self.words).view(len(images), -1)

    def decode(self, tokens: Tensor, size: tuple[int, int] | None = None) -> Tensor:
        """Images (N, C, H, W) of tokens (N, T); square ones, or of ``size`` (H, W)."""
        check_tensor(tokens, "tokens")
        if tokens.dim() != 2 or not len(tokens) or tokens.dtype != torch.int64:
            raise ValueError(f"tokens must be int64 (N, T), got a {describe(tokens)}")
        low, high = int(tokens.min()), int(tokens.max())
        if low < 0 or high >= len(self.words):
            raise ValueError(f"tokens must lie in 0..{len(self.words) - 1}, got {low} to {high}")
        p = self.patch
        if size is None:
            size = 2 * (p * math.isqrt(tokens.shape[1]),)
        if size[0] % p or size[1] % p or tokens.shape[1] * p * p != size[0] * size[1]:
            raise ValueError(
                f"{tokens.shape[1]} patches of {p} x {p} pixels do not make {size[0]} x {size[1]}"
            )
        return F.fold(self.words[tokens].mT, size, p, stride=p)


def codebook(
    images: Tensor, p: int = 4, k: int = 256, *, generator: Generator | None = None
) -> Codebook:
    """The ``k`` words of a codebook: centres of k-means on patches ``p x p``, after 12 rounds.

    A round gives each patch to the word nearest to it, and moves each word to the mean of its
    patches (Lloyd, 1982). A word without a patch takes one of those farthest from theirs.

    Parameters
    ----------
    images : (N, C, H, W), sides being multiples of p. At most 60,000 of their patches are used.
    generator : chooses the patches and the first words; the global one by default.
    """
    check_count(k, "k")
    patches = _patches(images, check_count(p, "p"))
    patches = patches[torch.randperm(len(patches), generator=generator)[:MOST]]
    if len(patches) < k:
        raise ValueError(f"images have {len(patches)} patches, too few for k = {k} words")
    words = patches[:k].clone()
    for _ in range(ROUNDS):
        owner = _nearest(patches, words)
        members = torch.bincount(owner, minlength=k)
        sums = torch.zeros_like(words).index_add_(0, owner, patches)
        far = (patches - words[owner]).square().sum(1)
        words = sums / members[:, None].clamp(min=1)
        empty = members == 0
        words[empty] = patches[far.topk(int(empty.sum())).indices]
    return Codebook(words, p)


def _patches(images: Tensor, p: int, channels: int | None = None) -> Tensor:
    """(N T, C p p): all patches of images, row by row."""
    check_floating(images, "images")
    sides = images.shape[2:]
    if images.dim() != 4 or images.numel() == 0 or any(side % p for side in sides):
        raise ValueError(
            f"images must be (N, C, H, W) with sides that are multiples of {p}, got a "
            f"{describe(images)}"
        )
    if channels is not None and images.shape[1] != channels:
        raise ValueError(f"images must have {channels} channels, got {images.shape[1]}")
    return F.unfold(images, p, stride=p).mT.flatten(0, 1)


def _nearest(patches: Tensor, words: Tensor) -> Tensor:
    """For each patch the number of the word nearest to it: ``||w||^2 - 2 p . w`` is the least."""
    squares = words.square().sum(1)
    scores = (torch.addmm(squares, part, words.T, alpha=-2) for part in patches.split(AT_ONCE))
    return torch.cat([each.argmin(1) for each in scores])

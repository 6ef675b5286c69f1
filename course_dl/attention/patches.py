"""Images as sequences: cut into patches and put together again; positions as sines and cosines."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from course_dl._arguments import check_count, check_floating, check_tensor, describe

__all__ = ["patchify", "sinusoids", "unpatchify"]

LONGEST = 10_000.0  # the longest wave, in positions and but for 2 pi


def patchify(X: Tensor, p: int) -> Tensor:
    """(N, T, C p p): the ``T = (H/p) (W/p)`` patches of images (N, C, H, W), row by row.

    Inside a patch come its channels, in each its rows. `unpatchify` is the way back.
    """
    check_floating(X, "X")
    check_count(p, "p")
    if X.dim() != 4 or X.numel() == 0 or X.shape[2] % p or X.shape[3] % p:
        raise ValueError(
            f"X must be images (N, C, H, W) whose sides are multiples of p = {p}, got a "
            f"{describe(X)}"
        )
    N, C, H, W = X.shape
    cut = X.reshape(N, C, H // p, p, W // p, p)  # row of patches, row inside, column, column inside
    return cut.permute(0, 2, 4, 1, 3, 5).reshape(N, -1, C * p * p)


def unpatchify(P: Tensor, C: int, H: int, W: int) -> Tensor:
    """Images (N, C, H, W) of their patches (N, T, C p p), as `patchify` gives them."""
    check_floating(P, "P")
    for n, name in ((C, "C"), (H, "H"), (W, "W")):
        check_count(n, name)
    p = math.isqrt(P.shape[-1] // C) if P.dim() == 3 else 0
    if not p or P.shape[2] != C * p * p or H % p or W % p or P.shape[1] * p * p != H * W:
        raise ValueError(
            f"P must be patches (N, T, C p p) of images with {C} channels of {H} x {W} pixels, got "
            f"a {describe(P)}"
        )
    put = P.reshape(len(P), H // p, W // p, C, p, p)
    return put.permute(0, 3, 1, 4, 2, 5).reshape(len(P), C, H, W)


def sinusoids(positions: Tensor, dim: int) -> Tensor:
    """``sin(s / 10000^(2i/dim))`` for ``i = 0 .. dim/2 - 1``, then the cosines of the same.

    Attention does not know the order of its tokens; added to them, these vectors tell it. The
    scalar product of two of them is ``sum_i cos((s - t) / 10000^(2i/dim))``: it depends on the
    distance alone. A diffusion model tells its network the time by them.

    Parameters
    ----------
    positions : (T,) numbers s, whole or not.
    dim : numbers of a vector; even.

    Returns
    -------
    (T, dim) in the dtype of the positions; float32 for integers.
    """
    check_tensor(positions, "positions")
    if positions.dim() != 1 or positions.is_complex() or positions.dtype == torch.bool:
        raise ValueError(f"positions must be numbers (T,), got a {describe(positions)}")
    if check_count(dim, "dim", least=2) % 2:
        raise ValueError(f"dim must be even, a sine and a cosine for each wave, got {dim}")
    i = torch.arange(dim // 2, dtype=torch.float64, device=positions.device)
    angles = positions.double()[:, None] / LONGEST ** (2 * i / dim)
    dtype = positions.dtype if positions.is_floating_point() else torch.float32
    return torch.cat((angles.sin(), angles.cos()), 1).to(dtype)

"""Segmentation: a class for every pixel, by a network that goes down and comes up again.

Pooling sees far and forgets where. The way back up is the way back of a convolution, and what was
seen on the way down is handed across. Most pixels are background, so that the share of right ones
says little: regions are measured by their overlap.
"""

from __future__ import annotations

from itertools import pairwise
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_dl._arguments import check_count, check_floating, check_tensor, describe
from course_dl.mlp import he_normal_

__all__ = ["UNet", "conv_transpose2d", "dice_loss", "iou"]


def conv_transpose2d(x: Tensor, w: Tensor, b: Tensor, stride: int = 1, padding: int = 0) -> Tensor:
    """The adjoint of `course_dl.convolution.conv2d`, plus ``b``: ``<conv2d(u), x> = <u, out - b>``.

    Each pixel of x lays down a copy of the filter, times its value; copies lie ``stride`` apart,
    and add up where they overlap. Then ``padding`` pixels are cut off at each side. This is
    ``grad_x`` of a convolution whose ``grad_out`` is x.

    ``x`` (N, C, H, W), ``w`` (C, M, k, k), ``b`` (M,) give (N, M, H', W') with
    ``H' = (H - 1) stride - 2 padding + k``. The convolution has the same ``w``, and leads from M
    channels to C.
    """
    size = _size_above(x, w, b, stride, padding)
    columns = w.flatten(1).T @ x.flatten(2)  # the copies, (N, M k k, H W)
    out = F.fold(columns, size, w.shape[2:], stride=stride, padding=padding)
    return out + b[:, None, None]


def iou(prediction: Tensor, d: Tensor, n_classes: int) -> Tensor:
    """``|P_k and D_k| / |P_k or D_k|`` of each class: intersection over union, of all images.

    ``P_k`` are the pixels that were given class k, ``D_k`` those that have it. A class in neither
    has NaN, so that ``iou(...).nanmean()`` is the mean of the classes that occur.

    Parameters
    ----------
    prediction, d : integers of the same shape, (N, H, W) or any other; classes
        ``0..n_classes-1``. Pixels that do not count are left out before: ``prediction[d >= 0]``.

    Returns
    -------
    (n_classes,) float64
    """
    K = check_count(n_classes, "n_classes")
    _check_labels(prediction, "prediction", K)
    _check_labels(d, "d", K)
    if prediction.shape != d.shape:
        raise ValueError(
            f"prediction and d must have a class for the same pixels, got a {describe(prediction)}"
            f" and a {describe(d)}"
        )
    pairs = K * d.long().flatten() + prediction.long().flatten()
    counts = torch.bincount(pairs, minlength=K * K).view(K, K).double()  # row d, column prediction
    both = counts.diagonal()
    return both / (counts.sum(0) + counts.sum(1) - both)


def dice_loss(scores: Tensor, d: Tensor, eps: float = 1.0) -> Tensor:
    """``1 - mean_k (2 sum p_k o_k + eps) / (sum p_k + sum o_k + eps)``, sums over all pixels.

    ``p = softmax(scores)`` are probabilities, ``o`` is 1 where the class is k, else 0. With hard
    probabilities the quotient is Dice's ``2 |P and D| / (|P| + |D|)``; unlike this it has a
    gradient. A class counts as much as any other, however few pixels it has. Milletari, Navab,
    Ahmadi, "V-Net", 2016, in the form without squares.

    Parameters
    ----------
    scores : (N, K, H, W), or (N, K, ...) with any number of axes for the places.
    d : (N, H, W) integers, classes ``0..K-1``.
    eps : 0 or more; keeps the quotient of a class that does not occur near 1.
    """
    check_floating(scores, "scores")
    if scores.dim() < 2 or scores.numel() == 0:
        raise ValueError(f"scores must be (N, K, H, W), K for each pixel, got a {describe(scores)}")
    N, K, *places = scores.shape
    _check_labels(d, "d", K)
    if d.shape != (N, *places):
        raise ValueError(
            f"d must hold one class a pixel, shape {(N, *places)} as scores have"
            f" {tuple(scores.shape)}; got {tuple(d.shape)}"
        )
    if not 0 <= eps < float("inf"):
        raise ValueError(f"eps must be a finite number and not negative, got {eps!r}")
    p = scores.softmax(1)
    o = torch.zeros_like(p).scatter(1, d.long().unsqueeze(1), 1)
    over = [0, *range(2, p.dim())]
    both, all_p, all_o = (p * o).sum(over), p.sum(over), o.sum(over)
    return 1 - ((2 * both + eps) / (all_p + all_o + eps)).mean()


class UNet(nn.Module):
    """Scores for every pixel: ``depth`` times down, once across at the bottom, ``depth`` times up.

    A level of the way down is two convolutions 3 x 3, each with batch norm and ReLU; what comes
    out is kept, and pooled 2 x 2 for the next level. A level of the way up is a transposed
    convolution 2 x 2, which doubles height and width, and two convolutions of its output together
    with the map kept on the same level, the *skip*. Ronneberger, Fischer, Brox, "U-Net", 2015.

    Parameters
    ----------
    c_in, c_out : channels of the images; classes, or channels of what is made of them.
    width : channels of the first level. The second has twice, all below have four times as many.
    depth : number of levels above the bottom.
    skips : without them the way up knows only what comes from below.
    generator : draws the initial weights; the global one by default.
    """

    def __init__(
        self,
        c_in: int = 1,
        c_out: int = 11,
        width: int = 16,
        depth: int = 3,
        *,
        skips: bool = True,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        counts = {"c_in": c_in, "c_out": c_out, "width": width, "depth": depth}
        c_in, c_out, width, depth = (check_count(n, name) for name, n in counts.items())
        self.c_in, self.skips = c_in, skips
        widths = [width * min(2**level, 4) for level in range(depth + 1)]
        self.down = nn.ModuleList(
            _two_convolutions(before, after, generator)
            for before, after in pairwise([c_in, *widths[:-1]])
        )
        self.bottom = _two_convolutions(widths[-2], widths[-1], generator)
        self.up = nn.ModuleList(
            _Up(widths[level + 1], widths[level], skips, generator)
            for level in reversed(range(depth))
        )
        self.head = _convolution(widths[0], c_out, 1, generator)

    def forward(self, X: Tensor) -> Tensor:
        """(N, c_in, H, W) to (N, c_out, H, W); H and W at least ``2^depth``."""
        _check_images(X, self.c_in, 2 ** len(self.down))
        h, kept = X, []
        for level in self.down:
            h = level(h)
            kept.append(h)
            h = F.max_pool2d(h, 2)
        h = self.bottom(h)
        for level in self.up:
            h = level(h, kept.pop())  # the deepest first
        y: Tensor = self.head(h)
        return y


class _Up(nn.Module):
    """A level of the way up."""

    def __init__(
        self, c_in: int, c_out: int, skips: bool, generator: torch.Generator | None
    ) -> None:
        super().__init__()
        self.skips = skips
        self.enlarge = nn.utils.skip_init(nn.ConvTranspose2d, c_in, c_out, 2, stride=2)
        # Copies of the filter do not overlap: a pixel collects from c_in numbers, and not from 4.
        nn.init.normal_(self.enlarge.weight, std=c_in**-0.5, generator=generator)
        nn.init.zeros_(cast(Tensor, self.enlarge.bias))
        self.convolutions = _two_convolutions((1 + skips) * c_out, c_out, generator)

    def forward(self, h: Tensor, skip: Tensor) -> Tensor:
        # Pooling halves 7 to 3: the size of the skip says whether 3 becomes 6 or 7.
        h = self.enlarge(h, output_size=skip.shape[2:])
        out: Tensor = self.convolutions(torch.cat([h, skip], 1) if self.skips else h)
        return out


def _two_convolutions(c_in: int, c_out: int, generator: torch.Generator | None) -> nn.Sequential:
    layers: list[nn.Module] = []
    for channels in (c_in, c_out):
        convolution = _convolution(channels, c_out, 3, generator, bias=False)
        layers += [convolution, nn.BatchNorm2d(c_out), nn.ReLU()]
    return nn.Sequential(*layers)


def _convolution(
    c_in: int, c_out: int, k: int, generator: torch.Generator | None, bias: bool = True
) -> nn.Conv2d:
    layer = nn.utils.skip_init(nn.Conv2d, c_in, c_out, k, padding=k // 2, bias=bias)
    he_normal_(layer.weight, generator)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer


def _size_above(x: Tensor, w: Tensor, b: Tensor, stride: int, padding: int) -> tuple[int, int]:
    """``(H', W')``; raises if the arguments of `conv_transpose2d` do not fit."""
    for t, name in ((x, "x"), (w, "w"), (b, "b")):
        check_floating(t, name)
    if x.dim() != 4 or w.dim() != 4 or x.shape[1] != w.shape[0]:
        raise ValueError(
            "expected maps x (N, C, H, W) and filters w (C, M, k, k) with the same C; got a "
            f"{describe(x)} and a {describe(w)}"
        )
    if b.shape != w.shape[1:2]:
        raise ValueError(
            f"b must have one number for each of the {w.shape[1]} channels M of w (C, M, k, k), "
            f"got a {describe(b)}"
        )
    check_count(stride, "stride")
    check_count(padding, "padding", least=0)
    height, width = (
        (n - 1) * stride - 2 * padding + k for n, k in zip(x.shape[2:], w.shape[2:], strict=True)
    )
    if height < 1 or width < 1:
        raise ValueError(
            f"with stride {stride} and padding {padding} nothing is left: maps x of "
            f"{tuple(x.shape[2:])} and filters of {tuple(w.shape[2:])} give {(height, width)} "
            "pixels; choose a smaller padding"
        )
    return height, width


def _check_labels(d: Tensor, name: str, n_classes: int) -> None:
    check_tensor(d, name)
    if d.is_floating_point() or d.is_complex():
        raise TypeError(
            f"{name} must hold classes, which are integers, got {describe(d)}: scores (N, K, H, W)"
            " give classes by argmax(1)"
        )
    if d.numel() == 0:
        raise ValueError(f"{name} must hold at least one pixel, got a {describe(d)}")
    low, high = (int(bound) for bound in d.aminmax())
    if low < 0 or high >= n_classes:
        raise ValueError(
            f"{name} must hold classes 0..{n_classes - 1}, got {low if low < 0 else high}: leave "
            "out pixels that do not count, as in prediction[d >= 0], d[d >= 0]"
        )


def _check_images(X: Tensor, channels: int, least: int) -> None:
    check_floating(X, "X")
    if X.dim() != 4 or X.shape[1] != channels or min(X.shape[2:]) < least:
        raise ValueError(
            f"X must be images (N, {channels}, H, W) with H and W at least {least}, got a "
            f"{describe(X)}"
        )

"""Networks that are told the time: a small U-Net for pictures, an MLP for points and codes.

Both are ``net(x: (N, ...), t: (N,) in [0, 1], d: (N,) int64 or None) -> (N, ...)``. Time and class
become a vector, and this scales and shifts the maps of each block (FiLM; Perez et al., 2018). The
last layers begin at 0: at first a block adds nothing to its input, and the network says 0.
"""

from __future__ import annotations

from typing import TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_dl._arguments import check_classes, check_count, check_floating, describe
from course_dl.attention import sinusoids
from course_dl.mlp import he_normal_

__all__ = ["SmallUNet", "TimeMLP"]

Layer = TypeVar("Layer", nn.Conv2d, nn.Linear)

WAVES = 64  # numbers that tell the time
LONGEST = 1000  # t = 1 is this position of the sinusoids


class SmallUNet(nn.Module):
    """Two levels, 14 x 14 and 7 x 7 for digits, with residual blocks; pixels are taken 2 x 2.

    With the default width 161,428 weights; a step of training on 64 digits took 150 ms of one core
    that other work shared.

    Parameters
    ----------
    width : channels of the upper level; the lower one has twice as many.
    channels : of the pictures.
    n_classes : classes that the network can be told; class ``n_classes`` or None tells none.
    generator : draws the initial weights; the global one by default.
    """

    def __init__(
        self,
        width: int = 24,
        channels: int = 1,
        n_classes: int = 10,
        *,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        check_count(width, "width")
        self.channels = check_count(channels, "channels")
        self.n_classes = check_count(n_classes, "n_classes", least=0)
        self.when = TimeAndClass(4 * width, n_classes, generator)

        def block(c: int) -> MapBlock:
            return MapBlock(c, 4 * width, generator)

        self.first = conv(4 * channels, width, 3, generator)
        self.above = block(width)
        self.down = conv(width, 2 * width, 2, generator, stride=2)
        self.below = nn.ModuleList([block(2 * width), block(2 * width)])
        self.up = conv(2 * width, 4 * width, 1, generator)
        self.join = conv(2 * width, width, 1, generator)
        self.after = block(width)
        self.norm = nn.GroupNorm(groups(width), width)
        self.last = conv(width, 4 * channels, 3, generator)
        nn.init.zeros_(self.last.weight)

    def forward(self, x: Tensor, t: Tensor, d: Tensor | None = None) -> Tensor:
        """(N, C, H, W) of states x (N, C, H, W), H and W multiples of 4; t (N,) in [0, 1]."""
        check_floating(x, "x")
        if x.dim() != 4 or x.shape[1] != self.channels or x.shape[2] % 4 or x.shape[3] % 4:
            raise ValueError(
                f"x must be pictures (N, {self.channels}, H, W) with sides that are multiples of "
                f"4, got a {describe(x)}"
            )
        e = self.when(x, t, d)
        h = self.first(F.pixel_unshuffle(x, 2))
        h = skip = self.above(h, e)
        h = self.down(h)
        for block in self.below:
            h = block(h, e)
        h = F.pixel_shuffle(self.up(F.silu(h)), 2)
        h = self.after(self.join(torch.cat((h, skip), 1)), e)
        y: Tensor = self.last(F.silu(self.norm(h)))
        return F.pixel_shuffle(y, 2)


class TimeMLP(nn.Module):
    """An MLP for points and codes (N, dim), with residual blocks.

    Parameters
    ----------
    dim : numbers of a point.
    width : units of each hidden layer.
    depth : number of blocks.
    n_classes : classes that the network can be told; class ``n_classes`` or None tells none.
    generator : draws the initial weights; the global one by default.
    """

    def __init__(
        self,
        dim: int,
        width: int = 128,
        depth: int = 3,
        n_classes: int = 0,
        *,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        check_count(width, "width")
        self.dim, self.n_classes = (
            check_count(dim, "dim"),
            check_count(n_classes, "n_classes", least=0),
        )
        self.when = TimeAndClass(width, n_classes, generator)
        self.first = linear(dim, width, generator)
        self.blocks = nn.ModuleList(
            UnitBlock(width, generator) for _ in range(check_count(depth, "depth"))
        )
        self.last = linear(width, dim, generator)
        nn.init.zeros_(self.last.weight)

    def forward(self, x: Tensor, t: Tensor, d: Tensor | None = None) -> Tensor:
        """(N, dim) of states x (N, dim) at the times t (N,) in [0, 1]."""
        check_floating(x, "x")
        if x.dim() != 2 or x.shape[1] != self.dim:
            raise ValueError(f"x must be points (N, {self.dim}), got a {describe(x)}")
        e = self.when(x, t, d)
        h = self.first(x)
        for block in self.blocks:
            h = block(h, e)
        y: Tensor = self.last(F.silu(h))
        return y


class TimeAndClass(nn.Module):
    """A vector (N, dim) for the time and the class, of sinusoids and of a table."""

    def __init__(self, dim: int, n_classes: int, generator: torch.Generator | None) -> None:
        super().__init__()
        self.first, self.second = linear(WAVES, dim, generator), linear(dim, dim, generator)
        self.classes = nn.Parameter(torch.randn(n_classes + 1, dim, generator=generator))

    def forward(self, x: Tensor, t: Tensor, d: Tensor | None) -> Tensor:
        check_floating(t, "t")
        if t.shape != x.shape[:1]:
            raise ValueError(
                f"t must hold a time for each sample, ({len(x)},), got a {describe(t)}"
            )
        if d is not None:
            check_classes(d, len(x), len(self.classes))
        told = self.classes[-1] if d is None else self.classes[d]
        waves = sinusoids(LONGEST * t, WAVES).to(x.dtype)
        return F.silu(self.second(F.silu(self.first(waves))) + told)


class MapBlock(nn.Module):
    """``x + conv(silu(norm(conv(silu(film(norm(x)))))))``"""

    def __init__(self, c: int, told: int, generator: torch.Generator | None) -> None:
        super().__init__()
        self.norm1, self.norm2 = (nn.GroupNorm(groups(c), c) for _ in range(2))
        self.conv1, self.conv2 = (conv(c, c, 3, generator) for _ in range(2))
        self.film = linear(told, 2 * c, generator)
        for last in (self.conv2, self.film):
            nn.init.zeros_(last.weight)

    def forward(self, x: Tensor, e: Tensor) -> Tensor:
        scale, shift = self.film(e)[:, :, None, None].chunk(2, 1)
        h = self.conv1(F.silu(self.norm1(x)))
        h = torch.addcmul(shift, self.norm2(h), 1 + scale)
        y: Tensor = x + self.conv2(F.silu(h))
        return y


class UnitBlock(nn.Module):
    """``x + linear(silu(film(linear(silu(x)))))``"""

    def __init__(self, width: int, generator: torch.Generator | None) -> None:
        super().__init__()
        self.first, self.second = (linear(width, width, generator) for _ in range(2))
        self.film = linear(width, 2 * width, generator)
        for last in (self.second, self.film):
            nn.init.zeros_(last.weight)

    def forward(self, x: Tensor, e: Tensor) -> Tensor:
        scale, shift = self.film(e).chunk(2, 1)
        h = torch.addcmul(shift, self.first(F.silu(x)), 1 + scale)
        y: Tensor = x + self.second(F.silu(h))
        return y


def groups(channels: int) -> int:
    """Groups of a norm: 8, or 1 where the channels cannot be divided by it."""
    return 8 if channels % 8 == 0 else 1


def conv(
    c_in: int, c_out: int, k: int, generator: torch.Generator | None, *, stride: int = 1
) -> nn.Conv2d:
    """A convolution that keeps the size, but for the stride."""
    layer = nn.utils.skip_init(
        nn.Conv2d, c_in, c_out, k, stride=stride, padding=k // 2 if stride == 1 else 0
    )
    return drawn(layer, generator)


def linear(n_in: int, n_out: int, generator: torch.Generator | None) -> nn.Linear:
    return drawn(nn.utils.skip_init(nn.Linear, n_in, n_out), generator)


def drawn(layer: Layer, generator: torch.Generator | None) -> Layer:
    """The layer with weights that keep the size of what goes through, and no bias."""
    assert layer.bias is not None
    he_normal_(layer.weight, generator)
    nn.init.zeros_(layer.bias)
    return layer

"""Normalizing flows: an invertible network bends the data into a normal distribution.

Its density is then exact: ``log p(x) = log N(f(x); 0, I) + log |det df/dx|``, by the change of
variables. Couplings (Dinh et al., "Density estimation using Real NVP", 2017) are made so that both
the inverse and the determinant cost no more than the network itself.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, Self

import torch
from torch import Tensor, nn

from course_dl._arguments import check_count, check_floating, describe
from course_dl.mlp import he_normal_

__all__ = ["AffineCoupling", "Flow"]


class AffineCoupling(nn.Module):
    """``y_1 = x_1``, ``y_2 = x_2 exp(s) + t`` with ``(s, t) = net(x_1)``; ``log_det = sum s``.

    The half ``x_1`` stays as it is, so that the inverse can compute s and t too. The Jacobian is
    triangular: its determinant is the product of its diagonal, ones and ``exp(s)``.

    Parameters
    ----------
    net : from (N, D/2) to (N, D), the first half of its columns s, the second half t.
    flip : whether ``x_1`` is the second half of the columns of x instead of the first.
    """

    def __init__(self, net: nn.Module, flip: bool = False) -> None:
        super().__init__()
        self.net, self.flip = net, flip

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """``y`` (N, D) and ``log |det dy/dx|`` (N,) of x (N, D), D even."""
        kept, changed = self._halves(x, "x")
        s, t = self._scale_and_shift(kept)
        return self._whole(kept, changed * s.exp() + t), s.sum(1)

    def inverse(self, y: Tensor) -> Tensor:
        """The x (N, D) that becomes y: ``x_2 = (y_2 - t) exp(-s)``."""
        kept, changed = self._halves(y, "y")
        s, t = self._scale_and_shift(kept)
        return self._whole(kept, (changed - t) * (-s).exp())

    def _halves(self, x: Tensor, name: str) -> tuple[Tensor, Tensor]:
        """The half that is kept, and the one that is changed."""
        _check_rows(x, name)
        if x.shape[1] % 2:
            raise ValueError(
                f"{name} must have an even number of columns, to be halved, got a {describe(x)}"
            )
        first, second = x.chunk(2, 1)
        return (second, first) if self.flip else (first, second)

    def _whole(self, kept: Tensor, changed: Tensor) -> Tensor:
        return torch.cat((changed, kept) if self.flip else (kept, changed), 1)

    def _scale_and_shift(self, kept: Tensor) -> tuple[Tensor, Tensor]:
        out: Tensor = self.net(kept)
        expected = (len(kept), 2 * kept.shape[1])
        if out.shape != expected:
            raise ValueError(
                f"net must return log scales and shifts, shape {expected}, got a {describe(out)}"
            )
        s, t = out.chunk(2, 1)
        return s, t

    def extra_repr(self) -> str:
        return f"flip={self.flip}"


class Flow(nn.Module):
    """``z = f_L(... f_1(x))``, to be normal; read from the end, it draws samples.

    Parameters
    ----------
    layers : the first one sees the data. Each returns ``(y, log_det)``, and has an ``inverse``.
    dim : D, the columns of x.
    """

    def __init__(self, layers: Iterable[nn.Module], dim: int) -> None:
        super().__init__()
        self.layers, self.dim = nn.ModuleList(layers), check_count(dim, "dim")

    @classmethod
    def of_couplings(
        cls,
        dim: int,
        couplings: int = 6,
        hidden: int = 64,
        *,
        generator: torch.Generator | None = None,
    ) -> Self:
        """Couplings that keep the halves in turn; each has a network of two hidden layers.

        ``dim`` is even. The last layers begin at 0, and so the flow as the identity; ``generator``
        draws the other weights, the global one by default.
        """
        if check_count(dim, "dim") % 2:
            raise ValueError(f"dim must be even, to be halved, got {dim}")
        check_count(hidden, "hidden")
        n = check_count(couplings, "couplings")
        nets = (_scales_and_shifts(dim, hidden, generator) for _ in range(n))
        return cls((AffineCoupling(net, flip=bool(k % 2)) for k, net in enumerate(nets)), dim)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """``z`` (N, D) and ``log |det dz/dx|`` (N,), the sum over the layers."""
        self._check(x, "x")
        log_det = x.new_zeros(len(x))
        for layer in self.layers:
            x, more = layer(x)
            log_det = log_det + more
        return x, log_det

    def inverse(self, z: Tensor) -> Tensor:
        """The x (N, D) that becomes z: the inverses, the last layer first."""
        self._check(z, "z")
        layers: list[Any] = list(self.layers)
        for layer in reversed(layers):
            z = layer.inverse(z)
        return z

    def log_likelihood(self, x: Tensor) -> Tensor:
        """``log p(x) = -1/2 sum_j (z_j^2 + log 2 pi) + log_det`` (N,), in nats."""
        z, log_det = self(x)
        return log_det - 0.5 * (z.square() + math.log(2 * math.pi)).sum(1)

    @torch.no_grad()
    def sample(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """(n, D), drawn from the flow's density."""
        like = next(self.parameters(), torch.zeros(()))
        z = torch.randn(check_count(n, "n"), self.dim, dtype=like.dtype, generator=generator)
        return self.inverse(z.to(like.device))

    def _check(self, x: Tensor, name: str) -> None:
        _check_rows(x, name)
        if x.shape[1] != self.dim:
            raise ValueError(f"{name} must have {self.dim} columns, got a {describe(x)}")


def _scales_and_shifts(dim: int, hidden: int, generator: torch.Generator | None) -> nn.Module:
    """From half the columns to a log scale and a shift for each of the other half, at first 0."""
    layers: list[nn.Module] = []
    for n_in, n_out in ((dim // 2, hidden), (hidden, hidden), (hidden, dim)):
        linear = nn.utils.skip_init(nn.Linear, n_in, n_out)
        he_normal_(linear.weight, generator)
        nn.init.zeros_(linear.bias)
        layers += [linear, nn.SiLU()]
    nn.init.zeros_(linear.weight)
    return nn.Sequential(*layers[:-1])


def _check_rows(x: Tensor, name: str) -> None:
    check_floating(x, name)
    if x.dim() != 2 or x.shape[1] == 0:
        raise ValueError(f"{name} must have one sample a row, (N, D), got a {describe(x)}")

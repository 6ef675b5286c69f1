"""Convolutional networks: what a filter computes, and how its error signal goes back.

As in PyTorch, the convolution of the field is a cross-correlation: the filter is not flipped. Every
patch of an image that a filter sees is one column. So all filters on all patches are one matrix
product, ``a = W columns + b``, and backpropagation is that of a linear layer.
"""

from __future__ import annotations

import math
from typing import Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_dl._arguments import check_count, check_floating, describe
from course_dl.activations import ACTIVATIONS
from course_dl.backprop import Elementwise, Layer, Linear, ManualNetwork, Trainable
from course_dl.mlp import he_normal_

__all__ = [
    "ConvNet",
    "Convolution",
    "Flatten",
    "ManualConvNet",
    "MaxPool",
    "conv2d",
    "conv2d_grad",
    "max_pool2d",
    "max_pool2d_grad",
    "output_size",
]


def output_size(n: int, kernel: int, stride: int = 1, padding: int = 0) -> int:
    """``floor((n + 2 padding - kernel) / stride) + 1``: how many places a filter takes along n."""
    check_count(n, "n")
    check_count(kernel, "kernel")
    check_count(stride, "stride")
    check_count(padding, "padding", least=0)
    if kernel > n + 2 * padding:
        raise ValueError(f"a kernel of {kernel} does not fit into {n} + 2 * {padding} pixels")
    return (n + 2 * padding - kernel) // stride + 1


def conv2d(x: Tensor, w: Tensor, b: Tensor, stride: int = 1, padding: int = 0) -> Tensor:
    """``out[i, m] = sum_c x[i, c] * w[m, c] + b[m]``, ``*`` being cross-correlation.

    ``x`` (N, C, H, W), ``w`` (M, C, k, k), ``b`` (M,) give (N, M, H', W').
    """
    places = _places(x, w, stride, padding)
    out = w.flatten(1) @ _columns(x, w, stride, padding) + b[:, None]
    return out.unflatten(2, places)


def conv2d_grad(
    grad_out: Tensor, x: Tensor, w: Tensor, stride: int = 1, padding: int = 0
) -> tuple[Tensor, Tensor, Tensor]:
    """``(grad_x, grad_w, grad_b)`` from ``grad_out`` (N, M, H', W'); of w and b summed over all.

    With ``delta`` = ``grad_out`` as (M, patches): ``grad_W = delta columns^T``, ``grad_b`` the sum
    of ``delta``, ``grad_columns = W^T delta``; a pixel collects from all the patches it is in.
    """
    at = (grad_out, x, w, stride, padding)
    return conv2d_grad_x(*at), *conv2d_grad_w(*at)


def conv2d_grad_x(
    grad_out: Tensor, x: Tensor, w: Tensor, stride: int = 1, padding: int = 0
) -> Tensor:
    """The first of `conv2d_grad`."""
    grad_columns = w.flatten(1).T @ grad_out.flatten(2)
    return F.fold(grad_columns, x.shape[2:], w.shape[2:], stride=stride, padding=padding)


def conv2d_grad_w(
    grad_out: Tensor, x: Tensor, w: Tensor, stride: int = 1, padding: int = 0
) -> tuple[Tensor, Tensor]:
    """The other two of `conv2d_grad`."""
    delta = grad_out.flatten(2)
    columns = _columns(x, w, stride, padding)
    return torch.einsum("nmp,ncp->mc", delta, columns).view_as(w), delta.sum((0, 2))


def max_pool2d(x: Tensor, k: int) -> Tensor:
    """The largest entry of each k x k window: (N, C, H, W) to (N, C, H // k, W // k)."""
    return _windows(x, k).max(-1).values


def max_pool2d_grad(grad_out: Tensor, x: Tensor, k: int) -> Tensor:
    """``grad_x``: ``grad_out`` at the (first) largest entry of each window, 0 elsewhere."""
    windows = _windows(x, k)
    grad = torch.zeros_like(windows)
    grad.scatter_(-1, windows.max(-1, keepdim=True).indices, grad_out[..., None])
    grad_x = torch.zeros_like(x)
    height, width = (k * n for n in grad_out.shape[2:])
    grad_x[..., :height, :width] = (
        grad.unflatten(-1, (k, k)).transpose(3, 4).reshape(*x.shape[:2], height, width)
    )
    return grad_x


class Convolution(Trainable):
    """``A = X * W + b`` with ``W`` (M, C, k, k) and ``b`` (M,), as `conv2d` computes it."""

    X: Tensor

    def __init__(self, W: Tensor, b: Tensor, stride: int = 1, padding: int = 0) -> None:
        super().__init__(W, b)
        self.stride, self.padding = stride, padding

    def forward(self, X: Tensor) -> Tensor:
        """``A`` (N, M, H', W') of ``X`` (N, C, H, W)"""
        self.X = X
        return conv2d(X, self.W, self.b, self.stride, self.padding)

    def backward(self, delta: Tensor) -> Tensor:
        """``grad_X E`` from ``delta = grad_A E``"""
        return conv2d_grad_x(delta, self.X, self.W, self.stride, self.padding)

    def gradient(self, delta: Tensor) -> tuple[Tensor, Tensor]:
        """``grad_W`` and ``grad_b`` of `conv2d_grad`"""
        return conv2d_grad_w(delta, self.X, self.W, self.stride, self.padding)


class MaxPool(Layer):
    """The largest entry of each k x k window."""

    X: Tensor

    def __init__(self, k: int) -> None:
        self.k = check_count(k, "k")

    def forward(self, X: Tensor) -> Tensor:
        """(N, C, H, W) to (N, C, H // k, W // k)"""
        self.X = X
        return max_pool2d(X, self.k)

    def backward(self, grad: Tensor) -> Tensor:
        """`max_pool2d_grad`"""
        return max_pool2d_grad(grad, self.X, self.k)


class Flatten(Layer):
    """Maps to a vector for each sample, (N, C, H, W) to (N, C H W)."""

    shape: torch.Size

    def forward(self, X: Tensor) -> Tensor:
        """``X`` with one row a sample"""
        self.shape = X.shape
        return X.flatten(1)

    def backward(self, grad: Tensor) -> Tensor:
        """``grad`` in the shape of the maps"""
        return grad.reshape(self.shape)


class ConvNet(nn.Module):
    """A small network after LeNet: twice convolution 5 x 5, ReLU, pooling 2 x 2; a linear layer.

    LeCun et al., "Gradient-based learning applied to document recognition", 1998.

    Parameters
    ----------
    n_classes : number of scores.
    channels : of the first and of the second convolution.
    shape : (C, H, W) of an image, (1, 28, 28) for MNIST; H and W at least 12.
    generator : draws the initial weights; the global one by default.
    """

    def __init__(
        self,
        n_classes: int = 10,
        channels: tuple[int, int] = (8, 16),
        *,
        shape: tuple[int, int, int] = (1, 28, 28),
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        self.n_classes = check_count(n_classes, "n_classes")
        self.channels = channels
        self.shape = _check_shape(shape)
        first, second = (check_count(c, "channels") for c in channels)
        height, width = (output_size(n // 2, 5) // 2 for n in self.shape[1:])
        self.layers = nn.ModuleList(
            [
                nn.utils.skip_init(nn.Conv2d, self.shape[0], first, 5, padding=2),
                nn.utils.skip_init(nn.Conv2d, first, second, 5),
                nn.utils.skip_init(nn.Linear, second * height * width, n_classes),
            ]
        )
        for parameter in self.parameters():
            if parameter.dim() > 1:
                he_normal_(parameter, generator)
            else:
                nn.init.zeros_(parameter)

    def forward(self, X: Tensor) -> Tensor:
        """Scores (N, n_classes) of images (N, C, H, W), or of rows (N, C H W) as of an MLP."""
        first, second, output = self.layers
        h = F.max_pool2d(torch.relu(first(_as_images(X, self.shape))), 2)
        h = F.max_pool2d(torch.relu(second(h)), 2)
        y: Tensor = output(h.flatten(1))
        return y

    def extra_repr(self) -> str:
        return f"n_classes={self.n_classes}, channels={self.channels}, shape={self.shape}"


class ManualConvNet(ManualNetwork):
    """The twin of `ConvNet` without autograd, made of the layers of this file."""

    def __init__(
        self,
        n_classes: int = 10,
        channels: tuple[int, int] = (8, 16),
        *,
        shape: tuple[int, int, int] = (1, 28, 28),
        generator: torch.Generator | None = None,
    ) -> None:
        twin = ConvNet(n_classes, channels, shape=shape, generator=generator)
        self.n_classes, self.channels, self.shape = twin.n_classes, twin.channels, twin.shape
        W1, b1, W2, b2, W3, b3 = twin.parameters()
        super().__init__(
            [
                Convolution(W1, b1, padding=2),
                Elementwise(ACTIVATIONS["relu"]),
                MaxPool(2),
                Convolution(W2, b2),
                Elementwise(ACTIVATIONS["relu"]),
                MaxPool(2),
                Flatten(),
                Linear(W3, b3),
            ]
        )

    @classmethod
    def from_module(cls, net: ConvNet) -> Self:
        """A network with a copy of the weights of ``net``, on its device and in its dtype."""
        size = net.n_classes, net.channels
        network = cls(*size, shape=net.shape, generator=torch.Generator())
        some = next(net.parameters())
        network.to(some.dtype).to(some.device).load_state_dict(net.state_dict())
        return network

    def to_module(self) -> ConvNet:
        """A `ConvNet` with a copy of the weights, on their device and in their dtype."""
        size = self.n_classes, self.channels
        net = ConvNet(*size, shape=self.shape, generator=torch.Generator())
        net.to(self.parameters()[0]).load_state_dict(self.state_dict())
        return net

    def forward(self, X: Tensor) -> Tensor:
        """Scores (N, n_classes) of images (N, C, H, W), or of rows (N, C H W) as of an MLP."""
        return super().forward(_as_images(X, self.shape))


def _places(x: Tensor, w: Tensor, stride: int, padding: int) -> tuple[int, int]:
    """``(H', W')``; raises if ``x`` and ``w`` do not fit."""
    check_floating(x, "x")
    if x.dim() != 4 or w.dim() != 4 or x.shape[1] != w.shape[1]:
        raise ValueError(
            "expected images x (N, C, H, W) and filters w (M, C, k, k) with the same C; got a "
            f"{describe(x)} and a {describe(w)}"
        )
    (height, width), (rows, columns) = x.shape[2:], w.shape[2:]
    return (
        output_size(height, rows, stride, padding),
        output_size(width, columns, stride, padding),
    )


def _columns(x: Tensor, w: Tensor, stride: int, padding: int) -> Tensor:
    """The patches that the filters see, (N, C k k, H' W')."""
    return F.unfold(x, w.shape[2:], stride=stride, padding=padding)


def _windows(x: Tensor, k: int) -> Tensor:
    """The windows of pooling, (N, C, H // k, W // k, k k); what is left over is dropped."""
    height, width = (n // k for n in x.shape[2:])
    x = x[..., : height * k, : width * k]
    return x.unflatten(3, (width, k)).unflatten(2, (height, k)).transpose(3, 4).flatten(4)


def _check_shape(shape: tuple[int, int, int]) -> tuple[int, int, int]:
    if not isinstance(shape, (tuple, list, torch.Size)) or len(shape) != 3:
        raise ValueError(f"shape must be (channels, height, width) of an image, got {shape!r}")
    channels, height, width = shape
    return (
        check_count(channels, "shape[0], channels,"),
        check_count(height, "shape[1], the height,", least=12),
        check_count(width, "shape[2], the width,", least=12),
    )


def _as_images(X: Tensor, shape: tuple[int, int, int]) -> Tensor:
    check_floating(X, "X")
    N = X.shape[0] if X.dim() else 0
    grey = shape[0] == 1 and X.shape[1:] == shape[1:]
    if not grey and X.shape[1:] not in (shape, (math.prod(shape),)):
        raise ValueError(
            f"X must be images (N, {', '.join(map(str, shape))}) or rows (N, {math.prod(shape)}), "
            f"got a {describe(X)}; the network was made for shape={shape}"
        )
    return X.reshape(N, *shape)

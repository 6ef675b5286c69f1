"""Deep convolutional networks: what lets twenty layers learn, and more.

Two ideas, a formula each. Batch normalization (Ioffe and Szegedy, 2015) gives every channel mean 0
and variance 1, and then what it learns. A residual block (He et al., "Deep residual learning for
image recognition", 2015) only adds to what comes in: ``h = relu(x + F(x))``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_dl._arguments import check_count, check_floating, check_positive, describe
from course_dl.mlp import he_normal_

__all__ = [
    "BatchNorm2d",
    "ResNet",
    "ResidualBlock",
    "batch_norm",
    "batch_norm_grad",
    "error_signals",
    "fold_batch_norm",
    "receptive_field",
]

AXES = (0, 2, 3)  # of (N, C, H, W): the batch and the places


def receptive_field(layers: Iterable[tuple[int, int]]) -> int:
    """``1 + sum_l (k_l - 1) prod_{i<l} s_i``: the side of the square that one output entry sees.

    ``layers`` has a pair (kernel, stride) for each layer, the first layer first.
    """
    side, step = 1, 1  # pixels seen; pixels between two neighbours in the present map
    for kernel, stride in layers:
        side += (check_count(kernel, "kernel") - 1) * step
        step *= check_count(stride, "stride")
    return side


def batch_norm(x: Tensor, gamma: Tensor, beta: Tensor, eps: float = 1e-5) -> Tensor:
    """``gamma (x - mean) / sqrt(var + eps) + beta``, each channel over the batch and its places.

    ``x`` (N, C, H, W), ``gamma`` and ``beta`` (C,). The variance is the biased one, a mean of
    squares.
    """
    x_hat, _ = _standardized(x, eps, gamma, beta)
    return _each(gamma) * x_hat + _each(beta)


def batch_norm_grad(
    grad_out: Tensor, x: Tensor, gamma: Tensor, eps: float = 1e-5
) -> tuple[Tensor, Tensor, Tensor]:
    """``(grad_x, grad_gamma, grad_beta)`` from ``grad_out`` (N, C, H, W).

    With ``x_hat = (x - mean) / sqrt(var + eps)``, and ``m`` the mean over batch and places:
    ``grad_x = gamma / sqrt(var + eps) (grad_out - m(grad_out) - x_hat m(grad_out x_hat))``,
    ``grad_gamma = sum grad_out x_hat``, ``grad_beta = sum grad_out``.
    """
    x_hat, scale = _standardized(x, eps, gamma)
    _check_shape(grad_out, x, "grad_out")
    through_mean = grad_out.mean(AXES, keepdim=True)
    through_var = x_hat * (grad_out * x_hat).mean(AXES, keepdim=True)
    grad_x = _each(gamma) / scale * (grad_out - through_mean - through_var)
    return grad_x, (grad_out * x_hat).sum(AXES), grad_out.sum(AXES)


def fold_batch_norm(
    w: Tensor,
    b: Tensor,
    gamma: Tensor,
    beta: Tensor,
    mean: Tensor,
    var: Tensor,
    eps: float = 1e-5,
) -> tuple[Tensor, Tensor]:
    """``w' = s w``, ``b' = s (b - mean) + beta`` with ``s = gamma / sqrt(var + eps)``.

    In evaluation a batch norm is an affine map of each channel, and vanishes into the convolution
    before it: ``w`` (M, C, k, k); all others (M,).
    """
    check_floating(w, "w")
    if w.dim() != 4:
        raise ValueError(f"w must be filters (M, C, k, k), got a {describe(w)}")
    for name, t in {"b": b, "gamma": gamma, "beta": beta, "mean": mean, "var": var}.items():
        _check_channels(t, name, len(w))
    check_positive(eps, "eps")
    s = gamma / (var + eps).sqrt()
    return s[:, None, None, None] * w, s * (b - mean) + beta


class BatchNorm2d(nn.Module):
    """`batch_norm` in training; in evaluation the same with means and variances of the past.

    After each batch in training ``running = (1 - momentum) running + momentum batch``, where the
    batch's variance is the *unbiased* one. This is ``nn.BatchNorm2d`` as torch operations.

    Parameters
    ----------
    channels : C.
    eps : is added to the variance.
    momentum : the share of the newest batch in the running statistics.
    """

    running_mean: Tensor
    running_var: Tensor

    def __init__(self, channels: int, eps: float = 1e-5, momentum: float = 0.1) -> None:
        super().__init__()
        check_count(channels, "channels")
        check_positive(eps, "eps")
        if not 0 <= momentum <= 1:
            raise ValueError(f"momentum must lie in [0, 1], got {momentum!r}")
        self.eps, self.momentum = eps, momentum
        self.gamma = nn.Parameter(torch.ones(channels))
        self.beta = nn.Parameter(torch.zeros(channels))
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_var", torch.ones(channels))

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W), normalized."""
        if not self.training:
            _check_maps(x, gamma=self.gamma)
            scale = (self.running_var + self.eps).sqrt()
            return _each(self.gamma / scale) * (x - _each(self.running_mean)) + _each(self.beta)
        out = batch_norm(x, self.gamma, self.beta, self.eps)
        if x.numel() == x.shape[0] * x.shape[1] and len(x) == 1:
            raise ValueError(
                "in training a batch norm needs two values a channel or more, got a "
                f"{describe(x)}: choose a larger batch, or call eval()"
            )
        with torch.no_grad():
            self.running_mean.lerp_(x.mean(AXES), self.momentum)
            self.running_var.lerp_(x.var(AXES), self.momentum)
        return out

    def extra_repr(self) -> str:
        return f"{len(self.gamma)}, eps={self.eps}, momentum={self.momentum}"


class ResidualBlock(nn.Module):
    """``h = relu(shortcut(x) + norm(conv(relu(norm(conv(x))))))``, with convolutions 3 x 3.

    The shortcut is x itself where its shape will do, else a convolution 1 x 1 and a norm.

    Parameters
    ----------
    c_in, c_out : channels of the input and of the output.
    stride : of the first convolution (and of the shortcut).
    shortcut : without it, this is two layers of a plain network.
    normalize : without it, convolutions have biases in place of norms.
    generator : draws the filters, by He's rule; the global one by default.
    """

    def __init__(
        self,
        c_in: int,
        c_out: int,
        stride: int = 1,
        *,
        shortcut: bool = True,
        normalize: bool = True,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        for count, name in ((c_in, "c_in"), (c_out, "c_out"), (stride, "stride")):
            check_count(count, name)
        self.first = _convolution(c_in, c_out, 3, stride, normalize, generator)
        self.second = _convolution(c_out, c_out, 3, 1, normalize, generator)
        self.shortcut: nn.Module | None = None
        if shortcut and stride == 1 and c_in == c_out:
            self.shortcut = nn.Identity()
        elif shortcut:
            self.shortcut = _convolution(c_in, c_out, 1, stride, normalize, generator)

    def forward(self, x: Tensor) -> Tensor:
        """(N, c_in, H, W) to (N, c_out, H', W')"""
        h: Tensor = self.second(torch.relu(self.first(x)))
        return torch.relu(h if self.shortcut is None else h + self.shortcut(x))


class ResNet(nn.Module):
    """Residual blocks between a first convolution and a linear layer; or a plain network as deep.

    Parameters
    ----------
    channels : of the blocks' maps. Of several numbers each is a stage, which halves the maps.
    blocks : in each stage. A network has ``2 blocks`` layers a stage, and two more.
    n_classes : number of scores.
    shortcut, normalize : as in `ResidualBlock`; so that plain and residual networks are one class.
    patch : side and stride of the first convolution, 4 to make 7 x 7 maps of 28 x 28 pixels.
    image_channels : 1 for grey images, 3 for colours.
    generator : draws the initial weights; the global one by default.
    """

    def __init__(
        self,
        channels: int | Sequence[int] = 16,
        blocks: int = 9,
        n_classes: int = 10,
        shortcut: bool = True,
        normalize: bool = True,
        *,
        patch: int = 4,
        image_channels: int = 1,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        stages = (channels,) if isinstance(channels, int) else tuple(channels)
        if not stages:
            raise ValueError("channels must name one stage or more, got none")
        for width in stages:
            check_count(width, "channels")
        check_count(blocks, "blocks")
        check_count(n_classes, "n_classes")
        check_count(patch, "patch")
        self.patch, self.image_channels = patch, check_count(image_channels, "image_channels")
        self.stem = _convolution(
            image_channels, stages[0], patch, patch, normalize, generator, padding=0
        )
        self.blocks = nn.ModuleList()
        before = stages[0]
        for stage, width in enumerate(stages):
            for k in range(blocks):
                stride = 2 if stage and not k else 1
                self.blocks.append(
                    ResidualBlock(
                        *(before, width, stride),
                        shortcut=shortcut,
                        normalize=normalize,
                        generator=generator,
                    )
                )
                before = width
        self.head = nn.utils.skip_init(nn.Linear, before, n_classes)
        he_normal_(self.head.weight, generator)
        nn.init.zeros_(self.head.bias)

    def features(self, X: Tensor) -> Tensor:
        """(N, channels) of images (N, C, H, W): the mean of each map after the last block."""
        check_floating(X, "X")
        if X.dim() != 4 or X.shape[1] != self.image_channels or min(X.shape[2:]) < self.patch:
            raise ValueError(
                f"X must be images (N, {self.image_channels}, H, W) with sides of {self.patch} or "
                f"more, got a {describe(X)}"
            )
        h = torch.relu(self.stem(X))
        for block in self.blocks:
            h = block(h)
        return h.mean((2, 3))

    def forward(self, X: Tensor) -> Tensor:
        """Scores (N, n_classes) of images (N, C, H, W)."""
        y: Tensor = self.head(self.features(X))
        return y


def error_signals(net: ResNet, X: Tensor, d: Tensor) -> list[float]:
    """The norm of the error signal that comes back to each block, ``||grad_h E||``, first to last.

    ``h`` is the block's output, E the mean cross-entropy of the batch. The network is left as it
    was, running statistics too.
    """
    outputs: list[Tensor] = []

    def keep(block: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        outputs.append(output)

    hooks = [block.register_forward_hook(keep) for block in net.blocks]
    kept = {name: buffer.clone() for name, buffer in net.named_buffers()}
    try:
        signals = torch.autograd.grad(F.cross_entropy(net(X), d), outputs)
    finally:
        for hook in hooks:
            hook.remove()
        for name, buffer in net.named_buffers():
            buffer.copy_(kept[name])
    return [float(signal.norm()) for signal in signals]


def _convolution(
    c_in: int,
    c_out: int,
    k: int,
    stride: int,
    normalize: bool,
    generator: torch.Generator | None,
    padding: int | None = None,
) -> nn.Sequential:
    """A convolution and its norm. PyTorch's own norm: it computes what `BatchNorm2d` does, and a
    step of a whole network takes two thirds of the time."""
    padding = k // 2 if padding is None else padding
    layer = nn.utils.skip_init(
        nn.Conv2d, c_in, c_out, k, stride=stride, padding=padding, bias=not normalize
    )
    he_normal_(layer.weight, generator)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return nn.Sequential(layer, nn.BatchNorm2d(c_out)) if normalize else nn.Sequential(layer)


def _each(channel: Tensor) -> Tensor:
    """(C,) as (C, 1, 1), beside maps."""
    return channel[:, None, None]


def _standardized(
    x: Tensor, eps: float, gamma: Tensor, beta: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """``x_hat`` and ``sqrt(var + eps)``; raises if the arguments do not fit."""
    check_positive(eps, "eps")
    _check_maps(x, gamma=gamma, **({} if beta is None else {"beta": beta}))
    var, mean = torch.var_mean(x, AXES, correction=0, keepdim=True)
    scale = (var + eps).sqrt()
    return (x - mean) / scale, scale


def _check_maps(x: Tensor, **channelwise: Tensor) -> None:
    check_floating(x, "x")
    if x.dim() != 4 or x.numel() == 0:
        raise ValueError(f"x must be maps (N, C, H, W), got a {describe(x)}")
    for name, t in channelwise.items():
        _check_channels(t, name, x.shape[1])


def _check_channels(t: Tensor, name: str, channels: int) -> None:
    check_floating(t, name)
    if t.shape != (channels,):
        raise ValueError(
            f"{name} must have one number a channel, shape ({channels},), got a {describe(t)}"
        )


def _check_shape(t: Tensor, x: Tensor, name: str) -> None:
    check_floating(t, name)
    if t.shape != x.shape:
        raise ValueError(f"{name} must have the shape {tuple(x.shape)} of x, got a {describe(t)}")

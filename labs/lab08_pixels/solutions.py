"""Lab 8, solved: a class for every pixel, and images out of noise."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

__all__ = [
    "build_model",
    "conv_transpose2d",
    "dice_loss",
    "ideal_denoiser",
    "iou",
    "pixel_cross_entropy",
    "pixel_shuffle",
    "psnr",
    "train",
    "unet_forward",
    "wiener",
]


def conv_transpose2d(x: Tensor, w: Tensor, b: Tensor, stride: int = 1, padding: int = 0) -> Tensor:
    """The way back of a convolution: each pixel of x lays down a copy of the filter, times x.

    Copies lie ``stride`` pixels apart and add up where they overlap. Then ``padding`` pixels are
    cut off at each side, and ``b`` is added.

    x : (N, C, H, W). w : (C, M, k, k). b : (M,).
    Returns (N, M, H', W') with ``H' = (H - 1) stride - 2 padding + k``.
    """
    N, _, H, W = x.shape
    M, k = w.shape[1], w.shape[-1]
    height, width = (H - 1) * stride + k, (W - 1) * stride + k
    out = torch.zeros(N, M, height, width, dtype=x.dtype)
    for i in range(H):
        for j in range(W):
            copy = torch.einsum("nc,cmpq->nmpq", x[:, :, i, j], w)
            out[:, :, i * stride : i * stride + k, j * stride : j * stride + k] += copy
    inside = out[:, :, padding : height - padding, padding : width - padding]
    return inside + b[:, None, None]


def pixel_shuffle(x: Tensor, r: int) -> Tensor:
    """Channels become pixels: ``out[n, c, r i + p, r j + q] = x[n, c r^2 + p r + q, i, j]``.

    x : (N, C r^2, H, W). Returns (N, C, H r, W r).
    """
    N, channels, H, W = x.shape
    C = channels // r**2
    blocks = x.reshape(N, C, r, r, H, W)  # n c p q i j
    return blocks.permute(0, 1, 4, 2, 5, 3).reshape(N, C, H * r, W * r)


def pixel_cross_entropy(scores: Tensor, d: Tensor) -> Tensor:
    """``-y_d + log sum_k exp(y_k)`` at each pixel.

    scores : (N, K, H, W). d : (N, H, W) int64, classes 0..K-1.
    Returns (N, H, W).
    """
    chosen = scores.gather(1, d[:, None])[:, 0]
    return torch.logsumexp(scores, dim=1) - chosen


def iou(prediction: Tensor, d: Tensor, n_classes: int) -> Tensor:
    """Intersection over union of each class, over all pixels of all images.

    ``|P_k and D_k| / |P_k or D_k|``; NaN for a class that is in neither.

    prediction, d : (N, H, W) int64.
    Returns (n_classes,) float64.
    """
    classes = torch.arange(n_classes)[:, None]
    P, D = prediction.flatten() == classes, d.flatten() == classes
    return (P & D).sum(1).double() / (P | D).sum(1).double()


def dice_loss(scores: Tensor, d: Tensor, eps: float = 1.0) -> Tensor:
    """``1 - mean_k (2 sum p_k o_k + eps) / (sum p_k + sum o_k + eps)``; sums over batch and places.

    ``p`` is the softmax of the scores over the classes, ``o`` is 1 where the class is k, else 0.

    scores : (N, K, H, W). d : (N, H, W) int64. Returns a scalar.
    """
    p = scores.softmax(dim=1)
    o = F.one_hot(d, scores.shape[1]).permute(0, 3, 1, 2).to(p.dtype)
    both = (p * o).sum(dim=(0, 2, 3))
    each = p.sum(dim=(0, 2, 3)) + o.sum(dim=(0, 2, 3))
    return 1 - ((2 * both + eps) / (each + eps)).mean()


def unet_forward(
    x: Tensor,
    down: list[Callable[[Tensor], Tensor]],
    bottom: Callable[[Tensor], Tensor],
    up: list[Callable[[Tensor, Tensor], Tensor]],
) -> Tensor:
    """Down, across and up again.

    After each ``down[i]`` its output is kept, and pooled 2 x 2 (the maximum) for what follows.
    Then ``bottom``, then ``up[0], up[1], ...`` as ``up[i](h, skip)``: the first gets the map kept
    last. Returns what the last of ``up`` returns.
    """
    kept = []
    for level in down:
        x = level(x)
        kept.append(x)
        x = F.max_pool2d(x, 2)
    x = bottom(x)
    for level, skip in zip(up, reversed(kept), strict=True):
        x = level(x, skip)
    return x


def wiener(y: Tensor, mean: Tensor, C: Tensor, sigma: float) -> Tensor:
    """The best guess of Gaussian images: ``mean + C (C + sigma^2 I)^-1 (y - mean)`` for each row.

    y : (N, D). mean : (D,). C : (D, D), the covariance, maybe singular. sigma : of the noise.
    Returns (N, D).
    """
    A = C + sigma**2 * torch.eye(len(C), dtype=C.dtype)
    return mean + torch.linalg.solve(A, (y - mean).T).T @ C


def ideal_denoiser(y: Tensor, images: Tensor, sigma: float) -> Tensor:
    """The best guess if the image is one of these: ``sum_m p_m x_m``.

    ``p_m`` is the softmax over m of ``-||y - x_m||^2 / (2 sigma^2)``.

    y : (N, D). images : (M, D). sigma : of the noise, above 0. Returns (N, D).
    """
    squares = (y[:, None] - images).square().sum(dim=2)
    return torch.softmax(-squares / (2 * sigma**2), dim=1) @ images


def psnr(x: Tensor, y: Tensor, peak: float = 1.0) -> float:
    """``10 log10(peak^2 / mse)``, mse the mean of all ``(x - y)^2``; inf where x equals y.

    x, y : of the same shape; uint8 too, with ``peak=255``. Returns a float.
    """
    mse = (x.double() - y.double()).square().mean().item()
    return 10 * math.log10(peak**2 / mse) if mse > 0 else math.inf


def build_model() -> nn.Module:
    """A new network for the challenge, untrained.

    It turns standardized scenes (N, 1, 48, 48), float32, into scores (N, 11, 48, 48), for any N.
    """

    def layer(c_in: int, c_out: int) -> nn.Sequential:
        convolution = nn.Conv2d(c_in, c_out, 3, padding=1, bias=False)
        return nn.Sequential(convolution, nn.BatchNorm2d(c_out), nn.ReLU())

    class Up(nn.Module):
        def __init__(self, c_in: int, c_out: int) -> None:
            super().__init__()
            self.enlarge = nn.ConvTranspose2d(c_in, c_out, 2, stride=2)
            self.layer = layer(2 * c_out, c_out)

        def forward(self, h: Tensor, skip: Tensor) -> Tensor:
            y: Tensor = self.layer(torch.cat([self.enlarge(h), skip], dim=1))
            return y

    class AtHalfTheSize(nn.Module):
        """A U-Net that sees four pixels as one, of four channels: a quarter of the work."""

        def __init__(self, a: int = 16, b: int = 32, c: int = 64) -> None:
            super().__init__()
            self.down = nn.ModuleList(
                nn.Sequential(layer(c_in, c_out), layer(c_out, c_out))
                for c_in, c_out in ((4, a), (a, b))
            )
            self.bottom = nn.Sequential(layer(b, c), layer(c, c))
            self.up = nn.ModuleList([Up(c, b), Up(b, a)])
            self.head = nn.Conv2d(a, 4 * 11, 1)

        def forward(self, X: Tensor) -> Tensor:
            x = F.pixel_unshuffle(X, 2).contiguous(memory_format=torch.channels_last)
            h = unet_forward(x, list(self.down), self.bottom, list(self.up))
            return pixel_shuffle(self.head(h), 2)

    return AtHalfTheSize()


def train(model: nn.Module, X: Tensor, d: Tensor, seconds: float) -> None:
    """Train the model in place, and be back before ``seconds`` have passed.

    model : from `build_model`.
    X : (N, 1, 48, 48), float32, standardized. d : (N, 48, 48), int64: 0 is the background, the
        other numbers are digits, each another one.
    seconds : the time there is. Look at the clock (``time.process_time()``, the time that this
        program has computed) after every batch.
    """
    start, lr, side = time.process_time(), 0.01, 32
    weight = torch.bincount(d.flatten(), minlength=11).clamp(min=1).float().rsqrt()
    optimizer = torch.optim.AdamW(model.parameters(), fused=True)
    model.train()
    while True:
        for batch in torch.randperm(len(X)).split(16):
            spent = (time.process_time() - start) / (0.95 * seconds)
            if spent >= 1:
                return
            x, maps = X[batch], d[batch]
            if spent < 0.8:  # a square around a pixel of a digit: half the work, less background
                squares = []
                for image, labels in zip(x, maps, strict=True):
                    places = labels.nonzero()
                    place = places[torch.randint(len(places), (1,)).item()]
                    i, j = (place - side // 2).clamp(0, len(labels) - side).tolist()
                    part = slice(i, i + side), slice(j, j + side)
                    squares.append((image[:, *part], labels[part]))
                x, maps = (torch.stack(each) for each in zip(*squares, strict=True))
            optimizer.param_groups[0]["lr"] = lr * min(1, 0.1 + 20 * spent, 2 * (1 - spent))
            loss = F.cross_entropy(model(x), maps, weight=weight / weight.mean())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

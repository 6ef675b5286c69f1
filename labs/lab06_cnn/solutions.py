"""Lab 6, solved: what a filter computes and learns, and a network made of filters."""

from __future__ import annotations

import time

import torch
from torch import Tensor, nn
from torch.nn import functional as F

__all__ = [
    "LeNet",
    "build_model",
    "conv2d",
    "conv2d_backward",
    "conv2d_unfold",
    "conv_parameters",
    "max_pool2d",
    "output_size",
    "train",
]


def output_size(n: int, kernel: int, stride: int = 1, padding: int = 0) -> int:
    """How many places a filter takes along a side of ``n`` pixels.

    n : height or width of the image.
    kernel : height or width of the filter; it fits into ``n + 2 * padding`` pixels.
    stride : by how many pixels the filter moves from one place to the next.
    padding : so many pixels of value 0 are put before the first pixel, and as many after the last.

    Returns an int.
    """
    return (n + 2 * padding - kernel) // stride + 1


def conv2d(x: Tensor, w: Tensor, b: Tensor, stride: int = 1, padding: int = 0) -> Tensor:
    """Apply M filters to an image of C channels: ``out[m] = b[m] + sum_c w[m, c] * x[c]``.

    ``*`` is cross-correlation: the filter is laid on the image as it is, not turned round.

    x : (C, H, W). w : (M, C, k, k). b : (M,). stride, padding : as in `output_size`.
    Returns (M, H', W'), with the sizes H' and W' that `output_size` gives.
    """
    k = w.shape[-1]
    x = F.pad(x, (padding, padding, padding, padding))
    height, width = (output_size(n, k, stride) for n in x.shape[1:])
    out = x.new_empty(len(w), height, width)
    for i in range(height):
        for j in range(width):
            patch = x[:, i * stride : i * stride + k, j * stride : j * stride + k]
            out[:, i, j] = (w * patch).sum(dim=(1, 2, 3)) + b  # told: the output
    return out


def conv2d_unfold(x: Tensor, w: Tensor, b: Tensor, stride: int = 1, padding: int = 0) -> Tensor:
    """The same for a batch of images, as a matrix product: ``out = w_rows columns + b``.

    Every patch that the filters see is a column, every filter a row of w_rows, (M, C * k * k).
    `F.unfold` cuts images into such columns: (N, C, H, W) becomes (N, C * k * k, H' * W'). No loop
    over pixels.

    x : (N, C, H, W). w : (M, C, k, k). b : (M,). stride, padding : as in `output_size`.
    Returns (N, M, H', W').
    """
    k = w.shape[-1]
    columns = F.unfold(x, k, stride=stride, padding=padding)  # told: the columns
    out = w.flatten(1) @ columns + b[:, None]  # told: the output
    height, width = (output_size(n, k, stride, padding) for n in x.shape[2:])
    return out.unflatten(2, (height, width))


def max_pool2d(x: Tensor, k: int) -> Tensor:
    """The largest entry of each window of k x k pixels; the windows lie side by side.

    x : (N, C, H, W); rows and columns that do not fill a window are left out.
    Returns (N, C, H // k, W // k).
    """
    height, width = x.shape[2] // k, x.shape[3] // k
    windows = x[:, :, : height * k, : width * k].unflatten(3, (width, k)).unflatten(2, (height, k))
    return windows.amax(dim=(3, 5))


def conv_parameters(c_in: int, c_out: int, kernel: int) -> int:
    """How many numbers a convolution learns, biases included.

    c_in, c_out : channels of its input and of its output. kernel : its filters are kernel x kernel.
    Returns an int.
    """
    return c_out * (c_in * kernel**2 + 1)


class LeNet(nn.Module):
    """A small convolutional network, after LeCun's of 1998.

    Twice convolution, non-linearity, pooling; then one or more linear layers. In evaluation mode
    the scores of an image are the same whatever other images are in its batch.
    """

    def __init__(self, n_classes: int = 10) -> None:
        """Make the layers; there is a score for each of ``n_classes`` classes."""
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, kernel_size=5, padding=2)
        self.conv2 = nn.Conv2d(6, 16, kernel_size=5)
        self.hidden = nn.Linear(16 * 5 * 5, 84)
        self.output = nn.Linear(84, n_classes)

    def forward(self, X: Tensor) -> Tensor:
        """Scores (N, n_classes), for cross-entropy, of images ``X`` (N, 1, 28, 28), for any N."""
        h = F.max_pool2d(torch.relu(self.conv1(X)), 2)  # (N, 6, 14, 14)
        h = F.max_pool2d(torch.relu(self.conv2(h)), 2)  # (N, 16, 5, 5)
        h = torch.relu(self.hidden(h.flatten(1)))
        return self.output(h)


def conv2d_backward(
    grad_out: Tensor, x: Tensor, w: Tensor, stride: int = 1, padding: int = 0
) -> tuple[Tensor, Tensor, Tensor]:
    """Backpropagation through ``out = b + w * x``, the convolution of `conv2d_unfold`.

    grad_out : (N, M, H', W'), the gradient with respect to ``out``.
    x : (N, C, H, W). w : (M, C, k, k). stride, padding : those of the way forward.

    Returns (grad_x, grad_w, grad_b), in the shapes of x, w and b; those of w and b are summed over
    the batch.
    """
    k = w.shape[-1]
    delta = grad_out.flatten(2)  # (N, M, patches)  # told: grad_out
    columns = F.unfold(x, k, stride=stride, padding=padding)  # (N, C k k, patches)
    grad_w = torch.einsum("nmp,ncp->mc", delta, columns).view_as(w)
    grad_columns = w.flatten(1).T @ delta  # told: the gradient of the columns
    grad_x = F.fold(grad_columns, x.shape[2:], k, stride=stride, padding=padding)
    return grad_x, grad_w, delta.sum(dim=(0, 2))


def build_model() -> nn.Module:
    """A new network for the challenge, untrained.

    It turns standardized images (N, 1, 28, 28), float32, into scores (N, 10), for any N.
    """

    class Network(nn.Sequential):
        def forward(self, X: Tensor) -> Tensor:
            scores = super().forward(X)
            if self.training:
                return scores
            return scores + super().forward(X.flip(3))  # judge an image by its mirror image too

    return Network(
        nn.Conv2d(1, 16, kernel_size=5, stride=2, padding=2),  # (N, 16, 14, 14)
        nn.ReLU(),
        nn.Conv2d(16, 48, kernel_size=3, stride=2, padding=1),  # (N, 48, 7, 7)
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(48 * 7 * 7, 128),
        nn.BatchNorm1d(128),
        nn.ReLU(),
        nn.Linear(128, 10),
    )


def train(model: nn.Module, X: Tensor, d: Tensor, seconds: float) -> None:
    """Train the model in place, as well as you can, and be back before ``seconds`` have passed.

    model : from `build_model`.
    X : (N, 1, 28, 28), float32, standardized. d : (N,), int64, classes from 0 to 9.
    seconds : the time there is. Look at the clock (``time.monotonic()``) after every batch.

    All of it is on the CPU, where the model will be judged: leave it there.
    """
    start, lr = time.monotonic(), 0.004
    optimizer = torch.optim.AdamW(model.parameters(), fused=True)
    model.train()
    while True:
        for batch in torch.randperm(len(X)).tensor_split(1 + len(X) // 128):
            spent = (time.monotonic() - start) / (0.95 * seconds)
            if spent >= 1:
                return
            optimizer.param_groups[0]["lr"] = lr * min(1, 0.02 + 10 * spent, 1.25 * (1 - spent))
            images = X[batch]
            if torch.rand(()) < 0.5:
                images = images.flip(3)  # a shoe that points to the left is a shoe
            loss = F.cross_entropy(model(images), d[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

"""Right convolutions, which wrong answers of several exercises build on."""

from __future__ import annotations

from torch.nn import functional as F


def size(n, k, stride=1, padding=0):
    return (n + 2 * padding - k) // stride + 1


def convolve(x, w, b, stride=1, padding=0):
    """A batch, rightly."""
    k = w.shape[-1]
    columns = F.unfold(x, k, stride=stride, padding=padding)
    height, width = (size(n, k, stride, padding) for n in x.shape[2:])
    return (w.flatten(1) @ columns + b[:, None]).unflatten(2, (height, width))

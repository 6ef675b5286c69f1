"""The data of the benchmarks: MNIST in memory, and the plainest loops over it."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from course_dl.data import ImageSet, mnist
from course_dl.mlp import MLP

__all__ = [
    "BATCH",
    "LR",
    "SIZES",
    "bare_epoch",
    "bare_products",
    "bare_step",
    "generator",
    "network",
    "training_set",
]

SIZES = (784, 256, 128, 10)
BATCH = 128
LR = 0.1


def training_set() -> ImageSet:
    """The training digits, the full set where it is at hand."""
    return mnist("train")


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def network() -> MLP:
    """The network of all benchmarks, always with the same weights."""
    return MLP(SIZES, generator=generator())


def bare_epoch(X: Tensor, d: Tensor, model: nn.Module | None = None) -> Callable[[], None]:
    """An epoch of the barest loop in PyTorch over tensors in memory."""

    def run() -> None:
        net = model or network()
        optimizer = torch.optim.SGD(net.parameters(), lr=LR)
        for batch in torch.randperm(len(X), generator=generator()).split(BATCH):
            x, target = X.index_select(0, batch), d.index_select(0, batch)
            optimizer.zero_grad()
            F.cross_entropy(net(x), target).backward()
            optimizer.step()

    return run


def bare_products(n_samples: int) -> Callable[[], None]:
    """The matrix products alone that an epoch cannot do without, into memory that is there."""
    batch = bare_step(BATCH)

    def run() -> None:
        for _ in range(-(-n_samples // BATCH)):
            batch()

    return run


def bare_step(n: int, *, keep: bool = False) -> Callable[[], None]:
    """The matrix products alone of a step on ``n`` samples.

    Where gradients are kept, also the subtractions that then make the step.
    """
    W = [torch.randn(n_out, n_in) for n_in, n_out in pairwise(SIZES)]
    H = [torch.randn(n, width) for width in SIZES]
    grad_W, grad_H = [torch.empty_like(w) for w in W], [torch.empty_like(h) for h in H]
    out = [torch.empty(n, width) for width in SIZES[1:]]

    def run() -> None:
        for k in range(len(W)):
            torch.mm(H[k], W[k].T, out=out[k])
        for k in reversed(range(len(W))):
            torch.mm(out[k].T, H[k], out=grad_W[k])
            if k > 0:
                torch.mm(out[k], W[k], out=grad_H[k])
        if keep:
            for w, gradient in zip(W, grad_W, strict=True):
                w.sub_(gradient, alpha=1e-9)

    return run

"""Lab 5, solved: from images to a trained network, and to an honest opinion of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

__all__ = [
    "build_model",
    "confusion_matrix",
    "count_parameters",
    "evaluate",
    "split",
    "standardize",
    "train",
    "train_one_epoch",
]


def standardize(images: Tensor) -> Tensor:
    """Images as rows of numbers around 0: ``(pixel - 0.1307) / 0.3081``, with pixels in [0, 1].

    0.1307 and 0.3081 are the mean and the standard deviation of all pixels of MNIST's training set.

    images : (N, 28, 28), uint8, grey values from 0 to 255; left as they are.
    Returns (N, 784), float32.
    """
    pixels = images.flatten(1).float() / 255  # told: the pixels
    return (pixels - 0.1307) / 0.3081


def train_one_epoch(
    model: nn.Module,
    loader: Iterable[tuple[Tensor, Tensor]],
    loss_fn: Callable[[Tensor, Tensor], Tensor],
    optimizer: torch.optim.Optimizer,
) -> float:
    """Go through all batches once, with one step of the optimizer for each.

    model : trained in place; it is put in training mode.
    loader : gives the batches ``(X, d)``; the last one may be smaller.
    loss_fn : ``loss_fn(model(X), d)`` is the **mean** loss of a batch, a 0-d tensor.
    optimizer : holds the model's parameters. There may be gradients from before: forget them.

    Returns the mean over all **samples** of the loss as it was met, before each step; a float.
    """
    model.train()
    total, n = 0.0, 0
    for X, d in loader:
        loss = loss_fn(model(X), d)  # told: the loss of a batch
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(X)  # told: the sum of the losses
        n += len(X)  # told: the number of samples
    return total / n


def evaluate(model: nn.Module, loader: Iterable[tuple[Tensor, Tensor]]) -> float:
    """The accuracy of a classifier: the share of samples whose largest score is the right one.

    The model is used in evaluation mode. At the end ``model.training`` is what it was: the mode of
    the model as a whole counts here, not that of each part. No graph is
    built for gradients that nobody asks for.

    model : gives scores (N, K) of a batch (N, ...).
    loader : gives the batches ``(X, d)`` with classes d (N,), int64; the last one may be smaller.

    Returns the accuracy over all samples, a float from 0 to 1.
    """
    was_training = model.training
    model.eval()
    right, n = 0, 0
    with torch.no_grad():
        for X, d in loader:
            right += (model(X).argmax(dim=1) == d).sum().item()  # told: the number of right ones
            n += len(d)  # told: the number of samples
    model.train(was_training)
    return right / n


def confusion_matrix(targets: Tensor, predictions: Tensor, n_classes: int) -> Tensor:
    """Who is taken for whom: entry [i, j] counts the samples of class i that were predicted as j.

    targets, predictions : (N,), int64, classes from 0 to n_classes - 1.
    Returns (n_classes, n_classes), int64: rows are true classes, columns predicted ones.
    """
    cells = targets * n_classes + predictions  # told: the number of the cell
    return torch.bincount(cells, minlength=n_classes**2).reshape(n_classes, n_classes)


def split(n: int, val_fraction: float, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Share out the samples 0, ..., n-1 at random between validation and training.

    n : number of samples.
    val_fraction : the share for validation, which gets ``int(n * val_fraction)`` samples.
    generator : where all randomness comes from.

    Returns (val, train), the indices of both parts, int64, each in random order.
    """
    order = torch.randperm(n, generator=generator)
    n_val = int(n * val_fraction)
    return order[:n_val], order[n_val:]


def count_parameters(model: nn.Module) -> int:
    """How many numbers are trained in a model.

    Those that are not trained (``requires_grad`` is False) do not count, and a parameter that is
    used in several places counts once.
    """
    return sum(p.numel() for p in model.parameters() if p.requires_grad)


def build_model() -> nn.Module:
    """A new network for the challenge, untrained.

    It turns standardized digits (N, 784), float32, into scores (N, 10), for any N.
    """
    return nn.Sequential(
        nn.Unflatten(1, (1, 28, 28)),
        nn.Conv2d(1, 16, kernel_size=5, stride=3),  # (N, 16, 8, 8)
        nn.ReLU(),
        nn.Conv2d(16, 24, kernel_size=3),  # (N, 24, 6, 6)
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(24 * 6 * 6, 64),
        nn.ReLU(),
        nn.Linear(64, 10),
    )


def train(model: nn.Module, X: Tensor, d: Tensor, seconds: float) -> None:
    """Train the model in place, as well as you can, and be back before ``seconds`` have passed.

    model : from `build_model`.
    X : (N, 784), float32, standardized. d : (N,), int64, classes from 0 to 9.
    seconds : the time there is. Look at the clock (``time.monotonic()``) after every batch.

    All of it is on the CPU, where the model will be judged: leave it there.
    """
    start, lr = time.monotonic(), 0.005
    optimizer = torch.optim.AdamW(model.parameters(), fused=True)
    model.train()
    while True:
        for batch in torch.randperm(len(X)).split(128):
            spent = (time.monotonic() - start) / (0.95 * seconds)
            if spent >= 1:
                return
            optimizer.param_groups[0]["lr"] = lr * min(1, 0.02 + 10 * spent, 1.25 * (1 - spent))
            images = X[batch].view(-1, 28, 28)
            shift = torch.randint(-1, 2, (2,)).tolist()  # one pixel up, down, left, right, or not
            images = images.roll(shift, dims=(1, 2))
            loss = F.cross_entropy(model(images.flatten(1)), d[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

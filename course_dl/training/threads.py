"""On how many threads a network is trained: one, unless a step is large."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from math import prod
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from course_dl.data.imageset import ImageSet
from course_dl.training.device import home_of

__all__ = ["LARGE", "few_threads", "on_threads", "step_size"]

LARGE = 5e8  # multiplications of a forward pass; with the way back, some 0.05 s of one core
_UNKNOWN = (3, 32, 32)  # the shape of a sample, where a loader does not tell it
_UPWARDS = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)


@contextmanager
def on_threads(n: int) -> Iterator[None]:
    """Let torch compute on ``n`` threads in the block; at the end, on as many as before."""
    before = torch.get_num_threads()
    if before != n:
        torch.set_num_threads(n)
    try:
        yield
    finally:
        if torch.get_num_threads() != before:
            torch.set_num_threads(before)


def few_threads(model: Any, data: Any, batch_size: int) -> AbstractContextManager[None]:
    """Let torch compute on one thread in the block if a step is small; at the end, as before.

    Threads share every operation of a step, and wait for the last of them. Where another process
    has one of the cores, that takes milliseconds an operation: small networks are then 10 to 50
    times slower on two threads than on one. A second thread on a second core saves less than half
    of the time at best.

    How many threads there are decides in which order numbers are added, and so the last digits of
    the weights. So the choice depends on the model, on the shape of a sample and on the batch
    size (`step_size`), and not on a clock: the same seed gives the same weights on a quiet machine
    and on a busy one, in one go and resumed. A large step has the threads that
    ``torch.set_num_threads`` set, and so has all that is computed on an accelerator.
    """
    on_cpu = home_of(model).type == "cpu"
    small = on_cpu and step_size(model, data, batch_size) < LARGE
    return on_threads(1 if small else torch.get_num_threads())


def step_size(model: Any, data: Any, batch_size: int) -> float:
    """About how many multiplications the forward pass of a batch takes.

    A weight is used once a sample, or once for each member of a sequence; a kernel once for each
    place of an image. The places are those of the samples, divided by the strides of convolutions
    and of pooling, as far as these are modules and come in the order in which they are used.

    Parameters
    ----------
    model : a module, or anything with ``parameters()``.
    data : what `course_dl.training.fit` trains on.
    batch_size : samples a batch, if ``data`` does not tell.
    """
    shape, dtype = _sample(data)
    pixels = shape[1:] or shape  # a row may be an image in the network
    sides = len(shape[1:]) or 2
    sequence = len(shape) == 2 or (len(shape) == 1 and not dtype.is_floating_point)
    places, members = float(prod(pixels)), shape[0] if sequence else 1
    work = 0.0
    for part, weights in _parts(model):
        upwards, stride = isinstance(part, _UPWARDS), _stride(part, sides)
        if not upwards:
            places /= stride
        work += sum(w.numel() * (places if w.ndim > 2 else members) for w in weights)
        if upwards:
            places = min(places * stride, prod(pixels))
    return work * (getattr(data, "batch_size", None) or batch_size)


def _parts(model: Any) -> Iterator[tuple[Any, list[Tensor]]]:
    """The modules of a network, each with its own weights, as far as they are multiplied by."""
    if not isinstance(model, nn.Module):
        yield model, list(model.parameters())
        return
    for part in model.modules():
        if not isinstance(part, nn.Embedding):
            weights = part.parameters(recurse=False)
            yield part, [w for w in weights if not is_lazy(w)]  # those have no size yet


def _stride(part: Any, sides: int) -> float:
    """By how much a convolution or a pooling divides the number of places."""
    stride = getattr(part, "stride", 1)
    if isinstance(stride, int):
        return float(stride**sides)
    return float(prod(stride)) if isinstance(stride, tuple) else 1.0


def _sample(data: Any) -> tuple[tuple[int, ...], torch.dtype]:
    """Shape and dtype of a sample."""
    while not isinstance(data, ImageSet) and hasattr(data, "dataset"):
        data = data.dataset  # of a loader, or of the subset that it reads
    if isinstance(data, ImageSet):
        return (data.channels, *data.images.shape[-2:]), torch.float32
    X = getattr(data, "tensors", data)
    if isinstance(X, (tuple, list)) and X:
        X = X[0]
    if not isinstance(X, Tensor) or X.ndim < 2:
        return _UNKNOWN, torch.float32
    return tuple(X.shape[1:]), X.dtype

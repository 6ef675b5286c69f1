"""Batches cut from tensors in memory."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Generator, Tensor
from torch.utils.data import TensorDataset

from course_dl._arguments import check_count, check_tensor, describe

__all__ = ["Batches"]


class Batches:
    """Batches ``(X_batch, d_batch)``; each pass over them is an epoch.

    One indexing operation a batch instead of one Python call a sample: several times faster than
    a ``DataLoader`` over the same tensors. The batches are on the device of ``X``.

    Parameters
    ----------
    X : (N, ...) samples: rows (N, D), images (N, C, H, W), and so on.
    d : (N, ...) their desired outputs: numbers, classes (N,), label maps (N, H, W).
    batch_size : samples a batch; the last batch may be smaller.
    shuffle : whether each epoch has a new random order. Otherwise batches are views of ``X``.
    generator : draws the orders; torch's global generator by default.

    Raises
    ------
    TypeError, ValueError
        If ``X`` and ``d`` are no tensors, differ in length or device, or are empty, or if the batch
        size is not an integer of at least 1.
    """

    def __init__(
        self,
        X: Tensor,
        d: Tensor,
        batch_size: int = 128,
        shuffle: bool = True,
        generator: Generator | None = None,
    ) -> None:
        if callable(getattr(X, "tensors", None)):
            raise TypeError("X is a set of images: Batches(*images.tensors()) has its tensors")
        for name, value in (("X", X), ("d", d)):
            check_tensor(value, name)
            if value.ndim == 0 or len(value) == 0:
                raise ValueError(f"{name} must hold one sample or more, got a {describe(value)}")
        if len(X) != len(d):
            raise ValueError(f"each x needs its d, got {len(X)} samples X and {len(d)} of d")
        if X.device != d.device:
            raise ValueError(f"X lies on {X.device} and d on {d.device}: move one to the other")
        self.X = X
        self.d = d
        self.batch_size = check_count(batch_size, "batch_size")
        self.shuffle = shuffle
        self.generator = generator

    def __len__(self) -> int:
        """Number of batches, ``ceil(N / batch_size)``."""
        return -(-len(self.X) // self.batch_size)

    @property
    def dataset(self) -> TensorDataset:
        """All samples, for code that asks a loader for ``len(loader.dataset)``."""
        return TensorDataset(self.X, self.d)

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        X, d = self.X, self.d
        if not self.shuffle:
            parts = (torch.split(tensor, self.batch_size) for tensor in (X, d))
            yield from zip(*parts, strict=True)
            return
        # Drawn on the generator's device: one on the CPU gives the same orders for all devices.
        device = "cpu" if self.generator is None else self.generator.device
        order = torch.randperm(len(X), generator=self.generator, device=device).to(X.device)
        for index in torch.split(order, self.batch_size):
            yield X.index_select(0, index), d.index_select(0, index)

    def __repr__(self) -> str:
        order = "shuffled" if self.shuffle else "in order"
        return (
            f"Batches({len(self.X):,} samples, {len(self)} batches of {self.batch_size}, {order})"
        )

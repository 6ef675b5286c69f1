"""Batches cut from any number of tensors in memory."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from course_dl._arguments import check_tensor, describe

__all__ = ["Rows"]


class Rows:
    """Batches ``(x, ...)`` of the same rows of several tensors; `Batches` is that of pairs.

    Parameters
    ----------
    tensors : one or more, (N, ...) each.
    batch_size : samples a batch; the last batch may be smaller.
    shuffle : whether each pass has a new order, drawn from torch's global generator.
    name : of the data, in error messages.
    """

    def __init__(
        self, tensors: tuple[Tensor, ...], batch_size: int, shuffle: bool, name: str
    ) -> None:
        for tensor in tensors:
            check_tensor(tensor, name)
            if tensor.ndim == 0 or len(tensor) == 0:
                raise ValueError(f"{name} must hold one sample or more, got a {describe(tensor)}")
        lengths = [len(tensor) for tensor in tensors]
        if len(set(lengths)) > 1:
            raise ValueError(f"the tensors of {name} must be of one length, got {lengths}")
        self.tensors = tensors
        self.batch_size = batch_size
        self.shuffle = shuffle

    def __len__(self) -> int:
        return -(-len(self.tensors[0]) // self.batch_size)

    def __iter__(self) -> Iterator[tuple[Tensor, ...]]:
        if not self.shuffle:
            yield from zip(*(t.split(self.batch_size) for t in self.tensors), strict=True)
            return
        order = torch.randperm(len(self.tensors[0])).to(self.tensors[0].device)
        for index in order.split(self.batch_size):
            yield tuple(t.index_select(0, index) for t in self.tensors)

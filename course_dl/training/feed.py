"""Batches for a training, from tensors in memory or from any loader, on the right device."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from typing import Any

import torch
from torch import Tensor

from course_dl._arguments import check_tensor, describe
from course_dl.data.batches import Batches
from course_dl.training.device import home_of
from course_dl.training.incoming import check_all_finite, check_inputs
from course_dl.training.nested import moved, tensors_in
from course_dl.training.norms import needs_two_samples
from course_dl.training.order import Order
from course_dl.training.rows import Rows

__all__ = ["Feed"]

_EXPECTED = "a pair (X, d) of tensors, Batches, an ImageSet or a DataLoader of pairs (x, d)"


class Feed:
    """The batches of ``data`` on the device of ``model``; each pass over it is an epoch.

    Tensors in memory are checked and moved once; the batches of a loader are moved one by one, and
    the first of them is checked. ``count`` is the number of batches, 0 if it is not known in
    advance.

    Parameters
    ----------
    data : pair (X, d) of tensors, `Batches`, an image set (its ``tensors()``), or an iterable of
        pairs such as a DataLoader; without ``pairs`` also one tensor, or several.
    batch_size : samples a batch, for tensors or an image set; others come in batches already.
    training : whether batches are for training: then tensors, an image set or `Batches` are taken
        in random order. `Batches` that do not shuffle themselves, and loaders, keep their order.
    name : the name of the data in error messages.
    pairs : whether each batch must be a pair (x, d); a step of one's own takes any.
    """

    def __init__(
        self,
        data: Any,
        model: Any,
        batch_size: int,
        *,
        training: bool,
        name: str,
        pairs: bool = True,
    ) -> None:
        if callable(getattr(data, "tensors", None)):
            data = data.tensors()
        if isinstance(data, tuple) and len(data) == 2:
            X, d = data
            check_tensor(X, f"{name} X")
            check_tensor(d, f"{name} d")
            data = Batches(X, d, batch_size, training)
        elif not pairs and isinstance(data, (Tensor, tuple)):
            tensors = data if isinstance(data, tuple) else (data,)
            data = Rows(tensors, batch_size, training, name)
        self.name = name
        self.pairs = pairs
        self.device = home_of(model)
        self.batch_size: int | None = getattr(data, "batch_size", None)
        self.source = data
        self.batches: Iterable[Any]
        if isinstance(data, (Batches, Rows)):
            self.batches = self._in_memory(data, model, training)
        else:
            self.batches = _loader(data, name)
        self._model = model
        in_memory = isinstance(data, (Batches, Rows))
        self._first = not in_memory  # whether a batch is to be checked
        self._there = type(data) in (Batches, Rows)  # whether batches are on the device already
        self._whole = isinstance(data, (Batches, Rows)) and self._ends_in_one(data, model, training)
        self.order = Order(**{name: self.batches})

    def __iter__(self) -> Iterator[Any]:
        batch = None
        for batch in _joined(self.batches) if self._whole else self.batches:
            if self.pairs and (not isinstance(batch, (tuple, list)) or len(batch) != 2):
                raise TypeError(
                    f"{self.name} must give pairs (x, d), got a {describe(batch)}; a step= takes "
                    "batches of any kind"
                )
            if self._first:
                check_inputs(batch, self._model, self.name, handed_on=self.pairs)
                self._first = False
            if self._there:
                yield batch
            else:
                yield moved(tuple(batch) if type(batch) is list else batch, self.device)
        if batch is None:
            raise ValueError(f"{self.name} gave no batch: is it empty, or drop_last too strict?")

    @property
    def count(self) -> int:
        try:
            return len(self.batches) - self._whole  # type: ignore[arg-type]
        except TypeError:
            return 0

    @property
    def single(self) -> str:
        """Which batch will have one sample, in words, as far as a loader tells; "" if none."""
        if isinstance(self.batches, (list, tuple)):
            firsts = (next(tensors_in(batch), None) for batch in self.batches)
            some = any(first is not None and first.ndim and len(first) == 1 for first in firsts)
            return f"a batch of {self.name}" if some else ""
        size, dataset = self.batch_size, getattr(self.batches, "dataset", None)
        if self._whole or not size or getattr(self.batches, "drop_last", False):
            return ""
        try:
            left = len(dataset) % size  # type: ignore[arg-type]
        except TypeError:
            return ""
        return f"the last batch of {self.name}" if left == 1 or size == 1 else ""

    def set_epoch(self, epoch: int) -> None:
        """Tell the number of the epoch, from 1, to whatever asks for it."""
        self.order.set_epoch(epoch)

    def state_dict(self) -> dict[str, Any]:
        """The states of what draws the order of the batches."""
        return self.order.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a `state_dict`."""
        self.order.load_state_dict(state)

    def _in_memory(self, data: Batches | Rows, model: Any, training: bool) -> Batches | Rows:
        tensors = data.tensors if isinstance(data, Rows) else (data.X, data.d)
        check_inputs(tensors, model, self.name, handed_on=self.pairs)
        check_all_finite(tensors, self.name)
        there = tuple(tensor.to(self.device) for tensor in tensors)
        kept: Batches | Rows = copy.copy(data)
        if isinstance(kept, Rows):
            kept.tensors = there
        else:
            kept.X, kept.d = there
        kept.shuffle = training and data.shuffle
        return kept

    def _ends_in_one(self, data: Batches | Rows, model: Any, training: bool) -> bool:
        """Whether a last batch of one sample must go with the one before it."""
        n = len(data.X if isinstance(data, Batches) else data.tensors[0])
        one_left = n > data.batch_size > 1 and n % data.batch_size == 1
        return training and one_left and needs_two_samples(model)


def _joined(batches: Iterable[Any]) -> Iterator[Any]:
    """The same batches, but a last one of a single sample is part of the one before it."""
    held = None
    for batch in batches:
        if held is not None and len(next(tensors_in(batch))) == 1:
            batch = tuple(torch.cat(pair) for pair in zip(held, batch, strict=True))
            held = None
            yield batch
            continue
        if held is not None:
            yield held
        held = batch
    if held is not None:
        yield held


def _loader(data: Any, name: str) -> Iterable[Any]:
    if isinstance(data, torch.utils.data.Dataset):
        raise TypeError(
            f"{name} is a dataset, not a loader: DataLoader({name}, batch_size=128, shuffle=True)"
        )
    if isinstance(data, (str, bytes, dict, Tensor)) or not isinstance(data, Iterable):
        raise TypeError(f"{name} must be {_EXPECTED}, got a {type(data).__name__}")
    if isinstance(data, Iterator):
        raise TypeError(
            f"{name} is an iterator, which can be gone through only once: give the loader itself"
        )
    return data

"""Batches for a training, from tensors in memory or from any loader, on the right device."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from typing import Any

import torch
from torch import Generator, Tensor

from course_dl.data.batches import Batches
from course_dl.validate import check_finite, check_tensor, describe

__all__ = ["Feed"]

_EXPECTED = "a pair (X, d) of tensors, Batches, an ImageSet or a DataLoader of pairs (x, d)"


class Feed:
    """The batches ``(x, d)`` of ``data`` on ``device``, each time it is gone through.

    Tensors in memory are checked and moved once; the batches of a loader are moved one by one.

    Parameters
    ----------
    data : pair (X, d) of tensors, `Batches`, an image set (its ``tensors()``), or an iterable of
        pairs such as a DataLoader.
    batch_size, shuffle : how a pair or an image set is cut; `Batches` and loaders know themselves,
        but for `Batches`, which are taken in order where ``shuffle`` is False.
    name : what errors call it.
    """

    def __init__(
        self, data: Any, batch_size: int, *, shuffle: bool, device: torch.device, name: str
    ) -> None:
        if callable(getattr(data, "tensors", None)):
            data = data.tensors()
        if isinstance(data, tuple) and len(data) == 2:
            X, d = data
            check_tensor(X, f"{name} X")
            check_tensor(d, f"{name} d")
            data = Batches(X, d, batch_size, shuffle)
        self.name = name
        self.device = device
        self.batch_size: int | None = getattr(data, "batch_size", None)
        self.batches: Iterable[Any]
        if isinstance(data, Batches):
            self.batches = _in_memory(data, shuffle, device, name)
        else:
            self.batches = _loader(data, name)

    def __len__(self) -> int:
        """Number of batches, 0 if it is not known beforehand."""
        try:
            return len(self.batches)  # type: ignore[arg-type]
        except TypeError:
            return 0

    def __iter__(self) -> Iterator[tuple[Any, Any]]:
        batch = None
        for batch in self.batches:
            if not isinstance(batch, (tuple, list)) or len(batch) != 2:
                raise TypeError(f"{self.name} must give pairs (x, d), got a {describe(batch)}")
            x, d = batch
            yield self._move(x), self._move(d)
        if batch is None:
            raise ValueError(f"{self.name} gave no batch: is it empty, or drop_last too strict?")

    def _move(self, x: Any) -> Any:
        return x.to(self.device, non_blocking=True) if isinstance(x, Tensor) else x

    @property
    def fingerprint(self) -> dict[str, Any]:
        """What tells it from another feed."""
        return {"batch_size": self.batch_size, "batches an epoch": len(self)}

    @property
    def generators(self) -> list[Generator]:
        """The generators that the order of the batches is drawn from, if it has its own."""
        sampler = getattr(self.batches, "sampler", None)
        owners = (self.batches, sampler, getattr(self.batches, "batch_sampler", None))
        found = [getattr(owner, "generator", None) for owner in owners]
        return list({id(g): g for g in found if isinstance(g, Generator)}.values())


def _in_memory(batches: Batches, shuffle: bool, device: torch.device, name: str) -> Batches:
    X, d = batches.X, batches.d
    if X.dtype in (torch.uint8, torch.bool):
        raise TypeError(f"{name} X holds {X.dtype}: scale it to floats, as with X.float() / 255")
    if not X.sum().isfinite():  # one fast pass; which entry is looked for only where there is one
        check_finite(X, f"{name} X")
    moved = copy.copy(batches)
    moved.X, moved.d = X.to(device), d.to(device)
    moved.shuffle = shuffle and batches.shuffle
    return moved


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

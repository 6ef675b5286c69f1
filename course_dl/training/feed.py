"""Batches for a training, from tensors in memory or from any loader, on the right device."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from typing import Any

import torch
from torch import Generator, Tensor

from course_dl._arguments import check_finite, check_tensor, describe
from course_dl.data.batches import Batches
from course_dl.training.device import home_of

__all__ = ["Feed"]

_EXPECTED = "a pair (X, d) of tensors, Batches, an ImageSet or a DataLoader of pairs (x, d)"


class Feed:
    """The batches ``(x, d)`` of ``data`` on the device of ``model``; each pass over it is an epoch.

    Tensors in memory are checked and moved once; the batches of a loader are moved one by one.
    ``count`` is the number of batches, 0 if it is not known in advance.

    Parameters
    ----------
    data : pair (X, d) of tensors, `Batches`, an image set (its ``tensors()``), or an iterable of
        pairs such as a DataLoader.
    batch_size : samples a batch, for a pair or an image set; others come in batches already.
    shuffle : whether a pair, an image set or `Batches` are taken in random order. `Batches` that
        do not shuffle themselves, and loaders, keep their order.
    name : the name of the data in error messages.
    """

    def __init__(self, data: Any, model: Any, batch_size: int, *, shuffle: bool, name: str) -> None:
        if callable(getattr(data, "tensors", None)):
            data = data.tensors()
        if isinstance(data, tuple) and len(data) == 2:
            X, d = data
            check_tensor(X, f"{name} X")
            check_tensor(d, f"{name} d")
            data = Batches(X, d, batch_size, shuffle)
        self.name = name
        self.device = home_of(model)
        self.batch_size: int | None = getattr(data, "batch_size", None)
        self.batches: Iterable[Any]
        if isinstance(data, Batches):
            _check(data, model, name)
            self.batches = moved = copy.copy(data)
            moved.X, moved.d = self._move(data.X), self._move(data.d)
            moved.shuffle = shuffle and data.shuffle
        else:
            self.batches = _loader(data, name)
        try:
            self.count = len(self.batches)  # type: ignore[arg-type]
        except TypeError:
            self.count = 0

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
        """Values in which feeds differ, for `Checkpoint`."""
        return {
            "batch_size": self.batch_size,
            "number of batches": self.count,
            "number of generators": len(self._generators()),
        }

    def state_dict(self) -> dict[str, Any]:
        """The states of the generators that draw the order of the batches."""
        return {"generators": [generator.get_state() for generator in self._generators()]}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Set these generators to the states of a `state_dict`."""
        for generator, kept in zip(self._generators(), state["generators"], strict=True):
            generator.set_state(kept)

    def _generators(self) -> list[Generator]:
        in_batches = getattr(self.batches, "batch_sampler", None)
        samplers = (getattr(owner, "sampler", None) for owner in (self.batches, in_batches))
        found = [
            getattr(owner, "generator", None) for owner in (self.batches, in_batches, *samplers)
        ]
        return list({id(g): g for g in found if isinstance(g, Generator)}.values())


def _check(batches: Batches, model: Any, name: str) -> None:
    X, d = batches.X, batches.d
    weight = next(iter(model.parameters()), X)
    if X.dtype in (torch.uint8, torch.bool):
        raise TypeError(f"{name} X holds {X.dtype}: scale it to floats, as with X.float() / 255")
    if X.is_floating_point() and X.dtype != weight.dtype:
        raise TypeError(
            f"{name} X must have the dtype of the weights, {weight.dtype}, got {describe(X)}: "
            f"try X.to({weight.dtype})"
        )
    for values, letter in ((X, "X"), (d, "d")):
        # One fast pass; the wrong entry is looked for only if there is one.
        if values.is_floating_point() and not values.sum().isfinite():
            check_finite(values, f"{name} {letter}")


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

"""What a loader's order and noise depend on: found, told the epoch, kept in checkpoints.

`fit` seeds the global generators anew for every epoch, so what draws from these needs no state.
Everything else that changes from epoch to epoch is looked for in the loader, its samplers and its
dataset, and in functions (a step, a loss): generators of their own, whatever they are called, the
numbers that samplers count with, and what has a ``state_dict``.
"""

from __future__ import annotations

import random
import sys
import types
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Generator, Tensor, nn
from torch.optim.swa_utils import AveragedModel
from torch.utils.data import DataLoader, Dataset, IterableDataset, Sampler, TensorDataset

from course_dl.data.batches import Batches

__all__ = ["Order", "generator_state", "set_generator_state", "used_by"]

_GENERATORS = (Generator, random.Random, np.random.Generator, np.random.RandomState)
_DEPTH = 5
_LOADER_PARTS = ("generator", "sampler", "batch_sampler", "dataset", "collate_fn", "worker_init_fn")
_MOST = 1_000_000  # entries of a list or an array that is kept as a sampler's state


class Order:
    """The states behind the order of some objects: loaders, functions.

    Attributes
    ----------
    reasons : why the order cannot be repeated after a resumption, in words; empty if it can.
    """

    def __init__(self, known: Iterable[Any] = (), **roots: Any) -> None:
        self.reasons: list[str] = []
        self._states: dict[str, Any] = {}  # objects with a state_dict
        self._generators: dict[str, Any] = {}
        self._attributes: dict[str, tuple[Any, str, Any]] = {}  # owner, name, value at the start
        self._epochs: list[Any] = []
        self._seen = {id(part) for part in known}
        for name, root in roots.items():
            self._look(root, name, 0)

    def __len__(self) -> int:
        return len(self._generators)

    @property
    def optimizers(self) -> dict[str, torch.optim.Optimizer]:
        """The optimizers that were found, by the names under which they were."""
        return {
            path.rpartition(".")[2]: owner
            for path, owner in self._states.items()
            if isinstance(owner, torch.optim.Optimizer)
        }

    def set_epoch(self, epoch: int) -> None:
        """Tell the number of the epoch, from 1, to samplers, datasets and loaders that ask."""
        for owner in self._epochs:
            owner.set_epoch(epoch)

    def state_dict(self) -> dict[str, Any]:
        """All that a process that starts anew must be told."""
        changed = {
            path: value
            for path, (owner, name, start) in self._attributes.items()
            if not _equal(value := getattr(owner, name, None), start) and _is_state(value, all=True)
        }
        return {
            "objects": {path: owner.state_dict() for path, owner in self._states.items()},
            "generators": {p: generator_state(g) for p, g in self._generators.items()},
            "attributes": changed,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Put everything in the state of a `state_dict`."""
        for path, kept in state["objects"].items():
            self._states[path].load_state_dict(kept)
        for path, kept in state["generators"].items():
            set_generator_state(self._generators[path], kept)
        for path, kept in state["attributes"].items():
            owner, name, _ = self._attributes[path]
            setattr(owner, name, kept)

    def _look(self, value: Any, path: str, depth: int) -> None:
        if depth > _DEPTH or id(value) in self._seen or _is_inert(value, given=depth == 0):
            return
        self._seen.add(id(value))
        if isinstance(value, _GENERATORS):
            if value is not torch.default_generator:
                self._generators[path] = value
        elif isinstance(value, types.FunctionType):
            self._look_into(used_by(value), path, depth)
        elif isinstance(value, types.MethodType):
            self._look_into({"": value.__self__, "()": value.__func__}, path, depth)
        elif isinstance(value, partial):
            inside = {"func": value.func, "args": value.args, **value.keywords}
            self._look_into(inside, path, depth)
        elif isinstance(value, nn.Module):
            self._look_at_network(value, path, depth)
        elif isinstance(value, (list, tuple)):
            self._look_into({str(k): part for k, part in enumerate(value[:20])}, path, depth)
        elif isinstance(value, dict):
            self._look_into({str(k): v for k, v in list(value.items())[:20]}, path, depth)
        elif isinstance(value, Iterator):
            self.reasons.append(f"{path} is a {type(value).__name__}, which only goes on")
        else:
            self._look_at_object(value, path, depth)

    def _look_into(self, values: Mapping[str, Any], path: str, depth: int) -> None:
        for name, value in values.items():
            self._look(value, f"{path}.{name}" if name else path, depth + 1)

    def _look_at_network(self, network: nn.Module, path: str, depth: int) -> None:
        """Its weights have a place of their own; here its generators, and an average's weights."""
        if isinstance(network, AveragedModel):
            self._states[path] = network
            return
        for name, part in network.named_modules(prefix=path):
            inside = {k: v for k, v in vars(part).items() if isinstance(v, _GENERATORS)}
            self._look_into(inside, name, depth)
            if not _is_library(type(part).__module__):
                self._look(type(part).forward, f"{name}.forward", depth + 1)

    def _look_at_object(self, value: Any, path: str, depth: int) -> None:
        if callable(getattr(value, "set_epoch", None)):
            self._epochs.append(value)
        if _has_state(value):
            self._states[path] = value
            return
        if isinstance(value, DataLoader):
            if value.persistent_workers and not isinstance(value.dataset, TensorDataset):
                self.reasons.append(
                    f"the persistent workers of {path} keep their random states to themselves"
                )
            inside = {name: getattr(value, name, None) for name in _LOADER_PARTS}
        else:
            inside = dict(getattr(value, "__dict__", {}))
            counts = not isinstance(value, Dataset) or isinstance(value, IterableDataset)
            for name, part in inside.items() if counts else ():
                if _is_state(part, all=isinstance(value, Sampler)):
                    self._attributes[f"{path}.{name}"] = value, name, _copy(part)
        for method in ("__iter__", "__getitem__", "__getitems__", "__call__"):
            function = getattr(type(value), method, None)
            if isinstance(function, types.FunctionType):
                self._look(function, f"{path}.{method}", depth)
        self._look_into(inside, path, depth)


def generator_state(generator: Any) -> Any:
    """The state of a generator of PyTorch, NumPy or Python."""
    if isinstance(generator, Generator):
        return generator.get_state()
    if isinstance(generator, random.Random):
        version, numbers, gauss = generator.getstate()
        return [version, list(numbers), gauss]
    if isinstance(generator, np.random.Generator):
        return generator.bit_generator.state
    return list(generator.get_state())


def set_generator_state(generator: Any, state: Any) -> None:
    """Put a generator in a state of `generator_state`."""
    if isinstance(generator, Generator):
        generator.set_state(state)
    elif isinstance(generator, random.Random):
        version, numbers, gauss = state
        generator.setstate((version, tuple(numbers), gauss))
    elif isinstance(generator, np.random.Generator):
        generator.bit_generator.state = state
    else:
        generator.set_state(tuple(state))


def used_by(function: types.FunctionType) -> dict[str, Any]:
    """The values that a function has from outside: of its closure, of its module, its defaults."""
    code = function.__code__
    inner = [const for const in code.co_consts if isinstance(const, types.CodeType)]
    names = {name for part in (code, *inner) for name in part.co_names}
    used = {
        name: function.__globals__[name] for name in sorted(names & function.__globals__.keys())
    }
    for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=True):
        try:
            used[name] = cell.cell_contents
        except ValueError:  # not filled yet
            continue
    defaults = [*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()]
    return used | {f"default {k}": value for k, value in enumerate(defaults)}


def _is_inert(value: Any, *, given: bool) -> bool:
    """Whether a value has no state of its own that matters here.

    An object of an installed package has none, unless it is ``given`` to fit itself.
    """
    if isinstance(value, (type(None), bool, int, float, complex, str, bytes, type, range)):
        return True
    if isinstance(value, (Tensor, np.ndarray, np.generic, types.ModuleType)):
        return True
    if isinstance(value, (types.FunctionType, types.MethodType)):
        return _is_library(value.__module__)
    known = (*_GENERATORS, nn.Module, DataLoader, Sampler, Dataset, Batches, partial, Iterator)
    return (
        not given
        and not isinstance(value, (list, tuple, dict, *known))
        and _is_library(type(value).__module__)
        and not _has_state(value)
    )


def _has_state(value: Any) -> bool:
    return hasattr(value, "state_dict") and hasattr(value, "load_state_dict")


@cache
def _is_library(module: str | None) -> bool:
    """Whether a module comes with Python or was installed: what it holds is no part of a training.

    PyTorch's own loaders and samplers are looked at all the same.
    """
    top = (module or "").partition(".")[0]
    if top in ("__main__", "__mp_main__") or (module or "").startswith("course_dl.labs."):
        return False
    file = getattr(sys.modules.get(top), "__file__", None) or ""
    installed = {"site-packages", "dist-packages"} & set(Path(file).parts)
    return top in sys.stdlib_module_names or top == "course_dl" or bool(installed)


def _is_state(value: Any, *, all: bool) -> bool:
    """Whether an attribute can be kept: a number, or with ``all`` also a list or an array."""
    if isinstance(value, (bool, int, float, str)):
        return True
    if not all:
        return False
    if isinstance(value, (Tensor, np.ndarray)):
        return value.size <= _MOST if isinstance(value, np.ndarray) else value.numel() <= _MOST
    return isinstance(value, list) and len(value) <= _MOST and _is_flat(value)


def _is_flat(values: list[Any]) -> bool:
    return not any(not isinstance(part, (bool, int, float, str)) for part in values)


def _copy(value: Any) -> Any:
    if isinstance(value, Tensor):
        return value.clone()
    return value.copy() if isinstance(value, (np.ndarray, list)) else value


def _equal(one: Any, other: Any) -> bool:
    if type(one) is not type(other):
        return False
    if isinstance(one, Tensor):
        return torch.equal(one, other)
    if isinstance(one, np.ndarray):
        return bool(np.array_equal(one, other))
    return bool(one == other)

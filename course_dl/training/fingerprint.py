"""What makes two trainings different, as plain values: a checkpoint goes on with its own alone.

What only says how long a training lasts is no part of it.
"""

from __future__ import annotations

import dis
import types
import zlib
from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import ConcatDataset, DataLoader, Subset

from course_dl.data.batches import Batches
from course_dl.losses import Loss
from course_dl.training.families import as_module
from course_dl.training.order import used_by
from course_dl.training.rows import Rows

__all__ = ["of_data", "of_function", "of_model", "of_optimizer", "of_scheduler", "of_shapes"]

# What changes while a training runs, and so is state and not setting.
_MOVING = {"params", "lr", "initial_lr"}
_CYCLED = {"momentum", "betas"}  # by OneCycleLR and CyclicLR
_COUNTED = {
    *("last_epoch", "_step_count", "_last_lr", "_get_lr_called_within_step", "_is_initial"),
    *("best", "num_bad_epochs", "cooldown_counter", "T_cur", "T_i", "optimizer", "verbose"),
}
_MOST = 4  # levels of objects within objects


def of_optimizer(optimizer: Any, scheduler: Any) -> dict[str, Any]:
    """Class, learning rates at the start, and all other settings of its groups."""
    groups = optimizer.param_groups
    told: dict[str, Any] = {
        "optimizer": type(optimizer).__name__,
        "scheduler": None if scheduler is None else type(scheduler).__name__,
        "lr": [float(group.get("initial_lr", group["lr"])) for group in groups],
    }
    skipped = _MOVING | (_CYCLED if hasattr(scheduler, "cycle_momentum") else set())
    names = {name: None for group in groups for name in group if name not in skipped}
    for name in names:
        values = [_plain(group.get(name)) for group in groups]
        told[name] = values[0] if len(values) == 1 else values
    return told


def of_scheduler(scheduler: Any) -> dict[str, Any]:
    """The settings of a scheduler, and of those it is made of."""
    if scheduler is None or not hasattr(scheduler, "__dict__"):
        return {}
    told = {
        f"scheduler's {name}": _plain(value)
        for name, value in vars(scheduler).items()
        if name not in _COUNTED and not _is_inner(name)
    }
    for k, factor in enumerate(getattr(scheduler, "lr_lambdas", ())):
        told[f"scheduler's function {k + 1}"] = of_function(factor)
    for k, part in enumerate(getattr(scheduler, "_schedulers", ())):
        told[f"scheduler {k + 1}"] = {"class": type(part).__name__, **of_scheduler(part)}
    return told


def of_function(function: Any) -> Any:
    """A loss or a step: its name, and the numbers that it holds."""
    function = as_module(function)
    if function is None or isinstance(function, (str, Loss)):
        return function.name if isinstance(function, Loss) else function
    if isinstance(function, partial):
        return [of_function(function.func), _plain(function.args), _plain(function.keywords)]
    if isinstance(function, types.MethodType):
        return [function.__qualname__, _settings(function.__self__)]
    if isinstance(function, types.FunctionType):
        return [function.__name__, _constants(function.__code__), _numbers_used_by(function)]
    if isinstance(function, nn.Module):
        buffers = {name: _digest(value) for name, value in function.named_buffers()}
        return [type(function).__name__, _settings(function), buffers]
    return [type(function).__name__, _settings(function)]


def of_shapes(state: Mapping[str, Any]) -> dict[str, Any]:
    """The shapes of parameters and buffers; what else a ``state_dict`` holds has none."""
    return {name: list(p.shape) for name, p in state.items() if isinstance(p, Tensor)}


def of_model(model: Any) -> list[Any]:
    """What shapes do not show: kinds of layers, their settings, activations, frozen parts."""
    if not isinstance(model, nn.Module):
        return [
            [type(layer).__name__, getattr(getattr(layer, "activation", None), "name", "")]
            for layer in model.layers
        ]
    return [
        [
            *(name, type(part).__name__, _without_addresses(part.extra_repr()), _floats(part)),
            *(part.training, [p.requires_grad for p in part.parameters(recurse=False)]),
        ]
        for name, part in model.named_modules()
    ]


def of_data(data: Any, level: int = 0) -> Any:
    """Kinds, lengths and digests of the tensors in a loader or a dataset."""
    if isinstance(data, (Tensor, np.ndarray)):
        return _digest(data)
    if data is None or level > _MOST:
        return None
    inside: list[Any]
    if isinstance(data, Batches):
        inside = [data.X, data.d]
    elif isinstance(data, Rows):
        inside = list(data.tensors)
    elif isinstance(data, DataLoader):
        inside = [data.dataset]
    elif isinstance(data, Subset):
        inside = [zlib.crc32(repr(list(data.indices)).encode()), data.dataset]
    elif isinstance(data, ConcatDataset):
        inside = list(data.datasets)
    elif isinstance(data, (list, tuple)):
        inside = list(data)
    elif isinstance(data, (int, float, str)):
        return data
    else:
        names = ("tensors", "images", "data", "targets", "labels", "X", "d", "transform")
        held = {name: getattr(data, name, None) for name in names}
        inside = [v for k, v in held.items() if k != "transform" and not callable(v)]
        inside += [_without_addresses(repr(held["transform"]))] if held["transform"] else []
        inside += [_length(data)]
    if len(inside) > 1000:  # a list of samples: a digest of the digests
        told = [of_data(part, level + 1) for part in inside]
        return [type(data).__name__, len(inside), zlib.crc32(repr(told).encode())]
    return [type(data).__name__, *(of_data(part, level + 1) for part in inside)]


def _digest(values: Tensor | np.ndarray) -> str:
    """Shape, type and a CRC-32 of the content."""
    tensor = torch.as_tensor(values)
    if tensor.layout != torch.strided or tensor.is_quantized or tensor.is_meta:
        return f"{tensor.dtype} {list(tensor.shape)}"
    content = tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy()
    return f"{tensor.dtype} {list(tensor.shape)} {zlib.crc32(content.data):08x}"


def _constants(code: types.CodeType) -> list[Any]:
    """Numbers, strings and names in the code of a function, its own functions included."""
    first = 1 if code.co_consts and isinstance(code.co_consts[0], str) else 0  # after the docstring
    told: list[Any] = list(code.co_names)
    for const in code.co_consts[first:]:
        told.append(_constants(const) if isinstance(const, types.CodeType) else _plain(const))
    return told


def _numbers_used_by(function: types.FunctionType) -> dict[str, Any]:
    """Numbers and strings from outside of a function, but for what it counts with itself."""
    counted = {
        instruction.argval
        for instruction in dis.get_instructions(function)
        if instruction.opname in ("STORE_DEREF", "STORE_GLOBAL")
    }
    return {
        name: _plain(value)
        for name, value in used_by(function).items()
        if isinstance(value, (bool, int, float, str, np.generic)) and name not in counted
    }


def _settings(owner: Any) -> dict[str, Any]:
    """The public attributes that are plain values."""
    return {
        name: _plain(value)
        for name, value in getattr(owner, "__dict__", {}).items()
        if not name.startswith("_") and name != "training"
        if isinstance(value, (bool, int, float, str, tuple, Tensor, np.generic))
    }


def _floats(part: nn.Module) -> dict[str, Any]:
    """Attributes such as a rate of dropout, or an activation; integers may be counters."""
    told: dict[str, Any] = {}
    for name, value in vars(part).items():
        if isinstance(value, (float, np.floating)):
            told[name] = float(value)
        elif isinstance(value, (types.FunctionType, types.BuiltinFunctionType)):
            told[name] = value.__name__
    return told


def _plain(value: Any, level: int = 0) -> Any:
    """A value as it can be compared after reading it again; a type's name for an object."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, Tensor):
        return value.item() if value.numel() == 1 and not value.is_meta else _digest(value)
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (list, tuple)) and level < _MOST:
        return [_plain(part, level + 1) for part in value]
    if isinstance(value, Mapping) and level < _MOST:
        return {str(key): _plain(part, level + 1) for key, part in sorted(value.items(), key=str)}
    return getattr(value, "__qualname__", type(value).__name__)


def _is_inner(name: str) -> bool:
    return name.startswith("_") and name != "_milestones"


def _length(data: Any) -> int | None:
    try:
        return len(data)
    except (TypeError, NotImplementedError):
        return None


def _without_addresses(text: str) -> str:
    return "" if " at 0x" in text else text

"""The device on which a network computes: how it is chosen, and its name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import chain
from typing import Any

import torch
from torch import nn

from course_dl.backprop import ManualNetwork

__all__ = ["device_name", "home_of", "on_device", "pick_device", "runs_on"]


def pick_device(device: torch.device | str | None, model: Any) -> torch.device:
    """``device`` if given; else the accelerator that holds ``model``; else CUDA, MPS or the CPU.

    Raises ValueError if PyTorch knows no such device, or cannot reach it on this machine.
    """
    home = home_of(model)
    if device is not None:
        chosen = _reachable(device)
    elif home.type != "cpu":
        chosen = home
    elif torch.cuda.is_available():
        chosen = torch.device("cuda")
    elif torch.backends.mps.is_available():
        chosen = torch.device("mps")
    else:
        chosen = torch.device("cpu")
    if chosen.type == "cuda" and chosen.index is None:
        return torch.device("cuda", torch.cuda.current_device())
    return chosen


def device_name(device: torch.device) -> str:
    """The device in words: ``cuda (Tesla T4)``, ``mps``, ``cpu, 2 threads``."""
    if device.type == "cuda":
        return f"cuda ({torch.cuda.get_device_name(device)})"
    if device.type == "cpu":
        threads = torch.get_num_threads()
        return f"cpu, {threads} thread" + "s" * (threads != 1)
    return str(device)


def runs_on() -> str:
    """PyTorch's version and build, and where `fit` trains a network, in words."""
    if torch.version.cuda:
        missing = "" if torch.cuda.is_available() else ", and no GPU that it can use"
        build = f"CUDA {torch.version.cuda} build{missing}"
    elif torch.version.hip:
        build = f"ROCm {torch.version.hip} build"
    else:
        build = "build with MPS" if torch.backends.mps.is_built() else "CPU build"
    where = device_name(pick_device(None, nn.Identity()))
    return f"PyTorch {torch.__version__}, {build}; networks train on {where}"


@contextmanager
def on_device(device: torch.device, *parts: Any, optimizer: Any = None) -> Iterator[None]:
    """Move networks (and losses that are modules) to ``device``; at the end, back to their own.

    The state of an optimizer (or of several, in a dict) that has made steps already moves with the
    parameters.
    """
    movable = [part for part in parts if isinstance(part, (nn.Module, ManualNetwork))]
    homes = [home_of(part) for part in movable]
    away = [(part, home) for part, home in zip(movable, homes, strict=True) if home != device]
    try:
        _move([(part, device) for part, _ in away], optimizer)
        yield
    finally:
        _move(away, optimizer)


def home_of(part: Any) -> torch.device:
    """The device of the first parameter or buffer; the CPU if there is none."""
    some = next(chain(part.parameters(), getattr(part, "buffers", tuple)()), None)
    return torch.device("cpu") if some is None else some.device


def _move(moves: list[tuple[Any, torch.device]], optimizer: Any) -> None:
    for part, device in moves:
        part.to(device)
    for one in optimizer.values() if isinstance(optimizer, Mapping) else (optimizer,):
        if moves and isinstance(one, torch.optim.Optimizer) and one.state:
            one.load_state_dict(one.state_dict())


def _reachable(device: torch.device | str) -> torch.device:
    try:
        chosen = torch.device(device)
        torch.empty(0, device=chosen)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        reason = str(error).splitlines()[0]
        raise ValueError(
            f"device {str(device)!r} cannot be used here ({reason}); "
            "leave device out to have one chosen"
        ) from error
    return chosen

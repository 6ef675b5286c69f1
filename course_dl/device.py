"""Where a network computes: the device, chosen by itself and called by its name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

__all__ = ["device_name", "on_device", "pick_device"]


def pick_device(device: torch.device | str | None = None, model: Any = None) -> torch.device:
    """The device asked for; else the accelerator that ``model`` stands on; else CUDA, MPS, CPU.

    Raises ValueError if PyTorch knows no such device, or cannot reach it on this machine.
    """
    home = _home(model)
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


@contextmanager
def on_device(model: Any, device: torch.device, optimizer: Any = None) -> Iterator[None]:
    """Move a network to ``device``, and back to where it was found at the end."""
    home = _home(model)
    if home == device:
        yield
        return
    _move(model, device, optimizer)
    try:
        yield
    finally:
        _move(model, home, optimizer)


def _move(model: Any, device: torch.device, optimizer: Any) -> None:
    model.to(device)
    if isinstance(optimizer, torch.optim.Optimizer) and optimizer.state:
        optimizer.load_state_dict(optimizer.state_dict())  # its buffers follow the parameters


def _home(model: Any) -> torch.device:
    first = next(iter(model.parameters()), None) if model is not None else None
    return torch.device("cpu") if first is None else first.device


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

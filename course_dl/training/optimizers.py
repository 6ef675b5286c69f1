"""The optimizers of a training by name, made where they are given as functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import nn

from course_dl._arguments import check_positive

__all__ = ["DEFAULT_LR", "ONLY", "make_optimizers", "parameters_of"]

DEFAULT_LR = 0.1
ONLY = "loss"  # the name of an optimizer that is the only one: it minimises what is called so


def make_optimizers(
    model: nn.Module, optimizer: Any, lr: float | None
) -> dict[str, torch.optim.Optimizer]:
    """Optimizers by the names of what they minimise; the only one is called "loss".

    Raises TypeError or ValueError where a part does not fit.
    """
    if lr is not None:
        check_positive(lr, "lr")
    if not isinstance(optimizer, Mapping):
        return {ONLY: _make(model, optimizer, lr)}
    if not optimizer:
        raise ValueError("optimizer is an empty dict: name one, or leave it out")
    if any(not hasattr(made, "param_groups") for made in optimizer.values()):
        raise TypeError(
            "of several optimizers each must be made already, since each has parameters of its "
            'own: {"D": torch.optim.Adam(D.parameters()), ...}'
        )
    return {str(name): _make(model, made, lr) for name, made in optimizer.items()}


def parameters_of(optimizer: torch.optim.Optimizer) -> list[nn.Parameter]:
    """All that an optimizer moves."""
    return [p for group in optimizer.param_groups for p in group["params"]]


def _make(model: nn.Module, optimizer: Any, lr: float | None) -> torch.optim.Optimizer:
    if _is_optimizer(optimizer):
        if lr is not None:
            raise ValueError("this optimizer has its own lr: give lr to it, not to fit")
        held = {id(p) for p in parameters_of(optimizer)}
        if not held & {id(p) for p in model.parameters()}:
            raise ValueError("the optimizer holds no parameter of this model: make it anew for it")
        return _minimising(optimizer)
    parameters: Iterable[nn.Parameter] = [p for p in model.parameters() if p.requires_grad]
    if not parameters:
        raise ValueError("the model has no parameter to train (requires_grad is False for all)")
    if optimizer is None:
        return torch.optim.SGD(parameters, lr=DEFAULT_LR if lr is None else lr)
    if not callable(optimizer):
        raise TypeError(
            "optimizer must be a torch.optim optimizer, or a function that makes one of the "
            f"model's parameters such as torch.optim.Adam, got {optimizer!r}"
        )
    made = optimizer(parameters) if lr is None else optimizer(parameters, lr=lr)
    if not _is_optimizer(made):
        raise TypeError(f"optimizer(parameters) must return an optimizer, got {made!r}")
    return _minimising(made)


def _is_optimizer(candidate: Any) -> bool:
    """An optimizer of PyTorch, or what has its parameters and its step, such as a wrapper."""
    return (
        not isinstance(candidate, type)
        and callable(getattr(candidate, "step", None))
        and isinstance(getattr(candidate, "param_groups", None), list)
    )


def _minimising(optimizer: torch.optim.Optimizer) -> torch.optim.Optimizer:
    if any(group.get("maximize") for group in optimizer.param_groups):
        raise ValueError(
            "the optimizer has maximize=True, but fit minimises the loss: leave it out"
        )
    return optimizer

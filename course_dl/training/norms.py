"""Batch and instance norms, which in training need two values or more for a mean and a spread."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

__all__ = ["explained", "needs_two_samples", "noticed"]

_BATCH_SAYS = "Expected more than 1 value per channel"  # so torch begins its two errors
_INSTANCE_SAYS = "Expected more than 1 spatial element"


def needs_two_samples(model: Any) -> bool:
    """Whether the model has a batch norm that uses the statistics of the batch."""
    parts = model.modules() if isinstance(model, nn.Module) else ()
    return any(isinstance(part, _BatchNorm) and part.training for part in parts)


@contextmanager
def explained(name: str) -> Iterator[None]:
    """Within it, a norm that has too few values to measure is told of in words that help."""
    try:
        yield
    except ValueError as error:
        if _BATCH_SAYS in str(error):
            raise ValueError(_advice(f"a batch of {name}")) from error
        if _INSTANCE_SAYS in str(error):
            raise ValueError(
                "an InstanceNorm gets maps of one pixel, which have no spread: put it before the "
                "layer that makes them so small, or leave it out there"
            ) from error
        raise


@contextmanager
def noticed(model: Any, which: str) -> Iterator[None]:
    """Within it, ValueError if a forward pass shows that one sample would be too few.

    So it is raised before the weights are changed. ``which`` batch will have one sample, in words;
    nothing is looked at where it is "".
    """
    if not which or not isinstance(model, nn.Module):
        yield
        return

    def look(norm: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        x = inputs[0]
        if norm.training and x.numel() == x.shape[0] * x.shape[1]:  # a value a sample and channel
            raise ValueError(_advice(which))

    norms = [part for part in model.modules() if isinstance(part, _BatchNorm)]
    hooks = [norm.register_forward_pre_hook(look) for norm in norms]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def _advice(which: str) -> str:
    return (
        f"{which} has one sample, which a BatchNorm in training cannot take: choose another "
        "batch_size, or leave one sample out (drop_last=True)"
    )

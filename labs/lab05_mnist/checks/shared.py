"""Networks on both sides, for the exercises of lab 5."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any

import torch
from torch import Tensor, nn

from course_dl.lab import Inputs, Remote, Student

Make = Callable[..., Any]  # make("nn.Linear", 3, 2) -> a layer, here or on the student's side
FLOAT32, FLOAT64 = torch.float32, torch.float64


def here(path: str, *args: Any, **kwargs: Any) -> Any:
    """Build something of torch on this side, as ``student.torch`` does on the student's."""
    return attrgetter(path)(torch)(*args, **kwargs)


def twins(
    student: Student, rng: Inputs, build: Callable[[Make], Any], dtype: torch.dtype = FLOAT64
) -> tuple[Remote, nn.Module]:
    """A network on the student's side and its twin here, with the same random state."""
    theirs, ours = build(student.torch), build(here)
    state = {}
    for name, value in ours.state_dict().items():
        drawn = rng.normal(*value.shape, dtype=dtype)
        state[name] = drawn.abs() + 0.5 if name.endswith("running_var") else drawn.to(dtype)
        if not value.is_floating_point():
            state[name] = value
    theirs.to(dtype)
    theirs.load_state_dict(state)
    ours.to(dtype).load_state_dict(state)
    return theirs, ours


def loader(student: Student, X: Tensor, d: Tensor, batch_size: int, **options: Any) -> Remote:
    """A DataLoader on the student's side."""
    pairs = student.torch("utils.data.TensorDataset", X, d)
    return student.torch("utils.data.DataLoader", pairs, batch_size=batch_size, **options)


def perceptron(make: Make, units: int = 4) -> Any:
    """Two layers, from 3 features to 4 scores."""
    first, second = make("nn.Linear", 3, units), make("nn.Linear", units, 4)
    return make("nn.Sequential", first, make("nn.Tanh"), second)


def normalized(make: Make, units: int = 4) -> Any:
    """A network with batch normalization, which counts the batches it sees in training mode."""
    return make(
        "nn.Sequential",
        make("nn.Linear", 3, units),
        make("nn.BatchNorm1d", units),
        make("nn.ReLU"),
        make("nn.Linear", units, 4),
    )

"""Networks on both sides, and what is told of them, for the exercises of lab 9."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any

import torch
from torch import nn

from course_dl.lab import Inputs, Remote, Student

Make = Callable[..., Any]  # make("nn.Linear", 3, 2) -> a layer, here or on the student's side
FLOAT32, FLOAT64 = torch.float32, torch.float64
ANSWERS = ["course_dl.generative"]
# What a float64 result may be off by: torch.log(torch.tensor(K)) is a constant of float32's digits.
CONSTANTS = {FLOAT64: 1e-6}


def here(path: str, *args: Any, **kwargs: Any) -> Any:
    """Build something of torch on this side, as ``student.torch`` does on the student's."""
    return attrgetter(path)(torch)(*args, **kwargs)


def twins(
    student: Student, rng: Inputs, build: Callable[[Make], Any], dtype: torch.dtype = FLOAT64
) -> tuple[Remote, nn.Module]:
    """A network on the student's side and its twin here, with the same random parameters."""
    theirs, ours = build(student.torch), build(here)
    state = {name: rng.normal(*t.shape, dtype=dtype) for name, t in ours.state_dict().items()}
    theirs.to(dtype)
    theirs.load_state_dict(state)
    ours.to(dtype).load_state_dict(state)
    return theirs, ours

"""A known function in the place of a student's; what it answers is remembered.

The same questions are put to each known mistake after every failed check, and in grading for
every student: what depends on the arguments alone is computed once in a process.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from typing import Any

import torch

from course_dl.calls.backend import Backend, LocalBackend, Outcome, Rules
from course_dl.calls.limits import seeded
from course_dl.calls.values import handles_in, is_of_torch, tensors_in

__all__ = ["StandIn"]

ENTRIES = 2000  # in all arguments of a call: what is larger costs more to keep than it saves
CALLS = 20_000  # as many are kept, those that were asked for last

Key = tuple[Callable[..., Any], Hashable, Hashable, Rules]


class StandIn(Backend):
    """Runs calls as the student's names would, with ``code`` under one of them.

    ``code`` must be a function whose results follow from its arguments and the seed of the rules.
    """

    def __init__(self, namespace: Mapping[str, Any], name: str, code: Callable[..., Any]) -> None:
        self._backend = LocalBackend({**namespace, name: code}, seeded)
        self._target, self._code = f"student:{name}", code

    def call(
        self, target: str, args: tuple[Any, ...], kwargs: dict[str, Any], rules: Rules
    ) -> Outcome:
        key = _key(self._code, args, kwargs, rules) if target == self._target else None
        if key is not None and key in _answers:
            _answers.move_to_end(key)
            return _answers[key]
        outcome = self._backend.call(target, args, kwargs, rules)
        if key is not None and _lasts(outcome):
            _answers[key] = outcome
            if len(_answers) > CALLS:
                _answers.popitem(last=False)
        return outcome

    def forget(self) -> None:
        self._backend.forget()


_answers: OrderedDict[Key, Outcome] = OrderedDict()


def _key(
    code: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], rules: Rules
) -> Key | None:
    """What decides the outcome, or None where it may depend on more, or is large."""
    if _entries((args, kwargs)) > ENTRIES:
        return None
    try:
        return code, _frozen(args), _frozen(kwargs), rules
    except (TypeError, RuntimeError):  # of no plain kind
        return None


def _frozen(value: Any) -> Hashable:
    """A value of the plain kinds that can be looked up; TypeError for others."""
    if isinstance(value, torch.Tensor):
        numbers = value.detach().numpy().tobytes()
        return value.dtype, value.shape, value.stride(), value.requires_grad, numbers
    if isinstance(value, (list, tuple)):
        return type(value), tuple(map(_frozen, value))
    if isinstance(value, dict):
        return dict, tuple(map(_frozen, value.items()))
    if value is None or isinstance(value, (bool, int, float, str)):
        return type(value), repr(value)  # 0.0 is not -0.0, and nan is nan
    if isinstance(value, torch.Generator):  # a call gets a copy
        return torch.Generator, _frozen(value.get_state())
    if isinstance(value, torch.dtype) or (callable(value) and is_of_torch(value)):
        return value
    raise TypeError(f"not of a plain kind: {type(value)}")


def _entries(value: Any) -> int:
    return sum(tensor.numel() for tensor in tensors_in(value))


def _lasts(outcome: Outcome) -> bool:
    """Whether an outcome holds whenever it is asked for: no object of this run, no time-out."""
    return (
        outcome.timed_out is None
        and next(handles_in(outcome.value), None) is None
        and _entries(outcome.value) <= ENTRIES
    )

"""Values as one types them: arrays in brackets, and a call that can be pasted and run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from course_dl.calls.values import summary, tensors_in
from course_dl.lab.student import Call

__all__ = ["MARKS", "MOST", "array", "typed_call"]

MOST = 12  # entries of an array that is typed in full
WIDE = 88  # characters of a line
MARKS = "«", "»"  # stand round an entry that differs


def array(values: Tensor, digits: int = 6, marked: Tensor | None = None) -> str:
    """The entries in brackets, a row a line; those that ``marked`` names stand in marks."""
    left, right = MARKS

    def entry(value: Any, mark: Any) -> str:
        text = f"{value + 0.0:.{digits}g}" if isinstance(value, float) else str(value)  # no -0
        return f"{left}{text}{right}" if mark else text

    def rows(value: Any, mark: Any, depth: int) -> str:
        if not isinstance(value, list):
            return entry(value, mark)
        inner = [rows(v, m, depth + 1) for v, m in zip(value, mark, strict=True)]
        flat = not value or not isinstance(value[0], list)
        return "[" + (", " if flat else ",\n" + " " * (depth + 1)).join(inner) + "]"

    none = torch.zeros_like(values, dtype=torch.bool)
    return rows(values.tolist(), (none if marked is None else marked).tolist(), 0)


def typed_call(call: Call, parameters: Mapping[str, Sequence[str]]) -> str | None:
    """The call as one types it, with the names of its parameters; None where it is too long.

    The dtype of the tensors is said once, by what makes them.
    """
    given = [*call.args, *call.kwargs.values()]
    tensors = tensors_in(given)
    if not call.target.startswith("student:") or any(t.numel() > MOST for t in tensors):
        return None
    makers = _makers(tensors)
    names = parameters.get(call.name, [])
    texts = [_typed(value, makers) for value in given]
    if None in texts:
        return None
    named = [*names[: len(call.args)], *[""] * (len(call.args) - len(names)), *call.kwargs]
    inner = [
        f"{name}={text}" if name else f"{text}" for name, text in zip(named, texts, strict=True)
    ]
    lines = [f"{maker} = {text}" for maker, text in makers.values() if text]
    line = f"{call.name}({', '.join(inner)})"
    if len(line) > WIDE:
        line = f"{call.name}(\n" + "".join(f"    {one},\n" for one in inner) + ")"
    return "\n".join([*lines, line])


Makers = dict[torch.dtype, tuple[str, str]]


def _makers(tensors: Sequence[Tensor]) -> Makers:
    """For each dtype the name of what makes a tensor of it, and its definition, if it needs one."""
    makers: Makers = {torch.int64: ("torch.tensor", ""), torch.bool: ("torch.tensor", "")}
    free = iter("tuvxyz")
    for tensor in tensors:
        if tensor.dtype not in makers:
            name = next(free)
            text = f"lambda x: torch.tensor(x, dtype={tensor.dtype})"
            makers[tensor.dtype] = name, text
    return makers


def _typed(value: Any, makers: Makers) -> str | None:
    """A value as one types it, or None where nobody can."""
    if isinstance(value, Tensor):
        if not value.numel():
            return None
        entries = array(value.detach()).replace("\n", "")
        return f"{makers[value.dtype][0]}({' '.join(entries.split())})"
    if isinstance(value, (list, tuple)):
        inner = [_typed(item, makers) for item in value]
        if None in inner:
            return None
        text = ", ".join(map(str, inner))
        return f"[{text}]" if isinstance(value, list) else f"({text}{',' * (len(inner) == 1)})"
    if isinstance(value, (bool, int, str, type(None))):
        return repr(value)
    if isinstance(value, float):
        return f"{value:.6g}"
    return _name(value) if callable(value) else summary(value)


def _name(function: Callable[..., Any]) -> str:
    name = str(getattr(function, "__name__", "")) or summary(function)
    home = torch if getattr(torch, name, None) is function else None
    return f"torch.{name}" if home else name

"""Values as one types them: arrays in brackets, and a call that can be pasted and run."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from course_dl.calls.values import summary, tensors_in
from course_dl.lab.call import Call
from course_dl.lab.student import Remote
from course_dl.lab.written import function_text, generator_text

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

    The dtype of the tensors is said once, by what makes them. Where gradients were asked for, they
    are what the lines give.
    """
    given = [*call.args, *call.kwargs.values()]
    tensors = tensors_in(given)
    if not call.target.startswith("student:") or any(t.numel() > MOST for t in tensors):
        return None
    names = parameters.get(call.name, [])
    own = {id(value): _function(value) for value in given if _is_own(value)}
    makers = _makers([*tensors, *tensors_in([one.values for one in own.values()])])
    texts = [own[id(value)].name if id(value) in own else _typed(value, makers) for value in given]
    if None in texts:
        return None
    lines = [f"{maker} = {text}" for maker, text in makers.values() if text]
    lines += [line for one in own.values() for line in one.lines(makers)]
    free = iter("abcdefgh")
    wrt = {
        place: names[place] if place < len(names) else next(free) for place in call.rules.gradient
    }
    for place, name in wrt.items():
        lines.append(f"{name} = {texts[place]}.requires_grad_()")
        texts[place] = name
    named = [*names[: len(call.args)], *[""] * (len(call.args) - len(names)), *call.kwargs]
    inner = [
        f"{name}={text}" if name else f"{text}" for name, text in zip(named, texts, strict=True)
    ]
    line = f"{call.name}({', '.join(inner)})"
    if wrt:
        line = f"torch.autograd.grad({line}.sum(), [{', '.join(wrt.values())}])"
    if len(line) > WIDE and not wrt:
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
    if isinstance(value, torch.Generator):
        return generator_text(value) or summary(value)
    return summary(value)


@dataclass(frozen=True)
class _Function:
    """A function among the arguments: what stands for it in the call, and what stands before."""

    name: str
    definition: str
    values: dict[str, Any]  # what it uses besides

    def lines(self, makers: Makers) -> list[str]:
        """The lines that it needs above the call."""
        used = [f"{name} = {_typed(value, makers)}" for name, value in self.values.items()]
        return [*used, self.definition] if self.definition else used


def _is_own(value: Any) -> bool:
    """Whether it is a function or class, and no object of the student's side."""
    return callable(value) and hasattr(value, "__name__") and not isinstance(value, Remote)


def _function(value: Callable[..., Any]) -> _Function:
    found = function_text(value)
    if found is None or not all(map(_is_short, found[1].values())):
        name = value.__name__
        return _Function(name, f"# {name} is a function of the check", {})
    text, values = found
    if text.startswith("def "):
        return _Function(inspect.unwrap(value).__name__, text, values)
    return _Function(text, "", values)


def _is_short(value: Any) -> bool:
    if isinstance(value, Tensor):
        return 0 < value.numel() <= MOST
    return isinstance(value, (bool, int, float, str))

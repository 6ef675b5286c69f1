# Runs in: notebook, child, judge
"""What may pass between a check and the student's code: plain values, tensors, handles.

Everything passes by value, in a notebook as in the grader, so that neither side can change what the
other holds. Any other object stays where it was made, and a :class:`Handle` stands for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch._C._functorch import is_functorch_wrapped_tensor

__all__ = [
    "DTYPES",
    "Handle",
    "Unusable",
    "class_name",
    "copy_value",
    "handles_in",
    "is_of_torch",
    "summary",
    "tensors_in",
]

LONG = 200  # characters of a summary
LARGEST = 1 << 30  # bytes of a tensor that is copied
DTYPES = {
    str(dtype).removeprefix("torch."): dtype
    for dtype in (
        *(torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64),
        *(torch.float16, torch.bfloat16, torch.float32, torch.float64),
        *(torch.complex64, torch.complex128),
    )
}
_PLAIN = frozenset(DTYPES.values())
_NAMED = hasattr(torch.Tensor, "rename")  # whether dimensions may have names
_CPU = torch.device("cpu")
_NAME: Any = vars(type)["__name__"]
NUMBERS_AND_TEXT: tuple[type[Any], ...] = (bool, int, float, complex, str, bytes)


@dataclass(frozen=True)
class Handle:
    """An object that stays with the student's code: its number there and the name of its class."""

    number: int
    kind: str


class Unusable(TypeError):
    """A value that nothing can be compared with: what it is, and what to do instead."""


def class_name(value: Any) -> str:
    """The name of the class of ``value``, whatever the class says of itself."""
    name: str = _NAME.__get__(type(value))
    return name or "object"


def copy_value(value: Any, other: Callable[[Any], Any]) -> Any:
    """A copy of ``value`` that shares no memory with it; ``other`` maps what is not plain.

    Subclasses come out as the plain type: a tensor subclass as a tensor, a namedtuple as a tuple.
    Tensors are detached and keep their dtype and ``requires_grad``.

    Raises
    ------
    Unusable
        Where a tensor is of a kind that cannot be compared with an ordinary one.
    """
    if isinstance(value, torch.Tensor):
        return _copied(value)
    if isinstance(value, (np.ndarray, np.generic)) and value.dtype.kind in "biufc":
        if value.dtype.itemsize > 8 * (1 + (value.dtype.kind == "c")):
            raise Unusable(f"a numpy array of {value.dtype}: return it by .astype(float)")
        return np.array(value, value.dtype.newbyteorder("=")) if value.ndim else value.item()
    if isinstance(value, (list, tuple)):
        copies = [copy_value(item, other) for item in value]
        return copies if isinstance(value, list) else tuple(copies)
    if isinstance(value, dict):
        return {copy_value(k, other): copy_value(v, other) for k, v in value.items()}
    if isinstance(value, torch.Generator):
        return torch.Generator().set_state(value.get_state())
    for plain_type in NUMBERS_AND_TEXT:
        if isinstance(value, plain_type):
            return plain_type(value)
    return value if value is None or isinstance(value, torch.dtype) else other(value)


def _copied(value: torch.Tensor) -> torch.Tensor:
    if _is_ordinary(value):
        plain = value.detach().clone()
        return plain.requires_grad_() if value.requires_grad else plain
    try:
        odd = _what_is_odd(value)
        if not odd:
            plain = value.detach()
            if type(plain) is not torch.Tensor:
                plain = plain.as_subclass(torch.Tensor)
                odd = _what_is_odd(plain)
        if not odd:
            plain = plain.clone()
            if plain.is_conj() or plain.is_neg():
                plain = plain.resolve_conj().resolve_neg()
            if _NAMED and any(plain.names):  # type: ignore[attr-defined]
                plain = plain.rename(None)  # type: ignore[attr-defined]
            return plain.requires_grad_() if value.requires_grad else plain
    except Exception as error:
        line = str(error).partition("\n")[0][:200]
        odd = f"a {class_name(value)} that cannot be copied ({line}): return a torch.Tensor"
    raise Unusable(odd)


def _is_ordinary(value: torch.Tensor) -> bool:
    """Whether nothing is to be seen to, as with nearly all tensors: quickly told."""
    return (
        type(value) is torch.Tensor
        and value.is_cpu
        and value.layout is torch.strided
        and not (value.is_nested or value.is_quantized or value.is_conj() or value.is_neg())
        and not is_functorch_wrapped_tensor(value)
        and not (_NAMED and value.has_names())  # type: ignore[attr-defined]
        and value.dtype in _PLAIN
        and value.numel() * value.itemsize <= LARGEST
    )


def _what_is_odd(value: torch.Tensor) -> str:
    """What a tensor is that cannot be compared with an ordinary one, and the remedy; or ``""``."""
    dtype = str(value.dtype).removeprefix("torch.")
    if is_functorch_wrapped_tensor(value):
        return "a tensor from inside torch.func: return it from the function that torch.func calls"
    if value.is_nested:
        return "a nested tensor: return a list of tensors, by .unbind()"
    if value.layout is not torch.strided:
        kind = "an mkldnn" if value.is_mkldnn else "a sparse"
        return f"{kind} tensor: return it by .to_dense()"
    if value.is_quantized:
        return "a quantized tensor: return it by .dequantize()"
    if value.is_meta:
        return "a meta tensor, which has a shape and no numbers: make it on the CPU"
    if value.device != _CPU:
        return f"a tensor on {value.device}: return it by .cpu()"
    if value.dtype not in _PLAIN:
        return f"a tensor of {dtype}: return it by .float()"
    if value.numel() * value.itemsize > LARGEST:
        return f"a tensor of {value.numel():,} entries, which are too many to compare"
    return ""


def tensors_in(value: Any) -> list[torch.Tensor]:
    """The tensors of ``value``, in lists, tuples and dicts too, in order."""
    if isinstance(value, torch.Tensor):
        return [value]
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        return [tensor for item in value for tensor in tensors_in(item)]
    return []


def handles_in(value: Any) -> Iterator[Handle]:
    """The handles of ``value``, in lists, tuples and dicts too, in order."""
    if isinstance(value, Handle):
        yield value
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from handles_in(item)
    elif isinstance(value, dict):
        yield from handles_in(list(value.values()))


def is_of_torch(function: Callable[..., Any]) -> bool:
    """Whether a function or class comes with torch (its builtins name no module)."""
    home = getattr(function, "__module__", None) or "torch"
    return str(home).split(".")[0] == "torch"


def summary(value: Any, numbers: int = 12) -> str:
    """``value`` in a few words: tensors of so many numbers in full, larger ones by shape and dtype.

    What would be long nevertheless, a list of many small tensors, is told by shapes alone.
    """
    text = _told(value, numbers)
    return text if len(text) <= LONG else _cut(_told(value, 1))


def _told(value: Any, numbers: int) -> str:
    if isinstance(value, torch.Tensor):
        dtype = str(value.dtype).removeprefix("torch.")
        if value.numel() <= numbers:
            return f"{_rounded(value.detach().tolist())} ({dtype}, shape {tuple(value.shape)})"
        return f"{dtype} tensor of shape {tuple(value.shape)}"
    if isinstance(value, np.ndarray):
        return f"{value.dtype} numpy array of shape {value.shape}"
    if isinstance(value, (list, tuple)):
        left, right = "[]" if isinstance(value, list) else "()"
        inner = [_told(item, numbers) for item in value[:6]] + ["..."] * (len(value) > 6)
        return left + ", ".join(inner) + right
    if isinstance(value, dict):
        items = [f"{key!r}: {_told(item, numbers)}" for key, item in list(value.items())[:6]]
        return "{" + ", ".join(items + ["..."] * (len(value) > 6)) + "}"
    if callable(value) and hasattr(value, "__name__"):
        return str(value.__name__)
    if isinstance(value, torch.Generator):
        return "a torch.Generator"
    return _cut(repr(value))


def _cut(text: str) -> str:
    return text if len(text) <= LONG else f"{text[: LONG - 3]}..."


def _rounded(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_rounded(item) for item in value) + "]"
    return f"{value:.6g}" if isinstance(value, float) else str(value)

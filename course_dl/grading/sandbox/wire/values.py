# Runs in: judge, child
"""How values cross between judge and child: a JSON header for the structure, raw bytes for tensors.

Nothing is ever unpickled. What arrives is checked before it is used: sizes, depth, types, that the
bytes are as many as shape and dtype say. Whatever breaks a rule raises :class:`Violation`.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable
from copy import copy
from typing import Any

import numpy as np
import torch

from course_dl.calls.values import DTYPES, Handle
from course_dl.grading.sandbox.wire.limits import ANY_SIZE, PREFIX, Limits, Violation
from course_dl.grading.texts import printable, whole

__all__ = ["Reader", "Writer"]


_NAMES = {dtype: name for name, dtype in DTYPES.items()}
_to_json = json.JSONEncoder(check_circular=False, separators=(",", ":")).encode
_LONGEST_NAME = 100
_MOST_DIMENSIONS, _LONGEST_INT, _LONGEST_RANGE = 16, 4096, 1_000_000
_MOST_OF_ONE_HASH = 100  # keys of a dict; as many as a dict of honest numbers never has
_ALIGNED = 16  # bytes: where in the body the numbers of a tensor begin


class _Count:
    """How many values and tensors there are so far, which a message may hold."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self.values = self.tensors = 0

    def add(self, values: int = 0, tensors: int = 0) -> None:
        self.values += values
        self.tensors += tensors
        if self.values > self._limits.values:
            raise Violation(f"it holds more than {self._limits.values:,} values")
        if self.tensors > self._limits.tensors:
            raise Violation(f"it holds more than {self._limits.tensors:,} tensors and arrays")


class Writer:
    """Turns values into a header and a body. ``other`` encodes what is not plain, or raises."""

    def __init__(self, other: Callable[[Any], Any] | None = None, limits: Limits = ANY_SIZE):
        self._other = other
        self._limits = limits
        self._count = _Count(limits)
        self._parts: list[bytes] = []
        self._size = 0

    def message(self, content: Any) -> bytes:
        """The whole message: lengths, header, body. ``content`` is JSON of encoded values."""
        header = _to_json(content).encode()
        if len(header) > self._limits.header:
            raise Violation("the value is too large to be passed on")
        return b"".join([PREFIX.pack(len(header), self._size), header, *self._parts])

    def encode(self, value: Any) -> Any:
        """``value`` as JSON; the bytes of tensors are kept for the body, unless it fails."""
        parts, size, count = len(self._parts), self._size, copy(self._count)
        try:
            return self._encode(value, 0)
        except Exception:
            self._size, self._count = size, count
            del self._parts[parts:]
            raise

    def _encode(self, value: Any, depth: int) -> Any:
        if depth > self._limits.depth:
            raise Violation(f"the value is nested deeper than {self._limits.depth} levels")
        kind = type(value)
        if value is None or kind in (bool, str, float):
            return value
        if kind is int:
            if value.bit_length() > _LONGEST_INT:
                raise Violation("the number is too large to be passed on")
            return value
        if kind is torch.Tensor:
            return self._tensor(value)
        if kind is list or kind is tuple:
            self._count.add(len(value))
            return {kind.__name__: [self._encode(item, depth + 1) for item in value]}
        if kind is dict:
            self._count.add(2 * len(value))
            pairs = value.items()
            return {
                "dict": [[self._encode(k, depth + 1), self._encode(v, depth + 1)] for k, v in pairs]
            }
        if kind is complex:
            return {"complex": [value.real, value.imag]}
        if kind is slice:
            return {
                "slice": [self._encode(v, depth + 1) for v in (value.start, value.stop, value.step)]
            }
        if kind is range:
            return {"range": [value.start, value.stop, value.step]}
        if kind is bytes:
            return {"bytes": self._bytes(value)}
        if isinstance(value, torch.Tensor):
            return self._tensor(value)
        if isinstance(value, np.ndarray) and value.dtype.kind in "biufc":
            self._count.add(tensors=1)
            array = np.ascontiguousarray(value)
            return {"array": [array.dtype.str, list(value.shape), self._bytes(array.tobytes())]}
        if isinstance(value, torch.dtype) and value in _NAMES:
            return {"dtype": _NAMES[value]}
        if isinstance(value, torch.Generator):
            self._count.add(tensors=1)
            return {"generator": self._bytes(value.get_state().numpy().tobytes())}
        if isinstance(value, Handle):
            return {"handle": [value.number, value.kind[:_LONGEST_NAME]]}
        if self._other is None:
            raise Violation(f"a {kind.__name__} cannot be passed on")
        return self._other(value)

    def _tensor(self, value: torch.Tensor) -> Any:
        if value.dtype not in _NAMES or value.layout is not torch.strided:
            raise Violation(f"a tensor of {value.dtype}, {value.layout} cannot be passed on")
        self._count.add(tensors=1)
        plain = value
        if plain.dtype is torch.bfloat16:  # which numpy does not know
            plain = plain.detach().view(torch.int16)
        size = self._bytes(plain.numpy(force=True).tobytes())
        return {"tensor": [_NAMES[value.dtype], list(value.shape), value.requires_grad, size]}

    def _bytes(self, raw: bytes) -> int:
        padding = bytes(-len(raw) % _ALIGNED)
        self._size += len(raw) + len(padding)
        if self._size > self._limits.body:
            raise Violation(f"the value takes more than {self._limits.body >> 20} MB")
        self._parts += (raw, padding)
        return len(raw)


class Reader:
    """Turns what arrived back into values, mistrusting all of it.

    Tensors are views of the body, each of a part of its own. ``other`` maps a tag of its own
    (``"callback"``) with its content to a value.
    """

    def __init__(
        self,
        body: bytearray,
        other: Callable[[str, Any], Any] | None = None,
        limits: Limits = Limits(),
    ) -> None:
        self._body = body
        self._at = 0
        self._other = other
        self._depth = limits.depth
        self._count = _Count(limits)

    def decode(self, item: Any) -> Any:
        """The value of an encoded ``item``; tensors must be asked for in the order of sending."""
        try:
            return self._decode(item, 0)
        except Violation:
            raise
        except Exception as error:
            raise Violation(f"malformed value: {type(error).__name__}") from None

    def finished(self) -> None:
        """Check that no bytes are left over."""
        if self._at != len(self._body):
            raise Violation("more bytes came than were announced")

    def _decode(self, item: Any, depth: int) -> Any:
        if depth > self._depth:
            raise Violation("nested too deep")
        if isinstance(item, str):
            return whole(item)
        if item is None or isinstance(item, (bool, float)):
            return item
        if isinstance(item, int):
            if item.bit_length() > _LONGEST_INT:
                raise Violation("number too large")
            return item
        if not isinstance(item, dict) or len(item) != 1:
            raise Violation("malformed value")
        [(tag, content)] = item.items()
        match tag:  # the commonest first
            case "tensor":
                return self._tensor(*_a_list(content, 4))
            case "list":
                return [self._decode(part, depth + 1) for part in self._counted(content)]
            case "tuple":
                return tuple([self._decode(part, depth + 1) for part in self._counted(content)])
            case "dict":
                pairs = [_a_list(pair, 2) for pair in self._counted(content, 2)]
                return _a_dict(
                    [(self._decode(k, depth + 1), self._decode(v, depth + 1)) for k, v in pairs]
                )
            case "handle":
                number, kind = _a_list(content, 2)
                if not isinstance(kind, str) or not 0 <= _an_int(number) < 1 << 31:
                    raise Violation("malformed handle")
                return Handle(number, printable(kind, _LONGEST_NAME, line=True) or "object")
            case "complex":
                real, imaginary = _a_list(content, 2)
                return complex(float(real), float(imaginary))
            case "slice":
                return slice(*(self._decode(part, depth + 1) for part in _a_list(content, 3)))
            case "range":
                values = range(*map(_an_int, _a_list(content, 3)))
                if len(values) > _LONGEST_RANGE:
                    raise Violation("range too long")
                return values
            case "bytes":
                return bytes(self._take(content))
            case "array":
                return self._array(*_a_list(content, 3))
            case "dtype":
                return DTYPES[content]
            case "generator":
                self._count.add(tensors=1)
                state = torch.frombuffer(self._take(content), dtype=torch.uint8)
                return torch.Generator().set_state(state)
        if self._other is None:
            raise Violation("value of an unknown kind")
        return self._other(tag, content)

    def _counted(self, content: Any, values: int = 1) -> list[Any]:
        """The parts of a list, of which each holds so many values."""
        parts = _a_list(content)
        self._count.add(values * len(parts))
        return parts

    def _skip(self, size: Any) -> int:
        """Where in the body the next so many bytes begin."""
        start = self._at
        if _an_int(size) < 0 or start + size > len(self._body):
            raise Violation("fewer bytes came than were announced")
        self._at += size + -size % _ALIGNED
        return start

    def _take(self, size: Any) -> bytearray:
        start = self._skip(size)
        return self._body[start : start + size]

    def _tensor(self, name: Any, shape: Any, requires_grad: Any, size: Any) -> torch.Tensor:
        self._count.add(tensors=1)
        dtype = DTYPES[name]
        count = _checked_shape(shape, dtype.itemsize, size)
        start = self._skip(size)
        if count == 0:
            flat = torch.empty(0, dtype=dtype)
        elif dtype is torch.bool:  # bytes that are neither 0 nor 1 would be no bool
            flat = torch.frombuffer(self._body, dtype=torch.uint8, count=count, offset=start) != 0
        else:
            flat = torch.frombuffer(self._body, dtype=dtype, count=count, offset=start)
        tensor = flat.view(shape)
        return tensor.requires_grad_() if requires_grad is True else tensor

    def _array(self, name: Any, shape: Any, size: Any) -> np.ndarray:
        self._count.add(tensors=1)
        dtype = np.dtype(str(name)[:8])
        if dtype.kind not in "biufc" or not dtype.isnative or dtype.itemsize > 16:
            raise Violation("malformed array")
        _checked_shape(shape, dtype.itemsize, size)
        return np.frombuffer(self._take(size), dtype).reshape(shape)


def _a_list(content: Any, length: int | None = None) -> list[Any]:
    if not isinstance(content, list) or length not in (None, len(content)):
        raise Violation("malformed value")
    return content


def _a_dict(pairs: list[tuple[Any, Any]]) -> dict[Any, Any]:
    """A dict, unless so many keys have the same hash that to build it would take hours."""
    if len(pairs) > _MOST_OF_ONE_HASH:
        [(_, times)] = Counter(hash(key) for key, _ in pairs).most_common(1)
        if times > _MOST_OF_ONE_HASH:
            raise Violation("malformed dict")
    return dict(pairs)


def _an_int(number: Any) -> int:
    if type(number) is not int:
        raise Violation("malformed value")
    return number


def _checked_shape(shape: Any, itemsize: int, size: Any) -> int:
    """How many entries there are, if ``size`` bytes are what an array of this shape has."""
    dimensions = _a_list(shape)
    if len(dimensions) > _MOST_DIMENSIONS:
        raise Violation("malformed shape")
    for n in dimensions:
        if type(n) is not int or not 0 <= n < 1 << 31:
            raise Violation("malformed shape")
    count = math.prod(dimensions)
    if count * itemsize != _an_int(size):
        raise Violation("shape and bytes do not agree")
    if count == 0 and math.prod(n or 1 for n in dimensions) >= 1 << 31:
        raise Violation("malformed shape")
    return count

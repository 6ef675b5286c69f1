"""Checks of numbers, of sizes and of names."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping
from typing import TypeVar

__all__ = ["check_count", "check_positive", "check_sizes", "lookup"]

T = TypeVar("T")


def check_count(n: object, name: str, least: int = 1) -> int:
    """``n`` as an int; TypeError if it is none, ValueError if it is below ``least``."""
    if isinstance(n, bool) or not hasattr(n, "__index__"):
        raise TypeError(f"{name} must be an integer, got {n!r}")
    count = operator.index(n)
    if count < least:
        raise ValueError(f"{name} must be at least {least}, got {count}")
    return count


def check_positive(value: float, name: str) -> None:
    """Raise TypeError or ValueError unless ``value`` is a finite number above 0."""
    try:
        fits = bool(0 < value < float("inf"))
    except TypeError:
        raise TypeError(f"{name} must be a number, got {value!r}") from None
    if not fits:
        raise ValueError(f"{name} must be a positive finite number, got {value!r}")


def check_sizes(sizes: Iterable[int]) -> tuple[int, ...]:
    """Layer sizes ``(N_0, ..., N_L)`` as a tuple: at least two, each at least 1."""
    if not isinstance(sizes, Iterable) or isinstance(sizes, str):
        raise TypeError(f"sizes must be a list such as [784, 256, 10], got {sizes!r}")
    checked = tuple(check_count(n, f"sizes[{k}]") for k, n in enumerate(sizes))
    if len(checked) < 2:
        raise ValueError(f"sizes must name an input and an output size at least, got {checked}")
    return checked


def lookup(table: Mapping[str, T], name: str, what: str) -> T:
    """``table[name]``; a ValueError that lists the known names if there is none."""
    if name not in table:
        raise ValueError(f"unknown {what} {name!r}; the known ones are: {', '.join(table)}")
    return table[name]

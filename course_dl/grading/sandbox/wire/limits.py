# Runs in: judge, child
"""What a message may not be: errors, and the largest ones that are taken."""

from __future__ import annotations

import struct
from dataclasses import dataclass

__all__ = ["ANY_SIZE", "PREFIX", "Limits", "TooMuch", "Violation"]


class Violation(ValueError):
    """A message that breaks the rules, or a value that may not cross."""


class TooMuch(Violation):
    """More than a submission may take of the judge or of the machine."""


@dataclass(frozen=True)
class Limits:
    """The largest message that is taken: bytes of structure, bytes of tensors, depth of nesting.

    And how many values lists and dicts may hold together, and how many tensors and arrays there
    may be: to make one takes time, though it has no bytes.
    """

    header: int = 4 << 20
    body: int = 64 << 20
    depth: int = 32
    values: int = 200_000
    tensors: int = 10_000


ANY_SIZE = Limits(header=64 << 20, body=4 << 30, values=1 << 62, tensors=1 << 62)
PREFIX = struct.Struct(">IQ")  # before each message: the bytes of its header and of its body

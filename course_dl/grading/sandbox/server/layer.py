# Runs in: judge, server, child
"""The state of a layer of the sandbox."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["ACTIVE", "Layer"]


class Layer(NamedTuple):
    """Whether a layer is on, and the reason if it is not."""

    active: bool
    reason: str = ""


ACTIVE = Layer(True)

"""Honest submissions for the small lab: sources, and how to make notebooks of them."""

from __future__ import annotations

import json
from typing import Any

__all__ = ["ALL", "DOUBLE", "SLOPE", "notebook", "solved"]

IMPORTS = "import torch"
DOUBLE = "def double(x):\n    return 2 * x"
SLOPE = "def slope(x):\n    return 3 * x ** 2"
SOFT = """\
def soft(Y):
    E = (Y - Y.max(1, keepdim=True).values).exp()
    return E / E.sum(1, keepdim=True)"""
COUNTER = """\
class Counter:
    def __init__(self, start):
        self.total = start.clone()

    def add(self, x):
        self.total = self.total + x"""
TWICE = "def twice(g, x):\n    return g(g(x))"
ALL = [IMPORTS, DOUBLE, SLOPE, SOFT, COUNTER, TWICE]


def solved(*more: str, **changed: str) -> bytes:
    """A solved notebook with ``more`` cells at its end; ``double="..."`` changes a solution."""
    named = {"double": DOUBLE, "slope": SLOPE, "soft": SOFT, "counter": COUNTER, "twice": TWICE}
    return notebook(IMPORTS, *(named | changed).values(), *more)


def notebook(*cells: str, **top: Any) -> bytes:
    """A notebook (format 4) of these code cells."""
    made = [
        {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "source": c}
        for c in cells
    ]
    return json.dumps(
        {"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5} | top
    ).encode()

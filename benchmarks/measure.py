"""Measuring: candidates in turn, medians, and the rows of the table."""

from __future__ import annotations

import json
import os
import statistics
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from time import perf_counter

import torch

__all__ = ["Row", "medians", "report", "seconds", "threads"]


@dataclass(frozen=True)
class Row:
    """A line of the table: how long ``what`` takes, relative to ``against``, and the target."""

    what: str
    against: str
    ratio: float
    target: float
    note: str = ""
    unit: str = ""

    @property
    def met(self) -> bool:
        return self.ratio <= self.target


def seconds(work: Callable[[], object]) -> float:
    """How long one run of ``work`` takes, by the wall clock."""
    start = perf_counter()
    work()
    return perf_counter() - start


def medians(candidates: dict[str, Callable[[], object]], rounds: int = 7) -> dict[str, float]:
    """Median seconds of each candidate, over rounds in which they run in turn, after a warm-up."""
    for work in candidates.values():
        work()
    taken: dict[str, list[float]] = {name: [] for name in candidates}
    for _ in range(rounds):
        for name, work in candidates.items():
            taken[name].append(seconds(work))
    return {name: statistics.median(times) for name, times in taken.items()}


@contextmanager
def threads(n: int) -> Iterator[None]:
    """Run the block on ``n`` threads of torch."""
    before = torch.get_num_threads()
    torch.set_num_threads(n)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def cores() -> int:
    """The cores that a benchmark may use: 2, as on Colab, or those that there are."""
    return min(2, os.cpu_count() or 1)


def report(rows: list[Row]) -> None:
    """Print rows so that ``python -m benchmarks`` can collect them."""
    for row in rows:
        print("ROW " + json.dumps(asdict(row)), flush=True)

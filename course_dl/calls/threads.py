# Runs in: notebook, child, judge
"""One thread for what is small: a check's calls, and what they are compared with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

__all__ = ["one_thread"]


@contextmanager
def one_thread() -> Iterator[None]:
    """Let torch compute on one thread in the block; at the end, on as many as before.

    Several threads share an operation, and wait for the last of them: for milliseconds where a
    core has other work, for every operation of a microsecond. The inputs of checks are small, and
    grading has one thread, so that a check takes the same time and gives the same last digits in
    both.
    """
    before = torch.get_num_threads()
    if before != 1:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        if torch.get_num_threads() != before:  # the student's code may have set it too
            torch.set_num_threads(before)

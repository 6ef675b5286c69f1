"""Warnings that point at the line that called the training."""

from __future__ import annotations

import sys
import warnings

__all__ = ["warn"]


def warn(message: str) -> None:
    """Warn of what is allowed and probably not meant, at the first caller outside of training."""
    level, frame = 1, sys._getframe()
    while frame.f_back and frame.f_globals.get("__name__", "").startswith("course_dl.training"):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, stacklevel=level)

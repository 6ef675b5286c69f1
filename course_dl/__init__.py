"""Introduction to deep learning: the course in code, one chapter a file, and its labs."""

from __future__ import annotations

from importlib import import_module, metadata
from typing import Any

from course_dl import activations, backprop, descent, gradcheck, losses, mlp, perceptron
from course_dl.backprop import ManualMLP
from course_dl.mlp import MLP
from course_dl.perceptron import Perceptron

__all__ = [
    "MLP",
    "ManualMLP",
    "Perceptron",
    "__version__",
    "activations",
    "backprop",
    "descent",
    "evaluate",
    "fit",
    "gradcheck",
    "losses",
    "mlp",
    "perceptron",
]

try:
    __version__ = metadata.version("course-dl")
except metadata.PackageNotFoundError:  # Run from a source tree that was not installed.
    __version__ = "0.1.0"

# Imported when first asked for: they bring in matplotlib, torchvision or pytest.
_LAZY = ("data", "lab", "plots")


def __getattr__(name: str) -> Any:
    if name in ("fit", "evaluate"):
        return getattr(import_module("course_dl.training"), name)
    if name in _LAZY:
        return import_module(f"course_dl.{name}")
    raise AttributeError(f"module 'course_dl' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_LAZY})

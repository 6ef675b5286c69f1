"""Introduction to deep learning: the course in code, one chapter a file, and its labs."""

from __future__ import annotations

from importlib import import_module, metadata
from types import ModuleType

from course_dl import (
    activations,
    backprop,
    descent,
    gradcheck,
    losses,
    mlp,
    perceptron,
    training,
)
from course_dl.backprop import ManualMLP
from course_dl.mlp import MLP
from course_dl.perceptron import Perceptron
from course_dl.training import evaluate, fit

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
    "training",
]

try:
    __version__ = metadata.version("course-dl")
except metadata.PackageNotFoundError:  # Run from a source tree that was not installed.
    __version__ = "0.1.0"

# Imported when first asked for, since they need more than torch.
_LAZY = ("data", "lab", "plots")


def __getattr__(name: str) -> ModuleType:
    if name in _LAZY:
        return import_module(f"course_dl.{name}")
    raise AttributeError(f"module 'course_dl' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_LAZY})

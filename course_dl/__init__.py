"""Introduction to deep learning: the course in code, one chapter a file, and its labs."""

from __future__ import annotations

from importlib import import_module, metadata
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from course_dl.backprop import ManualMLP
    from course_dl.mlp import MLP
    from course_dl.perceptron import Perceptron
    from course_dl.training import evaluate, fit

__all__ = ["MLP", "ManualMLP", "Perceptron", "__version__", "evaluate", "fit"]

try:
    __version__ = metadata.version("course-dl")
except metadata.PackageNotFoundError:  # Run from a source tree that was not installed.
    __version__ = "0+unknown"

# All of it is imported when first asked for: a pytest run that grades nothing pays for no torch,
# and a process that holds a submission holds none of the course's answers.
_HOMES = {
    "MLP": "mlp",
    "ManualMLP": "backprop",
    "Perceptron": "perceptron",
    "evaluate": "training",
    "fit": "training",
}
_PARTS = (
    "activations",
    "backprop",
    "convolution",
    "data",
    "descent",
    "gradcheck",
    "lab",
    "losses",
    "mlp",
    "perceptron",
    "plots",
    "training",
)


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"course_dl.{_HOMES[name]}"), name)
    if name in _PARTS:
        return import_module(f"course_dl.{name}")
    raise AttributeError(f"module 'course_dl' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES, *_PARTS})

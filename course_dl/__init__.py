"""Introduction to deep learning: the course in code, one chapter a file, and its labs."""

# Nothing is imported here: where Python runs a command of this package in a folder of students'
# files, it would look there first (see course_dl/cli).
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from course_dl.backprop import ManualMLP
    from course_dl.mlp import MLP
    from course_dl.perceptron import Perceptron
    from course_dl.training import evaluate, fit

    __version__: str

__all__ = ["MLP", "ManualMLP", "Perceptron", "__version__", "evaluate", "fit"]

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
    "attention",
    "backprop",
    "convolution",
    "data",
    "denoising",
    "descent",
    "diffusion",
    "generative",
    "gradcheck",
    "lab",
    "losses",
    "mlp",
    "perceptron",
    "plots",
    "residual",
    "segmentation",
    "training",
    "transfer",
)


def _version() -> str:
    from importlib import metadata

    try:
        return metadata.version("course-dl")
    except metadata.PackageNotFoundError:  # Run from a source tree that was not installed.
        return "0+unknown"


def __getattr__(name: str) -> "Any":
    if name == "__version__":
        return _version()
    from importlib import import_module

    if name in _HOMES:
        return getattr(import_module(f"course_dl.{_HOMES[name]}"), name)
    if name in _PARTS:
        return import_module(f"course_dl.{name}")
    raise AttributeError(f"module 'course_dl' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES, *_PARTS})

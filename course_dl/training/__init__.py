"""Training and evaluation of any network: `fit`, `evaluate` and what they return or raise."""

from course_dl.training.checkpoint import CheckpointError
from course_dl.training.history import Epoch, History
from course_dl.training.loop import NonFiniteLoss, evaluate, fit, mode
from course_dl.training.metrics import Metrics

__all__ = [
    "CheckpointError",
    "Epoch",
    "History",
    "Metrics",
    "NonFiniteLoss",
    "evaluate",
    "fit",
    "mode",
]

"""Training and evaluation of any network: `fit`, `evaluate` and what they return or raise."""

from course_dl.training.checkpoint import CheckpointError
from course_dl.training.device import runs_on
from course_dl.training.history import Epoch, History
from course_dl.training.loop import NonFiniteLoss, evaluate, fit, mode
from course_dl.training.metrics import Metrics
from course_dl.training.schedule import per_batch
from course_dl.training.types import (
    Data,
    LossLike,
    MetricLike,
    OptimizerLike,
    SchedulerLike,
    StepLike,
)

__all__ = [
    "CheckpointError",
    "Data",
    "Epoch",
    "History",
    "LossLike",
    "MetricLike",
    "Metrics",
    "NonFiniteLoss",
    "OptimizerLike",
    "SchedulerLike",
    "StepLike",
    "evaluate",
    "fit",
    "mode",
    "per_batch",
    "runs_on",
]

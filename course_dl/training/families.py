"""What is known of a loss: what its targets are, and over what it takes its mean."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from course_dl.losses import LOSSES, Loss

__all__ = ["as_module", "cut", "is_elementwise", "of_classes", "threshold"]

# Losses over classes: int64 targets name them, and the classes lie along axis 1 of the scores.
_CLASSES = (nn.CrossEntropyLoss, nn.NLLLoss, nn.MultiMarginLoss)

# Losses over pairs of numbers, for which outputs and targets must have one shape.
_ELEMENTWISE = (
    *(nn.MSELoss, nn.L1Loss, nn.SmoothL1Loss, nn.HuberLoss, nn.PoissonNLLLoss, nn.KLDivLoss),
    *(nn.BCELoss, nn.BCEWithLogitsLoss, nn.SoftMarginLoss, nn.MultiLabelSoftMarginLoss),
)

# From what output up a sample is judged to be of the positive class.
_THRESHOLDS = ((nn.BCEWithLogitsLoss, 0.0), (nn.BCELoss, 0.5), (nn.SoftMarginLoss, 0.0))

_MODULES: dict[Callable[..., Tensor], type[nn.Module]] = {
    functional.cross_entropy: nn.CrossEntropyLoss,
    functional.nll_loss: nn.NLLLoss,
    functional.multi_margin_loss: nn.MultiMarginLoss,
    functional.mse_loss: nn.MSELoss,
    functional.l1_loss: nn.L1Loss,
    functional.smooth_l1_loss: nn.SmoothL1Loss,
    functional.huber_loss: nn.HuberLoss,
    functional.poisson_nll_loss: nn.PoissonNLLLoss,
    functional.kl_div: nn.KLDivLoss,
    functional.binary_cross_entropy: nn.BCELoss,
    functional.binary_cross_entropy_with_logits: nn.BCEWithLogitsLoss,
    functional.soft_margin_loss: nn.SoftMarginLoss,
    functional.multilabel_soft_margin_loss: nn.MultiLabelSoftMarginLoss,
}


def as_module(loss: Any) -> Any:
    """The ``nn`` loss of a function of ``torch.nn.functional``, also with keywords by partial.

    Anything else is returned as it is. So both forms are known alike.
    """
    settings: dict[str, Any] = {}
    function = loss
    if isinstance(loss, partial) and not loss.args:
        function, settings = loss.func, loss.keywords
    try:
        return _MODULES[function](**settings)
    except (KeyError, TypeError):
        return loss


def of_classes(loss: Any) -> bool:
    """Whether int64 targets are classes, along axis 1 of the outputs."""
    return isinstance(loss, _CLASSES)


def is_elementwise(loss: Any) -> bool:
    """Whether outputs and targets must have the same shape."""
    return isinstance(loss, _ELEMENTWISE)


def threshold(loss: Any) -> float | None:
    """The output from which a sample counts as positive; None if the loss is not a binary one."""
    if isinstance(loss, Loss):
        binary = (LOSSES["binary_cross_entropy"].value, LOSSES["perceptron_loss"].value)
        return 0.0 if loss.value in binary else None
    return next((value for kind, value in _THRESHOLDS if isinstance(loss, kind)), None)


def cut(loss: Any) -> float:
    """The target from which a sample is of the positive class: 0.5, or 0 for labels -1 and +1."""
    signs = isinstance(loss, nn.SoftMarginLoss) or (
        isinstance(loss, Loss) and loss.value is LOSSES["perceptron_loss"].value
    )
    return torch.finfo(torch.float32).tiny if signs else 0.5

"""The cross-entropy, faster: PyTorch's one fused operation for `course_dl.losses.cross_entropy`."""

from __future__ import annotations

from dataclasses import replace

from torch import Tensor
from torch.nn import functional

from course_dl._arguments import check_classes
from course_dl.losses import LOSSES, Reduction, cross_entropy

__all__ = ["FAST_CROSS_ENTROPY"]


def _value(y: Tensor, d: Tensor, reduction: Reduction = "sum") -> Tensor:
    if y.ndim != 2 or not y.numel():
        return cross_entropy(y, d, reduction)  # which says what is wrong
    check_classes(d, *y.shape)
    return functional.cross_entropy(y, d, reduction=reduction)


FAST_CROSS_ENTROPY = replace(LOSSES["cross_entropy"], value=_value)

"""The fused cross-entropy has the value and the gradient of the form that is read."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from course_dl._fast.losses import FAST_CROSS_ENTROPY
from course_dl.losses import cross_entropy, cross_entropy_grad

SCORES = torch.randn(7, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
CLASSES = torch.tensor([0, 1, 2, 3, 0, 1, 2])


@pytest.mark.parametrize("scale", [1.0, 1e4])
@pytest.mark.parametrize("reduction", ["sum", "mean"])
def test_value_and_gradient_are_those_of_the_formula(reduction: str, scale: float) -> None:
    y = (scale * SCORES).requires_grad_()
    value = FAST_CROSS_ENTROPY(y, CLASSES, reduction)
    torch.testing.assert_close(value, cross_entropy(y, CLASSES, reduction))
    (gradient,) = torch.autograd.grad(value, y)
    torch.testing.assert_close(gradient, cross_entropy_grad(y.detach(), CLASSES, reduction))


@pytest.mark.parametrize(
    ("y", "d"),
    [
        (SCORES[0], CLASSES),
        (SCORES[:0], CLASSES[:0]),
        (SCORES, CLASSES[:3]),
        (SCORES, CLASSES + 1),
        (SCORES, CLASSES.double()),
    ],
    ids=["one row", "none", "too few classes", "a class too large", "floats"],
)
def test_wrong_input_has_the_message_of_the_formula(y: Tensor, d: Tensor) -> None:
    messages = []
    for loss in (cross_entropy, FAST_CROSS_ENTROPY):
        with pytest.raises((TypeError, ValueError)) as error:
            loss(y, d)
        messages.append((error.type, str(error.value)))
    assert messages[0] == messages[1]

"""Transfer learning: features that were learnt on one task serve another, with few samples.

What was learnt is a *body*, a network from images to features. It stays as it is, and a new linear
head learns on top of it: by descent, or in closed form.
"""

from __future__ import annotations

from typing import Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_dl._arguments import check_classes, check_count, check_floating, describe

__all__ = ["Frozen", "ridge_classifier"]


class Frozen(nn.Module):
    """A body that stays bit for bit as it is, whatever is done to the network around it.

    Three things move a network, and each needs its own stop: gradients (``requires_grad_``), the
    running statistics of a batch norm, which move in training mode without any gradient, and
    dropout, which is on in training mode (both: evaluation mode, which ``train()`` does not undo).

    Parameters
    ----------
    body : the network. It is used itself, not copied.
    """

    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        if not isinstance(body, nn.Module):
            raise TypeError(f"body must be an nn.Module, got {describe(body)}")
        self.body = body.eval().requires_grad_(False)

    def train(self, mode: bool = True) -> Self:
        """As of any module; the body stays in evaluation mode."""
        super().train(mode)
        self.body.eval()
        return self

    def forward(self, X: Tensor) -> Tensor:
        """The features, with no graph behind them."""
        with torch.no_grad():
            z: Tensor = self.body(X)
        return z


def ridge_classifier(Z: Tensor, d: Tensor, n_classes: int, strength: float) -> Tensor:
    """``W`` (n_classes, D+1), bias first: one system of equations in place of a training.

    ``W`` minimizes ``sum_i ||W f_i - onehot(d_i)||^2 + strength ||W without its bias||^2`` where
    ``f_i = (1, z_i)``; so ``(F^T F + strength I') W^T = F^T D``, and ``I'`` has 0 for the bias.

    Parameters
    ----------
    Z : (N, D) features.
    d : (N,) int64, classes ``0..n_classes-1``.
    strength : above 0; then there is exactly one minimizer, also if N < D.
    """
    check_floating(Z, "Z")
    if Z.dim() != 2 or len(Z) == 0:
        raise ValueError(f"Z must be features (N, D), one sample a row, got a {describe(Z)}")
    check_count(n_classes, "n_classes")
    check_classes(d, len(Z), n_classes)
    if not 0 < strength < float("inf"):
        raise ValueError(f"strength must be a positive finite number, got {strength!r}")
    features = F.pad(Z, (1, 0), value=1.0)
    targets = F.one_hot(d, n_classes).to(Z.dtype)
    ridge = torch.full((features.shape[1],), strength, dtype=Z.dtype, device=Z.device)
    ridge[0] = 0
    W: Tensor = torch.linalg.solve(features.T @ features + ridge.diag(), features.T @ targets)
    return W.T

"""Lab 1, solved: Rosenblatt's perceptron, piece by piece."""

from __future__ import annotations

import torch
from torch import Tensor


def add_bias(X: Tensor) -> Tensor:
    """Put a 1 in front of every sample: ``x~ = (1, x)``, so that the bias becomes weight 0.

    X : (N, D), one sample a row.
    Returns (N, D+1) of the same dtype, with ones in column 0.
    """
    ones = X.new_ones(len(X), 1)
    return torch.cat([ones, X], dim=1)


def predict(w: Tensor, X: Tensor) -> Tensor:
    """The class of every sample, ``y_i = sign(<w, x_i>)``, where ``sign(0) = +1``.

    w : (D+1,), the bias first. X : (N, D+1), with ones in column 0.
    Returns (N,) of -1 and +1, in the dtype of X.
    """
    scores = X @ w  # told: the scores
    return torch.where(scores >= 0, 1, -1).to(X.dtype)


def perceptron_loss(w: Tensor, X: Tensor, d: Tensor) -> Tensor:
    """The perceptron's loss, ``E(w) = sum_i max(-d_i <w, x_i>, 0)``.

    w : (D+1,). X : (N, D+1), with ones in column 0. d : (N,) labels -1 and +1, in X's dtype.
    Returns a single number.
    """
    scores = X @ w  # told: the scores
    return (-d * scores).clamp(min=0).sum()


def perceptron_step(w: Tensor, x: Tensor, d: float | Tensor, lr: float) -> Tensor:
    """Learn from one sample: ``w + lr d x`` if ``sign(<w, x>) != d``, else ``w``.

    w : (D+1,). x : (D+1,), one sample, x[0] = 1. d : its label, a number or a 0-d tensor.
    Returns the new weights (D+1,); the old ones stay as they were.
    """
    y = predict(w, x[None])  # told: the class of x
    return w + lr * d * x if y != d else w


def train_perceptron(
    X: Tensor, d: Tensor, w0: Tensor, lr: float = 1.0, max_epochs: int = 100
) -> tuple[Tensor, list[int]]:
    """Rosenblatt's algorithm: visit the samples in order, again and again, learning from each.

    It ends after the first epoch without a mistake, or after max_epochs.

    X : (N, D+1), with ones in column 0. d : (N,) labels -1 and +1, in X's dtype.
    w0 : (D+1,), the weights to start from.
    Returns the weights (D+1,), and a list with the number of mistakes made in each epoch.
    """
    w, mistakes = w0, []
    for _ in range(max_epochs):
        wrong = 0
        for x_i, d_i in zip(X, d, strict=True):
            if predict(w, x_i[None]) != d_i:
                w = w + lr * d_i * x_i  # told: the new w
                wrong += 1  # told: the number of mistakes
        mistakes.append(wrong)
        if wrong == 0:
            break
    return w, mistakes


def xor_dataset() -> tuple[Tensor, Tensor]:
    """Exclusive or: the label is +1 where exactly one of the two coordinates is 1, else -1.

    Returns X (4, 2), the four points with coordinates 0 and 1, and d (4,), both float32.
    """
    X = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    d = torch.tensor([-1.0, 1.0, 1.0, -1.0])
    return X, d


def margin(w: Tensor, X: Tensor, d: Tensor) -> Tensor:
    """Signed distance of the closest sample to the separator, ``min_i d_i <w, x_i> / ||w[1:]||``.

    w : (D+1,), the bias first. X : (N, D+1), with ones in column 0. d : (N,) labels -1 and +1.
    Returns a single number, negative if a sample is misclassified.
    """
    return (d * (X @ w)).min() / w[1:].norm()

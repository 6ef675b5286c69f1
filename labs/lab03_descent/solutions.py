"""Lab 3, solved: gradient descent, its step size, and its stochastic form."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F


def gradient_descent(grad: Callable[[Tensor], Tensor], x0: Tensor, step: float, n: int) -> Tensor:
    """Walk downhill: ``x_{t+1} = x_t - step * grad(x_t)``, for t = 0, ..., n-1.

    grad : the gradient of F, a function that gives (D,) for a point (D,).
    x0 : (D,), where to start; it stays as it is.
    n : the number of steps; 0 is allowed.
    Returns the whole trajectory (n+1, D) in the dtype of x0: row t is x_t, row 0 is x0.
    """
    path = [x0]
    for _ in range(n):
        path.append(path[-1] - step * grad(path[-1]))  # told: the next point
    return torch.stack(path)


def largest_step(A: Tensor) -> float:
    """The step at which descent on ``F(x) = 1/2 x^T A x - b^T x`` stops converging.

    That is ``2 / lambda_max``, with the largest eigenvalue of A.

    A : (D, D), symmetric positive definite.
    Returns a float.
    """
    return 2 / torch.linalg.eigvalsh(A).max().item()


def numerical_gradient(
    f: Callable[[Tensor], float | Tensor], x: Tensor, eps: float = 1e-5
) -> Tensor:
    """The gradient of f at x by central differences, one coordinate at a time.

    Entry i is ``(f(x + eps u_i) - f(x - eps u_i)) / (2 eps)``, where u_i is 1 at i and 0 elsewhere.

    f : gives a float or a 0-d tensor for a point (D,) like x; any code may be inside.
    x : (D,) float64; it stays as it is, also while f is called.
    Returns (D,) float64.
    """
    slopes = []
    for i in range(len(x)):
        e = torch.zeros_like(x)
        e[i] = eps
        slope = (float(f(x + e)) - float(f(x - e))) / (2 * eps)  # told: the slope
        slopes.append(slope)
    return torch.tensor(slopes, dtype=x.dtype)


def square_error_grad(y: Tensor, d: Tensor) -> Tensor:
    """The gradient of ``sum_i 1/2 ||y_i - d_i||^2`` with respect to y.

    y, d : (N, K), outputs and desired outputs.
    Returns (N, K), in the dtype of y.
    """
    return y - d


def cross_entropy_grad(y: Tensor, d: Tensor) -> Tensor:
    """The gradient of ``sum_i (-y_{i,d_i} + log sum_k exp(y_ik))`` with respect to y.

    y : (N, K) scores, also as large as 1e4. d : (N,) int64 classes 0, ..., K-1.
    Returns (N, K), in the dtype of y.
    """
    return torch.softmax(y, dim=1) - F.one_hot(d, y.shape[1])


def minibatch_gradient(W: Tensor, X: Tensor, d: Tensor, batch: Tensor) -> Tensor:
    """The gradient of the cross-entropy of a linear classifier, summed over the samples of a batch.

    The scores are ``Y = X W^T``, the loss is ``E_S(W) = sum_{i in S} L(y_i; d_i)``.

    W : (K, D+1), the biases in column 0. X : (N, D+1), with ones in column 0. d : (N,) int64.
    batch : the indices i in S, int64; an index that stands there twice counts twice.
    Returns (K, D+1), in the dtype of W.
    """
    X, d = X[batch], d[batch]
    return cross_entropy_grad(X @ W.T, d).T @ X


def sgd(
    grad_batch: Callable[[Tensor, Tensor], Tensor],
    W0: Tensor,
    n_samples: int,
    batch_size: int,
    lr: float,
    epochs: int,
    generator: torch.Generator,
) -> Tensor:
    """Stochastic gradient descent: ``W <- W - lr * grad_batch(W, batch)``, batch after batch.

    Each epoch visits every sample once, in a fresh random order, batch_size at a time; the last
    batch of an epoch is smaller where batch_size does not divide n_samples.

    grad_batch : gives the gradient, of W's shape, for W and the indices of a batch (int64, 1-d).
    W0 : where to start; it stays as it is.
    generator : draws the random orders, ``torch.randperm(n_samples, generator=generator)``, and
        nothing else.
    Returns the trained W.
    """
    W = W0
    for _ in range(epochs):
        order = torch.randperm(n_samples, generator=generator)  # told: the order
        for batch in order.split(batch_size):
            W = W - lr * grad_batch(W, batch)
    return W

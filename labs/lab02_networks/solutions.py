"""Lab 2, solved: from one neuron to a multilayer perceptron, its outputs and its losses."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import torch
from torch import Tensor, nn

__all__ = [
    "MLP",
    "collapse",
    "cross_entropy",
    "forward",
    "layer",
    "neuron",
    "relu",
    "sigmoid",
    "softmax",
    "softplus",
    "square_error",
    "tanh_from_sigmoid",
    "xor_network",
]


def neuron(x: Tensor, w: Tensor, b: Tensor | float, g: Callable[[Tensor], Tensor]) -> Tensor:
    """The output of one artificial neuron, ``g(<w, x> + b)``.

    x : (D,), its inputs. w : (D,), its weights. b : its bias, a 0-d tensor or a float.
    g : its activation, a function of a tensor.
    Returns a single number.
    """
    return g(w @ x + b)


def layer(X: Tensor, W: Tensor, b: Tensor, g: Callable[[Tensor], Tensor]) -> Tensor:
    """The outputs of a layer of M neurons for a batch, ``g(X W^T + b)``.

    X : (N, D), one sample a row. W : (M, D), one neuron a row. b : (M,), their biases.
    g : their activation, elementwise.
    Returns (N, M): entry (i, m) is the output of neuron m for sample i.
    """
    return g(X @ W.T + b)


def forward(
    X: Tensor,
    weights: list[Tensor],
    biases: list[Tensor],
    activations: list[Callable[[Tensor], Tensor]],
) -> Tensor:
    """The output of a network, ``H_k = g_k(H_{k-1} W_k^T + b_k)`` for k = 1, ..., L, ``H_0 = X``.

    X : (N, N_0), one sample a row.
    weights : ``W_1, ..., W_L``, W_k of shape (N_k, N_{k-1}); W_1 is ``weights[0]``.
    biases : ``b_1, ..., b_L``. activations : ``g_1, ..., g_L``, one a layer, the last included.
    Returns ``H_L``, (N, N_L).
    """
    H = X
    for W, b, g in zip(weights, biases, activations, strict=True):
        H = layer(H, W, b, g)  # told: the output of a layer
    return H


def sigmoid(a: Tensor) -> Tensor:
    """The logistic sigmoid, ``1 / (1 + exp(-a))``, elementwise.

    Safe for ``|a|`` up to 1e4, in value and in gradient: nothing overflows, and ``sigmoid(-40)``
    is 4.2e-18, not 0. Its slope at 0 is 1/4.
    """
    e = torch.exp(torch.where(a >= 0, -a, a))  # exp(-|a|), at most 1, with a slope at 0
    return torch.where(a >= 0, 1 / (1 + e), e / (1 + e))


def tanh_from_sigmoid(a: Tensor) -> Tensor:
    """The hyperbolic tangent of a, by your `sigmoid` alone: ``tanh(a/2) = 2 sigmoid(a) - 1``."""
    return 2 * sigmoid(2 * a) - 1


def relu(a: Tensor) -> Tensor:
    """The rectified linear unit, ``max(0, a)``, elementwise."""
    return a.clamp(min=0)


def softplus(a: Tensor) -> Tensor:
    """A smooth ReLU, ``log(1 + exp(a))``, elementwise.

    Safe for ``|a|`` up to 1e4, in value and in gradient, as `sigmoid` is. Its slope at 0 is 1/2.
    """
    zero = torch.zeros_like(a)
    return torch.maximum(a, zero) + torch.log1p(torch.exp(-a.abs()))  # maximum: slope 1/2 at 0


def collapse(weights: list[Tensor], biases: list[Tensor]) -> tuple[Tensor, Tensor]:
    """The one affine map ``x -> W x + b`` that equals a network of linear layers.

    weights : ``W_1, ..., W_L``, W_k of shape (N_k, N_{k-1}); W_1 is ``weights[0]``.
    biases : ``b_1, ..., b_L``.
    Returns W (N_L, N_0) and b (N_L,).
    """
    W, b = weights[0], biases[0]
    for W_k, b_k in zip(weights[1:], biases[1:], strict=True):
        W, b = W_k @ W, W_k @ b + b_k
    return W, b


def xor_network() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """A network of two hidden ReLU units that computes XOR.

    Its output ``relu(X W1^T + b1) w2 + b2`` is exactly 1 for (0, 1) and (1, 0), and exactly 0 for
    (0, 0) and (1, 1).

    Returns W1 (2, 2), b1 (2,), w2 (2,) and b2, a single number.
    """
    W1 = torch.tensor([[1.0, 1.0], [1.0, 1.0]])
    b1 = torch.tensor([0.0, -1.0])
    w2 = torch.tensor([1.0, -2.0])
    b2 = torch.tensor(0.0)
    return W1, b1, w2, b2


class MLP(nn.Module):
    """A multilayer perceptron; its parameters come in the order ``W_1, b_1, W_2, b_2, ...``"""

    def __init__(
        self, sizes: list[int], activation: Callable[[Tensor], Tensor] = torch.relu
    ) -> None:
        """Make one linear layer for each pair of neighbouring sizes, its weights drawn at random.

        sizes : ``[N_0, N_1, ..., N_L]``. activation : of the hidden layers, elementwise.
        """
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(n_in, n_out) for n_in, n_out in pairwise(sizes))
        self.activation = activation

    def forward(self, x: Tensor) -> Tensor:
        """The output (N, N_L) for a batch x (N, N_0): every layer but the last is activated."""
        *hidden, output = self.layers
        for linear in hidden:
            x = self.activation(linear(x))
        return output(x)


def softmax(Y: Tensor) -> Tensor:
    """From scores to probabilities, ``exp(y_k) / sum_j exp(y_j)`` in each row.

    Y : (N, K), the scores of a sample in a row; as large as 1e4.
    Returns (N, K), rows that sum to 1.
    """
    E = torch.exp(Y - Y.amax(dim=1, keepdim=True))  # told: the exponentials
    return E / E.sum(dim=1, keepdim=True)


def square_error(y: Tensor, d: Tensor) -> Tensor:
    """The square error of a batch, ``E = sum_i 1/2 ||y_i - d_i||^2``.

    y : (N, K), the outputs. d : (N, K), the desired outputs.
    Returns a 0-d tensor that can be differentiated.
    """
    return ((y - d) ** 2).sum() / 2


def cross_entropy(y: Tensor, d: Tensor) -> Tensor:
    """The cross-entropy of a batch, ``E = sum_i (-y_{i, d_i} + log sum_k exp(y_{i, k}))``.

    y : (N, K), scores; as large as 1e4. d : (N,) int64, classes 0..K-1.
    Returns a 0-d tensor that can be differentiated.
    """
    score_of_d = y.gather(1, d[:, None]).squeeze(1)  # told: the scores of the classes d
    return (torch.logsumexp(y, dim=1) - score_of_d).sum()

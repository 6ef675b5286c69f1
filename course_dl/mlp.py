"""The multilayer perceptron as a PyTorch module, with its initialisations."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from course_dl._arguments import check_batch, check_sizes
from course_dl.activations import Activation, get_activation

__all__ = ["MLP", "glorot_uniform_", "he_normal_", "initialize_"]


class MLP(nn.Module):
    """Multilayer perceptron: ``h_0 = x``, ``a_k = W_k h_{k-1} + b_k``, ``h_k = g(a_k)``.

    The output ``y = a_L`` is linear: scores for a classifier, values for a regression.

    Parameters
    ----------
    sizes : ``(N_0, ..., N_L)``, the number of inputs, of hidden units of each layer, of outputs.
    activation : ``g``, by name, as a function or as an `Activation`.
    generator : draws the initial weights; the global one by default.
    """

    def __init__(
        self,
        sizes: Sequence[int],
        activation: str | Activation | Callable[[Tensor], Tensor] = "relu",
        *,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        self.sizes = check_sizes(sizes)
        self.activation = get_activation(activation)
        self.layers = nn.ModuleList(
            _linear_unit(n_in, n_out, self.activation, generator)
            for n_in, n_out in pairwise(self.sizes)
        )

    def forward(self, X: Tensor) -> Tensor:
        """Outputs (N, N_L) of a batch (N, N_0); images (N, ...) are flattened."""
        check_batch(X, self.sizes[0])
        h = X.flatten(1)
        *hidden, output = self.layers
        for layer in hidden:
            h = self.activation(layer(h))
        y: Tensor = output(h)
        return y

    def extra_repr(self) -> str:
        return f"sizes={list(self.sizes)}, activation={self.activation.name!r}"


def he_normal_(W: Tensor, generator: torch.Generator | None = None) -> Tensor:
    """Fill ``W`` (n_out, n_in) from a normal distribution of variance ``2 / n_in``.

    Keeps the size of activations from layer to layer under ReLU, which halves their mean square
    (He et al., "Delving deep into rectifiers", 2015). For filters (M, C, k, k), ``n_in`` is the
    number of pixels that one sees, ``C k k``.
    """
    with torch.no_grad():
        return W.normal_(0, math.sqrt(2 / W[0].numel()), generator=generator)


def glorot_uniform_(W: Tensor, generator: torch.Generator | None = None) -> Tensor:
    """Fill ``W`` (n_out, n_in) uniformly, with variance ``2 / (n_in + n_out)``.

    A compromise that keeps the size of both activations and gradients if ``g'(0)`` is about 1
    (Glorot and Bengio, "Understanding the difficulty of training deep networks", 2010).
    """
    bound = math.sqrt(6 / sum(W.shape))
    with torch.no_grad():
        return W.uniform_(-bound, bound, generator=generator)


def initialize_(
    W: Tensor, activation: Activation, generator: torch.Generator | None = None
) -> Tensor:
    """Fill ``W`` by the rule that suits the activation: He for rectifiers, else Glorot."""
    fill_ = he_normal_ if activation.name in ("relu", "softplus") else glorot_uniform_
    return fill_(W, generator)


def _linear_unit(
    n_in: int, n_out: int, activation: Activation, generator: torch.Generator | None
) -> nn.Linear:
    # Made on "meta", since nn.Linear would draw weights of its own from the global generator.
    unit = nn.Linear(n_in, n_out, device="meta").to_empty(device="cpu")
    initialize_(unit.weight, activation, generator)
    nn.init.zeros_(unit.bias)
    return unit

"""Activations of the course, ``h = g(a)``, each with its derivative ``g'(a)`` beside it.

All work elementwise on tensors of any shape, keep dtype and device, and stay finite, as their
gradients do, for scores far beyond ``|a| = 1e4``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from course_dl._arguments import lookup

__all__ = [
    "ACTIVATIONS",
    "Activation",
    "dheaviside",
    "dlinear",
    "drelu",
    "dsigmoid",
    "dsign",
    "dsoftplus",
    "dtanh",
    "get_activation",
    "heaviside",
    "linear",
    "relu",
    "sigmoid",
    "sign",
    "softplus",
    "tanh",
]


def linear(a: Tensor) -> Tensor:
    """``g(a) = a``"""
    return a


def dlinear(a: Tensor) -> Tensor:
    """``g'(a) = 1``"""
    return torch.ones_like(a)


def heaviside(a: Tensor) -> Tensor:
    """``g(a) = 0`` if ``a < 0``, else ``1``: the neuron of McCulloch and Pitts (1943)"""
    return (a >= 0).to(a.dtype)


def dheaviside(a: Tensor) -> Tensor:
    """``g'(a) = 0`` but for ``a = 0``, where there is no derivative: nothing to learn from"""
    return torch.zeros_like(a)


def sign(a: Tensor) -> Tensor:
    """``g(a) = -1`` if ``a < 0``, else ``+1``: the perceptron of Rosenblatt (1958)"""
    return 2 * heaviside(a) - 1


def dsign(a: Tensor) -> Tensor:
    """``g'(a) = 0`` but for ``a = 0``, where there is no derivative: nothing to learn from"""
    return torch.zeros_like(a)


def sigmoid(a: Tensor) -> Tensor:
    """``g(a) = 1 / (1 + exp(-a))``, the logistic sigmoid"""
    return torch.sigmoid(a)


def dsigmoid(a: Tensor) -> Tensor:
    """``g'(a) = g(a) (1 - g(a)) = g(a) g(-a)``, of which the last loses no digits"""
    return sigmoid(a) * sigmoid(-a)


def tanh(a: Tensor) -> Tensor:
    """``g(a) = (exp(a) - exp(-a)) / (exp(a) + exp(-a))``"""
    return torch.tanh(a)


def dtanh(a: Tensor) -> Tensor:
    """``g'(a) = 1 - g(a)^2``"""
    return 1 - tanh(a) ** 2


def relu(a: Tensor) -> Tensor:
    """``g(a) = max(0, a)``"""
    return torch.relu(a)


def drelu(a: Tensor) -> Tensor:
    """``g'(a) = 1`` if ``a > 0``, else ``0``: as ``(a > 0).to(a.dtype)``, in a fifth of the time"""
    return a.relu().sign()


def softplus(a: Tensor) -> Tensor:
    """``g(a) = log(1 + exp(a)) = log(exp(a) + exp(0))``, a smooth ReLU"""
    return torch.logaddexp(a, torch.zeros_like(a))


def dsoftplus(a: Tensor) -> Tensor:
    """``g'(a) = 1 / (1 + exp(-a))``, the logistic sigmoid"""
    return sigmoid(a)


@dataclass(frozen=True)
class Activation:
    """An activation ``g`` with its derivative ``dg``; calling it calls ``g``.

    ``differentiable`` tells whether a network can learn through it by descent.
    """

    name: str
    g: Callable[[Tensor], Tensor]
    dg: Callable[[Tensor], Tensor]
    differentiable: bool = True

    def __call__(self, a: Tensor) -> Tensor:
        return self.g(a)


ACTIVATIONS: dict[str, Activation] = {
    activation.name: activation
    for activation in (
        Activation("linear", linear, dlinear),
        Activation("sign", sign, dsign, differentiable=False),
        Activation("heaviside", heaviside, dheaviside, differentiable=False),
        Activation("sigmoid", sigmoid, dsigmoid),
        Activation("tanh", tanh, dtanh),
        Activation("relu", relu, drelu),
        Activation("softplus", softplus, dsoftplus),
    )
}

_BY_FUNCTION: dict[object, Activation] = {
    **{activation.g: activation for activation in ACTIVATIONS.values()},
    torch.sigmoid: ACTIVATIONS["sigmoid"],
    torch.tanh: ACTIVATIONS["tanh"],
    torch.relu: ACTIVATIONS["relu"],
}


def get_activation(
    activation: str | Activation | Callable[[Tensor], Tensor],
) -> Activation:
    """The `Activation` of a name, of a function of this file or of the same function of torch.

    An `Activation` is returned as it is. Raises ValueError for an unknown name,
    TypeError for anything whose derivative is not known here.
    """
    if isinstance(activation, Activation):
        return activation
    if isinstance(activation, str):
        return lookup(ACTIVATIONS, activation, "activation")
    try:
        return _BY_FUNCTION[activation]
    except (KeyError, TypeError):
        raise TypeError(
            f"no derivative is known for {activation!r}: name one of {', '.join(ACTIVATIONS)},"
            " or make your own Activation(name, g, dg)"
        ) from None

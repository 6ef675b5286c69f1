"""Backpropagation written out: a network that computes its gradients without autograd.

A network is a chain of layers. Each keeps from its `forward` what its `backward` needs. `backward`
turns the gradient of E with respect to the layer's output into the gradient with respect to its
input; `gradient` gives the gradients with respect to the layer's parameters, which are added up::

    forward      a_k = W_k h_{k-1} + b_k                    h_k = g(a_k)
    backward     delta_k = grad_{h_k} E * g'(a_k)           grad_{W_k} E += delta_k h_{k-1}^T
                 grad_{h_{k-1}} E = W_k^T delta_k           grad_{b_k} E += delta_k

A batch has one sample a row, and gradients are summed over its samples. `course_dl._fast.descent`
has a faster form of a training step, which `course_dl.fit` uses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Self

import torch
from torch import Tensor

from course_dl._arguments import check_batch, check_sizes, describe
from course_dl.activations import Activation, get_activation
from course_dl.mlp import MLP, initialize_

__all__ = ["Elementwise", "Layer", "Linear", "ManualMLP", "ManualNetwork", "Trainable"]


class Layer:
    """A layer of the chain; this base class has no parameters."""

    def forward(self, H: Tensor) -> Tensor:
        """The layer's output for the batch ``H``."""
        raise NotImplementedError

    def backward(self, grad: Tensor) -> Tensor:
        """``grad_input E`` from ``grad = grad_output E``."""
        raise NotImplementedError

    def accumulate(self, grad: Tensor) -> None:
        """Add the gradients with respect to the layer's parameters, from ``grad_output E``."""


class Trainable(Layer):
    """A layer with weights ``W`` and biases ``b``, whose gradients add up until `zero_grad`."""

    _sums: tuple[Tensor, Tensor] | None  # None means zeros, without writing them to memory

    def __init__(self, W: Tensor, b: Tensor) -> None:
        self.W, self.b = W.detach(), b.detach()
        self.zero_grad()

    def gradient(self, delta: Tensor) -> tuple[Tensor, Tensor]:
        """``(grad_W E, grad_b E)`` from ``delta = grad_A E``, ``A`` being the layer's output."""
        raise NotImplementedError

    def accumulate(self, delta: Tensor) -> None:
        """``grad_W E`` and ``grad_b E`` of `gradient` are added to the sums so far."""
        grad_W, grad_b = self.gradient(delta)
        if self._sums is not None:
            grad_W, grad_b = self._sums[0] + grad_W, self._sums[1] + grad_b
        self._sums = grad_W, grad_b

    def zero_grad(self) -> None:
        """Set the gradients to 0."""
        self._sums = None

    @property
    def gradients(self) -> tuple[Tensor, Tensor]:
        """``(grad_W, grad_b)``, summed over all backward passes since `zero_grad`"""
        if self._sums is None:
            self._sums = torch.zeros_like(self.W), torch.zeros_like(self.b)
        return self._sums

    def to(self, target: torch.device | str | torch.dtype) -> None:
        """Move parameters and gradients to a device or a dtype."""
        grad_W, grad_b = self.gradients
        self.W, self.b = self.W.to(target), self.b.to(target)
        self._sums = grad_W.to(target), grad_b.to(target)


class Linear(Trainable):
    """``A = H W^T + b`` with ``W`` (n_out, n_in) and ``b`` (n_out,)"""

    H: Tensor
    delta: Tensor

    def forward(self, H: Tensor) -> Tensor:
        """``A`` (N, n_out) of ``H`` (N, n_in)"""
        self.H = H
        return torch.addmm(self.b, H, self.W.T)

    def backward(self, delta: Tensor) -> Tensor:
        """``grad_H E = delta W``, (N, n_in), from ``delta = grad_A E``, (N, n_out)"""
        return delta @ self.W

    def gradient(self, delta: Tensor) -> tuple[Tensor, Tensor]:
        """``grad_W E = delta^T H``, ``grad_b E = sum_i delta_i``"""
        self.delta = delta
        return delta.T @ self.H, delta.sum(0)


class Elementwise(Layer):
    """``H = g(A)``; raises ValueError for an activation that nothing can be learned through."""

    A: Tensor

    def __init__(self, activation: str | Activation | Callable[[Tensor], Tensor]) -> None:
        self.activation = get_activation(activation)
        if not self.activation.differentiable:
            raise ValueError(
                f"{self.activation.name} has derivative 0 wherever it has one, so no error signal"
                " comes back through it: use sigmoid, tanh, relu or softplus"
            )

    def forward(self, A: Tensor) -> Tensor:
        """``H = g(A)``"""
        self.A = A
        return self.activation.g(A)

    def backward(self, grad_H: Tensor) -> Tensor:
        """``delta = grad_A E = grad_H E * g'(A)``"""
        return grad_H * self.activation.dg(self.A)


class ManualNetwork:
    """A chain of layers: `forward`, `backward`, `step` and `zero_grad` train it.

    Attributes
    ----------
    layers : the chain, first to last.
    trainable : those of its layers that have parameters.
    Y : the last output, (N, N_L); None before the first `forward`.
    """

    def __init__(self, layers: Iterable[Layer]) -> None:
        self.layers = list(layers)
        if not self.layers:
            raise ValueError("a network needs at least one layer")
        self.trainable = [layer for layer in self.layers if isinstance(layer, Trainable)]
        self.Y: Tensor | None = None

    def forward(self, X: Tensor) -> Tensor:
        """``Y``, the output of the last layer for the batch ``X``."""
        H = X.detach()
        for layer in self.layers:
            H = layer.forward(H)
        self.Y = H
        return self.Y

    def __call__(self, X: Tensor) -> Tensor:
        return self.forward(X)

    def backward(self, grad_Y: Tensor) -> None:
        """Add the gradients of E with respect to all parameters.

        ``grad_Y`` is the gradient of E with respect to ``Y``, in its shape. Call this after
        `forward` on the same batch. As in PyTorch, gradients add up until `zero_grad`.
        """
        grad = self._checked(grad_Y)
        first, *others = self.layers
        for layer in reversed(others):
            layer.accumulate(grad)
            grad = layer.backward(grad)
        first.accumulate(grad)  # The gradient with respect to X is not needed.

    def step(self, lr: float) -> None:
        """Gradient descent: ``W -= lr * grad_W``, ``b -= lr * grad_b`` in every layer."""
        for parameter, gradient in zip(self.parameters(), self.gradients(), strict=True):
            parameter.sub_(gradient, alpha=lr)

    def zero_grad(self) -> None:
        """Set all gradients to 0."""
        for layer in self.trainable:
            layer.zero_grad()

    def parameters(self) -> list[Tensor]:
        """``[W_1, b_1, W_2, b_2, ...]``, the tensors themselves"""
        return [p for layer in self.trainable for p in (layer.W, layer.b)]

    def gradients(self) -> list[Tensor]:
        """The gradients, in the order of `parameters`."""
        return [g for layer in self.trainable for g in layer.gradients]

    def state_dict(self) -> dict[str, Tensor]:
        """The parameters by the names that `MLP` gives them: ``layers.0.weight``, ..."""
        names = [
            f"layers.{k}.{name}" for k in range(len(self.trainable)) for name in ("weight", "bias")
        ]
        return dict(zip(names, self.parameters(), strict=True))

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Copy parameters in, those of a `state_dict` of this network or of its PyTorch twin.

        Raises ValueError, and changes nothing, if names or shapes do not fit.
        """
        own = self.state_dict()
        if state.keys() != own.keys():
            raise ValueError(f"expected parameters {', '.join(own)}; got {', '.join(state)}")
        for name, parameter in own.items():
            if state[name].shape != parameter.shape:
                raise ValueError(
                    f"{name} must have shape {tuple(parameter.shape)},"
                    f" got {tuple(state[name].shape)}: do the sizes of the networks agree?"
                )
        for name, parameter in own.items():
            parameter.copy_(state[name].detach())

    def to(self, target: torch.device | str | torch.dtype) -> Self:
        """Move parameters and gradients to a device or a dtype; returns the network itself."""
        for layer in self.trainable:
            layer.to(target)
        self.Y = None
        return self

    def _output(self) -> Tensor:
        if self.Y is None:
            raise RuntimeError("nothing has gone forward yet: call the network on a batch first")
        return self.Y

    def _checked(self, grad_Y: Tensor) -> Tensor:
        Y = self._output()
        if grad_Y.shape != Y.shape:
            raise ValueError(
                f"grad_Y must have the shape of the last output, {tuple(Y.shape)},"
                f" got {tuple(grad_Y.shape)}"
            )
        return grad_Y.detach()


class ManualMLP(ManualNetwork):
    """The twin of `MLP` without autograd: same sizes, activations, initial weights and outputs.

    Parameters
    ----------
    sizes : ``(N_0, ..., N_L)``
    activation : ``g`` of the hidden layers, differentiable; the output is linear.
    generator : draws the initial weights; the same state gives the weights of `MLP`.
    dtype : float32 or float64.
    """

    def __init__(
        self,
        sizes: Sequence[int],
        activation: str | Activation | Callable[[Tensor], Tensor] = "relu",
        *,
        generator: torch.Generator | None = None,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        self.sizes = check_sizes(sizes)
        self.activation = get_activation(activation)
        layers: list[Layer] = []
        for n_in, n_out in pairwise(self.sizes):
            W = initialize_(torch.empty(n_out, n_in, dtype=dtype), self.activation, generator)
            layers += [Linear(W, torch.zeros(n_out, dtype=dtype)), Elementwise(self.activation)]
        super().__init__(layers[:-1])

    @classmethod
    def from_module(cls, mlp: MLP) -> Self:
        """A network with a copy of the weights of ``mlp``, on its device and in its dtype."""
        if not isinstance(mlp, MLP):
            raise TypeError(f"expected an MLP, got {type(mlp).__name__}")
        # These weights are overwritten; their own generator leaves the global one as it is.
        network = cls(mlp.sizes, mlp.activation, generator=torch.Generator())
        some = next(mlp.parameters())
        network.to(some.dtype).to(some.device).load_module(mlp)
        return network

    def to_module(self) -> MLP:
        """An `MLP` with a copy of the weights, on their device and in their dtype."""
        mlp = MLP(self.sizes, self.activation, generator=torch.Generator())
        mlp.to(self.weights[0]).load_state_dict(self.state_dict())
        return mlp

    def load_module(self, mlp: MLP) -> None:
        """Copy the weights of ``mlp``, of the same sizes and activation, into this network."""
        if (mlp.sizes, mlp.activation) != (self.sizes, self.activation):
            raise ValueError(f"the networks differ: {mlp.extra_repr()} cannot go into {self!r}")
        self.load_state_dict(mlp.state_dict())

    def forward(self, X: Tensor) -> Tensor:
        """``Y`` (N, N_L) of a batch ``X`` (N, N_0); images (N, ...) are flattened."""
        check_batch(X, self.sizes[0])
        W = self.weights[0]
        if X.dtype != W.dtype:
            raise TypeError(f"X must have the dtype of the weights, {W.dtype}, got {describe(X)}")
        return super().forward(X.flatten(1))

    @property
    def weights(self) -> tuple[Tensor, ...]:
        """``W_1, ..., W_L``; to be changed in place."""
        return tuple(layer.W for layer in self.trainable)

    @property
    def biases(self) -> tuple[Tensor, ...]:
        """``b_1, ..., b_L``; to be changed in place."""
        return tuple(layer.b for layer in self.trainable)

    @property
    def grad_weights(self) -> tuple[Tensor, ...]:
        """``grad_{W_1} E, ..., grad_{W_L} E``"""
        return tuple(self.gradients()[0::2])

    @property
    def grad_biases(self) -> tuple[Tensor, ...]:
        """``grad_{b_1} E, ..., grad_{b_L} E``"""
        return tuple(self.gradients()[1::2])

    @property
    def a(self) -> list[Tensor]:
        """``[a_1, ..., a_L]`` of the last forward, each (N, N_k)"""
        Y = self._output()
        return [layer.A for layer in self.layers if isinstance(layer, Elementwise)] + [Y]

    @property
    def h(self) -> list[Tensor]:
        """``[h_0, ..., h_L]`` of the last forward: ``h_0 = x``, ``h_L = a_L = y``"""
        Y = self._output()
        return [layer.H for layer in self.layers if isinstance(layer, Linear)] + [Y]

    @property
    def delta(self) -> list[Tensor]:
        """``[delta_1, ..., delta_L]`` of the last backward, ``delta_k = grad_{a_k} E``"""
        linear = [layer for layer in self.layers if isinstance(layer, Linear)]
        if not hasattr(linear[0], "delta"):
            raise RuntimeError("nothing has gone backward yet: call backward(grad_Y) first")
        return [layer.delta for layer in linear]

    def __repr__(self) -> str:
        return f"ManualMLP({list(self.sizes)}, activation={self.activation.name!r})"

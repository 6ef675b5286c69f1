"""The exercises of lab 4, solved: the gradient of a network, layer by layer, without autograd."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
from torch import Tensor
from torch.nn import functional as F

__all__ = [
    "ManualMLP",
    "accumulate",
    "backward_layer",
    "backward_pass",
    "backward_pass_batch",
    "forward_pass",
    "gradients_agree",
    "output_gradient",
]


def forward_pass(
    x: Tensor, weights: list[Tensor], biases: list[Tensor], g: Callable[[Tensor], Tensor]
) -> tuple[list[Tensor], list[Tensor]]:
    """Send one sample through the network, and keep everything met on the way.

    For each layer, ``a_k = W_k h_{k-1} + b_k`` and ``h_k = g(a_k)``; the output is linear,
    ``h_L = a_L``.

    Parameters
    ----------
    x : (N_0,), one sample; this is ``h_0``.
    weights, biases : ``W_1, ..., W_L`` with ``W_k`` (N_k, N_{k-1}), and ``b_1, ..., b_L``.
    g : the activation of the hidden layers, elementwise.

    Returns
    -------
    a, h : two lists, ``a = [a_1, ..., a_L]`` and ``h = [h_0, h_1, ..., h_L]``; so ``a[k-1]`` is
        ``a_k``, and ``h[k]`` is ``h_k``.
    """
    a, h = [], [x]
    for k, (W, b) in enumerate(zip(weights, biases, strict=True), start=1):
        a.append(W @ h[-1] + b)
        h.append(g(a[-1]) if k < len(weights) else a[-1])
    return a, h


def output_gradient(y: Tensor, d: Tensor, loss: str) -> Tensor:
    """Where backpropagation starts: the gradient of the loss with respect to the output.

    Square error, ``E = 1/2 ||y - d||^2``; cross-entropy, ``E = -y_d + log sum_k exp(y_k)``.

    Parameters
    ----------
    y : (K,), the output ``h_L`` of the network (scores, for cross-entropy).
    d : (K,) for ``"square"``, the desired output; for ``"cross_entropy"`` a class, a 0-d int64.
    loss : ``"square"`` or ``"cross_entropy"``.

    Returns
    -------
    ``grad_{h_L} E``, (K,); scores as large as 1e4 are no problem.
    """
    if loss == "square":
        return y - d
    return torch.softmax(y, dim=0) - F.one_hot(d, len(y))


def backward_layer(
    grad_h: Tensor, a: Tensor, h_prev: Tensor, W: Tensor, dg: Callable[[Tensor], Tensor]
) -> tuple[Tensor, Tensor, Tensor]:
    """Go back through one layer, ``a = W h_prev + b`` and ``h = g(a)``.

    With ``delta = grad_h * g'(a)``, elementwise: ``grad_W = delta h_prev^T``, ``grad_b = delta``,
    ``grad_h_prev = W^T delta``.

    Parameters
    ----------
    grad_h : (M,), the gradient of ``E`` with respect to the layer's output ``h``.
    a : (M,), the layer's ``a``, as the forward pass kept it.
    h_prev : (D,), the layer's input.
    W : (M, D), its weights.
    dg : the derivative ``g'`` of its activation, a function of ``a``, elementwise.

    Returns
    -------
    grad_W (M, D), grad_b (M,), grad_h_prev (D,)
    """
    delta = grad_h * dg(a)
    return torch.outer(delta, h_prev), delta, W.T @ delta


def backward_pass(
    grad_y: Tensor,
    a: list[Tensor],
    h: list[Tensor],
    weights: list[Tensor],
    dg: Callable[[Tensor], Tensor],
) -> tuple[list[Tensor], list[Tensor]]:
    """Go back through the whole network, from the output to the first layer.

    Parameters
    ----------
    grad_y : (N_L,), the gradient of ``E`` with respect to the output. The output is linear, so this
        is ``delta_L`` already.
    a, h : what `forward_pass` kept: ``a[k-1]`` is ``a_k``, ``h[k]`` is ``h_k``, ``h[0]`` is ``x``.
    weights : ``W_1, ..., W_L``
    dg : the derivative ``g'`` of the activation of the hidden layers.

    Returns
    -------
    grad_weights, grad_biases : two lists in the order of the layers, ``grad_weights[k-1]`` is
        ``grad_{W_k} E``, of the shape of ``W_k``.
    """
    grad_weights: list[Tensor] = []
    grad_biases: list[Tensor] = []
    grad_h, last = grad_y, len(weights) - 1
    for k in range(last, -1, -1):
        grad_W, grad_b, grad_h = backward_layer(
            grad_h, a[k], h[k], weights[k], dg if k < last else torch.ones_like
        )
        grad_weights.insert(0, grad_W)
        grad_biases.insert(0, grad_b)
    return grad_weights, grad_biases


def backward_pass_batch(
    grad_Y: Tensor,
    A: list[Tensor],
    H: list[Tensor],
    weights: list[Tensor],
    dg: Callable[[Tensor], Tensor],
) -> tuple[list[Tensor], list[Tensor]]:
    """`backward_pass` for a whole batch at once, one sample a row, with no loop over samples.

    Parameters
    ----------
    grad_Y : (N, N_L), one gradient a row.
    A, H : ``A[k-1]`` is ``A_k`` (N, N_k), ``H[k]`` is ``H_k``, ``H[0]`` is ``X`` (N, N_0).
    weights : ``W_1, ..., W_L``
    dg : the derivative ``g'`` of the activation of the hidden layers.

    Returns
    -------
    grad_weights, grad_biases : as in `backward_pass`, **summed** over the samples.
    """
    grad_weights: list[Tensor] = []
    grad_biases: list[Tensor] = []
    delta = grad_Y
    for k in reversed(range(len(weights))):
        grad_weights.insert(0, delta.T @ H[k])
        grad_biases.insert(0, delta.sum(0))
        if k > 0:
            delta = (delta @ weights[k]) * dg(A[k - 1])  # told: delta
    return grad_weights, grad_biases


def gradients_agree(
    grad_weights: list[Tensor],
    grad_biases: list[Tensor],
    weights: list[Tensor],
    biases: list[Tensor],
    g: Callable[[Tensor], Tensor],
    x: Tensor,
    d: Tensor,
    loss: str,
) -> float:
    """How far gradients are from those of `torch.autograd`, for one sample: 0 if they agree.

    For each weight matrix and each vector of biases, the largest difference between the gradient
    given and autograd's, divided by the largest entry; where the gradient is wholly 0, the
    difference itself. The result is the largest of these numbers.

    Parameters
    ----------
    grad_weights, grad_biases : the gradients to be judged, in the order of the layers.
    weights, biases, g : the network, as in `forward_pass`; left as it was, ``requires_grad`` too.
    x, d, loss : the sample (N_0,), its desired output and the loss, as in `output_gradient`; scores
        as large as 1e4 are no problem.
    """
    W = [w.detach().clone().requires_grad_() for w in weights]
    b = [w.detach().clone().requires_grad_() for w in biases]
    y = forward_pass(x, W, b, g)[1][-1]  # told: the output of the network
    E = (y - d).square().sum() / 2 if loss == "square" else F.cross_entropy(y, d)
    worst = 0.0
    for own, true in zip([*grad_weights, *grad_biases], torch.autograd.grad(E, W + b), strict=True):
        size = max(float(own.abs().max()), float(true.abs().max()))  # told: the largest entry
        difference = float((own - true).abs().max())  # told: the largest difference
        worst = max(worst, difference / size if size > 0 else difference)
    return worst


def accumulate(total: list[Tensor], new: list[Tensor]) -> list[Tensor]:
    """Add gradients up: a new list of sums, ``total[k] + new[k]``; both lists stay as they are."""
    return [t + n for t, n in zip(total, new, strict=True)]


class ManualMLP:
    """A multilayer perceptron that is trained without autograd. All its tensors are float32.

    Attributes
    ----------
    weights, biases : lists, ``W_1, ..., W_L`` and ``b_1, ..., b_L``. Others may put tensors of
        their own into them, and `forward` and `backward` go on with these.
    grad_weights, grad_biases : lists of the same shapes, the gradients added up so far.
    """

    weights: list[Tensor]
    biases: list[Tensor]
    grad_weights: list[Tensor]
    grad_biases: list[Tensor]

    def __init__(
        self,
        sizes: Sequence[int],
        g: Callable[[Tensor], Tensor],
        dg: Callable[[Tensor], Tensor],
        generator: torch.Generator,
    ) -> None:
        """Random weights (hidden units must start different), gradients of zeros.

        Parameters
        ----------
        sizes : ``[N_0, N_1, ..., N_L]``
        g, dg : the activation of the hidden layers and its derivative; the output is linear.
        generator : where all random numbers come from.
        """
        self.g, self.dg = g, dg
        self.weights = [
            torch.randn(n_out, n_in, generator=generator) * (2 / n_in) ** 0.5
            for n_in, n_out in pairwise(sizes)
        ]
        self.biases = [torch.zeros(n_out) for n_out in sizes[1:]]
        self.zero_grad()

    def forward(self, X: Tensor) -> Tensor:
        """The output ``Y`` (N, N_L) of a batch ``X`` (N, N_0); keeps what `backward` will need."""
        self.A, self.H = [], [X]
        for k, (W, b) in enumerate(zip(self.weights, self.biases, strict=True), start=1):
            self.A.append(self.H[-1] @ W.T + b)
            self.H.append(self.g(self.A[-1]) if k < len(self.weights) else self.A[-1])
        return self.H[-1]

    def backward(self, grad_Y: Tensor) -> None:
        """Add the gradients that ``grad_Y`` (N, N_L) leads to, for the batch of the last `forward`.

        They are summed over the samples, and added to those that are there already.
        """
        new = backward_pass_batch(grad_Y, self.A, self.H, self.weights, self.dg)
        self.grad_weights = accumulate(self.grad_weights, new[0])
        self.grad_biases = accumulate(self.grad_biases, new[1])

    def step(self, lr: float) -> None:
        """One step downhill, ``W_k - lr * grad_{W_k} E`` and ``b_k - lr * grad_{b_k} E``."""
        self.weights = [W - lr * G for W, G in zip(self.weights, self.grad_weights, strict=True)]
        self.biases = [b - lr * G for b, G in zip(self.biases, self.grad_biases, strict=True)]

    def zero_grad(self) -> None:
        """Set all gradients to zeros."""
        self.grad_weights = [torch.zeros_like(W) for W in self.weights]
        self.grad_biases = [torch.zeros_like(b) for b in self.biases]

"""One step of gradient descent on a manual network, faster: no gradient is kept.

The form to read is in `course_dl.backprop`: ``zero_grad``, ``backward`` and ``step`` of
`ManualNetwork`.
"""

from __future__ import annotations

from torch import Tensor

from course_dl.backprop import Layer, Linear, ManualNetwork, Trainable

__all__ = ["descend"]


def descend(network: ManualNetwork, grad_Y: Tensor, lr: float) -> None:
    """Change the parameters of ``network`` as ``zero_grad``, ``backward`` and ``step`` do.

    Parameters
    ----------
    network : has computed ``Y`` by `forward` on this batch; the gradients that it holds stay as
        they are.
    grad_Y : gradient of E with respect to ``Y``, of its shape.
    lr : learning rate.
    """
    grad = grad_Y.detach()
    first, *others = network.layers
    for layer in reversed(others):
        # The error signal needs the weights of the forward pass, so they change after it.
        delta, grad = grad, layer.backward(grad)
        _step(layer, delta, lr)
    _step(first, grad, lr)


def _step(layer: Layer, delta: Tensor, lr: float) -> None:
    """``W -= lr grad_W``, ``b -= lr grad_b``, if the layer has parameters."""
    if type(layer) is Linear:
        # grad_W = delta^T H is never written to memory: product and update are one operation.
        layer.delta = delta
        layer.W.addmm_(delta.T, layer.H, alpha=-lr)
        layer.b.sub_(delta.sum(0), alpha=lr)
    elif isinstance(layer, Trainable):
        grad_W, grad_b = layer.gradient(delta)
        layer.W.sub_(grad_W, alpha=lr)
        layer.b.sub_(grad_b, alpha=lr)

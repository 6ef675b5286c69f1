"""What is run beside a student's network, in one call for several steps.

A function is sent as text to where the network is. It uses PyTorch and its arguments alone.
"""

from __future__ import annotations

from typing import Any

import torch


def fill(net: Any, lists: dict[str, list[Any]]) -> list[Any]:
    """Put values into lists of the network, by name; the lists as they are then."""
    for name, values in lists.items():
        getattr(net, name)[:] = values
    return [getattr(net, name) for name in lists]


def forward_and_backward(net: Any, X: torch.Tensor, grad_Y: torch.Tensor) -> list[Any]:
    """The output, and the gradients that ``backward`` leaves in the network."""
    Y = net.forward(X)
    if isinstance(Y, torch.Tensor):
        Y = Y.clone()  # backward may write to it
    net.backward(grad_Y)
    return [Y, net.grad_weights, net.grad_biases]


def descend(net: Any, X: torch.Tensor, d: torch.Tensor, lr: float, steps: int) -> None:
    """Steps of gradient descent on the mean cross-entropy of scores and classes."""
    for _ in range(steps):
        Y = net.forward(X)
        net.zero_grad()
        onehot = torch.nn.functional.one_hot(d, Y.shape[1])
        net.backward((torch.softmax(Y, 1) - onehot) / len(X))
        net.step(lr)

"""What is run beside a student's network, in one call for several steps.

A function is sent as text to where the network is. It uses PyTorch and its arguments alone.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


def set_scales(net: Any, gammas: list[Tensor], betas: list[Tensor]) -> None:
    """Put values into the parameters of one axis, which come in pairs: gamma, beta."""
    vectors = [p for p in net.parameters() if p.dim() == 1]
    with torch.no_grad():
        for p, value in zip(vectors[::2], gammas, strict=True):
            p.copy_(value)
        for p, value in zip(vectors[1::2], betas, strict=True):
            p.copy_(value)


def set_filters(net: Any, filters: list[Tensor]) -> None:
    """Put values into the filters: each set into the next parameter that has its shape."""
    free = [p for p in net.parameters() if p.dim() == 4]
    with torch.no_grad():
        for value in filters:
            at = [p.shape for p in free].index(value.shape)
            free.pop(at).copy_(value)


def output_and_gradients(net: Any, x: Tensor, grad_out: Tensor) -> list[Tensor]:
    """The output, and the gradients of ``sum grad_out * output``: of x, then of the parameters."""
    x = x.clone().requires_grad_()
    out = net(x)
    leaves = [x, *net.parameters()]
    grads = torch.autograd.grad((grad_out * out).sum(), leaves, materialize_grads=True)
    return [out, *grads]


def one_after_the_other(net: Any, x: Tensor, times: int) -> list[Tensor]:
    """What comes out where a block is used again and again, and the gradient of its sum."""
    x = x.clone().requires_grad_()
    h = x
    for _ in range(times):
        h = net(h)
    return [h, *torch.autograd.grad(h.sum(), [x], materialize_grads=True)]


def learn(net: Any, X: Tensor, d: Tensor, lr: float, decay: float, steps: int) -> None:
    """Steps of gradient descent on the mean cross-entropy, in training mode, with weight decay."""
    net.train()
    optimizer = torch.optim.SGD(net.parameters(), lr=lr, momentum=0.5, weight_decay=decay)
    for _ in range(steps):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(net(X), d).backward()
        optimizer.step()


def signals_left(body: Any) -> list[bool]:
    """For each parameter, whether a gradient that is not 0 was left there."""
    return [p.grad is not None and bool(p.grad.any()) for p in body.parameters()]

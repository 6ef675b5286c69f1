"""What is run beside a student's network, in one call for several steps.

A function is sent as text to where the network is. It uses PyTorch and its arguments alone.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


def set_arrays(net: Any, layers: list[list[Tensor]], norms: list[list[Tensor]]) -> None:
    """Put arrays into a network: weights and biases of layers, gammas and betas of norms.

    Each weight goes into the next matrix of its shape, its bias into the vector after it. The other
    vectors are those of norms, in their order.
    """
    parameters = list(net.parameters())
    matrices = [k for k, p in enumerate(parameters) if p.dim() == 2]
    vectors = [k for k, p in enumerate(parameters) if p.dim() == 1 and k - 1 not in matrices]
    with torch.no_grad():
        for weight, bias in layers:
            k = next(k for k in matrices if parameters[k].shape == weight.shape)
            matrices.remove(k)
            parameters[k].copy_(weight)
            parameters[k + 1].copy_(bias)
        pairs = zip(vectors[::2], vectors[1::2], strict=True)
        for (gamma, beta), (i, j) in zip(norms, pairs, strict=True):
            parameters[i].copy_(gamma)
            parameters[j].copy_(beta)


def output_and_gradients(net: Any, x: Tensor, mask: Tensor, grad_out: Tensor) -> list[Tensor]:
    """The output, and the gradients of ``sum grad_out * output``: of x, then of the matrices."""
    x = x.clone().requires_grad_()
    out = net(x, mask)
    leaves = [x, *(p for p in net.parameters() if p.dim() == 2)]
    grads = torch.autograd.grad((grad_out * out).sum(), leaves, materialize_grads=True)
    return [out, *grads]

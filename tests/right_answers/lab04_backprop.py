"""Right answers to lab 4, written as differently as students write."""

from __future__ import annotations

import copy
import itertools
import math
import operator
from functools import partial, reduce
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

# 4.1


def forward_pass__indices(x, weights, biases, g):
    L = len(weights)
    a = [None] * L
    h = [x] + [None] * L
    for k in range(1, L + 1):
        a[k - 1] = torch.matmul(weights[k - 1], h[k - 1]) + biases[k - 1]
        if k == L:
            h[k] = a[k - 1]
        else:
            h[k] = g(a[k - 1])
    return a, h


def forward_pass__f_linear(x, weights, biases, g):
    a, h = [], [x]
    for W, b in zip(weights[:-1], biases[:-1]):
        a.append(F.linear(h[-1], W, b))
        h.append(g(a[-1]))
    y = F.linear(h[-1], weights[-1], biases[-1])
    return a + [y], h + [y]


def forward_pass__recursion(x, weights, biases, g):
    a = weights[0].mv(x).add(biases[0])
    if len(weights) == 1:
        return [a], [x, a]
    later_a, later_h = forward_pass__recursion(g(a), weights[1:], biases[1:], g)
    return [a] + later_a, [x] + later_h


def forward_pass__tuples_of_einsum(x, weights, biases, g):
    a, h = (), (x,)
    for k, (W, b) in enumerate(zip(weights, biases)):
        a_k = torch.einsum("ij,j->i", W, h[k]) + b
        a += (a_k,)
        h += (a_k if k == len(weights) - 1 else g(a_k),)
    return a, h


def forward_pass__list_of_results(x, weights, biases, g):
    activations = [g] * (len(weights) - 1) + [lambda a: a]
    a, h = [], [x.clone()]
    for W, b, act in zip(weights, biases, activations, strict=True):
        z = (W * h[-1]).sum(dim=1)
        z += b
        a.append(z.clone())
        h.append(act(z))
    return [a, h]


def forward_pass__scalars(x, weights, biases, g):
    a, h = [], [x]
    for layer in range(len(weights)):
        W, b = weights[layer], biases[layer]
        units = []
        for i in range(W.shape[0]):
            total = b[i]
            for j in range(W.shape[1]):
                total = total + W[i, j] * h[layer][j]
            units.append(total)
        a.append(torch.stack(units))
        h.append(g(a[layer]) if layer + 1 < len(weights) else a[layer])
    return a, h


def forward_pass__numpy(x, weights, biases, g):
    a, h = [], [x.numpy()]
    for k in range(len(weights)):
        a.append(weights[k].numpy() @ h[k] + biases[k].numpy())
        h.append(a[k] if k == len(weights) - 1 else g(torch.from_numpy(a[k])).numpy())
    return [torch.from_numpy(v) for v in a], [torch.from_numpy(v) for v in h]


def forward_pass__one_row(x, weights, biases, g):
    H = x.reshape(1, -1)
    a, h = [], [x]
    while len(a) < len(weights):
        A = H @ weights[len(a)].T + biases[len(a)]
        a.append(A[0])
        H = A if len(a) == len(weights) else g(A)
        h.append(H[0])
    return a, h


class _Forward:
    def __call__(self, x, weights, biases, g):
        a = []
        h = [x]
        for W, b in zip(weights, biases):
            a.append(torch.addmv(b, W, h[-1]))
            h.append(g(a[-1]))
        h[-1] = a[-1]
        return a, h


forward_pass__object = _Forward()


def forward_pass__accumulated(x, weights, biases, g):
    a = []

    def layer(h_prev, k):
        a.append(weights[k] @ h_prev + biases[k])
        return g(a[-1]) if k + 1 < len(weights) else a[-1]

    h = list(itertools.accumulate(range(len(weights)), layer, initial=x))
    return tuple(a), tuple(h)


# 4.2


def output_gradient__by_hand(y, d, loss):
    if loss == "square":
        return y - d
    e = torch.exp(y - y.max())
    p = e / e.sum()
    onehot = torch.zeros_like(y)
    onehot[d] = 1
    return p - onehot


def output_gradient__logsumexp(y, d, loss):
    grad = y - d if loss == "square" else torch.exp(y - torch.logsumexp(y, dim=0))
    if loss == "cross_entropy":
        grad[d] -= 1
    return grad


def output_gradient__table(y, d, loss):
    return {
        "square": lambda: y.sub(d),
        "cross_entropy": lambda: F.softmax(y, -1) - F.one_hot(d, num_classes=y.numel()).to(y),
    }[loss]()


def output_gradient__eye(y, d, loss):
    match loss:
        case "square":
            return torch.negative(d - y)
        case "cross_entropy":
            return y.softmax(0) - torch.eye(len(y), dtype=y.dtype)[d.item()]
        case _:
            raise ValueError(loss)


def output_gradient__log_softmax(y, d, loss):
    if loss == "square":
        return -(d - y)
    return F.log_softmax(y, dim=0).exp() - (torch.arange(len(y)) == d).to(y.dtype)


def output_gradient__loop(y, d, loss):
    K = len(y)
    grad = torch.zeros(K, dtype=y.dtype)
    largest = max(y.tolist())
    for j in range(K):
        if loss == "square":
            grad[j] = y[j] - d[j]
        else:
            total = sum(math.exp(float(s) - largest) for s in y)
            grad[j] = math.exp(float(y[j]) - largest) / total - (1 if j == int(d) else 0)
    return grad


def output_gradient__numpy(y, d, loss):
    scores = y.numpy()
    if loss == "square":
        return torch.tensor(scores - d.numpy())
    e = np.exp(scores - scores.max())
    e /= e.sum()
    e[int(d)] -= 1
    return torch.from_numpy(e)


def output_gradient__differences(y, d, loss):
    if loss == "cross_entropy":  # 1 / sum_k exp(y_k - y_j)
        p = 1 / torch.exp(y[None, :] - y[:, None]).sum(1)
        return p.scatter_add(0, d.reshape(1), -torch.ones(1, dtype=y.dtype))
    return y - d


def output_gradient__cases(y, d, loss):
    match loss:
        case "square":
            return -(d - y)
        case "cross_entropy":
            return y.softmax(0) - 1.0 * (torch.arange(len(y)) == d)


def output_gradient__in_three_parts(y, d, loss="square"):
    if loss == "square":
        return torch.sub(y, d)
    k, p = d.item(), (y - torch.logsumexp(y, 0)).exp()
    return torch.cat([p[:k], p[k : k + 1] - 1, p[k + 1 :]])


# 4.3


def backward_layer__broadcast(grad_h, a, h_prev, W, dg):
    delta = dg(a) * grad_h
    return delta[:, None] * h_prev[None, :], delta, delta @ W


def backward_layer__einsum(grad_h, a, h_prev, W, dg):
    delta = torch.einsum("i,i->i", grad_h, dg(a))
    grad_W = torch.einsum("i,j->ij", delta, h_prev)
    return [grad_W, delta.clone(), torch.einsum("ij,i->j", W, delta)]


def backward_layer__columns(grad_h, a, h_prev, W, dg):
    delta = grad_h.view(-1, 1) * dg(a).view(-1, 1)
    return delta @ h_prev.view(1, -1), delta.squeeze(1), (W.t() @ delta).flatten()


def backward_layer__diagonal(grad_h, a, h_prev, W, dg):
    J = torch.diag(dg(a))
    return torch.outer(J @ grad_h, h_prev), J @ grad_h, grad_h @ J @ W


def backward_layer__loops(grad_h, a, h_prev, W, dg):
    M, D = W.shape
    slope = dg(a)
    grad_W, grad_b, grad_h_prev = torch.zeros_like(W), torch.zeros_like(a), torch.zeros_like(h_prev)
    for i in range(M):
        grad_b[i] = grad_h[i] * slope[i]
        for j in range(D):
            grad_W[i, j] = grad_b[i] * h_prev[j]
            grad_h_prev[j] += W[i, j] * grad_b[i]
    return grad_W, grad_b, grad_h_prev


def backward_layer__numpy(grad_h, a, h_prev, W, dg):
    delta = grad_h.numpy() * dg(a).numpy()
    parts = np.outer(delta, h_prev.numpy()), delta, W.numpy().T.dot(delta)
    return tuple(torch.from_numpy(np.ascontiguousarray(part)) for part in parts)


def backward_layer__copies(grad_h, a, h_prev, W, dg):
    delta = grad_h.clone()
    delta *= dg(a)
    grad_W = delta.unsqueeze(1).repeat(1, len(h_prev))
    grad_W *= h_prev
    return grad_W, delta, (W * delta.unsqueeze(1)).sum(0)


def backward_layer__unit_by_unit(grad_h, a, h_prev, W, dg):
    delta = torch.stack([g_i * dg(a_i) for g_i, a_i in zip(grad_h, a)])
    return torch.stack([d * h_prev for d in delta]), delta, sum(d * w for d, w in zip(delta, W))


def backward_layer__kron(grad_h, a, h_prev, W, dg):
    delta = torch.mul(grad_h, dg(a))
    return torch.kron(delta, h_prev).reshape(W.shape), delta, torch.inner(W.T, delta)


class _Gradients(NamedTuple):
    W: torch.Tensor
    b: torch.Tensor
    h: torch.Tensor


def backward_layer__named(grad_h, a, h_prev, W, dg):
    delta = grad_h * dg(a)
    return _Gradients(delta.view(-1, 1) * h_prev.view(1, -1), delta, delta @ W)


def backward_layer__expanded(grad_h, a, h_prev, W, dg):
    delta = grad_h * dg(a)
    return [delta[:, None].expand(W.shape) * h_prev, delta.clone(), torch.tensordot(delta, W, 1)]


# 4.4


def backward_pass__deltas_first(grad_y, a, h, weights, dg):
    L = len(weights)
    delta = {L: grad_y}
    for k in range(L - 1, 0, -1):
        delta[k] = weights[k].T @ delta[k + 1] * dg(a[k - 1])
    grad_weights = [torch.outer(delta[k], h[k - 1]) for k in range(1, L + 1)]
    return grad_weights, [delta[k] for k in range(1, L + 1)]


def backward_pass__layers(grad_y, a, h, weights, dg):
    derivatives = [dg] * (len(weights) - 1) + [lambda a: 1.0]
    grads, grad_h = [], grad_y
    for k in range(len(weights) - 1, -1, -1):
        *grad, grad_h = backward_layer__broadcast(grad_h, a[k], h[k], weights[k], derivatives[k])
        grads.append(grad)
    grads.reverse()
    return [grad_W for grad_W, _ in grads], [grad_b for _, grad_b in grads]


def backward_pass__recursion(grad_y, a, h, weights, dg):
    def back(k, delta):
        if k < 0:
            return [], []
        earlier = (weights[k].T @ delta) * dg(a[k - 1]) if k else None
        W, b = back(k - 1, earlier)
        return W + [delta[:, None] @ h[k][None, :]], b + [delta]

    return back(len(weights) - 1, grad_y)


def backward_pass__reversed_zip(grad_y, a, h, weights, dg):
    grad_weights, grad_biases = [], []
    grad = grad_y
    for W, a_prev, h_prev in zip(weights[::-1], [*a[-2::-1], None], h[-2::-1], strict=True):
        grad_weights.append(torch.einsum("i,j->ij", grad, h_prev))
        grad_biases.append(grad.clone())
        if a_prev is not None:
            grad = torch.mv(W.t(), grad).mul(dg(a_prev))
    return tuple(reversed(grad_weights)), tuple(reversed(grad_biases))


def backward_pass__slots(grad_y, a, h, weights, dg):
    grad_weights = [torch.empty_like(W) for W in weights]
    grad_biases = [torch.empty_like(a_k) for a_k in a]
    grad_biases[-1][:] = grad_y
    for k in range(len(weights) - 1, -1, -1):
        grad_weights[k][:] = grad_biases[k].unsqueeze(1) * h[k]
        if k > 0:
            grad_biases[k - 1][:] = (grad_biases[k] @ weights[k]) * dg(a[k - 1])
    return [grad_weights, grad_biases]


def backward_pass__numpy(grad_y, a, h, weights, dg):
    delta = grad_y.numpy().copy()
    W_grads, b_grads = [], []
    k = len(weights)
    while k:
        W_grads.append(torch.tensor(np.outer(delta, h[k - 1].numpy())))
        b_grads.append(torch.tensor(delta))
        k -= 1
        if k:
            delta = (delta @ weights[k].numpy()) * dg(a[k - 1]).numpy()
    return W_grads[::-1], b_grads[::-1]


def backward_pass__jacobians(grad_y, a, h, weights, dg):
    """The Jacobian of the output with respect to each a_k, then one product each."""
    J = [torch.eye(len(grad_y), dtype=grad_y.dtype)]
    for W, a_k in zip(reversed(weights[1:]), reversed(a[:-1])):
        J.insert(0, J[0] @ W @ torch.diag(dg(a_k)))
    deltas = [grad_y @ J_k for J_k in J]
    return list(map(torch.outer, deltas, h[:-1])), deltas


def backward_pass__by_number(grad_y, a, h, weights, dg):
    found, delta = {}, grad_y
    for k in range(len(weights), 0, -1):
        found[k] = (torch.outer(delta, h[k - 1]), delta)
        if k > 1:
            delta = weights[k - 1].transpose(0, 1).matmul(delta).mul(dg(a[k - 2]))
    return [found[k][0] for k in sorted(found)], [found[k][1] for k in sorted(found)]


def backward_pass__accumulated(grad_y, a, h, weights, dg):
    def back(delta, k):
        return (weights[k].T @ delta) * dg(a[k - 1])

    layers = range(len(weights) - 1, 0, -1)
    deltas = list(itertools.accumulate(layers, back, initial=grad_y))[::-1]
    return tuple(torch.einsum("i,j->ij", delta, x) for delta, x in zip(deltas, h)), tuple(deltas)


# 4.5


def backward_pass_batch__einsum(grad_Y, A, H, weights, dg):
    deltas = [grad_Y]
    for k in range(len(weights) - 1, 0, -1):
        deltas.insert(0, torch.einsum("nm,md->nd", deltas[0], weights[k]) * dg(A[k - 1]))
    grad_weights = [torch.einsum("nm,nd->md", delta, H_k) for delta, H_k in zip(deltas, H)]
    return grad_weights, [torch.einsum("nm->m", delta) for delta in deltas]


def backward_pass_batch__columns(grad_Y, A, H, weights, dg):
    delta = grad_Y.T
    grad_weights, grad_biases = [], []
    for k in range(len(weights), 0, -1):
        grad_weights.append(delta @ H[k - 1])
        grad_biases.append(delta.sum(dim=1))
        if k > 1:
            delta = (weights[k - 1].T @ delta) * dg(A[k - 2].T)
    return grad_weights[::-1], grad_biases[::-1]


def backward_pass_batch__outer_products(grad_Y, A, H, weights, dg):
    delta = grad_Y
    result = []
    for k in range(len(weights) - 1, -1, -1):
        result.append(((delta.unsqueeze(2) * H[k].unsqueeze(1)).sum(0), delta.sum(0)))
        if k:
            delta = delta.matmul(weights[k]) * dg(A[k - 1])
    return tuple(zip(*reversed(result)))


def backward_pass_batch__column_of_ones(grad_Y, A, H, weights, dg):
    ones = torch.ones(len(grad_Y), 1, dtype=grad_Y.dtype)
    grad_weights, grad_biases, delta = [], [], grad_Y
    for k in reversed(range(len(weights))):
        both = delta.T @ torch.cat([ones, H[k]], dim=1)
        grad_weights = [both[:, 1:], *grad_weights]
        grad_biases = [both[:, 0], *grad_biases]
        if k > 0:
            delta = delta @ weights[k]
            delta *= dg(A[k - 1])
    return grad_weights, grad_biases


def backward_pass_batch__vmap(grad_Y, A, H, weights, dg):
    one = partial(backward_pass__deltas_first, weights=weights, dg=dg)
    W, b = torch.vmap(lambda grad, a, h: one(grad, a, h))(grad_Y, A, H)
    return [w.sum(0) for w in W], [v.sum(0) for v in b]


def backward_pass_batch__numpy(grad_Y, A, H, weights, dg):
    delta = grad_Y.numpy()
    gW, gb = [], []
    for k in range(len(weights))[::-1]:
        gW.insert(0, torch.from_numpy(delta.T @ H[k].numpy()))
        gb.insert(0, torch.from_numpy(delta.sum(axis=0)))
        if k > 0:
            delta = delta @ weights[k].numpy() * dg(A[k - 1]).numpy()
    return gW, gb


def backward_pass_batch__bmm(grad_Y, A, H, weights, dg):
    delta, L = grad_Y, len(weights)
    gW, gb = [None] * L, [None] * L
    for k in range(L - 1, -1, -1):
        gW[k] = torch.bmm(delta[:, :, None], H[k][:, None, :]).sum(dim=0)
        gb[k] = torch.ones(len(delta), dtype=delta.dtype) @ delta
        delta = delta @ weights[k] * dg(A[k - 1]) if k else None
    return gW, gb


def backward_pass_batch__recursion(grad_Y, A, H, weights, dg):
    own = [grad_Y.mT @ H[-2]], [grad_Y.sum(0)]
    if len(weights) == 1:
        return own
    before = (grad_Y @ weights[-1]) * dg(A[-2])
    W, b = backward_pass_batch__recursion(before, A[:-1], H[:-1], weights[:-1], dg)
    return W + own[0], b + own[1]


def backward_pass_batch__unit_by_unit(grad_Y, A, H, weights, dg):
    """A loop over the units is none over the samples."""
    W, b, delta = [], [], grad_Y
    for k in reversed(range(len(weights))):
        W.insert(0, torch.stack([(unit[:, None] * H[k]).sum(0) for unit in delta.T]))
        b.insert(0, torch.stack([unit.sum() for unit in delta.T]))
        if k > 0:
            delta = (delta @ weights[k]) * dg(A[k - 1])
    return W, b


# 4.6


def _loss(y, d, loss):
    if loss == "square":
        return 0.5 * torch.sum((y - d) ** 2)
    return torch.logsumexp(y, 0) - y[d]


def _output(x, weights, biases, g):
    *hidden, (W_L, b_L) = zip(weights, biases)
    for W, b in hidden:
        x = g(W @ x + b)
    return W_L @ x + b_L


def gradients_agree__backward(grad_weights, grad_biases, weights, biases, g, x, d, loss):
    W = [w.detach().clone().requires_grad_(True) for w in weights]
    b = [w.detach().clone().requires_grad_(True) for w in biases]
    _loss(_output(x, W, b, g), d, loss).backward()
    errors = []
    for own, p in zip(grad_weights + grad_biases, W + b):
        diff = (own - p.grad).abs().max()
        scale = p.grad.abs().max()
        errors.append((diff / scale if scale > 0 else diff).item())
    return max(errors)


def gradients_agree__tensor_result(grad_weights, grad_biases, weights, biases, g, x, d, loss):
    params = [p.detach().requires_grad_() for p in (*weights, *biases)]
    L = len(weights)
    E = _loss(_output(x, params[:L], params[L:], g), d, loss)
    worst = torch.zeros((), dtype=x.dtype)
    for own, true in zip((*grad_weights, *grad_biases), torch.autograd.grad(E, params)):
        scale = torch.maximum(own.abs().max(), true.abs().max())
        worst = torch.maximum(worst, (own - true).abs().max() / (scale if scale > 0 else 1))
    return worst


def gradients_agree__infinitely_apart(grad_weights, grad_biases, weights, biases, g, x, d, loss):
    params = [p.detach().clone().requires_grad_() for p in (*weights, *biases)]
    L = len(weights)
    E = _loss(_output(x, params[:L], params[L:], g), d, loss)
    worst = 0.0
    for own, true in zip((*grad_weights, *grad_biases), torch.autograd.grad(E, params)):
        if not torch.equal(own, true):
            worst = max(worst, ((own - true).abs().max() / true.abs().max()).item())
    return worst


def gradients_agree__norms(grad_weights, grad_biases, weights, biases, g, x, d, loss):
    W, b = copy.deepcopy((weights, biases))
    for p in W + b:
        p.requires_grad_(True)
    E = _loss(_output(x, W, b, g), d, loss)
    true = torch.autograd.grad(E, [*W, *b])
    total = 0.0
    for own, t in zip([*grad_weights, *grad_biases], true):
        sizes = torch.linalg.norm(own) + torch.linalg.norm(t)
        total = max(total, float(torch.linalg.norm(own - t) / sizes) if sizes != 0 else 0.0)
    return total


def gradients_agree__each_entry(grad_weights, grad_biases, weights, biases, g, x, d, loss):
    W = [w.detach().clone().requires_grad_() for w in weights]
    b = [w.detach().clone().requires_grad_() for w in biases]
    true = torch.autograd.grad(_loss(_output(x, W, b, g), d, loss), W + b)
    own = torch.cat([v.flatten() for v in [*grad_weights, *grad_biases]])
    true = torch.cat([v.flatten() for v in true])
    return ((own - true).abs() / (own.abs() + true.abs()).clamp_min(1e-12)).max().item()


def gradients_agree__func_grad(grad_weights, grad_biases, weights, biases, g, x, d, loss):
    def E(W, b):
        return _loss(_output(x, W, b, g), d, loss)

    true = torch.func.grad(E, argnums=(0, 1))(
        [w.detach() for w in weights], [v.detach() for v in biases]
    )
    result = 0.0
    for given, exact in zip((grad_weights, grad_biases), true):
        for p, q in zip(given, exact):
            size = q.abs().max().item() or 1.0
            result = max(result, (p - q).abs().max().item() / size)
    return result


def gradients_agree__flag_put_back(grad_weights, grad_biases, weights, biases, g, x, d, loss):
    params = [*weights, *biases]
    before = [p.requires_grad for p in params]
    try:
        for p in params:
            p.requires_grad_(True)
        with torch.enable_grad():
            E = _loss(_output(x, weights, biases, g), d, loss)
            true = torch.autograd.grad(E, params)
    finally:
        for p, needed in zip(params, before):
            p.requires_grad_(needed)
    pairs = zip(grad_weights + grad_biases, true)
    return max(((p - q).abs().max() / (q.abs().max() + 1e-12)).item() for p, q in pairs)


def gradients_agree__modules(grad_weights, grad_biases, weights, biases, g, x, d, loss):
    layers = []
    for W, b in zip(weights, biases):
        layer = nn.Linear(W.shape[1], W.shape[0]).to(W.dtype)
        layer.weight = nn.Parameter(W.detach().clone())
        layer.bias = nn.Parameter(b.detach().clone())
        layers.append(layer)
    y = x[None]
    for layer in layers[:-1]:
        y = g(layer(y))
    y = layers[-1](y)
    if loss == "square":
        E = 0.5 * F.mse_loss(y, d[None], reduction="sum")
    else:
        E = nn.CrossEntropyLoss()(y, d[None])
    E.backward()
    worst = 0.0
    for layer, gW, gb in zip(layers, grad_weights, grad_biases):
        for own, true in ((gW, layer.weight.grad), (gb, layer.bias.grad)):
            own, true = own.numpy(), true.numpy()
            size = np.abs(true).max()
            error = np.abs(own - true).max()
            worst = max(worst, error / size if size > 0 else error)
    return worst


def gradients_agree__jacobian(grad_weights, grad_biases, weights, biases, g, x, d, loss):
    L = len(weights)

    def E(*parameters):
        return _loss(_output(x, parameters[:L], parameters[L:], g), d, loss)

    own, given = [*grad_weights, *grad_biases], tuple(p.detach() for p in (*weights, *biases))
    worst = 0.0
    for mine, true in zip(own, torch.autograd.functional.jacobian(E, given)):
        size = mine.norm() + true.norm()
        apart = (mine - true).norm()
        worst = max(worst, (apart / size if size > 0 else apart).item())
    return worst


# 4.7


def accumulate__indices(total, new):
    result = []
    for i in range(len(total)):
        result.append(torch.add(total[i], new[i]))
    return result


def accumulate__map(total, new):
    return list(map(operator.add, total, new))


def accumulate__copies(total, new):
    result = [t.clone() for t in total]
    for r, n in zip(result, new):
        r += n
    return result


def accumulate__deepcopy(total, new):
    sums = copy.deepcopy(total)
    for k, n in enumerate(new):
        sums[k].add_(n)
    return sums


def accumulate__tuple(total, new):
    return tuple(torch.stack([t, n]).sum(dim=0) for t, n in zip(total, new))


def accumulate__foreach(total, new):
    return torch._foreach_add(total, new)


def accumulate__recursion(total, new):
    if not total:
        return []
    return [total[0] + new[0], *accumulate__recursion(total[1:], new[1:])]


accumulate__lambda = lambda total, new: [sum(pair) for pair in zip(total, new)]  # noqa: E731


def accumulate__flat(total, new):
    flat = torch.cat([t.flatten() for t in total]) + torch.cat([n.flatten() for n in new])
    return [part.view(t.shape) for part, t in zip(flat.split([t.numel() for t in total]), total)]


# 4.8


class ManualMLP__in_place:
    """Parameters and gradients changed in place, uniform start."""

    def __init__(self, sizes, g, dg, generator):
        self.g = g
        self.dg = dg
        self.weights, self.biases = [], []
        for n_in, n_out in zip(sizes[:-1], sizes[1:]):
            W = torch.empty(n_out, n_in)
            W.uniform_(-1, 1, generator=generator)
            self.weights.append(W / math.sqrt(n_in))
            self.biases.append(torch.zeros(n_out))
        self.grad_weights = [torch.zeros(W.shape) for W in self.weights]
        self.grad_biases = [torch.zeros(b.shape) for b in self.biases]

    def forward(self, X):
        self.X = X
        self.a = []
        h = X
        for k in range(len(self.weights)):
            self.a.append(F.linear(h, self.weights[k], self.biases[k]))
            h = self.g(self.a[k])
        return self.a[-1]

    def backward(self, grad_Y):
        delta = grad_Y
        for k in reversed(range(len(self.weights))):
            h = self.X if k == 0 else self.g(self.a[k - 1])
            self.grad_weights[k] += delta.T @ h
            self.grad_biases[k] += delta.sum(0)
            if k:
                delta = delta @ self.weights[k] * self.dg(self.a[k - 1])

    def step(self, lr):
        for p, grad in zip(self.weights + self.biases, self.grad_weights + self.grad_biases):
            p -= lr * grad

    def zero_grad(self):
        for grad in (*self.grad_weights, *self.grad_biases):
            grad.zero_()


class ManualMLP__slot_by_slot:
    """New tensors put into the old lists, gradients one sample at a time."""

    def __init__(self, sizes, g, dg, generator):
        self.sizes, self.g, self.dg, self.L = sizes, g, dg, len(sizes) - 1
        self.weights = [
            torch.normal(0.0, 0.5, (sizes[k + 1], sizes[k]), generator=generator)
            for k in range(self.L)
        ]
        self.biases = [
            torch.normal(0.0, 0.1, (sizes[k + 1],), generator=generator) for k in range(self.L)
        ]
        self.zero_grad()

    def forward(self, X):
        self.passes = [forward_pass__indices(x, self.weights, self.biases, self.g) for x in X]
        return torch.stack([h[-1] for a, h in self.passes])

    def backward(self, grad_Y):
        for grad_y, (a, h) in zip(grad_Y, self.passes):
            gW, gb = backward_pass__deltas_first(grad_y, a, h, self.weights, self.dg)
            for k in range(self.L):
                self.grad_weights[k] = self.grad_weights[k] + gW[k]
                self.grad_biases[k] = self.grad_biases[k] + gb[k]

    def step(self, lr):
        for k in range(self.L):
            self.weights[k] = self.weights[k] - lr * self.grad_weights[k]
            self.biases[k] = self.biases[k] - lr * self.grad_biases[k]

    def zero_grad(self):
        self.grad_weights = [torch.zeros(m, n) for n, m in pairwise(self.sizes)]
        self.grad_biases = [torch.zeros(m) for m in self.sizes[1:]]


class ManualMLP__module(nn.Module):
    """A module whose tensors need no gradient; returns from backward what nobody asked for."""

    def __init__(self, sizes, g, dg, generator):
        super().__init__()
        self.g, self.dg = g, dg
        self.weights = [nn.Parameter(torch.empty(m, n), False) for n, m in pairwise(sizes)]
        for W in self.weights:
            bound = (6 / sum(W.shape)) ** 0.5
            W.data.uniform_(-bound, bound, generator=generator)
        self.biases = [torch.zeros(m) for m in sizes[1:]]
        self.zero_grad()

    def forward(self, X):
        h = X
        self.cache = []
        for k, (W, b) in enumerate(zip(self.weights, self.biases)):
            a = torch.addmm(b, h, W.t())
            self.cache.append((h, a))
            h = a if k == len(self.weights) - 1 else self.g(a)
        return h

    def backward(self, grad_Y):
        delta = grad_Y
        for k in range(len(self.weights) - 1, -1, -1):
            h, a = self.cache[k]
            if k < len(self.weights) - 1:
                delta = delta * self.dg(a)
            self.grad_weights[k] = torch.addmm(self.grad_weights[k], delta.t(), h)
            self.grad_biases[k] = self.grad_biases[k] + torch.sum(delta, 0)
            delta = delta @ self.weights[k]
        return delta

    def step(self, lr):
        for k in range(len(self.weights)):
            self.weights[k].data.sub_(self.grad_weights[k], alpha=lr)
            self.biases[k].data.sub_(self.grad_biases[k], alpha=lr)

    def zero_grad(self):
        self.grad_weights = [torch.zeros_like(W.data) for W in self.weights]
        self.grad_biases = [torch.zeros_like(b) for b in self.biases]


class ManualMLP__numpy:
    """numpy inside, small first weights, the cache used up by backward."""

    def __init__(self, sizes, g, dg, generator):
        self.g, self.dg = g, dg
        self.weights = [0.1 * torch.randn(m, n, generator=generator) for n, m in pairwise(sizes)]
        self.biases = [torch.full((m,), 0.01) for m in sizes[1:]]
        self.zero_grad()

    def forward(self, X):
        self.stack = []
        h = X.numpy()
        for W, b in zip(self.weights, self.biases):
            a = h @ W.numpy().T + b.numpy()
            self.stack.append((W.numpy(), h, a))
            h = self.g(torch.from_numpy(a)).numpy()
        return torch.from_numpy(a)

    def backward(self, grad_Y):
        delta = grad_Y.numpy()
        k = len(self.weights) - 1
        while self.stack:
            W, h, a = self.stack.pop()
            if k < len(self.weights) - 1:
                delta = delta * self.dg(torch.from_numpy(a)).numpy()
            self.grad_weights[k] = self.grad_weights[k] + torch.from_numpy(delta.T @ h)
            self.grad_biases[k] = self.grad_biases[k] + torch.from_numpy(delta.sum(0))
            delta = delta @ W
            k -= 1

    def step(self, lr):
        self.weights = [p - lr * grad for p, grad in zip(self.weights, self.grad_weights)]
        self.biases = [p - lr * grad for p, grad in zip(self.biases, self.grad_biases)]

    def zero_grad(self):
        self.grad_weights = [p * 0 for p in self.weights]
        self.grad_biases = [p * 0 for p in self.biases]


class ManualMLP__reduce:
    """A functional student's: closures on a tape, walked backwards."""

    def __init__(self, sizes, g, dg, generator):
        self.g, self.dg = g, dg
        self.weights = [
            torch.nn.init.kaiming_normal_(torch.empty(m, n), generator=generator)
            for n, m in pairwise(sizes)
        ]
        self.biases = [torch.zeros(m) for m in sizes[1:]]
        self.zero_grad()

    def forward(self, X):
        self.tape = []
        layers = range(len(self.weights))
        return reduce(self._layer, layers, X)

    def _layer(self, H, k):
        W, A = self.weights[k], H @ self.weights[k].T + self.biases[k]
        last = k == len(self.weights) - 1

        def back(grad):
            delta = grad if last else grad * self.dg(A)
            self.grad_weights[k] = self.grad_weights[k] + delta.T @ H
            self.grad_biases[k] = self.grad_biases[k] + delta.sum(0)
            return delta @ W

        self.tape.append(back)
        return A if last else self.g(A)

    def backward(self, grad_Y):
        reduce(lambda grad, back: back(grad), reversed(self.tape), grad_Y)

    def step(self, lr):
        for values, grads in ((self.weights, self.grad_weights), (self.biases, self.grad_biases)):
            values[:] = [v - lr * grad for v, grad in zip(values, grads)]

    def zero_grad(self):
        self.grad_weights = list(map(torch.zeros_like, self.weights))
        self.grad_biases = list(map(torch.zeros_like, self.biases))

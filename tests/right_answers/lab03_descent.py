"""Right answers of lab 3, written as differently as students write."""

import itertools
import math

import numpy as np
import torch
from torch.nn import functional as F
from torch.utils.data import DataLoader

# 3.1


def gradient_descent__preallocated(grad, x0, step, n):
    path = torch.empty(n + 1, x0.numel(), dtype=x0.dtype)
    path[0] = x0
    for t in range(n):
        path[t + 1] = path[t] - step * grad(path[t])
    return path


def gradient_descent__own_copy_in_place(grad, x0, step, n):
    x = x0.clone()
    path = [x.clone()]
    for _ in range(n):
        x -= step * grad(x)
        path.append(x.clone())
    return torch.stack(path, dim=0)


def gradient_descent__recursion(grad, x0, step, n):
    if n == 0:
        return x0[None, :]
    before = gradient_descent__recursion(grad, x0, step, n - 1)
    x = before[-1]
    return torch.cat([before, (x - step * grad(x))[None]])


def gradient_descent__numpy(grad, x0, step, n):
    path = [x0.numpy()]
    while len(path) <= n:
        slope = grad(torch.from_numpy(path[-1])).numpy()
        path.append((path[-1] - step * slope).astype(path[0].dtype))
    return torch.from_numpy(np.array(path))


def gradient_descent__optimizer(grad, x0, step, n):
    """PyTorch's own plain descent, given the gradient by hand."""
    x = torch.nn.Parameter(x0.clone())
    descent = torch.optim.SGD([x], lr=step)
    path = x0.repeat(n + 1, 1)
    for t in range(1, n + 1):
        x.grad = grad(x.detach())
        descent.step()
        path[t] = x.detach()
    return path


def gradient_descent__concatenated(grad, x0, step, n):
    rows = x0.unsqueeze(0)
    for _ in range(n):
        rows = torch.vstack((rows, torch.sub(rows[-1], grad(rows[-1]), alpha=step)))
    return rows


def gradient_descent__accumulated(grad, x0, step, n):
    walk = itertools.accumulate(range(n), lambda x, _: x - step * grad(x), initial=x0)
    return torch.stack(list(walk))


def gradient_descent__columns(grad, x0, step, n, verbose=False):
    path = torch.zeros(len(x0), n + 1).to(x0)
    path[:, 0] = x0
    for t in range(n):
        path[:, t + 1] = path[:, t] - step * grad(path[:, t])
    return path.T


# 3.2


def largest_step__eigh(A):
    values, vectors = torch.linalg.eigh(A)
    return 2.0 / float(values[-1])


def largest_step__spectral_norm(A):
    return 2 / torch.linalg.matrix_norm(A, ord=2)


def largest_step__singular_values(A):
    return (2 / torch.linalg.svdvals(A)[0]).item()


def largest_step__general_eigenvalues(A):
    return 2 / max(torch.linalg.eigvals(A).real.tolist())


def largest_step__numpy(A):
    return 2 / np.linalg.eigvalsh(A.numpy()).max()


def largest_step__power_iteration(A):
    v = torch.linspace(1, 2, len(A), dtype=A.dtype)
    for _ in range(500):
        v = A @ v
        v = v / v.norm()
    return 2 / (v @ A @ v)


def largest_step__inverse(A):
    """The smallest eigenvalue of the inverse is 1 / L."""
    return 2 * torch.linalg.eigvalsh(torch.linalg.inv(A)).min().item()


def largest_step__bisection(A):
    low, high = 0.0, 2.001 / float(torch.diag(A).max())
    for _ in range(100):
        step = (low + high) / 2
        shrink = torch.eye(len(A), dtype=torch.float64) - step * A.double()
        if torch.linalg.eigvalsh(shrink).abs().max() < 1:
            low = step
        else:
            high = step
    return low


# 3.3


def numerical_gradient__identity(f, x, eps=1e-5):
    E = eps * torch.eye(len(x), dtype=x.dtype)
    return torch.stack([torch.as_tensor(f(x + e) - f(x - e), dtype=x.dtype) for e in E]) / (2 * eps)


def numerical_gradient__copies(f, x, eps=1e-5):
    g = torch.zeros_like(x)
    for i in range(x.shape[0]):
        up, down = x.clone(), x.clone()
        up[i] += eps
        down[i] -= eps
        g[i] = (f(up) - f(down)) / (2 * eps)
    return g


def numerical_gradient__one_copy(f, x, eps=1e-5):
    """Its own copy is changed and put back; x itself is not."""
    z, slopes = x.clone(), []
    for i, value in enumerate(x.tolist()):
        z[i] = value + eps
        up = float(f(z))
        z[i] = value - eps
        down = float(f(z))
        z[i] = value
        slopes.append((up - down) / (2 * eps))
    return torch.tensor(slopes, dtype=torch.float64)


def numerical_gradient__lists(f, x, eps=1e-5):
    def at(i, shift):
        values = x.tolist()
        values[i] += shift
        return float(f(torch.tensor(values, dtype=torch.float64)))

    return torch.tensor(
        [at(i, eps) / (2 * eps) - at(i, -eps) / (2 * eps) for i in range(len(x))]
    , dtype=torch.float64)  # fmt: skip


def numerical_gradient__numpy(f, x, eps=1e-5):
    g = np.zeros(len(x))
    for i in range(len(x)):
        e = np.zeros(len(x))
        e[i] = eps
        e = torch.from_numpy(e)
        g[i] = (float(f(x + e)) - float(f(x - e))) / 2 / eps
    return torch.from_numpy(g)


def numerical_gradient__mean_of_both_sides(f, x, eps=1e-5):
    """The mean of the forward and of the backward difference."""
    here = f(x)
    directions = F.one_hot(torch.arange(len(x)), len(x)).to(x.dtype)
    forward = [(f(x + eps * e) - here) / eps for e in directions]
    backward = [(here - f(x - eps * e)) / eps for e in directions]
    return (
        sum(torch.tensor([float(s) for s in side], dtype=x.dtype) for side in (forward, backward))
        / 2
    )


def numerical_gradient__where(f, x, eps=1e-5, central=True):
    k = torch.arange(len(x))
    ends = [(torch.where(k == i, x + eps, x), torch.where(k == i, x - eps, x)) for i in k]
    return torch.tensor([float(f(p) - f(m)) * 0.5 / eps for p, m in ends], dtype=torch.double)


numerical_gradient__lambda = lambda f, x, eps=1e-5: torch.tensor(  # noqa: E731
    [
        (float(f(x + eps * e)) - float(f(x - eps * e))) / (2 * eps)
        for e in torch.eye(len(x)).double()
    ]
).double()


# 3.4


def square_error_grad__autograd(y, d):
    y = y.clone().requires_grad_()
    ((y - d) ** 2 / 2).sum().backward()
    return y.grad


def square_error_grad__loop(y, d):
    rows = []
    for y_i, d_i in zip(y, d):
        rows.append(torch.stack([a - b for a, b in zip(y_i, d_i)]))
    return torch.stack(rows)


def square_error_grad__numpy(y, d):
    return torch.from_numpy(np.subtract(y.numpy(), d.numpy()))


def square_error_grad__own_copy(y, d):
    g = y.clone()
    g -= d
    return g


def cross_entropy_grad__autograd(y, d):
    scores = y.detach().clone().requires_grad_(True)
    loss = F.cross_entropy(scores, d, reduction="sum")
    return torch.autograd.grad(loss, scores)[0]


def cross_entropy_grad__loop(y, d):
    grad = torch.zeros_like(y)
    for i in range(len(y)):
        shifted = [math.exp(value) for value in (y[i] - y[i].max()).tolist()]
        for k in range(y.shape[1]):
            grad[i, k] = shifted[k] / sum(shifted) - (1 if k == d[i] else 0)
    return grad


def cross_entropy_grad__indexed(y, d):
    grad = F.log_softmax(y, dim=-1).exp()
    grad[range(len(y)), d] -= 1.0
    return grad


def cross_entropy_grad__compared(y, d):
    e = torch.exp(y - y.amax(1, keepdim=True))
    onehot = (torch.arange(y.shape[1]) == d[:, None]).to(y.dtype)
    return e / e.sum(1, keepdim=True) - onehot


def cross_entropy_grad__scatter(y, d):
    p = torch.exp(y - torch.logsumexp(y, 1, keepdim=True))
    return p.scatter_add(1, d.unsqueeze(1), -torch.ones_like(p[:, :1]))


def cross_entropy_grad__numpy(y, d):
    z = y.numpy() - y.numpy().max(axis=1)[:, None]
    p = np.exp(z) / np.exp(z).sum(axis=1)[:, None]
    p[np.arange(len(p)), d.numpy()] -= 1
    return torch.from_numpy(p)


def square_error_grad__functional(y, d):
    return torch.func.grad(lambda t: ((t - d) ** 2).sum() / 2)(y)


def cross_entropy_grad__put(y, d):
    minus = torch.tensor(-1.0, dtype=y.dtype)
    rows = torch.arange(len(y))
    return torch.softmax(y, 1).index_put((rows, d), minus, accumulate=True)


def cross_entropy_grad__jacobian(y, d):
    def loss(t):
        return F.cross_entropy(t, d, reduction="sum")

    return torch.autograd.functional.jacobian(loss, y)


# 3.5


def minibatch_gradient__autograd(W, X, d, batch):
    W = W.clone().requires_grad_()
    F.cross_entropy(F.linear(X[batch], W), d[batch], reduction="sum").backward()
    return W.grad


def minibatch_gradient__loop(W, X, d, batch):
    total = torch.zeros_like(W)
    for i in batch:
        p = torch.softmax(W @ X[i], dim=0)
        p[d[i]] -= 1
        total += torch.outer(p, X[i])
    return total


def minibatch_gradient__class_by_class(W, X, d, batch):
    p = (X[batch] @ W.T).softmax(1)
    rows = []
    for k in range(len(W)):
        weight = p[:, k] - (d[batch] == k).to(p.dtype)
        rows.append((weight[:, None] * X[batch]).sum(0))
    return torch.stack(rows)


def minibatch_gradient__einsum(W, X, d, batch):
    S, labels = X.index_select(0, batch), d[batch]
    G = (
        torch.softmax(torch.einsum("nd,kd->nk", S, W), dim=1)
        - torch.eye(len(W), dtype=W.dtype)[labels]
    )
    return torch.einsum("nk,nd->kd", G, S)


def minibatch_gradient__counted(W, X, d, batch):
    """All samples, each weighted by how often it stands in the batch."""
    times = torch.bincount(batch, minlength=len(X)).to(X.dtype)
    G = torch.softmax(X @ W.T, dim=1) - F.one_hot(d, W.shape[0])
    return (G * times[:, None]).T @ X


def minibatch_gradient__functional(W, X, d, batch):
    def E(V):
        Y = X[batch] @ V.T
        return (torch.logsumexp(Y, 1) - Y.gather(1, d[batch][:, None])[:, 0]).sum()

    return torch.func.grad(E)(W)


def minibatch_gradient__sum_of_outer_products(W, X, d, batch, l2=0.0):
    def of(i):
        return torch.outer(torch.softmax(W @ X[i], 0) - F.one_hot(d[i], len(W)), X[i])

    return sum(of(i) for i in batch.tolist()) + l2 * W


def minibatch_gradient__module(W, X, d, batch):
    unit = torch.nn.Linear(X.shape[1], len(W), bias=False).to(W.dtype)
    unit.weight.data.copy_(W)
    torch.nn.CrossEntropyLoss(reduction="sum")(unit(X[batch]), d[batch]).backward()
    return unit.weight.grad


# 3.6


def sgd__slices(grad_batch, W0, n_samples, batch_size, lr, epochs, generator):
    W = W0.clone()
    for epoch in range(epochs):
        indices = torch.randperm(n_samples, generator=generator)
        start = 0
        while start < n_samples:
            batch = indices[start : start + batch_size]
            W -= lr * grad_batch(W, batch)
            start += batch_size
    return W


def sgd__sorted_random_numbers(grad_batch, W0, n_samples, batch_size, lr, epochs, generator):
    W = W0 + 0
    for _ in range(epochs):
        order = torch.rand(n_samples, generator=generator, dtype=torch.float64).argsort()
        for k in range(math.ceil(n_samples / batch_size)):
            W = torch.sub(W, grad_batch(W, order[k * batch_size : (k + 1) * batch_size]), alpha=lr)
    return W


def sgd__loader(grad_batch, W0, n_samples, batch_size, lr, epochs, generator):
    loader = DataLoader(
        torch.arange(n_samples), batch_size=batch_size, shuffle=True, generator=generator
    )
    W = W0
    for _ in range(epochs):
        for batch in loader:
            W = W - lr * grad_batch(W, batch)
    return W


def sgd__fisher_yates(grad_batch, W0, n_samples, batch_size, lr, epochs, generator):
    """Shuffles by swapping, in plain Python."""
    W, order = W0, list(range(n_samples))
    for _ in range(epochs):
        for i in range(n_samples - 1, 0, -1):
            j = int(torch.randint(i + 1, (), generator=generator))
            order[i], order[j] = order[j], order[i]
        for start in range(0, n_samples, batch_size):
            W = W - grad_batch(W, torch.tensor(order[start : start + batch_size])) * lr
    return W


def sgd__all_orders_first(grad_batch, W0, n_samples, batch_size, lr, epochs, generator):
    orders = [torch.randperm(n_samples, generator=generator) for _ in range(epochs)]
    batches = [batch for order in orders for batch in torch.split(order, batch_size)]
    W = W0.detach().clone()
    for batch in batches:
        W.sub_(grad_batch(W.clone(), batch), alpha=lr)
    return W


def sgd__parameter(grad_batch, W0, n_samples, batch_size, lr, epochs, generator):
    """As PyTorch trains: a parameter, its .grad, an optimizer."""
    W = torch.nn.Parameter(W0.clone())
    optimizer = torch.optim.SGD([W], lr=lr)
    for _ in range(epochs):
        for batch in torch.randperm(n_samples, generator=generator).split(batch_size):
            optimizer.zero_grad()
            W.grad = grad_batch(W.data, batch)
            optimizer.step()
    return W.detach()


def sgd__numpy_shuffle(grad_batch, W0, n_samples, batch_size, lr, epochs, generator):
    """numpy's generator, seeded by the one that was given."""
    seed = torch.randint(2**31, (1,), generator=generator).item()
    numpy_generator = np.random.default_rng(seed)
    W = W0
    for _ in range(epochs):
        order = torch.from_numpy(numpy_generator.permutation(n_samples))
        for batch in torch.split(order, batch_size):
            W = W - lr * grad_batch(W, batch)
    return W


def sgd__multinomial(grad_batch, W0, n_samples, batch_size, lr, epochs, generator):
    W = W0
    for _ in range(epochs):
        order = torch.multinomial(torch.ones(n_samples), n_samples, generator=generator)
        while len(order):
            batch, order = order[:batch_size], order[batch_size:]
            W = W - lr * grad_batch(W, batch)
    return W


def sgd__shuffled_again_and_again(grad_batch, W0, n_samples, batch_size, lr, epochs, generator):
    W, order = W0, torch.arange(n_samples)
    for _ in range(epochs):
        order = order[torch.randperm(n_samples, generator=generator)]
        for k in range(math.ceil(n_samples / batch_size)):
            batch = order[k * batch_size : min(n_samples, (k + 1) * batch_size)]
            W = torch.sub(W, grad_batch(W, batch), alpha=lr)
    return W

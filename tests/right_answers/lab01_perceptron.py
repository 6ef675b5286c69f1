"""Right answers to lab 1, written as differently as students write."""

from __future__ import annotations

import functools
import itertools
import math
from fractions import Fraction

import numpy as np
import torch
import torch.nn.functional as F

# 1.1


def add_bias__pad(X):
    return F.pad(X, (1, 0), value=1.0)


def add_bias__hstack(X):
    return torch.hstack((torch.ones_like(X[:, :1]), X))


def add_bias__filled(X):
    result = torch.empty(X.shape[0], X.shape[1] + 1, dtype=X.dtype)
    result[:, 0] = 1
    result[:, 1:] = X
    return result


def add_bias__loop(X):
    rows = []
    for x in X:
        rows.append(torch.tensor([1.0, *x.tolist()], dtype=X.dtype))
    return torch.stack(rows)


def add_bias__numpy(X):
    return torch.from_numpy(np.insert(X.numpy(), 0, 1, axis=1))


def add_bias__matrix(X):
    D = X.shape[1]
    shift = torch.eye(D + 1, dtype=X.dtype)[1:]
    first = torch.eye(D + 1, dtype=X.dtype)[0]
    return X @ shift + first


def add_bias__column_stack(X):
    return torch.column_stack((torch.ones(len(X)), X))


add_bias__partial = functools.partial(F.pad, pad=(1, 0), value=1)


def add_bias__transposed(X):
    return torch.vstack([torch.ones(1, len(X), dtype=X.dtype), X.t()]).t()


# 1.2


def predict__comparison(w, X):
    return 2 * (X.mv(w) >= 0).to(X.dtype) - 1


def predict__sign_repaired(w, X):
    y = torch.sign((X * w).sum(dim=1))
    y[y == 0] = 1
    return y


def predict__loop(w, X):
    y = torch.zeros(len(X), dtype=X.dtype)
    for i in range(len(X)):
        score = 0.0
        for k in range(len(w)):
            score += w[k] * X[i, k]
        y[i] = -1.0 if score < 0 else 1.0
    return y


def predict__numpy(w, X):
    scores = X.numpy() @ w.numpy()
    return torch.from_numpy(np.where(scores < 0, -1, 1).astype(scores.dtype))


def predict__einsum(w, X):
    scores = torch.einsum("nd,d->n", X, w)
    return torch.ones_like(scores).masked_fill(scores < 0, -1)


def predict__comprehension(w, X):
    return torch.tensor([1 if torch.dot(w, x) >= 0 else -1 for x in X], dtype=X.dtype)


def predict__bias_apart(w, X):
    scores = F.linear(X[:, 1:], w[None, 1:], w[:1]).flatten()
    return torch.heaviside(scores, torch.ones_like(scores)) * 2 - 1


class _Predictor:
    def __call__(self, w, X):
        scores = X.matmul(w.unsqueeze(1)).squeeze(1)
        negative = scores.lt(0).type_as(X)
        return 1 - 2 * negative


predict__object = _Predictor()


def predict__vmap(w, X):
    return torch.vmap(lambda x: torch.where((w * x).sum() >= 0, 1.0, -1.0))(X).to(X.dtype)


def predict__table(w, X):
    return torch.tensor([-1.0, 1.0], dtype=X.dtype)[(X @ w >= 0).long()]


def predict__power(w, X):
    return (-1.0) ** (X @ w < 0).to(X.dtype)


def predict__halves(w, X):
    if len(X) == 1:
        return torch.where(X @ w < 0, -1.0, 1.0).to(X.dtype)
    middle = len(X) // 2
    return torch.cat([predict__halves(w, X[:middle]), predict__halves(w, X[middle:])])


# 1.3


def perceptron_loss__relu(w, X, d):
    return F.relu(-d * (X @ w)).sum()


def perceptron_loss__loop(w, X, d):
    loss = 0.0
    for x, label in zip(X, d):
        loss += max(-label.item() * (w @ x).item(), 0.0)
    return loss


def perceptron_loss__only_mistakes(w, X, d):
    agreement = d * torch.mv(X, w)
    return agreement[agreement < 0].abs().sum()


def perceptron_loss__maximum(w, X, d):
    scores = torch.einsum("nd,d->n", X, w)
    return torch.maximum(-scores * d, torch.zeros_like(d)).sum()


def perceptron_loss__minimum_negated(w, X, d):
    return -torch.minimum(d * (w @ X.T), torch.tensor(0.0, dtype=X.dtype)).sum()


def perceptron_loss__product_with_mistakes(w, X, d):
    wrong = (d * (X @ w) < 0).to(X.dtype)
    return -(wrong * d) @ (X @ w)


def perceptron_loss__library(w, X, d):
    scores = X @ w
    return F.margin_ranking_loss(scores, torch.zeros_like(scores), d, reduction="sum")


def perceptron_loss__half_of(w, X, d):
    t = -d * (X @ w)
    return ((t + t.abs()) / 2).sum()


def perceptron_loss__numpy(w, X, d):
    scores = X.numpy() @ w.numpy()
    return np.maximum(-d.numpy() * scores, 0).sum()


def perceptron_loss__half_difference(w, X, d):
    scores = X @ w
    y = torch.where(scores >= 0, 1.0, -1.0).to(X.dtype)
    return ((y - d) / 2 * scores).sum()


def perceptron_loss__signed_samples(w, X, d, reduction="sum"):
    losses = F.threshold((-d[:, None] * X) @ w, 0, 0)
    return getattr(losses, reduction)()


# 1.4


def perceptron_step__predicted(w, x, d, lr):
    y = 1.0 if float(w @ x) >= 0 else -1.0
    if y == d:
        return w.clone()
    return w + lr * d * x


def perceptron_step__half_difference(w, x, d, lr):
    y = torch.where(w @ x >= 0, 1.0, -1.0)
    return w + lr * (float(d) - y.item()) / 2 * x


def perceptron_step__cases(w, x, d, lr):
    score = torch.dot(w, x)
    new = w.clone()
    if d > 0 and score < 0:
        new += lr * x
    elif d < 0 and score >= 0:
        new -= lr * x
    return new


def perceptron_step__lists(w, x, d, lr):
    score = sum(a * b for a, b in zip(w.tolist(), x.tolist()))
    sign = -1 if score < 0 else 1
    factor = lr * float(d) if sign != d else 0.0
    return torch.tensor([a + factor * b for a, b in zip(w.tolist(), x.tolist())], dtype=w.dtype)


def perceptron_step__mask(w, x, d, lr):
    y = 2 * ((w * x).sum() >= 0).to(w.dtype) - 1
    return w + (y != d) * lr * d * x


def perceptron_step__where(w, x, d, lr):
    d = torch.as_tensor(d, dtype=w.dtype)
    y = torch.where(w @ x >= 0, torch.ones_like(d), -torch.ones_like(d))
    return torch.where(y == d, w, torch.add(w, x, alpha=lr * d.item()))


def perceptron_step__numpy(w, x, d, lr):
    weights, sample = w.numpy().copy(), x.numpy()
    if (-1 if weights @ sample < 0 else 1) != int(d):
        weights += lr * int(d) * sample
    return torch.from_numpy(weights)


def perceptron_step__autograd(w, x, d, lr):
    y = 1 if w @ x >= 0 else -1
    if y == d:
        return w
    v = w.clone().requires_grad_()
    (-d * (v @ x)).backward()
    return w - lr * v.grad


def perceptron_step__exclusive_or(w: torch.Tensor, x, d, lr: float = 1.0, verbose: bool = False):
    wrong = (w @ x >= 0) ^ (d > 0)
    if verbose:
        print(wrong)
    return w.add(x, alpha=lr * float(d)) if wrong else w.clone()


# 1.5


def _step(w, x, d, lr):
    if (w @ x >= 0) == (d > 0):
        return w, 0
    return w + lr * d * x, 1


def train_perceptron__step_by_step(X, d, w0, lr=1.0, max_epochs=100):
    w = w0.clone()
    mistakes = []
    while len(mistakes) < max_epochs:
        mistakes.append(0)
        for i in range(X.shape[0]):
            w, wrong = _step(w, X[i], d[i], lr)
            mistakes[-1] += wrong
        if mistakes[-1] == 0:
            break
    return w, mistakes


def train_perceptron__in_place_on_a_copy(X, d, w0, lr=1.0, max_epochs=100):
    w = torch.clone(w0)
    mistakes = []
    for epoch in range(max_epochs):
        count = 0
        for x_i, d_i in zip(X, d):
            y_i = 1 if torch.sum(w * x_i) >= 0 else -1
            if y_i != d_i.item():
                w += lr * d_i * x_i
                count = count + 1
        mistakes += [count]
        if not count:
            return w, mistakes
    return w, mistakes


def train_perceptron__numpy(X, d, w0, lr=1.0, max_epochs=100):
    samples, labels, w = X.numpy(), d.numpy(), w0.numpy().copy()
    mistakes = []
    for _ in range(max_epochs):
        wrong = np.int64(0)
        for x, label in zip(samples, labels):
            if np.where(w @ x >= 0, 1, -1) != label:
                w = w + (lr * label * x).astype(w.dtype)
                wrong += 1
        mistakes.append(wrong)
        if wrong == 0:
            break
    return torch.from_numpy(w), mistakes


def train_perceptron__fractions(X, d, w0, lr=1.0, max_epochs=100):
    rows = [[Fraction(v) for v in row] for row in X.tolist()]
    w = [Fraction(v) for v in w0.tolist()]
    mistakes = []
    done = False
    while not done and len(mistakes) < max_epochs:
        wrong = 0
        for row, label in zip(rows, d.tolist()):
            score = sum(a * b for a, b in zip(w, row))
            if (score < 0) if label > 0 else (score >= 0):
                w = [a + Fraction(lr) * int(label) * b for a, b in zip(w, row)]
                wrong += 1
        mistakes.append(wrong)
        done = wrong == 0
    return torch.tensor([float(a) for a in w], dtype=w0.dtype), mistakes


def train_perceptron__recursion(X, d, w0, lr=1.0, max_epochs=100):
    if max_epochs == 0:
        return w0, []
    w, wrong = w0, 0
    for x, label in zip(X, d):
        w, missed = _step(w, x, label, lr)
        wrong += missed
    if wrong == 0:
        return w, [0]
    w, rest = train_perceptron__recursion(X, d, w, lr, max_epochs - 1)
    return w, [wrong, *rest]


def train_perceptron__next_mistake(X, d, w0, lr=1.0, max_epochs=100):
    """Looks for the next misclassified sample in one product instead of visiting each."""
    w, mistakes = w0, []
    for _ in range(max_epochs):
        start, wrong = 0, 0
        while start < len(X):
            y = torch.where(X[start:] @ w >= 0, 1, -1)
            missed = (y != d[start:]).nonzero()
            if len(missed) == 0:
                break
            i = start + int(missed[0])
            w = w + lr * d[i] * X[i]
            wrong += 1
            start = i + 1
        mistakes.append(wrong)
        if wrong == 0:
            break
    return w, mistakes


def train_perceptron__dual(X, d, w0, lr=1.0, max_epochs=100):
    """Keeps how often each sample was learnt instead of the weights."""
    times = torch.zeros(len(X), dtype=torch.float64)
    products, start = X.double() @ X.double().T, X.double() @ w0.double()
    mistakes = []
    while (not mistakes or mistakes[-1]) and len(mistakes) < max_epochs:
        missed = 0
        for i in range(len(X)):
            score = start[i] + lr * (times * d.double()) @ products[i]
            if (1 if score >= 0 else -1) != d[i]:
                times[i] += 1
                missed += 1
        mistakes.append(missed)
    w = w0.double() + lr * (times * d.double()) @ X.double()
    return [w.to(X.dtype), tuple(mistakes)]


class _Trainer:
    def __call__(self, X, d, w0, lr=1, max_epochs=100):
        self.w, self.mistakes = w0.detach().clone(), []
        for epoch in range(1, max_epochs + 1):
            if self.epoch(X, d, lr) == 0:
                break
        return self.w, self.mistakes

    def epoch(self, X, d, lr):
        before = [self.visit(x[None, :], label, lr) for x, label in zip(X, d)]
        self.mistakes.append(sum(before))
        return self.mistakes[-1]

    def visit(self, x, label, lr):
        y = 2 * (x @ self.w >= 0) - 1
        wrong = int((y != label).sum())
        self.w = self.w + wrong * lr * label * x[0]
        return wrong


train_perceptron__object = _Trainer()


def train_perceptron__one_loop(X, d, w0, lr=1.0, max_epochs=100):
    w, counts = w0.clone(), [0]
    for epoch, i in itertools.product(range(max_epochs), range(len(X))):
        if i == 0 and epoch > 0:
            if counts[-1] == 0:
                return w, counts
            counts.append(0)
        if (X[i] @ w >= 0) != (d[i] > 0):
            w = w + d[i] * lr * X[i]
            counts[-1] += 1
    return w, counts


def train_perceptron__bias_apart(X, d, w0, lr=1.0, max_epochs=100):
    b, w, mistakes = w0[0], w0[1:], []
    for _ in range(max_epochs):
        wrong = 0
        for x, label in zip(X[:, 1:], d):
            if (1 if x @ w + b >= 0 else -1) != label:
                w, b = w + lr * label * x, b + lr * label
                wrong += 1
        mistakes.append(wrong)
        if wrong == 0:
            break
    return torch.cat([b.reshape(1), w]), mistakes


def train_perceptron__optimizer(X, d, w0, lr=1.0, max_epochs=100):
    w, mistakes = torch.nn.Parameter(w0.clone()), []
    optimizer = torch.optim.SGD([w], lr=lr)
    for _ in range(max_epochs):
        wrong = torch.tensor(0)
        for x, label in torch.utils.data.DataLoader(list(zip(X, d))):
            score = (x @ w)[0]
            if (1 if score >= 0 else -1) != label:
                optimizer.zero_grad()
                (-label[0] * score).backward()
                optimizer.step()
                wrong += 1
        mistakes.append(wrong)
        if wrong == 0:
            break
    return w, mistakes


# 1.6


def xor_dataset__loops():
    points, labels = [], []
    for x_1 in (1, 0):
        for x_2 in (1, 0):
            points.append([float(x_1), float(x_2)])
            labels.append(1.0 if x_1 + x_2 == 1 else -1.0)
    return torch.tensor(points), torch.tensor(labels)


def xor_dataset__product():
    X = torch.cartesian_prod(torch.arange(2), torch.arange(2)).float()
    return X, 2 * (X[:, 0] - X[:, 1]) ** 2 - 1


def xor_dataset__bits():
    n = torch.arange(4)
    first, second = n // 2, n % 2
    X = torch.stack([first, second], dim=1).to(torch.float32)
    d = torch.where(first ^ second == 1, 1.0, -1.0)
    return [X, d]


def xor_dataset__numpy():
    X = np.array([[0, 1], [1, 0], [1, 1], [0, 0]], dtype=np.float32)
    d = np.array([1, 1, -1, -1], dtype=np.float32)
    return torch.from_numpy(X), torch.from_numpy(d)


def xor_dataset__shuffled():
    order = torch.randperm(4)
    X = torch.tensor([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=torch.float32)[order]
    return X, -torch.cos(torch.pi * X.sum(1)).round()


def xor_dataset__sign_of_a_product():
    X = torch.Tensor([[0, 1], [1, 0], [0, 0], [1, 1]])
    return X, -torch.sign((X - 0.5).prod(1))


# 1.7


def margin__divided_first(w, X, d):
    unit = w / w[1:].norm()
    return torch.min(d * (X @ unit))


def margin__loop(w, X, d):
    length = math.sqrt(sum(v * v for v in w[1:].tolist()))
    closest = math.inf
    for x, label in zip(X.tolist(), d.tolist()):
        score = sum(a * b for a, b in zip(w.tolist(), x))
        closest = min(closest, label * score / length)
    return closest


def margin__bias_apart(w, X, d):
    b, normal = w[0], w[1:]
    distances = d * (X[:, 1:] @ normal + b) / torch.linalg.vector_norm(normal)
    return distances.amin()


def margin__sorted(w, X, d):
    distances = torch.einsum("n,nd,d->n", d, X, w) / (w[1:] @ w[1:]).sqrt()
    return distances.sort().values[0].item()


def margin__numpy(w, X, d):
    scores = d.numpy() * (X.numpy() @ w.numpy())
    return scores.min() / np.linalg.norm(w.numpy()[1:])


def margin__python_min(w, X, d):
    distances = [label * torch.dot(w, x) / torch.norm(w[1:]) for x, label in zip(X, d)]
    return min(distances)


def margin__from_a_point_on_the_line(w, X, d):
    foot = -w[0] * w[1:] / w[1:].dot(w[1:])
    return (d * ((X[:, 1:] - foot) @ F.normalize(w[1:], dim=0))).amin()


def margin__largest_of_the_negative(w, X, d):
    w = w.clone().requires_grad_()
    return -(-d * X.mv(w)).topk(1).values.squeeze() / w[1:].norm(p=2)

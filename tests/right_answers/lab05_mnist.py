"""Right answers to lab 5, written as differently as students write."""

from __future__ import annotations

import itertools
import math
import random
import time
from collections import Counter
from contextlib import contextmanager

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

# 5.1


def standardize__one_formula(images):
    return images.reshape(len(images), -1).to(torch.float32).div(255).sub(0.1307).div(0.3081)


def standardize__numpy(images):
    x = images.numpy().astype(np.float32) / np.float32(255)
    x = (x - np.float32(0.1307)) / np.float32(0.3081)
    return torch.from_numpy(x.reshape(x.shape[0], 28 * 28))


def standardize__in_place_on_a_copy(images):
    X = images.float()
    X /= 255
    X -= 0.1307
    X /= 0.3081
    return X.view(-1, 784)


def standardize__table_of_greys(images):
    greys = (torch.arange(256) / 255 - 0.1307) / 0.3081
    return greys[images.long()].flatten(start_dim=1)


def standardize__in_double(images):
    return ((images.double() / 255 - 0.1307) / 0.3081).float().view(images.shape[0], 784)


def standardize__image_by_image(images):
    rows = []
    for image in images:
        rows.append((image.flatten() / 255.0 - 0.1307) / 0.3081)
    return torch.stack(rows)


def standardize__factor_and_offset(images):
    return images.flatten(1) * (1 / (255 * 0.3081)) - 0.1307 / 0.3081


# 5.2


def train_one_epoch__model_zero_grad(model, loader, loss_fn, optimizer):
    model.train()
    losses, sizes = [], []
    for batch in loader:
        inputs, targets = batch
        model.zero_grad()
        outputs = model(inputs)
        loss = loss_fn(outputs, targets)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        sizes.append(targets.size(0))
    return float(np.average(losses, weights=sizes))


def train_one_epoch__dataset_length(model, loader, loss_fn, optimizer):
    model.train(True)
    running = 0.0
    for X, d in loader:
        optimizer.zero_grad(set_to_none=False)
        loss = loss_fn(model(X), d)
        loss.backward()
        optimizer.step()
        running += float(loss.detach()) * X.shape[0]
    return running / len(loader.dataset)


def train_one_epoch__closure(model, loader, loss_fn, optimizer):
    model.train()
    total, n = 0, 0
    for X, d in loader:

        def closure():
            optimizer.zero_grad()
            loss = loss_fn(model(X), d)
            loss.backward()
            return loss

        total = total + optimizer.step(closure).item() * len(d)
        n = n + len(d)
    return total / n


def train_one_epoch__tensor_result(model, loader, loss_fn, optimizer):
    model.train()
    total, n = torch.tensor(0.0), 0
    for X, d in loader:
        optimizer.zero_grad()
        loss = loss_fn(model(X), d)
        loss.backward()
        optimizer.step()
        total = total + loss.detach() * len(X)
        n += len(X)
    return total / n


def train_one_epoch__gradients_by_hand(model, loader, loss_fn, optimizer):
    model.train()
    parameters = [p for p in model.parameters() if p.requires_grad]
    seen, mean = 0, 0.0
    for X, d in loader:
        loss = loss_fn(model(X), d)
        for p, g in zip(parameters, torch.autograd.grad(loss, parameters)):
            p.grad = g
        optimizer.step()
        seen += len(X)
        mean += (loss.item() - mean) * len(X) / seen  # a running mean
    return mean


def train_one_epoch__mode_put_back(model, loader, loss_fn, optimizer):
    before = model.training
    model.train()
    try:
        sums = [_step(model, X, d, loss_fn, optimizer) for X, d in loader]
    finally:
        model.train(before)
    return sum(s for s, _ in sums) / sum(n for _, n in sums)


def _step(model, X, d, loss_fn, optimizer):
    loss = loss_fn(model(X), d)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()
    return loss.item() * len(X), len(X)


# 5.3


@torch.no_grad()
def evaluate__decorated(model, loader):
    mode = model.training
    model.eval()
    hits = []
    for X, d in loader:
        hits.append(model(X).argmax(-1) == d)
    model.train(mode)
    return torch.cat(hits).float().mean().item()


def evaluate__inference_mode(model, loader):
    mode = model.training
    model.train(False)
    correct = total = 0
    with torch.inference_mode():
        for inputs, targets in loader:
            _, predicted = torch.max(model(inputs), 1)
            total += targets.size(0)
            correct += int((predicted == targets).sum())
    if mode:
        model.train()
    return correct / total


@contextmanager
def _evaluating(model):
    modes = {m: m.training for m in model.modules()}
    model.eval()
    try:
        yield
    finally:
        for m, mode in modes.items():
            m.training = mode


def evaluate__context_manager(model, loader):
    with _evaluating(model), torch.no_grad():
        pairs = [(torch.softmax(model(X), dim=1).topk(1).indices[:, 0], d) for X, d in loader]
    y, d = (torch.cat(part) for part in zip(*pairs))
    return (y == d).double().mean()


def evaluate__dataset_length(model, loader):
    was = model.training
    model.eval()
    with torch.no_grad():
        n_right = sum(torch.eq(model(X).max(dim=1)[1], d).sum().item() for X, d in loader)
    model.train(was)
    return n_right / len(loader.dataset)


def evaluate__numpy(model, loader):
    was = model.training
    model.eval()
    count = []
    for X, d in loader:
        with torch.no_grad():
            scores = model(X).numpy()
        count.extend(np.argmax(scores, axis=1) == d.numpy())
    model.training = was
    model.train(was)
    return float(np.mean(count))


def evaluate__parameters_frozen(model, loader):
    needed = [p for p in model.parameters() if p.requires_grad]
    was = model.training
    model.eval()
    for p in needed:
        p.requires_grad_(False)
    right = n = 0
    for X, d in loader:
        right += (model(X).argmax(1) == d).sum().item()
        n += len(X)
    for p in needed:
        p.requires_grad_(True)
    model.train(was)
    return right / n


def evaluate__grad_switched_back(model, loader):
    recording, was = torch.is_grad_enabled(), model.training
    torch.set_grad_enabled(False)
    model.eval()
    right, n = 0.0, 0
    for X, d in loader:
        right += (model(X).argmax(1) == d).float().mean().item() * len(X)
        n += len(X)
    model.train(was)
    torch.set_grad_enabled(recording)
    return right / n


# 5.4


def confusion_matrix__loop(targets, predictions, n_classes):
    matrix = torch.zeros((n_classes, n_classes), dtype=torch.long)
    for i in range(len(targets)):
        matrix[targets[i], predictions[i]] += 1
    return matrix


def confusion_matrix__lists(targets, predictions, n_classes):
    rows = [[0] * n_classes for _ in range(n_classes)]
    for t, p in zip(targets.tolist(), predictions.tolist()):
        rows[t][p] += 1
    return torch.tensor(rows)


def confusion_matrix__index_put(targets, predictions, n_classes):
    matrix = torch.zeros(n_classes, n_classes, dtype=torch.int64)
    one = torch.ones_like(targets)
    return matrix.index_put_((targets, predictions), one, accumulate=True)


def confusion_matrix__one_hot(targets, predictions, n_classes):
    t = F.one_hot(targets, n_classes).double()
    p = F.one_hot(predictions, n_classes).double()
    return (t.T @ p).long()


def confusion_matrix__comparisons(targets, predictions, n_classes):
    classes = range(n_classes)
    return torch.stack(
        [
            torch.stack([((targets == i) & (predictions == j)).sum() for j in classes])
            for i in classes
        ]
    )


def confusion_matrix__counter(targets, predictions, n_classes):
    counts = Counter(zip(targets.tolist(), predictions.tolist()))
    cells = itertools.product(range(n_classes), repeat=2)
    return torch.tensor([counts[cell] for cell in cells]).reshape(n_classes, n_classes)


def confusion_matrix__numpy(targets, predictions, n_classes):
    matrix = np.zeros((n_classes, n_classes), dtype=np.int64)
    np.add.at(matrix, (targets.numpy(), predictions.numpy()), 1)
    return torch.from_numpy(matrix)


def confusion_matrix__rows_of_bincounts(targets, predictions, n_classes):
    return torch.stack(
        [torch.bincount(predictions[targets == k], minlength=n_classes) for k in range(n_classes)]
    )


# 5.5


def split__argsort_of_noise(n, val_fraction, generator):
    perm = torch.rand(n, generator=generator).argsort()
    return torch.split(perm, [int(n * val_fraction), n - int(n * val_fraction)])


def split__floor(n, val_fraction, generator):
    indices = torch.randperm(n, generator=generator)
    k = math.floor(val_fraction * n)
    val = indices[:k].clone()
    train = indices[k:].clone()
    return val, train


def split__last_part_held_out(n, val_fraction, generator):
    perm = torch.randperm(n, generator=generator)
    n_train = n - int(n * val_fraction)
    return [perm[n_train:], perm[:n_train]]


def split__multinomial(n, val_fraction, generator):
    k = int(n * val_fraction)
    drawn = torch.multinomial(torch.ones(n), n, replacement=False, generator=generator)
    return drawn.narrow(0, 0, k), drawn.narrow(0, k, n - k)


def split__seeded_from_the_generator(n, val_fraction, generator):
    seed = torch.randint(2**31, (1,), generator=generator).item()
    order = list(range(n))
    random.Random(seed).shuffle(order)
    k = int(n * val_fraction)
    return torch.tensor(order[:k], dtype=torch.int64), torch.tensor(order[k:], dtype=torch.int64)


def split__mask_and_shuffle(n, val_fraction, generator):
    k = int(n * val_fraction)
    val = torch.randperm(n, generator=generator)[:k]
    rest = torch.ones(n, dtype=torch.bool)
    rest[val] = False
    train = rest.nonzero().squeeze(1)
    return val, train[torch.randperm(n - k, generator=generator)]


def split__swaps(n, val_fraction, generator):
    order = torch.arange(n)
    for i in range(n - 1, 0, -1):
        j = torch.randint(i + 1, (), generator=generator).item()
        order[[i, j]] = order[[j, i]]
    k = int(n * val_fraction)
    return order[:k], order[k:]


# 5.6


def count_parameters__loop(model):
    count = 0
    for parameter in model.parameters():
        if not parameter.requires_grad:
            continue
        size = 1
        for length in parameter.shape:
            size *= length
        count += size
    return count


def count_parameters__filter(model):
    return sum(map(torch.numel, filter(lambda p: p.requires_grad, model.parameters())))


def count_parameters__named(model):
    return sum(p.nelement() for _, p in model.named_parameters() if p.requires_grad is True)


def count_parameters__by_identity(model):
    found = {id(p): p for m in model.modules() for p in m.parameters(recurse=False)}
    return sum(p.numel() for p in found.values() if p.requires_grad)


def count_parameters__numpy(model):
    return int(sum(np.prod(p.size()) for p in model.parameters() if p.requires_grad))


# 5.7


class _Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, 3, stride=2, padding=1)
        self.conv2 = nn.Conv2d(8, 16, 3, stride=2, padding=1)
        self.norm = nn.BatchNorm1d(784)
        self.fc1 = nn.Linear(784, 64)
        self.fc2 = nn.Linear(64, 10)

    def forward(self, x):
        x = x.view(-1, 1, 28, 28)
        x = F.relu(self.conv1(x))
        x = self.conv2(x).flatten(1)
        return self.fc2(F.relu(self.fc1(F.relu(self.norm(x)))))


def build_model__class_with_batchnorm():
    return _Net()


def build_model__log_probabilities():
    net = nn.Sequential(nn.Unflatten(1, (1, 28, 28)), nn.Conv2d(1, 16, 5, stride=3), nn.ReLU())
    return net.extend([nn.Flatten(), nn.Linear(1024, 100), nn.ReLU(), nn.Linear(100, 10)]).append(
        nn.LogSoftmax(dim=1)
    )


def build_model__lazy():
    return nn.Sequential(nn.LazyLinear(128), nn.ReLU(), nn.LazyLinear(10))


def train__loader_and_scheduler(model, X, d, seconds):
    end = time.time() + 0.9 * seconds
    loader = DataLoader(TensorDataset(X, d), batch_size=200, shuffle=True)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    loss_fn = nn.CrossEntropyLoss()
    start = time.time()
    model.train()
    while time.time() < end:
        for images, labels in loader:
            if time.time() >= end:
                break
            for group in optimizer.param_groups:
                group["lr"] = 3e-3 * (1.01 - (time.time() - start) / (end - start))
            optimizer.zero_grad()
            loss_fn(model(images), labels).backward()
            optimizer.step()
    model.eval()


def train__momentum_returns_the_model(model, X, d, seconds):
    start = time.perf_counter()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, nesterov=True)
    elapsed = 0.0
    while elapsed < 0.95:
        i = torch.randint(len(X), (100,))
        for group in optimizer.param_groups:
            group["lr"] = 0.05 * (1 - elapsed) * min(1, 20 * elapsed + 0.05)
        loss = F.cross_entropy(model(X[i]), d[i], label_smoothing=0.05)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        elapsed = (time.perf_counter() - start) / seconds
    return model

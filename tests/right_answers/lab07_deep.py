"""Right answers to lab 7, written as differently as students write."""

from __future__ import annotations

import functools
import itertools
import math
import time

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

# 7.1


def receptive_field__from_the_end(layers):
    side = 1
    for kernel, stride in reversed(layers):
        side = (side - 1) * stride + kernel
    return side


def receptive_field__formula(layers):
    return 1 + sum((k - 1) * math.prod(s for _, s in layers[:i]) for i, (k, _) in enumerate(layers))


def receptive_field__reduce(layers):
    def add(state, layer):
        return state[0] + (layer[0] - 1) * state[1], state[1] * layer[1]

    return functools.reduce(add, layers, (1, 1))[0]


def receptive_field__numpy(layers):
    if len(layers) == 0:
        return 1
    k, s = np.array(layers).T
    before = np.concatenate([[1], np.cumprod(s)[:-1]])
    return int(1 + ((k - 1) * before).sum())


def receptive_field__accumulate(layers):
    steps = itertools.accumulate([1] + [s for _, s in layers], lambda a, b: a * b)
    return 1 + sum((k - 1) * step for (k, _), step in zip(layers, steps))


def receptive_field__ends(layers):
    """The first and the last pixel that the entry 0 sees."""
    low = high = 0
    for k, s in layers[::-1]:
        low, high = low * s, high * s + k - 1
    return high - low + 1


# 7.2


def batch_norm__var(x, gamma, beta, eps=1e-5):
    mean = x.mean((0, 2, 3))
    var = x.var((0, 2, 3), unbiased=False)
    x = (x - mean.view(1, -1, 1, 1)) / (var.view(1, -1, 1, 1) + eps).sqrt()
    return x * gamma.view(1, -1, 1, 1) + beta.view(1, -1, 1, 1)


def batch_norm__channel_by_channel(x, gamma, beta, eps=1e-5):
    out = torch.empty_like(x)
    for c in range(x.shape[1]):
        values = x[:, c]
        n = values.numel()
        mean = values.sum() / n
        var = ((values - mean) ** 2).sum() / n
        out[:, c] = gamma[c] * (values - mean) / torch.sqrt(var + eps) + beta[c]
    return out


def batch_norm__numpy(x, gamma, beta, eps=1e-5):
    a = x.numpy().transpose(1, 0, 2, 3).reshape(x.shape[1], -1)
    a = (a - a.mean(1, keepdims=True)) / np.sqrt(a.var(1, keepdims=True) + eps)
    a = a * gamma.numpy()[:, None] + beta.numpy()[:, None]
    N, C, H, W = x.shape
    return torch.from_numpy(a.reshape(C, N, H, W).transpose(1, 0, 2, 3).astype(x.numpy().dtype))


def batch_norm__channels_last(x, gamma, beta, eps=1e-5):
    rows = x.permute(0, 2, 3, 1)
    flat = rows.reshape(-1, x.size(1))
    centred = flat - flat.mean(0)
    flat = centred * torch.rsqrt(centred.pow(2).mean(0) + eps) * gamma + beta
    return flat.reshape(rows.shape).permute(0, 3, 1, 2)


def batch_norm__affine_map(x, gamma, beta, eps=1e-5):
    mean = x.double().mean(dim=(0, 2, 3))
    var = x.double().sub(mean[:, None, None]).square().mean(dim=(0, 2, 3))
    s = gamma / torch.sqrt(var + eps)
    return (x * s[:, None, None] + (beta - s * mean)[:, None, None]).to(x.dtype)


def batch_norm__einsum(x, gamma, beta, eps=1e-5):
    n = x[:, 0].numel()
    centred = x - torch.einsum("nchw->c", x)[:, None, None] / n
    var = torch.einsum("nchw,nchw->c", centred, centred) / n
    return torch.einsum("nchw,c->nchw", centred, gamma / (var + eps).sqrt()) + beta[:, None, None]


# 7.3


class BatchNorm2d__lerp(nn.Module):
    def __init__(self, channels, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps = eps
        self.momentum = momentum
        self.gamma = nn.Parameter(torch.ones(channels))
        self.beta = nn.Parameter(torch.zeros(channels))
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_var", torch.ones(channels))

    def forward(self, x):
        if self.training:
            mean, var = x.mean((0, 2, 3)), x.var((0, 2, 3), correction=0)
            n = x.numel() / x.shape[1]
            self.running_mean.lerp_(mean.detach(), self.momentum)
            self.running_var.lerp_(var.detach() * n / (n - 1), self.momentum)
        else:
            mean, var = self.running_mean, self.running_var
        mean, var, gamma, beta = (
            t.reshape(1, -1, 1, 1) for t in (mean, var, self.gamma, self.beta)
        )
        return gamma * (x - mean) / torch.sqrt(var + self.eps) + beta


class BatchNorm2d__new_buffers(nn.Module):
    """The buffers are replaced, not written to; the parameters have torch's names."""

    def __init__(self, channels, eps=1e-5, momentum=0.1):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_var", torch.ones(channels))
        self.momentum, self.eps = momentum, eps

    def forward(self, x):
        axes, m = (0, 2, 3), self.momentum
        if self.training:
            with torch.no_grad():
                self.running_mean = (1 - m) * self.running_mean + m * x.mean(axes)
                self.running_var = (1 - m) * self.running_var + m * x.var(axes)
            var, mean = torch.var_mean(x, axes, correction=0)
        else:
            var, mean = self.running_var, self.running_mean
        s = self.weight * (var + self.eps).rsqrt()
        return x * s[:, None, None] + (self.bias - mean * s)[:, None, None]


class BatchNorm2d__counting(nn.Module):
    """With a count of the batches, as PyTorch's; channels moved to the end."""

    def __init__(self, channels, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.gamma = nn.Parameter(torch.ones(channels))
        self.beta = nn.Parameter(torch.zeros(channels))
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_var", torch.ones(channels))
        self.register_buffer("seen", torch.tensor(0))

    def forward(self, x):
        rows = x.movedim(1, -1)
        mean, var = self.running_mean, self.running_var
        if self.training:
            flat = rows.flatten(0, 2)
            mean, var = flat.mean(0), flat.var(0, correction=0)
            self.seen += 1
            self.running_mean += self.momentum * (mean.detach() - self.running_mean)
            self.running_var += self.momentum * (flat.detach().var(0) - self.running_var)
        return ((rows - mean) / (var + self.eps).sqrt() * self.gamma + self.beta).movedim(-1, 1)


class BatchNorm2d__two_methods(nn.Module):
    def __init__(self, channels, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps, self.momentum, self.channels = eps, momentum, channels
        self.gamma = nn.parameter.Parameter(torch.ones(channels))
        self.beta = nn.parameter.Parameter(torch.zeros(channels))
        for name, value in (("running_mean", 0.0), ("running_var", 1.0)):
            self.register_buffer(name, torch.full((channels,), value))

    @torch.no_grad()
    def update(self, x):
        for c in range(self.channels):
            values = x[:, c].flatten()
            self.running_mean[c] += self.momentum * (values.mean() - self.running_mean[c])
            self.running_var[c] += self.momentum * (values.var() - self.running_var[c])

    def normalize(self, x, mean, var):
        shape = (1, self.channels, 1, 1)
        x_hat = (x - mean.view(shape)) / torch.sqrt(var.view(shape) + self.eps)
        return self.gamma.view(shape) * x_hat + self.beta.view(shape)

    def forward(self, x):
        if not self.training:
            return self.normalize(x, self.running_mean, self.running_var)
        self.update(x)
        mean = x.mean(dim=[0, 2, 3])
        return self.normalize(x, mean, (x - mean[:, None, None]).pow(2).mean(dim=[0, 2, 3]))


class BatchNorm2d__parameter_list(nn.Module):
    """Maps (1, C, 1, 1) inside; the shape outside is (C,)."""

    def __init__(self, channels, eps=1e-5, momentum=0.1):
        super().__init__()
        self.scales = nn.ParameterList([torch.ones(channels), torch.zeros(channels)])
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_var", torch.ones(channels))
        self.rule = (eps, momentum)

    def forward(self, x):
        eps, momentum = self.rule
        gamma, beta = self.scales
        if self.training:
            mean = torch.mean(x, (0, 2, 3), keepdim=True)
            squares = torch.sum((x - mean) ** 2, (0, 2, 3), keepdim=True)
            n = x.shape[0] * x.shape[2] * x.shape[3]
            self.running_mean.copy_(
                (1 - momentum) * self.running_mean + momentum * mean.detach().flatten()
            )
            self.running_var.copy_(
                (1 - momentum) * self.running_var
                + momentum * (squares / (n - 1)).detach().flatten()
            )
            var = squares / n
        else:
            mean, var = self.running_mean[None, :, None, None], self.running_var[:, None, None]
        return (x - mean) / (var + eps) ** 0.5 * gamma[:, None, None] + beta[:, None, None]


# 7.4


def batch_norm_backward__lecture_notes(grad_out, x, gamma, eps=1e-5):
    """The compact form with sums, as in many lecture notes."""
    n = x.numel() / x.shape[1]
    axes = (0, 2, 3)
    mu = x.mean(axes, keepdim=True)
    inv = (x.var(axes, unbiased=False, keepdim=True) + eps) ** -0.5
    x_hat = (x - mu) * inv
    dbeta = grad_out.sum(axes)
    dgamma = (grad_out * x_hat).sum(axes)
    g = gamma.view(1, -1, 1, 1)
    dx = g * inv / n * (n * grad_out - dbeta.view(1, -1, 1, 1) - x_hat * dgamma.view(1, -1, 1, 1))
    return dx, dgamma, dbeta


def batch_norm_backward__step_by_step(grad_out, x, gamma, eps=1e-5):
    """Through the graph, node by node: variance first, then the mean."""
    axes, keep = (0, 2, 3), {"keepdim": True}
    n = x[:, 0].numel()
    mu = x.mean(axes, **keep)
    xmu = x - mu
    var = (xmu**2).mean(axes, **keep)
    std = torch.sqrt(var + eps)
    dxhat = grad_out * gamma[:, None, None]
    dvar = (dxhat * xmu * -0.5 * (var + eps) ** -1.5).sum(axes, **keep)
    dmu = (-dxhat / std).sum(axes, **keep) + dvar * (-2 * xmu).mean(axes, **keep)
    dx = dxhat / std + dvar * 2 * xmu / n + dmu / n
    return dx, (grad_out * xmu / std).sum(axes), grad_out.sum(axes)


def batch_norm_backward__channel_loop(grad_out, x, gamma, eps=1e-5):
    dx, dgamma, dbeta = torch.empty_like(x), torch.empty_like(gamma), torch.empty_like(gamma)
    for c in range(x.shape[1]):
        g, v = grad_out[:, c], x[:, c]
        std = (v.var(correction=0) + eps).sqrt()
        h = (v - v.mean()) / std
        dbeta[c], dgamma[c] = g.sum(), (g * h).sum()
        dx[:, c] = gamma[c] / std * (g - g.mean() - h * (g * h).mean())
    return dx, dgamma, dbeta


def batch_norm_backward__jacobian(grad_out, x, gamma, eps=1e-5):
    """The Jacobian matrix of each channel, (n, n), applied."""
    N, C, H, W = x.shape
    rows, g = (t.transpose(0, 1).reshape(C, -1) for t in (x, grad_out))
    n = rows.shape[1]
    std = torch.sqrt(rows.var(1, correction=0) + eps)
    h = (rows - rows.mean(1, keepdim=True)) / std[:, None]
    J = torch.eye(n, dtype=x.dtype) - 1 / n - h[:, :, None] * h[:, None, :] / n
    dx = (gamma / std)[:, None] * torch.einsum("cij,cj->ci", J, g)
    return dx.reshape(C, N, H, W).transpose(0, 1), (g * h).sum(1), g.sum(1)


def batch_norm_backward__numpy(grad_out, x, gamma, eps=1e-5):
    g, a, w = (t.numpy() for t in (grad_out, x, gamma))
    axes = (0, 2, 3)
    std = np.sqrt(a.var(axes, keepdims=True) + eps)
    h = (a - a.mean(axes, keepdims=True)) / std
    dx = g - g.mean(axes, keepdims=True) - h * (g * h).mean(axes, keepdims=True)
    dx = (w[:, None, None] / std * dx).astype(a.dtype)
    return [torch.from_numpy(t) for t in (dx, (g * h).sum(axes), g.sum(axes))]


# 7.5


class ResidualBlock__sequential(nn.Module):
    def __init__(self, c_in, c_out, stride=1):
        super().__init__()
        self.left = nn.Sequential(
            nn.Conv2d(c_in, c_out, 3, stride=stride, padding=1, bias=False),
            nn.BatchNorm2d(c_out),
            nn.ReLU(),
            nn.Conv2d(c_out, c_out, 3, padding=1, bias=False),
            nn.BatchNorm2d(c_out),
        )
        self.right = nn.Sequential()
        if stride > 1 or c_in != c_out:
            self.right.append(nn.Conv2d(c_in, c_out, 1, stride=stride, bias=False))
            self.right.append(nn.BatchNorm2d(c_out))

    def forward(self, x):
        return F.relu(self.left(x) + self.right(x))


class ResidualBlock__torchvision(nn.Module):
    """As torchvision writes it."""

    def __init__(self, c_in, c_out, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(c_in, c_out, kernel_size=3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(c_out)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(c_out, c_out, kernel_size=3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(c_out)
        self.downsample = None
        if stride != 1 or c_in != c_out:
            self.downsample = nn.Sequential(
                nn.Conv2d(c_in, c_out, kernel_size=1, stride=stride, bias=False),
                nn.BatchNorm2d(c_out),
            )

    def forward(self, x):
        identity = x
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        if self.downsample is not None:
            identity = self.downsample(x)
        out += identity
        return self.relu(out)


class _OwnNorm(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(channels))
        self.beta = nn.Parameter(torch.zeros(channels))
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_var", torch.ones(channels))

    def forward(self, x):
        mean, var = self.running_mean, self.running_var
        return F.batch_norm(x, mean, var, self.gamma, self.beta, self.training, 0.1, 1e-5)


class ResidualBlock__own_norms(nn.Module):
    """The shortcut is defined first, and the norms are the student's own."""

    def __init__(self, c_in, c_out, stride=1):
        super().__init__()
        self.same = stride == 1 and c_in == c_out
        if not self.same:
            self.project = nn.Conv2d(c_in, c_out, 1, stride, bias=False)
            self.project_norm = _OwnNorm(c_out)
        self.a, self.a_norm = nn.Conv2d(c_in, c_out, 3, stride, 1, bias=False), _OwnNorm(c_out)
        self.b, self.b_norm = nn.Conv2d(c_out, c_out, 3, 1, 1, bias=False), _OwnNorm(c_out)

    def forward(self, x):
        s = x if self.same else self.project_norm(self.project(x))
        h = self.a_norm(self.a(x)).clamp(min=0)
        return (s + self.b_norm(self.b(h))).clamp(min=0)


class ResidualBlock__module_list(nn.Module):
    def __init__(self, c_in, c_out, stride=1):
        super().__init__()
        sizes = [(c_in, c_out, 3, stride), (c_out, c_out, 3, 1)]
        if (c_in, stride) != (c_out, 1):
            sizes.append((c_in, c_out, 1, stride))
        self.convs = nn.ModuleList(
            nn.Conv2d(a, b, k, s, padding="same" if s == 1 else k // 2, bias=False)
            for a, b, k, s in sizes
        )
        self.norms = nn.ModuleList(nn.BatchNorm2d(c_out) for _ in sizes)

    def forward(self, x):
        h = x
        for i in range(2):
            h = self.norms[i](self.convs[i](h))
            if i == 0:
                h = torch.relu(h)
        if len(self.convs) == 3:
            x = self.norms[2](self.convs[2](x))
        return torch.relu(torch.add(h, x))


class ResidualBlock__slices(nn.Module):
    """The shortcut leaves out rows and columns by hand, then a convolution 1 x 1."""

    def __init__(self, c_in, c_out, stride=1):
        super().__init__()
        self.stride = stride
        conv = functools.partial(nn.Conv2d, bias=False)
        self.first = conv(c_in, c_out, 3, stride=stride, padding=1)
        self.first_norm = nn.BatchNorm2d(c_out)
        self.second = conv(c_out, c_out, 3, padding=1)
        self.second_norm = nn.BatchNorm2d(c_out)
        changes = stride != 1 or c_in != c_out
        self.short = conv(c_in, c_out, 1) if changes else None
        self.short_norm = nn.BatchNorm2d(c_out) if changes else None

    def forward(self, x):
        h = self.second_norm(self.second(torch.relu(self.first_norm(self.first(x)))))
        if self.short is not None:
            x = self.short_norm(self.short(x[:, :, :: self.stride, :: self.stride]))
        return torch.maximum(h + x, torch.zeros_like(h))


# 7.6


def fold_batch_norm__views(w, b, gamma, beta, mean, var, eps=1e-5):
    factor = gamma * torch.rsqrt(var + eps)
    return w * factor.view(-1, 1, 1, 1), beta + (b - mean) * factor


def fold_batch_norm__diagonal(w, b, gamma, beta, mean, var, eps=1e-5):
    S = torch.diag(gamma / torch.sqrt(var + eps))
    return (S @ w.flatten(1)).reshape(w.shape), S @ (b - mean) + beta


def fold_batch_norm__loop(w, b, gamma, beta, mean, var, eps=1e-5):
    w2, b2 = w.clone(), b.clone()
    for m in range(len(w)):
        s = gamma[m] / (var[m] + eps) ** 0.5
        w2[m] *= s
        b2[m] = s * b2[m] - s * mean[m] + beta[m]
    return w2, b2


def fold_batch_norm__einsum(w, b, gamma, beta, mean, var, eps=1e-5):
    s = gamma.div((var + eps).sqrt())
    return torch.einsum("mcij,m->mcij", w, s), torch.addcmul(beta, s, b - mean)


def fold_batch_norm__library(w, b, gamma, beta, mean, var, eps=1e-5):
    """By asking the norm itself what it makes of 0 and of 1."""
    ask = functools.partial(
        F.batch_norm, running_mean=mean, running_var=var, weight=gamma, bias=beta, eps=eps
    )
    zero = ask(torch.zeros(1, len(b), dtype=b.dtype))[0]
    slope = ask(torch.ones(1, len(b), dtype=b.dtype))[0] - zero
    return (w.transpose(0, 3) * slope).transpose(0, 3), slope * b + zero


def fold_batch_norm__numpy(w, b, gamma, beta, mean, var, eps=1e-5):
    w, b, gamma, beta, mean, var = (t.numpy() for t in (w, b, gamma, beta, mean, var))
    s = gamma / np.sqrt(var + w.dtype.type(eps))
    return torch.from_numpy(w * s[:, None, None, None]), torch.from_numpy(s * (b - mean) + beta)


# 7.7


class Transfer__eval_in_forward(nn.Module):
    def __init__(self, body, n_features, n_classes):
        super().__init__()
        self.body = body
        for p in self.body.parameters():
            p.requires_grad = False
        self.head = nn.Linear(n_features, n_classes)

    def forward(self, X):
        self.body.eval()
        return self.head(self.body(X))


class Transfer__detached(nn.Module):
    def __init__(self, body, n_features, n_classes):
        super().__init__()
        self.features = body
        self.fc = nn.Linear(n_features, n_classes)

    def forward(self, x):
        self.features.train(False)
        with torch.no_grad():
            z = self.features(x)
        return self.fc(z.detach())


class Transfer__hidden_body(nn.Module):
    """The body is no part of the network for PyTorch, so nothing reaches it."""

    def __init__(self, body, n_features, n_classes):
        super().__init__()
        self._bodies = [body.eval()]
        self.head = nn.Linear(n_features, n_classes)

    def forward(self, X):
        return self.head(self._bodies[0](X).detach())

    def train(self, mode=True):
        self._bodies[0].eval()
        return super().train(mode)


class Transfer__inference(nn.Module):
    def __init__(self, body, n_features, n_classes):
        super().__init__()
        body.requires_grad_(False)
        self.body = body
        self.weight = nn.Parameter(0.1 * torch.randn(n_classes, n_features))
        self.bias = nn.Parameter(torch.zeros(n_classes))

    def forward(self, X):
        was = self.body.training
        self.body.eval()
        z = self.body(X)
        self.body.train(was)
        return z @ self.weight.T + self.bias


class Transfer__train_of_all_but_one(nn.Module):
    def __init__(self, body, n_features, n_classes):
        super().__init__()
        self.net = nn.Sequential(body.requires_grad_(False), nn.Linear(n_features, n_classes))
        self.train()

    def train(self, mode=True):
        self.training = mode
        self.net[1].train(mode)
        self.net[0].eval()
        return self

    def forward(self, X):
        return self.net(X)


class Transfer__own_parameters(nn.Module):
    """Only the head's parameters are shown to an optimizer, and the graph is cut."""

    def __init__(self, body, n_features, n_classes):
        super().__init__()
        self.body, self.head = body, nn.Linear(n_features, n_classes)

    def parameters(self, recurse=True):
        return self.head.parameters(recurse)

    @torch.no_grad()
    def features(self, X):
        return self.body.eval()(X)

    def forward(self, X):
        return self.head(self.features(X))


# 7.8


def ridge_classifier__stacked(Z, d, n_classes, strength):
    """Least squares, with the ridge as further rows."""
    N, D = Z.shape
    features = torch.hstack([torch.ones(N, 1, dtype=Z.dtype), Z])
    below = strength**0.5 * torch.eye(D + 1, dtype=Z.dtype)[1:]
    targets = torch.zeros(N + D, n_classes, dtype=Z.dtype)
    targets[torch.arange(N), d] = 1
    return torch.linalg.lstsq(torch.vstack([features, below]), targets).solution.T


def ridge_classifier__centred(Z, d, n_classes, strength):
    """Without the means there is no bias; it is found at the end."""
    T = torch.eye(n_classes, dtype=Z.dtype)[d]
    z, t = Z.mean(0), T.mean(0)
    A = Z - z
    W = torch.linalg.solve(A.T @ A + strength * torch.eye(Z.shape[1], dtype=Z.dtype), A.T @ (T - t))
    return torch.cat([(t - z @ W)[:, None], W.T], dim=1)


def ridge_classifier__inverse(Z, d, n_classes, strength):
    X = torch.cat((torch.ones(len(Z), 1).to(Z), Z), 1)
    punished = torch.ones(X.shape[1]).to(Z)
    punished[0] = 0
    onehot = (d[:, None] == torch.arange(n_classes)).to(Z.dtype)
    return (torch.inverse(X.t() @ X + torch.diag(strength * punished)) @ X.t() @ onehot).t()


def ridge_classifier__dual(Z, d, n_classes, strength):
    """In the samples' space, by the kernel of the centred features."""
    T = F.one_hot(d, n_classes).to(Z.dtype)
    A = Z - Z.mean(0)
    K = A @ A.T + strength * torch.eye(len(Z), dtype=Z.dtype)
    W = A.T @ torch.linalg.solve(K, T - T.mean(0))
    bias = T.mean(0) - Z.mean(0) @ W
    return torch.vstack([bias, W]).T.contiguous()


def ridge_classifier__numpy(Z, d, n_classes, strength):
    z = Z.numpy().astype(np.float64)
    A = np.c_[np.ones(len(z)), z]
    T = np.eye(n_classes)[d.numpy()]
    R = strength * np.diag([0.0] + [1.0] * z.shape[1])
    return torch.tensor(np.linalg.solve(A.T @ A + R, A.T @ T).T, dtype=Z.dtype)


def ridge_classifier__class_by_class(Z, d, n_classes, strength):
    A = F.pad(Z, (1, 0), value=1.0)
    M = A.T @ A
    M[range(1, len(M)), range(1, len(M))] += strength
    factor = torch.linalg.lu_factor(M)
    rows = [
        torch.linalg.lu_solve(*factor, (A.T @ (d == k).to(Z.dtype))[:, None])[:, 0]
        for k in range(n_classes)
    ]
    return torch.stack(rows)


# 7.9


class _Pooled(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 8, 5, stride=3)

    def forward(self, x):
        return F.adaptive_max_pool2d(self.conv(x), 2).flatten(1)


def build_model__class_of_its_own():
    return nn.Sequential(_Pooled(), nn.Linear(32, 5))


def build_model__lazy():
    body = nn.Sequential(nn.LazyConv2d(4, 5, 4), nn.ReLU(), nn.Flatten())
    return nn.Sequential(body, nn.LazyLinear(5))


def build_model__rows():
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 5))


def pretrain__sgd(model, X, d, seconds):
    end = time.monotonic() + 0.5 * seconds
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    while time.monotonic() < end:
        batch = torch.randint(len(X), (64,))
        optimizer.zero_grad()
        F.cross_entropy(model(X[batch]), d[batch]).backward()
        optimizer.step()


def adapt__few_steps(model, X_few, d_few, seconds):
    model.train()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.001)
    for _ in range(5):
        optimizer.zero_grad()
        F.cross_entropy(model(X_few), d_few).backward()
        optimizer.step()


def adapt__new_head(model, X_few, d_few, seconds):
    """The last linear layer is replaced by a new one, of other numbers."""
    model.eval()
    layers = list(model.children())
    body = nn.Sequential(*layers[:-1])
    with torch.no_grad():
        Z = body(X_few)
    head = nn.Linear(Z.shape[1], 5)
    optimizer = torch.optim.Adam(head.parameters(), lr=0.01)
    for _ in range(30):
        optimizer.zero_grad()
        F.cross_entropy(head(Z), d_few).backward()
        optimizer.step()
    model[-1] = head


def adapt__nearest_mean(model, X_few, d_few, seconds):
    """The head that gives the score of the nearest mean of the features."""
    model.eval()
    *body, head = model
    with torch.no_grad():
        Z = nn.Sequential(*body)(X_few)
        means = torch.stack([Z[d_few == k].mean(0) for k in range(5)])
        head.weight.copy_(2 * means)
        head.bias.copy_(-means.square().sum(1))


def pretrain__adam_with_cosine(model, X, d, seconds):
    start, steps = time.monotonic(), 0
    optimizer = torch.optim.Adam(model.parameters(), lr=0.003)
    generator = torch.Generator().manual_seed(0)
    while (spent := (time.monotonic() - start) / seconds) < 0.9:
        for group in optimizer.param_groups:
            group["lr"] = 0.0015 * (1 + math.cos(math.pi * spent))
        batch = torch.randperm(len(X), generator=generator)[:100]
        loss = nn.functional.nll_loss(model(X[batch]).log_softmax(1), d[batch])
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        steps += 1

"""Right parts, which wrong answers of several exercises build on."""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn import functional as F


class Coupling(nn.Module):
    """AffineCoupling, from which the wrong ones differ."""

    def __init__(self, net, flip=False):
        super().__init__()
        self.net, self.flip = net, flip

    def halves(self, x):
        first, second = x.chunk(2, dim=1)
        return (second, first) if self.flip else (first, second)

    def whole(self, kept, changed):
        return torch.cat([changed, kept] if self.flip else [kept, changed], dim=1)

    def s_t(self, kept):
        return self.net(kept).chunk(2, dim=1)

    def log_det(self, s):
        return s.sum(dim=1)

    def forward(self, x):
        kept, changed = self.halves(x)
        s, t = self.s_t(kept)
        return self.whole(kept, changed * s.exp() + t), self.log_det(s)

    def inverse(self, y):
        kept, changed = self.halves(y)
        s, t = self.s_t(kept)
        return self.whole(kept, (changed - t) * (-s).exp())


def log_normal(z):
    return -0.5 * (z.square() + math.log(2 * math.pi)).sum(dim=1)


def kl(mu, log_var):
    return 0.5 * (mu.square() + log_var.exp() - 1 - log_var).sum(dim=1)


def log_bernoulli(x, logits):
    """For each pixel."""
    return x * F.logsigmoid(logits) + (1 - x) * F.logsigmoid(-logits)


def loss_of_d(real, fake):
    return F.softplus(-real).mean() + F.softplus(fake).mean()


def loss_of_g(fake):
    return F.softplus(-fake).mean()


def root(S):
    values, vectors = torch.linalg.eigh(S)
    return vectors * values.clamp(min=0).sqrt() @ vectors.T


def covariance(x, correction=1):
    x = x - x.mean(dim=0)
    return x.T @ x / (len(x) - correction)


def distance(m_a, m_b, S_a, S_b):
    shared = root(root(S_a) @ S_b @ root(S_a)).trace()
    return ((m_a - m_b).square().sum() + S_a.trace() + S_b.trace() - 2 * shared).item()

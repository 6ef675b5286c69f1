"""Right answers of lab 11, written as differently as students write."""

from __future__ import annotations

import time

import torch
from torch import nn
from torch.nn import functional as F


def _layers(*sizes, activation=nn.SiLU):
    parts = []
    for n_in, n_out in zip(sizes[:-1], sizes[1:], strict=True):
        parts.extend((nn.Linear(n_in, n_out), activation()))
    return nn.Sequential(*parts[:-1])


class _Codes(nn.Module):
    """What the solution's `train` and `sample` need, in small."""

    activation = nn.SiLU

    def __init__(self, latent=8, hidden=64):
        super().__init__()
        self.encoder = _layers(784, hidden, 2 * latent, activation=self.activation)
        self.decoder = _layers(latent, hidden, 784, activation=self.activation)
        self.classes, self.flow = nn.Embedding(11, 16), _layers(latent + 17, hidden, latent)
        self.mean = nn.Parameter(torch.zeros(latent), requires_grad=False)
        self.std = nn.Parameter(torch.ones(latent), requires_grad=False)

    def encode(self, x):
        return torch.tensor_split(self.encoder(x.reshape(len(x), -1)), 2, 1)

    def velocity(self, z, t, d):
        return self.flow(torch.hstack([z, t.unsqueeze(1), self.classes(d)]))


def build_model__small():
    return _Codes()


def build_model__tanh():
    class Bent(_Codes):
        activation = nn.Tanh

    return Bent(12, 100)


def build_model__flow_with_a_shortcut():
    class Straight(_Codes):
        def velocity(self, z, t, d):
            return super().velocity(z, t, d) + t[:, None] * z

    return Straight()


def build_model__deeper():
    class Deep(_Codes):
        def __init__(self):
            super().__init__()
            self.encoder, self.decoder = _layers(784, 90, 60, 16), _layers(8, 60, 90, 784)

    return Deep()


def build_model__class_as_numbers():
    class OneHot(_Codes):
        def __init__(self):
            super().__init__()
            self.flow = _layers(8 + 1 + 11, 80, 8)

        def velocity(self, z, t, d):
            return self.flow(torch.cat([F.one_hot(d, 11).float(), t[:, None], z], 1))

    return OneHot()


def train__one_optimizer(model, X, d, seconds):
    """Codes and flow together, from the first batch on."""
    end = time.process_time() + 0.8 * seconds
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    while time.process_time() < end:
        i = torch.randint(len(X), (64,))
        mu, log_var = model.encode(X[i])
        z = mu + torch.randn_like(mu) * torch.exp(log_var / 2)
        x = X[i].flatten(1)
        loss = F.binary_cross_entropy_with_logits(model.decoder(z), x, reduction="sum") / 64
        loss = loss + 0.05 * (mu.square() + log_var.exp() - log_var - 1).sum(1).mean()
        t, eps = torch.rand(64), torch.randn_like(mu)
        z_t = torch.lerp(mu.detach(), eps, t[:, None])
        loss = loss + (model.velocity(z_t, t, d[i]) - eps + mu.detach()).square().mean()
        model.zero_grad()
        loss.backward()
        optimizer.step()


def train__epochs(model, X, d, seconds):
    started = time.monotonic()
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-4, momentum=0.9)
    data = torch.utils.data.TensorDataset(X, d)
    model.train()
    while True:
        for x, _ in torch.utils.data.DataLoader(data, batch_size=50, shuffle=True):
            if time.monotonic() - started > 0.8 * seconds:
                return model
            again = model.decoder(model.encode(x)[0])
            loss = (again.sigmoid() - x.flatten(1)).square().sum(1).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()


def _velocity(model, z, t, d):
    return model.velocity(z, z.new_full((len(z),), t), d)


@torch.no_grad()
def sample__not_guided(model, d, generator):
    z = torch.randn(len(d), model.mean.shape[0], generator=generator)
    for k in range(30, 0, -1):
        z = z - _velocity(model, z, k / 30, d) / 30
    pictures = torch.sigmoid(model.decoder(z * model.std + model.mean))
    return pictures.reshape(len(d), 1, 28, 28)


@torch.inference_mode()
def sample__by_heun(model, d, generator):
    """The mean of the velocities at the beginning and at the end of a step."""
    z, steps = torch.empty(len(d), len(model.std)).normal_(generator=generator), 8
    for k in range(steps, 0, -1):
        first = _velocity(model, z, k / steps, d)
        second = _velocity(model, z - first / steps, (k - 1) / steps, d)
        z = z - (first + second) / (2 * steps)
    return model.decoder(model.mean + model.std * z).sigmoid().unflatten(1, (1, 28, 28)).clone()


def sample__one_by_one(model, d, generator):
    """With gradients, each digit by itself."""
    pictures = []
    for k in range(len(d)):
        z = torch.randn(1, len(model.mean), generator=generator)
        for t in (1.0, 0.75, 0.5, 0.25):
            z = z - _velocity(model, z, t, d[k : k + 1]) / 4
        pictures.append(model.decoder(z * model.std + model.mean).sigmoid().view(1, 28, 28))
    return torch.stack(pictures)


def sample__cut(model, d, generator):
    """Pixels that lie beyond are cut."""
    z = torch.randn((len(d), len(model.mean)), generator=generator)
    z = z - _velocity(model, z, 1.0, d)
    logits = model.decoder(z * model.std + model.mean)
    return (0.5 + logits / 4).clamp(0, 1).view(-1, 1, 28, 28).detach()


def sample__gaussian_codes(model, d, generator):
    """No flow at all: not good, and not wrong."""
    z = torch.normal(torch.zeros(len(d), len(model.mean)), 1.0, generator=generator)
    return model.decoder(model.mean + model.std * z).sigmoid().detach().view(len(d), 1, 28, 28)

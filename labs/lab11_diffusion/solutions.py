"""Lab 11, solved: noise step by step, and the way back from it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

__all__ = [
    "alpha_bars",
    "build_model",
    "cosine_betas",
    "ddim_step",
    "ddpm_step",
    "diffuse",
    "eps_from_x0",
    "euler",
    "flow_pair",
    "guided",
    "keep_known",
    "posterior",
    "sample",
    "score_from_eps",
    "train",
    "x0_from_eps",
]


def alpha_bars(betas: Tensor) -> Tensor:
    """``abar_t = prod_{s <= t} (1 - beta_s)``: what is left of the picture's variance after step t.

    betas : (T,), between 0 and 1: the variance of the noise that each step adds.
    Returns (T,), in the dtype of the betas.
    """
    return torch.cumprod(1 - betas, dim=0)


def cosine_betas(T: int, s: float = 0.008, largest: float = 0.999) -> Tensor:
    """The betas of T steps whose ``abar`` falls like a squared cosine.

    ``beta_t = min(1 - f(t + 1) / f(t), largest)``, t = 0, ..., T - 1, with
    ``f(u) = cos^2((u / T + s) / (1 + s) * pi / 2)``.

    Returns (T,), floating-point numbers.
    """
    u = torch.arange(T + 1, dtype=torch.float64)
    f = torch.cos((u / T + s) / (1 + s) * math.pi / 2).square()
    return (1 - f[1:] / f[:-1]).clamp(max=largest).float()


def diffuse(x0: Tensor, t: Tensor, eps: Tensor, abar: Tensor) -> Tensor:
    """All steps up to t at once: ``x_t = sqrt(abar_t) x0 + sqrt(1 - abar_t) eps``.

    x0 : (N, ...), pictures (N, C, H, W) or points (N, D).
    t : (N,) int64, the last step of each sample, 0 to T - 1.
    eps : as x0, standard normal noise. abar : (T,), as in exercise 11.1.

    Returns (N, ...).
    """
    abar_t = abar[t].reshape(-1, *[1] * (x0.dim() - 1))
    return abar_t.sqrt() * x0 + (1 - abar_t).sqrt() * eps


def x0_from_eps(x_t: Tensor, t: Tensor, eps: Tensor, abar: Tensor) -> Tensor:
    """The ``x0`` of which exercise 11.2 makes ``x_t`` with this noise.

    x_t, eps : (N, ...). t : (N,) int64. abar : (T,), all between 0 and 1.
    Returns (N, ...).
    """
    abar_t = abar[t].reshape(-1, *[1] * (x_t.dim() - 1))
    return (x_t - (1 - abar_t).sqrt() * eps) / abar_t.sqrt()


def eps_from_x0(x_t: Tensor, t: Tensor, x0: Tensor, abar: Tensor) -> Tensor:
    """The noise with which exercise 11.2 makes ``x_t`` of this ``x0``.

    x_t, x0 : (N, ...). t : (N,) int64. abar : (T,), all between 0 and 1.
    Returns (N, ...).
    """
    abar_t = abar[t].reshape(-1, *[1] * (x_t.dim() - 1))
    return (x_t - abar_t.sqrt() * x0) / (1 - abar_t).sqrt()


def score_from_eps(t: Tensor, eps: Tensor, abar: Tensor) -> Tensor:
    """The gradient of ``log q(x_t | x0)`` with respect to ``x_t``: ``-eps / sqrt(1 - abar_t)``.

    t : (N,) int64. eps : (N, ...). abar : (T,), all between 0 and 1.
    Returns (N, ...).
    """
    abar_t = abar[t].reshape(-1, *[1] * (eps.dim() - 1))
    return -eps / (1 - abar_t).sqrt()


def posterior(x0: Tensor, x_t: Tensor, t: int, betas: Tensor) -> tuple[Tensor, float]:
    """Mean and variance of ``q(x_{t-1} | x_t, x0)``, a Gaussian by Bayes' rule.

    mean = ``(sqrt(abar_{t-1}) beta_t x0 + sqrt(1 - beta_t) (1 - abar_{t-1}) x_t) / (1 - abar_t)``
    variance = ``beta_t (1 - abar_{t-1}) / (1 - abar_t)``

    Before step 0 there is no noise, ``abar_{-1} = 1``: at t = 0 the mean is x0, the variance 0.

    x0, x_t : (N, ...). t : int, the same step for all, 0 to T - 1. betas : (T,).
    Returns (mean, variance): (N, ...), and a float.
    """
    if t == 0:
        return x0, 0.0
    abar = alpha_bars(betas)
    beta, abar_t, abar_before = betas[t], abar[t], abar[t - 1]
    of_x0 = abar_before.sqrt() * beta / (1 - abar_t)
    of_x_t = (1 - beta).sqrt() * (1 - abar_before) / (1 - abar_t)
    variance = beta * (1 - abar_before) / (1 - abar_t)
    return of_x0 * x0 + of_x_t * x_t, variance.item()


def ddpm_step(x_t: Tensor, t: int, eps: Tensor, betas: Tensor, noise: Tensor) -> Tensor:
    """One step back, ``x_{t-1}``, by what the network takes for the noise in ``x_t``.

    ``(x_t - beta_t / sqrt(1 - abar_t) eps) / sqrt(alpha_t) + sqrt(beta_t) noise`` with
    ``alpha_t = 1 - beta_t``; at t = 0, the last step, without the noise.

    x_t, eps, noise : (N, ...). t : int, the same step for all, 0 to T - 1. betas : (T,).
    Returns (N, ...).
    """
    beta, abar_t = betas[t], alpha_bars(betas)[t]
    mean = (x_t - beta / (1 - abar_t).sqrt() * eps) / (1 - beta).sqrt()
    return mean + beta.sqrt() * noise if t > 0 else mean


def ddim_step(x_t: Tensor, eps: Tensor, abar_t: float | Tensor, abar_s: float | Tensor) -> Tensor:
    """From level t to level s, with no noise but the one that is there already.

    First the picture that ``x_t`` and ``eps`` imply, ``x0``, as in exercise 11.3; then
    ``sqrt(abar_s) x0 + sqrt(1 - abar_s) eps``.

    x_t, eps : (N, ...). abar_t, abar_s : Python floats or 0-d tensors, above 0 and at most 1.
    Returns (N, ...).
    """
    x0 = (x_t - (1 - abar_t) ** 0.5 * eps) / abar_t**0.5
    return abar_s**0.5 * x0 + (1 - abar_s) ** 0.5 * eps


def guided(eps_with: Tensor, eps_without: Tensor, w: float) -> Tensor:
    """``eps_without + w (eps_with - eps_without)``: the class counts w times.

    eps_with, eps_without : (N, ...), the network's noise where it is told the class, and where not.
    w : 0 or more; 0 forgets the class, 1 is the network as it was trained, 2 exaggerates.
    Returns (N, ...).
    """
    return eps_without + w * (eps_with - eps_without)


def flow_pair(x0: Tensor, eps: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
    """A point of the straight line from picture to noise, and the velocity along it.

    ``x_t = (1 - t) x0 + t eps``; the target is its derivative by t, ``eps - x0``.

    x0, eps : (N, ...). t : (N,), between 0 (picture) and 1 (noise).
    Returns (x_t, target), each (N, ...).
    """
    t = t.reshape(-1, *[1] * (x0.dim() - 1))
    return (1 - t) * x0 + t * eps, eps - x0


def euler(velocity: Callable[[Tensor, Tensor], Tensor], x1: Tensor, steps: int) -> Tensor:
    """Follow a velocity from t = 1 (noise) back to t = 0 (picture), in equal steps.

    Each step goes by the velocity where it begins: ``x - velocity(x, t) / steps``, and then t is
    less by ``1 / steps``.

    velocity : ``velocity(x, t)`` gives (N, ...), for x (N, ...) and t (N,), in the dtype of x.
    x1 : (N, ...). steps : how often the velocity is asked, 1 or more.
    Returns (N, ...).
    """
    x = x1
    for k in range(steps):
        t = torch.full((len(x),), 1 - k / steps, dtype=x.dtype)
        x = x - velocity(x, t) / steps
    return x


def keep_known(
    x_s: Tensor, y: Tensor, mask: Tensor, abar_s: float | Tensor, noise: Tensor
) -> Tensor:
    """Put the known part of a picture into ``x_s``, as noisy as the rest is.

    Where the mask is 1, ``sqrt(abar_s) y + sqrt(1 - abar_s) noise``; where it is 0, ``x_s``.

    x_s, y, noise : (N, ...), y the known picture. mask : as x_s, zeros and ones, in its dtype.
    abar_s : Python float or 0-d tensor, the level of ``x_s``.
    Returns (N, ...).
    """
    known = abar_s**0.5 * y + (1 - abar_s) ** 0.5 * noise
    return mask * known + (1 - mask) * x_s


def build_model() -> nn.Module:
    """A new network for the challenge, untrained. What is in it is for `train` and `sample`."""

    def layers(*sizes: int) -> nn.Sequential:
        parts: list[nn.Module] = []
        for n_in, n_out in pairwise(sizes):
            parts += [nn.Linear(n_in, n_out), nn.SiLU()]
        return nn.Sequential(*parts[:-1])

    class Latent(nn.Module):
        """A VAE of digits, and a flow from noise to its codes."""

        def __init__(self, latent: int = 20, hidden: int = 400, width: int = 256) -> None:
            super().__init__()
            self.encoder = layers(784, hidden, 2 * latent)
            self.decoder = layers(latent, hidden, 784)
            self.classes = nn.Embedding(11, 32)  # the last one says that no class is told
            self.flow = layers(latent + 64, width, width, latent)
            self.register_buffer("mean", torch.zeros(latent))
            self.register_buffer("std", torch.ones(latent))

        def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
            mu, log_var = self.encoder(2 * x.flatten(1) - 1).chunk(2, dim=1)
            return mu, log_var

        def velocity(self, z: Tensor, t: Tensor, d: Tensor) -> Tensor:
            waves = t[:, None] * torch.logspace(0, 2, 16)
            v: Tensor = self.flow(torch.cat([z, waves.sin(), waves.cos(), self.classes(d)], dim=1))
            return v

    return Latent()


def train(model: nn.Module, X: Tensor, d: Tensor, seconds: float) -> None:
    """Train the model in place, and be back before ``seconds`` have passed.

    model : from `build_model`.
    X : (N, 1, 28, 28), float32, pixels in [0, 1]. d : (N,) int64, classes 0 to 9.
    seconds : the time there is. Look at the clock (``time.process_time()``, the time that this
        program has computed) after every batch.

    What the network has learnt is in its parameters and buffers: a new network from `build_model`
    is given these, and draws.
    """
    start = time.process_time()

    def learn(
        loss_of: Callable[[Tensor], Tensor],
        parts: list[nn.Module],
        batch_size: int,
        lr: float,
        end: float,
    ) -> None:
        """Descend until the share ``end`` of the time is spent; the learning rate falls to 0."""
        optimizer = torch.optim.AdamW([p for m in parts for p in m.parameters()], fused=True)
        begin = time.process_time() - start
        while True:
            for batch in torch.randperm(len(X)).split(batch_size):
                spent = time.process_time() - start
                if spent >= end * seconds:
                    return
                done = (spent - begin) / (end * seconds - begin)
                optimizer.param_groups[0]["lr"] = lr * min(1, 0.05 + 20 * done, 1.25 * (1 - done))
                loss = loss_of(batch)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()

    def loss_of_vae(batch: Tensor) -> Tensor:
        """A code costs a tenth of what it does in the bound: the flow will learn their spread."""
        x = X[batch].flatten(1)
        mu, log_var = model.encode(x)
        logits = model.decoder(mu + torch.exp(log_var / 2) * torch.randn_like(mu))
        misfit = F.binary_cross_entropy_with_logits(logits, x, reduction="sum")
        kl = 0.5 * (mu**2 + log_var.exp() - 1 - log_var).sum()
        return (misfit + 0.1 * kl) / len(x)

    def loss_of_flow(batch: Tensor) -> Tensor:
        """The square error of the velocity; one class in ten is not told."""
        told = d[batch].masked_fill(torch.rand(len(batch)) < 0.1, 10)
        t = torch.randn(len(batch)).sigmoid()
        z_t, target = flow_pair(codes[batch], torch.randn_like(codes[batch]), t)
        return F.mse_loss(model.velocity(z_t, t, told), target)

    model.decoder[-1].bias.data.copy_(torch.logit(X.mean(dim=0).flatten(), eps=0.01))
    learn(loss_of_vae, [model.encoder, model.decoder], 64, 0.004, end=0.55)
    with torch.no_grad():
        codes = torch.cat([model.encode(x)[0] for x in X.split(1000)])
        model.mean.copy_(codes.mean(dim=0))
        model.std.copy_(codes.std(dim=0))
        codes = (codes - model.mean) / model.std
    learn(loss_of_flow, [model.flow, model.classes], 256, 0.002, end=0.95)


def sample(model: nn.Module, d: Tensor, generator: torch.Generator) -> Tensor:
    """Digits of the classes asked for, drawn by a trained model.

    model : from `build_model`, with what `train` has left in its parameters and buffers.
    d : (n,) int64, classes 0 to 9. generator : all noise is drawn from it.
    Returns (n, 1, 28, 28), float32, pixels in [0, 1].
    """
    untold = torch.full_like(d, 10)

    def velocity(z: Tensor, t: Tensor) -> Tensor:
        return guided(model.velocity(z, t, d), model.velocity(z, t, untold), 2.0)

    with torch.no_grad():
        z = euler(velocity, torch.randn(len(d), len(model.mean), generator=generator), 20)
        return model.decoder(model.mean + model.std * z).sigmoid().view(-1, 1, 28, 28)

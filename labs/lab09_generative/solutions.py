"""Lab 9, solved: networks that draw, and what measures them."""

from __future__ import annotations

import math
import time

import torch
from torch import Tensor, nn
from torch.nn import functional as F

__all__ = [
    "AffineCoupling",
    "build_model",
    "discriminator_loss",
    "elbo",
    "flow_log_likelihood",
    "frechet_distance",
    "gan_step",
    "generator_loss",
    "importance_bound",
    "kl_to_normal",
    "reparametrize",
    "train",
]


class AffineCoupling(nn.Module):
    """One half of x stays as it is, ``x_1``, and tells how the other half is scaled and shifted.

    ``y_1 = x_1`` and ``y_2 = x_2 * exp(s) + t``, where s and t are the first and the second half of
    the columns of ``net(x_1)``. With ``flip=False`` ``x_1`` is the first half of the columns of x,
    with ``flip=True`` the second. All columns stay in their places.
    """

    def __init__(self, net: nn.Module, flip: bool = False) -> None:
        """Keep the network, from (N, D/2) to (N, D)."""
        # keep
        super().__init__()
        # end keep
        self.net, self.flip = net, flip

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """``(y, log_det)`` of x (N, D): y (N, D), and ``log |det dy/dx|`` of each sample, (N,)."""
        kept, changed = x.chunk(2, dim=1)
        if self.flip:
            kept, changed = changed, kept
        s, t = self.net(kept).chunk(2, dim=1)
        changed = changed * torch.exp(s) + t
        y = torch.cat([changed, kept] if self.flip else [kept, changed], dim=1)
        return y, s.sum(dim=1)

    def inverse(self, y: Tensor) -> Tensor:
        """The x (N, D) of which ``forward`` makes y (N, D)."""
        kept, changed = y.chunk(2, dim=1)
        if self.flip:
            kept, changed = changed, kept
        s, t = self.net(kept).chunk(2, dim=1)
        changed = (changed - t) * torch.exp(-s)
        return torch.cat([changed, kept] if self.flip else [kept, changed], dim=1)


def flow_log_likelihood(x: Tensor, layers: list[nn.Module]) -> Tensor:
    """``log p(x) = log N(z; 0, I) + sum_l log_det_l``, in nats; z is what the layers make of x.

    x : (N, D), one sample a row.
    layers : the first one gets x, each other one what came before. Each of them, called, gives
        ``(y, log_det)``, (N, D) and (N,).

    Returns (N,): the log-likelihood of each sample.
    """
    z, total = x, torch.zeros(len(x), dtype=x.dtype)
    for layer in layers:
        z, log_det = layer(z)
        total = total + log_det
    return total - 0.5 * (z.square() + math.log(2 * math.pi)).sum(dim=1)


def reparametrize(mu: Tensor, log_var: Tensor, eps: Tensor) -> Tensor:
    """A draw from the normal distribution with these means and variances, made of normal noise.

    mu, log_var : (N, D), means and logarithms of variances. eps : (N, D), standard normal noise.
    Returns (N, D); gradients reach mu and log_var.
    """
    return mu + torch.exp(log_var / 2) * eps


def kl_to_normal(mu: Tensor, log_var: Tensor) -> Tensor:
    """``KL(N(mu, exp(log_var)) || N(0, I)) = 1/2 sum_j (mu_j^2 + exp(log_var_j) - 1 - log_var_j)``.

    mu, log_var : (N, D). Returns (N,), in nats.
    """
    return 0.5 * (mu.square() + torch.exp(log_var) - 1 - log_var).sum(dim=1)


def elbo(x: Tensor, logits: Tensor, mu: Tensor, log_var: Tensor) -> Tensor:
    """The evidence lower bound of each image, for a decoder that gives each pixel a probability.

    ``sum_pixels (x log p + (1 - x) log(1 - p)) - KL(N(mu, exp(log_var)) || N(0, I))`` with
    ``p = sigmoid(logits)``; finite for logits of 10,000 too.

    x : (N, C, H, W), pixels in [0, 1]. logits : as x. mu, log_var : (N, D).
    Returns (N,), in nats.
    """
    log_p = x * F.logsigmoid(logits) + (1 - x) * F.logsigmoid(-logits)
    return log_p.flatten(1).sum(dim=1) - kl_to_normal(mu, log_var)


def importance_bound(log_joint: Tensor, log_q: Tensor) -> Tensor:
    """``log 1/K sum_k exp(log_joint_k - log_q_k)``: a bound from K draws for each image.

    log_joint : (K, N), ``log p(x, z_k)``. log_q : (K, N), ``log q(z_k | x)``.
    Returns (N,); finite for weights of exp(1000) and exp(-1000) too.
    """
    K = log_joint.shape[0]
    return torch.logsumexp(log_joint - log_q, dim=0) - math.log(K)


def discriminator_loss(real: Tensor, fake: Tensor) -> Tensor:
    """``mean softplus(-real) + mean softplus(fake)``: the logistic loss, real against fake.

    real : (N,), scores of real samples, before the sigmoid. fake : (M,), scores of drawn ones.
    Returns a scalar tensor.
    """
    return F.softplus(-real).mean() + F.softplus(fake).mean()


def generator_loss(fake: Tensor) -> Tensor:
    """``mean softplus(-fake)``: small where the scores (M,) of drawn samples are high.

    Returns a scalar tensor.
    """
    return F.softplus(-fake).mean()


def gan_step(
    G: nn.Module,
    D: nn.Module,
    x: Tensor,
    z_d: Tensor,
    z_g: Tensor,
    opt_G: torch.optim.Optimizer,
    opt_D: torch.optim.Optimizer,
) -> tuple[float, float]:
    """One step of D, then one step of G.

    First D learns to tell x from ``G(z_d)``, by `discriminator_loss` and one step of ``opt_D``.
    Then G learns from what the new D says of ``G(z_g)``, by `generator_loss` and one step of
    ``opt_G``. Gradients that are there before the call must not count.

    G, D : networks, from codes (N, Z) to samples as x, and from samples to scores (N,).
    x : (N, ...). z_d, z_g : (N, Z). opt_G, opt_D : optimizers of the parameters of G and of D.

    Returns (loss_D, loss_G), floats: the losses whose gradients were used.
    """
    loss_D = discriminator_loss(D(x), D(G(z_d).detach()))
    opt_D.zero_grad()
    loss_D.backward()
    opt_D.step()
    loss_G = generator_loss(D(G(z_g)))
    opt_G.zero_grad()
    loss_G.backward()
    opt_G.step()
    return loss_D.item(), loss_G.item()


def frechet_distance(a: Tensor, b: Tensor) -> float:
    """``|m_a - m_b|^2 + tr(S_a + S_b - 2 (S_a^1/2 S_b S_a^1/2)^1/2)``, with roots of matrices.

    m are the means and S the covariances of the two sets, over N - 1 and M - 1.

    a : (N, D), one sample a row. b : (M, D). N, M and D are at least 2.
    Returns a float, for the same samples 0.
    """

    def root(S: Tensor) -> Tensor:
        values, vectors = torch.linalg.eigh(S)
        return vectors * values.clamp(min=0).sqrt() @ vectors.T

    S_a, S_b = torch.cov(a.T), torch.cov(b.T)
    root_a = root(S_a)
    shared = torch.linalg.eigvalsh(root_a @ S_b @ root_a).clamp(min=0).sqrt().sum()
    distance = (a.mean(dim=0) - b.mean(dim=0)).square().sum()
    return (distance + S_a.trace() + S_b.trace() - 2 * shared).item()


def build_model() -> nn.Module:
    """A new VAE for the challenge, untrained: a network with two methods of its own.

    ``encode(x)`` gives ``(mu, log_var)``, (N, L) each, of images (N, 1, 28, 28) whose pixels are 0
    or 1. ``decode(z)`` gives logits (N, 1, 28, 28) of codes (N, L). All float32.
    """

    class VAE(nn.Module):
        def __init__(self, latent: int = 20, hidden: int = 400) -> None:
            super().__init__()

            def layers(n_in: int, n_out: int) -> nn.Sequential:
                return nn.Sequential(nn.Linear(n_in, hidden), nn.SiLU(), nn.Linear(hidden, n_out))

            self.encoder, self.decoder = layers(784, 2 * latent), layers(latent, 784)
            nn.init.constant_(self.decoder[-1].bias, -3)  # most pixels are black

        def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
            mu, log_var = self.encoder(x.flatten(1)).chunk(2, dim=1)
            return mu, log_var

        def decode(self, z: Tensor) -> Tensor:
            return self.decoder(z).view(-1, 1, 28, 28)

    return VAE()


def train(model: nn.Module, X: Tensor, seconds: float) -> None:
    """Train the model in place, and be back before ``seconds`` have passed.

    model : from `build_model`.
    X : (N, 1, 28, 28), float32, grey values in [0, 1]: the probabilities that a pixel is 1. The
        test images have pixels 0 and 1, drawn from such grey values: ``torch.bernoulli``.
    seconds : the time there is. Look at the clock (``time.monotonic()``) after every batch.

    What the network has learnt is in its parameters and buffers: with these, a new network from
    `build_model` decodes the codes.
    """
    start, lr = time.monotonic(), 0.004
    optimizer = torch.optim.AdamW(model.parameters(), fused=True)
    model.train()
    while True:
        for batch in torch.randperm(len(X)).tensor_split(1 + len(X) // 64):
            spent = (time.monotonic() - start) / (0.95 * seconds)
            if spent >= 1:
                return
            optimizer.param_groups[0]["lr"] = lr * min(1, 20 * spent + 0.05, 1.25 * (1 - spent))
            x = torch.bernoulli(X[batch])
            mu, log_var = model.encode(x)
            logits = model.decode(reparametrize(mu, log_var, torch.randn_like(mu)))
            loss = -elbo(x, logits, mu, log_var).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

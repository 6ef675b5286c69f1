"""Variational autoencoders: a code for each picture, and a bound on its log-likelihood, in nats.

The decoder says ``p(x | z)`` for a code z that is standard normal a priori; the encoder guesses
``q(z | x)``. For any guess ``log p(x) >= E_q[log p(x | z)] - KL(q || p)``, the evidence lower bound
(Kingma and Welling, "Auto-encoding variational Bayes", 2014).
"""

from __future__ import annotations

import math
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_dl._arguments import check_batch, check_count, check_floating, describe
from course_dl.mlp import he_normal_

__all__ = ["VAE", "elbo", "importance_bound", "kl_to_normal", "reparametrize"]


def reparametrize(mu: Tensor, log_var: Tensor, eps: Tensor) -> Tensor:
    """``z = mu + exp(log_var / 2) eps``, a draw from ``N(mu, exp(log_var))`` if eps is normal.

    ``mu`` and ``log_var`` (N, D); ``eps`` as they are, or (K, N, D) for K draws. The noise comes
    from outside, so gradients pass: ``dz/dmu = 1``, ``dz/dlog_var = exp(log_var / 2) eps / 2``.
    """
    _check_codes(mu, log_var)
    check_floating(eps, "eps")
    if eps.shape[-mu.dim() :] != mu.shape:
        raise ValueError(
            f"eps must have a number for each of mu, a {describe(mu)}; got a {describe(eps)}"
        )
    return mu + (log_var / 2).exp() * eps


def kl_to_normal(mu: Tensor, log_var: Tensor) -> Tensor:
    """``KL(N(mu, exp(log_var)) || N(0, I)) = 1/2 sum_j (mu_j^2 + exp(log_var_j) - 1 - log_var_j)``

    Both (N, D); (N,) in nats, 0 where mu and log_var are 0, and else above it.
    """
    _check_codes(mu, log_var)
    # expm1: near 0, exp(log_var) - 1 would be what rounding left of it
    return 0.5 * (mu.square() + log_var.expm1() - log_var).sum(1)


def elbo(x: Tensor, logits: Tensor, mu: Tensor, log_var: Tensor) -> Tensor:
    """``sum_pixels (x log p + (1 - x) log(1 - p)) - KL(q || N(0, I))``, ``p = sigmoid(logits)``.

    Parameters
    ----------
    x : (N, ...) pixels in [0, 1].
    logits : as x, what the decoder makes of one draw of ``q(z | x)``.
    mu, log_var : (N, D), of ``q(z | x)``.

    Returns
    -------
    (N,) : a lower bound, but for the draw, on ``log p(x)`` in nats, if the pixels are 0 or 1.
    """
    _check_codes(mu, log_var)
    log_p = _log_bernoulli(x, logits)
    if len(x) != len(mu):
        raise ValueError(f"mu and log_var must have {len(x)} rows as x has, got {len(mu)}")
    return log_p - kl_to_normal(mu, log_var)


def importance_bound(log_joint: Tensor, log_q: Tensor) -> Tensor:
    """``log 1/K sum_k exp(log_joint_k - log_q_k)``, a tighter bound (Burda et al., 2016).

    For draws ``z_k`` of ``q(z | x)``. Its mean is a lower bound on ``log p(x)``, which rises with
    K: for K = 1 the ELBO, in the limit the evidence itself.

    Parameters
    ----------
    log_joint, log_q : (K, N), ``log p(x, z_k)`` and ``log q(z_k | x)``.

    Returns
    -------
    (N,) in nats.
    """
    check_floating(log_joint, "log_joint")
    check_floating(log_q, "log_q")
    if log_joint.dim() != 2 or len(log_joint) == 0 or log_joint.shape != log_q.shape:
        raise ValueError(
            "log_joint and log_q must have a row for each draw, (K, N) both, got a "
            f"{describe(log_joint)} and a {describe(log_q)}"
        )
    return (log_joint - log_q).logsumexp(0) - math.log(len(log_q))


class VAE(nn.Module):
    """Encoder and decoder with two hidden layers each, for images of black and white pixels.

    Train it by ``-elbo(x, *vae(x, eps)).mean()``, x drawn anew from the grey values each time.

    Parameters
    ----------
    latent : numbers of a code.
    hidden : units of each hidden layer, SiLU.
    shape : (C, H, W) of an image.
    generator : draws the initial weights; the global one by default.
    """

    def __init__(
        self,
        latent: int = 16,
        hidden: int = 400,
        shape: tuple[int, int, int] = (1, 28, 28),
        *,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        check_count(latent, "latent")
        check_count(hidden, "hidden")
        self.latent, self.shape = latent, torch.Size(check_count(n, "shape") for n in shape)
        pixels = self.shape.numel()
        self.encoder = _layers([pixels, hidden, hidden, 2 * latent], generator)
        self.decoder = _layers([latent, hidden, hidden, pixels], generator)

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """``mu`` and ``log_var`` (N, latent) of ``q(z | x)``, of images (N, C, H, W) in [0, 1]."""
        check_batch(x, self.shape.numel(), "x")
        # in [-1, 1] a black pixel tells as much as a white one
        mu, log_var = self.encoder(2 * x.flatten(1) - 1).chunk(2, 1)
        return mu, log_var

    def decode(self, z: Tensor) -> Tensor:
        """Logits (N, C, H, W) of the pixels for codes z (N, latent)."""
        check_batch(z, self.latent, "z")
        logits: Tensor = self.decoder(z)
        return logits.unflatten(1, self.shape)

    def forward(self, x: Tensor, eps: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """``(logits, mu, log_var)`` with a code that normal noise eps (N, latent) makes."""
        mu, log_var = self.encode(x)
        return self.decode(reparametrize(mu, log_var, eps)), mu, log_var

    def log_weights(self, x: Tensor, eps: Tensor) -> tuple[Tensor, Tensor]:
        """``log_joint``, ``log_q`` (K, N) for `importance_bound`, of noise eps (K, N, latent)."""
        mu, log_var = self.encode(x)
        z = reparametrize(mu, log_var, eps)
        log_q = _log_normal(eps) - (log_var / 2).sum(1)
        log_x = torch.stack([_log_bernoulli(x, self.decode(z_k).view_as(x)) for z_k in z])
        return log_x + _log_normal(z), log_q

    @torch.no_grad()
    def sample(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """(n, C, H, W) in [0, 1]: the pixels' probabilities for n codes from the prior."""
        like = next(self.parameters())
        z = torch.randn(check_count(n, "n"), self.latent, dtype=like.dtype, generator=generator)
        return self.decode(z.to(like.device)).sigmoid()


def _layers(sizes: list[int], generator: torch.Generator | None) -> nn.Sequential:
    """Linear layers with SiLU between them; the last one begins at a tenth of its usual size."""
    layers: list[nn.Module] = []
    for n_in, n_out in pairwise(sizes):
        linear = nn.utils.skip_init(nn.Linear, n_in, n_out)
        he_normal_(linear.weight, generator)
        nn.init.zeros_(linear.bias)
        layers += [linear, nn.SiLU()]
    with torch.no_grad():
        linear.weight.mul_(0.1)
    return nn.Sequential(*layers[:-1])


def _log_bernoulli(x: Tensor, logits: Tensor) -> Tensor:
    """``sum_pixels (x log p + (1 - x) log(1 - p))`` (N,), safe for any logits."""
    check_floating(x, "x")
    check_floating(logits, "logits")
    if x.shape != logits.shape or x.dim() < 2 or x.numel() == 0:
        raise ValueError(
            f"x and logits must be images of one shape (N, ...), got a {describe(x)} and a "
            f"{describe(logits)}"
        )
    low, high = (float(bound) for bound in x.detach().aminmax())
    if not (low >= 0 and high <= 1):
        raise ValueError(f"the pixels of x must lie in [0, 1], got {low:g} to {high:g}")
    return -F.binary_cross_entropy_with_logits(logits, x, reduction="none").flatten(1).sum(1)


def _log_normal(z: Tensor) -> Tensor:
    """``log N(z; 0, I)``, summed over the last axis."""
    return -0.5 * (z.square() + math.log(2 * math.pi)).sum(-1)


def _check_codes(mu: Tensor, log_var: Tensor) -> None:
    check_floating(mu, "mu")
    check_floating(log_var, "log_var")
    if mu.dim() != 2 or mu.shape != log_var.shape:
        raise ValueError(
            "mu and log_var must have a row for each image, (N, D) both, got a "
            f"{describe(mu)} and a {describe(log_var)}"
        )

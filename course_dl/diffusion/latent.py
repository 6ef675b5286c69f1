"""Latent flow: noise becomes a code of a VAE by flow matching, and the decoder makes it a picture.

The VAE has learnt what a digit looks like in a few numbers, and what its prior gets wrong, where
among all codes those of digits lie, is learnt by a flow that has no pixels to carry
(Rombach et al., "High-resolution image synthesis with latent diffusion models", 2022).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from course_dl._arguments import check_count
from course_dl.diffusion.flow import FlowMatching
from course_dl.generative import VAE, reparametrize

__all__ = ["LatentFlow"]


class LatentFlow(nn.Module):
    """A flow on the codes of a trained VAE, which it does not change.

    Train it by ``latent.flow.loss(latent.codes(X, generator), d)``.

    Parameters
    ----------
    vae : trained.
    net : as in `Model`, for points (N, vae.latent), a `TimeMLP` say.
    X : (N, C, H, W) images in [0, 1]: mean and spread of their codes are found, and taken off.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, vae: VAE, net: nn.Module, X: Tensor) -> None:
        super().__init__()
        self.vae, self.flow = vae, FlowMatching(net)
        with torch.no_grad():
            mu, log_var = vae.encode(X)
            self.register_buffer("mean", mu.mean(0))
            self.register_buffer("std", (mu.var(0) + log_var.exp().mean(0)).sqrt())

    @torch.no_grad()
    def codes(self, X: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Standardized codes (N, latent), drawn from the encoder's guess for images X."""
        mu, log_var = self.vae.encode(X)
        eps = torch.randn(mu.shape, dtype=mu.dtype, generator=generator).to(mu.device)
        return (reparametrize(mu, log_var, eps) - self.mean) / self.std

    @torch.no_grad()
    def decode(self, codes: Tensor) -> Tensor:
        """Pictures (N, C, H, W) in [0, 1] of standardized codes (N, latent)."""
        return self.vae.decode(self.mean + self.std * codes).sigmoid()

    def sample(
        self,
        n: int,
        d: Tensor | None = None,
        *,
        steps: int = 20,
        guidance: float = 1.0,
        generator: torch.Generator | None = None,
    ) -> Tensor:
        """Pictures (n, C, H, W) in [0, 1]; the arguments are those of `Model.path`."""
        return self.decode(
            self.flow.sample(
                (check_count(n, "n"), self.vae.latent),
                d,
                steps=steps,
                guidance=guidance,
                generator=generator,
            )
        )
